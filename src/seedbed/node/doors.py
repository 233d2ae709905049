# SPDX-License-Identifier: Apache-2.0
"""Where a node that runs is spoken with: its socket, and its page; both are off where nothing is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seedbed.core.endpoints import Endpoint
    from seedbed.node.giving.gift import Gift


@dataclass(frozen=True, slots=True)
class Doors:
    """See the module's text."""

    socket: Path | None = None
    """Where commands of this machine speak with the node."""
    save_gift: Callable[[Gift], object] | None = None
    """Writes what is given, for what is asked on the socket; without it that is refused."""
    page: Endpoint | None = None
    """Where the status page is."""
