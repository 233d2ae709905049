# SPDX-License-Identifier: Apache-2.0
"""How we name ourselves to web servers: as everywhere, with the place where we are explained."""

from __future__ import annotations

from seedbed.sources.agent import agent as named

PROJECT_URL = "https://w3id.org/seedbed"
"""The address that our formats are named by, too: it stays when the project moves."""


def agent() -> str:
    """Program, version and address: some services shut out whoever does not say who asks."""
    return named(PROJECT_URL)
