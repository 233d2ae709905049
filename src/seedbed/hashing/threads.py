# SPDX-License-Identifier: Apache-2.0
"""Hashing in threads of this process: reading and hashing both let the other threads run.

The caller's thread only hands out and gathers, so it can be interrupted (Ctrl-C) at any moment; workers stop at
the end of their batch, which takes some ten milliseconds.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.hashing.batch import BatchResult, Bench
from seedbed.hashing.chains import Chains, StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from seedbed.hashing.base import Engine
    from seedbed.hashing.batch import Source, Wanted
    from seedbed.hashing.plan import Batch


FAREWELL_S = 5.0
"""How long an interrupted run waits for its threads: a batch takes milliseconds, but a server may hang. They are
daemons, so one that waits for a server does not keep the program."""


def default_workers() -> int:
    """As many as there are processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def hash_in_threads(
    batches: Iterable[Batch], wanted: Wanted, source: Source, *, engine: Engine, chains: Chains, workers: int
) -> Iterator[BatchResult]:
    """Hash batches with ``workers`` threads; results come in the order in which they are done.

    Raises:
        SeedbedError: what the first failing worker met; the others have stopped then.
    """
    work = _Work(iter(batches), wanted, source, engine, chains)
    with _running(work, workers):
        open_threads = workers
        while open_threads:
            item = work.results.get()
            if isinstance(item, BatchResult):
                yield item
            elif item is None:
                open_threads -= 1
            else:
                raise item


@dataclass(frozen=True, slots=True)
class _Work:
    batches: Iterator[Batch]
    wanted: Wanted
    source: Source
    engine: Engine
    chains: Chains
    claim: threading.Lock = field(default_factory=threading.Lock)
    stopped: threading.Event = field(default_factory=threading.Event)
    results: queue.SimpleQueue[BatchResult | BaseException | None] = field(default_factory=queue.SimpleQueue)

    def run(self) -> None:
        """One worker's life."""
        try:
            with self.source.reader() as reader:
                bench = Bench(
                    self.wanted,
                    reader,
                    self.engine.hasher(),
                    chain=self.chains,
                    chunk_bytes=self.source.chunk_bytes,
                )
                while batch := self._next(bench):
                    self.results.put(bench.finish(batch))
        except StoppedError:
            pass
        except BaseException as error:  # noqa: BLE001  # carried to the caller's thread and raised there
            self.results.put(error)
        self.results.put(None)

    def _next(self, bench: Bench) -> Batch | None:
        """Claim a batch and load it; sources that can only be read in order are read under the claim."""
        with self.claim:
            batch = None if self.stopped.is_set() else next(self.batches, None)
            if batch and self.source.is_sequential:
                bench.load(batch)
        if batch and not self.source.is_sequential:
            bench.load(batch)
        return batch


@contextmanager
def _running(work: _Work, workers: int) -> Iterator[None]:
    threads = [threading.Thread(target=work.run, name=f"hash-{n}", daemon=True) for n in range(workers)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        work.stopped.set()
        work.chains.stop()
        deadline_s = time.monotonic() + FAREWELL_S
        for thread in threads:
            thread.join(max(deadline_s - time.monotonic(), 0))
