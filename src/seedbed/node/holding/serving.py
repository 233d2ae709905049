# SPDX-License-Identifier: Apache-2.0
"""What a node asks of whoever serves what it claims: the built-in engine, or another client in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from seedbed.core.endpoints import Endpoint
    from seedbed.engine.base import Addition, Status, TorrentId, Totals
    from seedbed.engine.stream import EventStream
    from seedbed.errors import SeedbedError


class Serving(Protocol):
    """A part of :class:`seedbed.engine.base.Engine`, with the same promises."""

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """See there."""

    def add_many(self, additions: Iterable[Addition]) -> AsyncIterator[TorrentId | SeedbedError]:
        """See there."""

    async def remove(self, torrent: TorrentId) -> None:
        """See there."""

    def statuses(self) -> tuple[Status, ...]:
        """See there."""

    async def refresh(self) -> None:
        """See there."""

    async def totals(self) -> Totals:
        """See there."""

    def events(self) -> EventStream:
        """See there."""
