# SPDX-License-Identifier: Apache-2.0
"""How we name ourselves to servers."""

from __future__ import annotations

from importlib.metadata import version


def agent() -> str:
    """``seedbed/`` and the version: an operator can see who asks, and find us."""
    return f"seedbed/{version('seedbed')}"
