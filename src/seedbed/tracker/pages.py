# SPDX-License-Identifier: Apache-2.0
"""What a tracker serves besides announces: its numbers, their history, and the file of all of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from seedbed.errors import StateError
from seedbed.tracker import keeping, numbers, scrape_file, stats_pages
from seedbed.tracker.access import Listed
from seedbed.tracker.http_door import NO_PAGE, Page
from seedbed.tracker.swarm import Count

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seedbed.tracker.access import Access
    from seedbed.tracker.datasets import Datasets

NOTE_EVERY_S, FIRST_NOTE_S = 3_600, 600
FILE_EVERY_S = 600
AT_ONCE = 4
"""Histories read from disk side by side; whoever asks when so many are read is told to come again."""
_HTML, _JSON = "text/html; charset=utf-8", "application/json"
_BUSY = Page(503, "text/plain", b"too many ask at once; try again\n", b"Retry-After: 2\r\n")
_UNREADABLE = Page(500, "text/plain", b"the history cannot be read\n")
_TEXT_LIMIT = 400


@dataclass(slots=True)
class Pages:
    """See the module's text.

    Args:
        datasets: The numbers.
        wall_s: Seconds since 1970.
        record: Where the history is; None when nothing is kept.
    """

    datasets: Datasets
    wall_s: Callable[[], float]
    record: Path | None = None
    began_s: float = 0.0
    """By the clock of the datasets."""
    file: Page | None = None
    """``/scrape.parquet``."""
    _reading: set[asyncio.Task[Page]] = field(default_factory=set)
    _note_at_s: float | None = None
    _file_at_s: float = float("-inf")
    _file_of: Access | None = None
    """Who was served when the file was written: with another list comes another file."""

    def page(self, path: str, query: bytes) -> Page | asyncio.Future[Page]:
        """The answer for a path, or what will be it."""
        if path in {"/", "/stats"}:
            page = stats_pages.stats_page(self._totals(), self.datasets.rows(), stats_pages.View.of(query))
            return Page(200, _HTML, page)
        if path == "/stats.json":
            return Page(200, _JSON, numbers.as_json(self._totals(), self.datasets.rows()))
        if path == "/metrics":
            return Page(200, "text/plain; version=0.0.4", numbers.as_metrics(self._totals()))
        if path == "/scrape.parquet":
            return self.file or NO_PAGE
        if path.startswith("/stats/") and len(path) <= _TEXT_LIMIT:
            return self._history(unquote(path.removeprefix("/stats/")), query)
        return NO_PAGE

    async def keep_up(self) -> None:
        """Note the numbers, and write the file, when it is time; to be called every second or so.

        Raises:
            StateError: the record, or the file, cannot be written.
        """
        now_s = self.datasets.clock_s()
        if self._note_at_s is None:
            self._note_at_s = now_s + await self._until_note()
        access = self.datasets.tracker.access
        if now_s >= self._file_at_s or access is not self._file_of:
            self._file_of = access
            self._file_at_s = now_s + FILE_EVERY_S
            await self.write_file()
        if now_s >= self._note_at_s:
            self._note_at_s = now_s + NOTE_EVERY_S
            await self.note()

    async def _until_note(self) -> float:
        """After a restart an hour is reckoned from the last row, and peers have some minutes to come back."""
        last_s = await asyncio.to_thread(keeping.newest, self.record) if self.record else None
        since_s = self.wall_s() - last_s if last_s is not None else NOTE_EVERY_S
        rest_s = NOTE_EVERY_S - since_s if 0 <= since_s <= NOTE_EVERY_S else 0
        return max(rest_s, FIRST_NOTE_S)

    async def write_file(self) -> None:
        """Write ``/scrape.parquet`` anew; nothing while nothing is listed.

        Raises:
            StateError: it cannot be written.
        """
        listed, rows = self.datasets.hashes, self.datasets.rows()
        all_ = [(name, hashes[0], rows.get(name, Count(0, 0, 0))) for name, hashes in listed.items()]
        if not all_:
            self.file = None
            return
        folder = self.record.parent if self.record else None
        self.file = await asyncio.to_thread(scrape_file.write, all_, int(self.wall_s()), folder)

    async def note(self) -> None:
        """Add the numbers of all datasets that have any to their history.

        Raises:
            StateError: it cannot be written.
        """
        if self.record is None:
            return
        rows, listed = self.datasets.rows(), self.datasets.hashes
        counts = [
            (listed[name][0] if name in listed else bytes.fromhex(name), count)
            for name, count in rows.items()
            if any(count)
        ]
        await asyncio.to_thread(keeping.note, self.record, counts, int(self.wall_s()))

    def _history(self, name: str, query: bytes) -> Page | asyncio.Future[Page]:
        is_json = name not in self.datasets.rows() and name.endswith(".json")
        name = name.removesuffix(".json") if is_json else name
        hashes = self.datasets.hashes_of(name)
        if not hashes:
            return NO_PAGE
        if len(self._reading) >= AT_ONCE:
            return _BUSY
        reading = asyncio.ensure_future(self._read(name, hashes, stats_pages.days_of(query), is_json=is_json))
        self._reading.add(reading)
        reading.add_done_callback(self._reading.discard)
        return reading

    async def _read(self, name: str, hashes: tuple[bytes, ...], days: int, *, is_json: bool) -> Page:
        until_s = int(self.wall_s())
        points: list[tuple[int, int, int, int]] = []
        try:
            if self.record:
                since_s = until_s - days * 86_400
                points = await asyncio.to_thread(keeping.history, self.record, hashes, since_s, until_s)
        except StateError:
            return _UNREADABLE
        now = self.datasets.rows().get(name, Count(0, 0, 0))
        if is_json:
            return Page(200, _JSON, numbers.history_as_json(name, now._asdict(), points))
        return Page(200, _HTML, stats_pages.history_page(name, now, points, days))

    def _totals(self) -> dict[str, int]:
        access = self.datasets.tracker.access
        listed = len(access.datasets) if isinstance(access, Listed) else 0
        up_s = int(self.datasets.clock_s() - self.began_s)
        return numbers.totals(self.datasets.tracker, self.datasets.rows(), listed, up_s)
