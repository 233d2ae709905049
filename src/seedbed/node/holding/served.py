# SPDX-License-Identifier: Apache-2.0
"""Which units are served by which torrents, found either way at once: a node may serve ten thousand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from seedbed.node.choosing.units import version_of

if TYPE_CHECKING:
    from seedbed.engine.base import TorrentId


_Key = TypeVar("_Key")


@dataclass(slots=True)
class Served:
    """See the module's text. Parts of one version are one torrent; two versions may be one, too."""

    torrents: dict[str, TorrentId] = field(default_factory=dict)
    """By the unit's id; changed by the methods only."""
    _by_version: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    """Ids of units, in the order in which they came."""
    _by_torrent: dict[TorrentId, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))

    def put(self, item: str, torrent: TorrentId) -> None:
        """A unit is served."""
        self.drop(item)
        self.torrents[item] = torrent
        self._by_version[version_of(item)][item] = None
        self._by_torrent[torrent][item] = None

    def drop(self, item: str) -> TorrentId | None:
        """A unit is served no longer; returns its torrent, if no other unit needs that."""
        torrent = self.torrents.pop(item, None)
        if torrent is None:
            return None
        _drop(self._by_version, version_of(item), item)
        _drop(self._by_torrent, torrent, item)
        return None if torrent in self._by_torrent else torrent

    def of_version(self, version: str) -> list[str]:
        """Units that are a version, or parts of it."""
        return list(self._by_version.get(version, ()))

    def of_torrent(self, torrent: TorrentId) -> list[str]:
        """Units that a torrent serves."""
        return list(self._by_torrent.get(torrent, ()))


def _drop(found: dict[_Key, dict[str, None]], key: _Key, item: str) -> None:
    del found[key][item]
    if not found[key]:
        del found[key]
