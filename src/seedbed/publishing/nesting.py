# SPDX-License-Identifier: Apache-2.0
"""Data, catalogue and keys lie apart: everything in a published folder is given to everybody, for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def refuse_nested(data: Path, *, catalog: Path, keys: Path) -> None:
    """Do nothing when data, catalogue and keys lie apart.

    Who publishes the folder that they work in would publish their private keys with it; and a catalogue among its own
    data would change that data with each release.

    Args:
        data: The file or folder to publish.
        catalog: The catalogue's folder.
        keys: The folder of the signing keys.

    Raises:
        InputError: they do not.
    """
    place, site, secret = (path.resolve() for path in (data, catalog, keys))
    if secret.is_relative_to(place):
        raise InputError(
            f"{data}: your signing keys are in it ({keys}); whoever fetched it could sign as you",
            hint="Move the data, or the keys: SEEDBED_HOME and --keys-dir say where they are.",
        )
    if site.is_relative_to(place) or place.is_relative_to(site):
        raise InputError(
            f"{data}: the catalogue {catalog} and the data are in one folder: expected them beside each other",
            hint="Move one of them.",
        )
    if place.is_relative_to(secret):
        raise InputError(f"{data}: it lies among your signing keys ({keys})", hint="Move the data.")
