# SPDX-License-Identifier: Apache-2.0
"""The fetch, top to bottom: find the torrent, see what is there, get the rest from all sources, prove, save."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING

from seedbed.errors import StateError
from seedbed.fetching.choice import wanted_files
from seedbed.fetching.disk import existing
from seedbed.fetching.disk.part_store import PartStore
from seedbed.fetching.disk.store import Store, refuse_different
from seedbed.fetching.options import Options
from seedbed.fetching.outcome import Tallies, raise_failure, refuse_disagreeing
from seedbed.fetching.proving.proof import Prover
from seedbed.fetching.result import Fetched, Progress
from seedbed.fetching.torrent.torrent_file import find_torrent
from seedbed.fetching.transfer import Transfer
from seedbed.hashing.roots import wrong_roots

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.fetching.torrent.found import FoundTorrent

__all__ = ["Options", "fetch", "fetch_found", "fetch_part"]

log = logging.getLogger(__name__)

MAX_ROUNDS = 3
"""Of fetching what the last proof found wrong; more means that the disk does not keep what is written."""


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
    on_progress(Progress("torrent"))
    return await fetch_found(await find_torrent(what, options or Options()), on_progress=on_progress)


async def fetch_found(found: FoundTorrent, *, on_progress: Callable[[Progress], object] = lambda _: None) -> Fetched:
    """Get the data of a torrent that was found before; otherwise as :func:`fetch`."""
    began_s = time.monotonic()
    metainfo, options = found.metainfo, found.options
    wanted = wanted_files(metainfo, options.files, found.select_only)
    prover = Prover(metainfo)
    with Store(metainfo, prover.map, options.folder, wanted=wanted) as store:
        flow = _Flow(store, prover, options, on_progress)
        have = await flow.see_what_is_there()
        was_complete = not store.growing
        if not was_complete:
            await flow.fetch_missing(have)
        await flow.prove_roots()
        if not was_complete:
            on_progress(Progress("saving", name=metainfo.name))
            await asyncio.to_thread(store.finish)
        await asyncio.to_thread(store.clean_up)
    return flow.fetched(time.monotonic() - began_s, was_complete=was_complete)


async def fetch_part(
    found: FoundTorrent, part: range, *, on_progress: Callable[[Progress], object] = lambda _: None
) -> Fetched:
    """Get a range of a torrent's pieces, verified; the rest of its files are holes, or what was there before.

    Args:
        found: The torrent; its options name the folder. Files are not chosen.
        part: Numbers of pieces.
        on_progress: As for :func:`fetch`.

    Raises:
        DataError: or NoSourceError, NoSpaceError, StateError: as :func:`fetch`.
    """
    began_s = time.monotonic()
    prover = Prover(found.metainfo)
    with PartStore(found.metainfo, prover.map, found.options.folder, part=part) as store:
        flow = _Flow(store, prover, found.options, on_progress)
        have = await flow.see_what_is_there()
        was_complete = not store.wanted_pieces() - have
        if not was_complete:
            await flow.fetch_missing(have)
        on_progress(Progress("saving", name=found.metainfo.name))
        await asyncio.to_thread(store.finish)
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
        self._tallies = Tallies()
        self._reused_bytes = 0
        self._has_roots = False
        self._size_bytes = store.size_bytes()

    async def see_what_is_there(self) -> set[int]:
        """Prove what lies in the final place and in the work folder; returns the good pieces of growing files.

        Raises:
            InputError: other data lies in the final place and may not be replaced.
            NoSpaceError: there is no room for the rest.
        """
        counter = _Counter(self._tell_checked)
        try:
            return await asyncio.to_thread(self._see_what_is_there, counter)
        finally:
            counter.stop()

    def _see_what_is_there(self, counter: _Counter) -> set[int]:
        store = self._store
        if store.stays_in_place:
            good = existing.look_at_work(store, self._prover, on_bytes=counter)
            store.check_space(good)
            store.make_folders()
            self._reused_bytes = self._size_bytes - store.needed_bytes(good)
            return good
        found = existing.look_at_final(store, self._prover, on_bytes=counter)
        if found.different and not self._options.replaces:
            raise refuse_different(store, found.different)
        store.done = set(found.complete)
        store.replaceable = frozenset(found.different)
        good = existing.look_at_work(store, self._prover, on_bytes=counter)
        store.check_space(good)
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
        wanted = self._store.wanted_pieces()
        for _ in range(MAX_ROUNDS):
            missing = wanted - have
            transfer = Transfer.of(self._store, self._prover, self._options, missing, self._tell_fetching)
            await transfer.run(have)
            self._tallies.add(transfer.desk)
            if transfer.desk.missing():
                raise_failure(self._store.metainfo, transfer.desk)
            if transfer.swarm and transfer.swarm.full:
                self._prover = Prover(transfer.swarm.full)
            wrong = await self._prove_again(transfer.swarm.doubtful & wanted if transfer.swarm else set())
            if not wrong:
                return
            have = wanted - wrong
        raise StateError(
            f"{self._store.folder}: {len(wrong):,} pieces change after they are written: is the disk good?"
        )

    async def _prove_again(self, doubtful: set[int]) -> set[int]:
        """Which of the pieces that peers may have touched are not right on disk."""
        if not doubtful:
            return set()
        paths = {index: self._store.work_path(index) for index in self._store.growing}
        paths |= {index: self._store.final_path(index) for index in self._store.done}
        counter = _Counter(lambda _: None)
        try:
            return doubtful - await asyncio.to_thread(
                existing.good_pieces, self._prover, paths, doubtful, on_bytes=counter
            )
        finally:
            counter.stop()

    async def prove_roots(self) -> None:
        """A hybrid that came without piece layers was proved by SHA-1: its files must have their pieces roots too.

        Raises:
            DataError: its v1 and v2 hashes are of different contents.
            StateError: a file cannot be read.
        """
        store = self._store
        if self._prover.by_v2 or store.metainfo.format == "v1":
            return
        paths = {index: store.final_path(index) for index in store.done}
        paths |= {index: store.work_path(index) for index in store.growing}
        counter = _Counter(self._tell_checked)
        try:
            wrong = await asyncio.to_thread(wrong_roots, store.metainfo, paths, counter)
        except FileNotFoundError as error:
            raise StateError(f"{error.filename}: it vanished while it was proved") from error
        except OSError as error:
            raise StateError(f"{error.filename or store.folder}: {error.strerror}") from error
        finally:
            counter.stop()
        if wrong:
            await asyncio.to_thread(store.clean_up)
            raise refuse_disagreeing(store.metainfo, wrong)
        self._has_roots = True

    def _tell_fetching(self, transfer: Transfer) -> None:
        desk = transfer.desk
        done = min(self._reused_bytes + desk.bytes_good(), self._size_bytes)
        mirrors = sum(not (source.banned or source.is_swarm) for source in desk.sources)
        peers = transfer.swarm.peer_count if transfer.swarm else 0
        self._on_progress(Progress("fetching", done, self._size_bytes, mirrors, peers, self._store.metainfo.name))

    def _growing_bytes(self, piece: int) -> int:
        store = self._store
        files = store.wanted - store.done
        return sum(part.length for part in store.map.stretches(piece) if part.file_index in files)

    def fetched(self, seconds: float, *, was_complete: bool) -> Fetched:
        """The result."""
        store, metainfo = self._store, self._store.metainfo
        result = Fetched(
            root=store.final_root,
            paths=tuple(store.final_path(index) for index in sorted(store.wanted)),
            info_hash=metainfo.info_hashes.best_hex,
            size_bytes=self._size_bytes,
            bytes_from_mirrors=self._tallies.bytes_from_mirrors,
            bytes_from_peers=self._tallies.bytes_from_peers,
            bytes_reused=self._reused_bytes,
            sources=self._tallies.sources,
            proof="SHA-256 (BitTorrent v2)" if self._prover.by_v2 or self._has_roots else "SHA-1 (BitTorrent v1)",
            seconds=seconds,
            was_complete=was_complete,
        )
        log.info(
            "torrent fetched info_hash=%s bytes_from_peers=%d bytes_from_mirrors=%d bytes_reused=%d seconds=%.3f",
            result.info_hash, result.bytes_from_peers, result.bytes_from_mirrors, result.bytes_reused, seconds,
        )  # fmt: skip
        return result


class _Counter:
    """Adds up what several threads report, and stops them when the fetch was cancelled."""

    def __init__(self, tell: Callable[[int], object]) -> None:
        self._tell = tell
        self._total = 0
        self._lock = threading.Lock()
        self._is_stopped = False

    def stop(self) -> None:
        """Nobody waits for the result any more."""
        self._is_stopped = True

    def __call__(self, count: int) -> None:
        if self._is_stopped:
            raise InterruptedError("the fetch was cancelled")
        with self._lock:
            self._total += count
            self._tell(self._total)
