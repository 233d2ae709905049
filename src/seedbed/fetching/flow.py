# SPDX-License-Identifier: Apache-2.0
"""The fetch, top to bottom: find the torrent, see what is there, get the rest from all sources, prove, save."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.core.layout import Layout
from seedbed.fetching import existing
from seedbed.fetching.agent import agent
from seedbed.fetching.choice import wanted_files
from seedbed.fetching.desk import Desk
from seedbed.fetching.outcome import raise_failure, reports
from seedbed.fetching.plan import Plan
from seedbed.fetching.proof import Prover
from seedbed.fetching.result import Fetched, Progress
from seedbed.fetching.rules import DEFAULT_RULES, Rules
from seedbed.fetching.store import Store, refuse_different
from seedbed.fetching.torrent_file import find_torrent
from seedbed.fetching.web_seed import Job, WebSeed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seedbed.core.metainfo import Metainfo

log = logging.getLogger(__name__)

TICK_S = 0.1
"""How often progress is told and the end is looked for."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked of a fetch besides the torrent."""

    folder: Path = Path()
    """Where the file or folder shall be."""
    files: tuple[str, ...] = ()
    """Globs; empty means all files."""
    peers: tuple[tuple[str, int], ...] = ()
    """Peers to dial, besides those that trackers name."""
    uses_peers: bool = True
    uses_web_seeds: bool = True
    replaces: bool = False
    """Whether different files under the final names are replaced, once the new ones are proved."""
    rules: Rules = DEFAULT_RULES


async def fetch(
    what: str, options: Options | None = None, *, on_progress: Callable[[Progress], object] = lambda _: None
) -> Fetched:
    """Get a torrent's data, verified.

    Args:
        what: Path or URL of a .torrent file, or a magnet link.
        options: Where to, what, and from whom.
        on_progress: Told a few times a second; must return at once.

    Returns:
        Where the files are and who they came from.

    Raises:
        NotFoundError: there is no such torrent, or no file that matches.
        DataError: the sources sent wrong bytes only.
        NoSourceError: nobody has, or sends, what is missing.
        NoSpaceError: the disk is full; what came is kept.
        InputError: the destination holds something else.
        StateError: the disk refuses, or another fetch of the same is running.
        TorrentError: or BencodeError, MagnetError, NameRefusedError: the torrent is refused.
    """
    options = options or Options()
    began_s = time.monotonic()
    on_progress(Progress("torrent"))
    metainfo = await find_torrent(what, options)
    wanted = wanted_files(metainfo, options.files)
    layout = Layout.of(metainfo)
    with Store(metainfo, layout, options.folder, wanted=wanted) as store:
        flow = _Flow(store, Prover(metainfo, layout), options, on_progress)
        reused = await flow.see_what_is_there()
        was_complete = not store.growing
        if not was_complete:
            await flow.fetch_missing(reused)
            on_progress(Progress("saving", name=metainfo.name))
            await asyncio.to_thread(store.finish)
        await asyncio.to_thread(store.clean_up)
    return flow.fetched(time.monotonic() - began_s, was_complete=was_complete)


