# SPDX-License-Identifier: Apache-2.0
"""A minter's URL → who registers DOIs there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from seedbed.dois import place
from seedbed.dois.datacite import DataCite
from seedbed.mirrors.rest import Manners
from seedbed.sources.agent import agent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.dois.minter import DoiMinter


def open_minter(url: str, *, environ: Mapping[str, str] | None = None) -> DoiMinter:
    """Make ready for use who registers DOIs; nothing is asked yet.

    Args:
        url: ``datacite:10.12345``, ``datacite:test/10.12345``.
        environ: Where credentials are looked up; the process's variables if not given.

    Raises:
        InputError: the URL cannot be used.
    """
    environ = os.environ if environ is None else environ
    return DataCite(place.of_url(url), environ, Manners(agent(environ.get("SEEDBED_CONTACT", ""))))
