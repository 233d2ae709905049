# SPDX-License-Identifier: Apache-2.0
"""What is asked of a fetch besides the torrent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.fetching.rules import DEFAULT_RULES, Rules

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from seedbed.engine.base import Engine
    from seedbed.fetching.web.throttle import Throttle


@dataclass(frozen=True, slots=True)
class Options:
    """Where to, what, and from whom."""

    folder: Path = Path()
    """Where the file or folder shall be."""
    files: tuple[str, ...] = ()
    """Globs; empty means all files."""
    peers: tuple[tuple[str, int], ...] = ()
    """Peers to dial, besides those that trackers name. They may be in a private network: the caller chose them."""
    found_peers: tuple[tuple[str, int], ...] = ()
    """More peers, named by strangers: in a private network they are not dialled."""
    uses_peers: bool = True
    uses_web_seeds: bool = True
    web_seeds: tuple[str, ...] = ()
    """More web seeds than the torrent names: URLs (BEP 19), or templates (``core.layout``). Peers' engine never sees
    them."""
    uses_trackers: bool = True
    uses_dht: bool = True
    """Whether peers are looked for in the distributed hash table and on the local network too."""
    dht_nodes: tuple[tuple[str, int], ...] = ()
    """Where to begin in the table; empty begins where everybody does. With it, the local network is left in peace."""
    replaces: bool = False
    """Whether different files under the final names are replaced, once the new ones are proved."""
    rules: Rules = DEFAULT_RULES
    throttle: Throttle | None = None
    """Counts what HTTP brings, and slows it down; one may be shared by several fetches. None is full speed."""
    open_engine: Callable[[], AbstractAsyncContextManager[Engine]] | None = None
    """Who talks to peers; libtorrent if not given."""