class _Flow:
    """One fetch under way."""

    def __init__(
        self, store: Store, prover: Prover, options: Options, on_progress: Callable[[Progress], object]
    ) -> None:
        self._store = store
        self._prover = prover
        self._options = options
        self._on_progress = on_progress
        self._desk: Desk | None = None
        self._reused_bytes = 0
        self._size_bytes = sum(store.metainfo.files[index].length for index in store.wanted)

    async def see_what_is_there(self) -> set[int]:
        """Prove what lies in the final place and in the work folder; returns the good pieces of growing files.

        Raises:
            InputError: other data lies in the final place and may not be replaced.
            NoSpaceError: there is no room for the rest.
        """
        return await asyncio.to_thread(self._see_what_is_there)

    def _see_what_is_there(self) -> set[int]:
        store, counter = self._store, _Counter(self._tell_checked)
        found = existing.look_at_final(store, self._prover, on_bytes=counter)
        if found.different and not self._options.replaces:
            store.clean_up_if_empty()
            raise refuse_different(store, found.different)
        store.done = set(found.complete)
        store.replaceable = frozenset(found.different)
        good = existing.look_at_work(store, self._prover, on_bytes=counter)
        store.check_space()
        store.make_folders()
        if reused := found.undecided.union(found.different):
            existing.copy_good(store, found.good - good, reused)
            good |= existing.look_at_work(store, self._prover, on_bytes=counter)
        self._reused_bytes = sum(store.metainfo.files[index].length for index in store.done)
        self._reused_bytes += sum(self._growing_bytes(piece) for piece in good)
        return good

    def _tell_checked(self, done: int) -> None:
        self._on_progress(Progress("checking", done, self._size_bytes, name=self._store.metainfo.name))

    async def fetch_missing(self, have: set[int]) -> None:
        """Get the missing pieces from all sources.

        Raises:
            DataError: or NoSourceError, NoSpaceError, StateError: see :func:`fetch`.
        """
        store, rules = self._store, self._options.rules
        plan = Plan(store.wanted_pieces() - have, piece_length=store.layout.piece_length, rules=rules)
        self._desk = desk = Desk(plan)
        job = Job(store.metainfo, store.layout, self._prover, desk, rules, agent(), store.open_writer)
        urls = _web_seed_urls(store.metainfo) if self._options.uses_web_seeds else ()
        seeds = [seed for url in urls for seed in _connections(job, url)]
        await self._run(seeds)
        if desk.missing():
            raise_failure(store.metainfo, desk)

    async def _run(self, seeds: Sequence[WebSeed]) -> None:
        desk = self._desk_made()
        threads = [threading.Thread(target=seed.run, name="seedbed-http", daemon=True) for seed in seeds]
        for thread in threads:
            thread.start()
        try:
            while not desk.is_over() and desk.silent_s() < self._options.rules.no_progress_timeout_s:
                self._tell_fetching()
                await asyncio.to_thread(desk.wait_for_end, TICK_S)
        finally:
            desk.stop()
            for seed in seeds:
                seed.abort()
            for thread in threads:
                thread.join(1.0)
        self._tell_fetching()

    def _desk_made(self) -> Desk:
        if self._desk is None:
            raise RuntimeError("nothing is being fetched")
        return self._desk

    def _tell_fetching(self) -> None:
        desk = self._desk_made()
        in_use = sum(not source.banned for source in desk.sources)
        done = min(self._reused_bytes + desk.bytes_good(), self._size_bytes)
        self._on_progress(Progress("fetching", done, self._size_bytes, mirrors=in_use, name=self._store.metainfo.name))

    def _growing_bytes(self, piece: int) -> int:
        store = self._store
        indices = store.wanted - store.done
        return sum(span.length for span in store.layout.piece_spans(piece) if span.file_index in indices)

    def fetched(self, seconds: float, *, was_complete: bool) -> Fetched:
        """The result."""
        store, metainfo = self._store, self._store.metainfo
        from_mirrors = self._desk.bytes_good() if self._desk else 0
        return Fetched(
            root=store.final_root,
            paths=tuple(store.final_path(index) for index in sorted(store.wanted)),
            info_hash=metainfo.info_hashes.best_hex,
            size_bytes=self._size_bytes,
            bytes_from_mirrors=from_mirrors,
            bytes_from_peers=0,
            bytes_reused=self._reused_bytes,
            sources=reports(self._desk) if self._desk else (),
            proof="SHA-256 (BitTorrent v2)" if self._prover.by_v2 else "SHA-1 (BitTorrent v1)",
            seconds=seconds,
            was_complete=was_complete,
        )


class _Counter:
    """Adds up what several threads report."""

    def __init__(self, tell: Callable[[int], object]) -> None:
        self._tell = tell
        self._total = 0
        self._lock = threading.Lock()

    def __call__(self, count: int) -> None:
        with self._lock:
            self._total += count
            self._tell(self._total)


def _web_seed_urls(metainfo: Metainfo) -> tuple[str, ...]:
    """Web seeds that we can ask, each once."""
    return tuple(dict.fromkeys(url for url in metainfo.web_seeds if url.lower().startswith(("http://", "https://"))))


def _connections(job: Job, url: str) -> list[WebSeed]:
    count = job.rules.connections_per_source
    source = job.desk.add_source(url, max_claims=count)
    return [WebSeed(job, url, source) for _ in range(count)]
