# SPDX-License-Identifier: Apache-2.0
"""How we name ourselves to servers."""

from __future__ import annotations

from importlib.metadata import version


def agent(contact: str = "") -> str:
    """``seedbed/`` and the version: an operator can see who asks, and find us.

    Args:
        contact: A mail address or URL of whoever runs this; some services let those do more who name one.
    """
    return f"seedbed/{version('seedbed')}" + (f" (+{contact})" if contact else "")
