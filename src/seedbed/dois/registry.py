# SPDX-License-Identifier: Apache-2.0
"""Who registers DOIs, by a short name: ``datacite:10.…``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.dois.minter import DoiMinter


def open_minter(url: str, *, environ: Mapping[str, str] | None = None) -> DoiMinter:
    """Make ready for use whoever registers DOIs.

    Args:
        url: ``datacite:`` and a prefix.
        environ: Where credentials are looked up; the process's variables if not given.

    Raises:
        InputError: nobody is known by that name, or credentials are missing.
    """
    environ = os.environ if environ is None else environ
    raise InputError(f"{url!r}: expected datacite:10.… or a DOI")
