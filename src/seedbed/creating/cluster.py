# SPDX-License-Identifier: Apache-2.0
"""Hashing on a Dask cluster (extra ``seedbed[dask]``): the same batches, the same hashes.

Workers read the data themselves, so they need the same folder at the same place, or a URL. Batches travel in
groups, because proving and measuring the engine takes a worker as long as hashing one batch does.
"""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from seedbed.errors import InputError, MissingProgramError, SourceError
from seedbed.hashing.batch import BatchResult, Bench
from seedbed.hashing.choice import choose_engine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from seedbed.hashing.batch import Source, Wanted
    from seedbed.hashing.chains import Chains
    from seedbed.hashing.plan import Batch

GROUP = 16
"""Batches a task: about 256 MiB."""
IN_FLIGHT = 2
"""Tasks a worker thread: one at work, one waiting, so that a huge dataset is not queued as a whole."""
CONNECT_S = 5
_LOCAL = "local"


@contextmanager
def dask_executor(address: str) -> Iterator[DaskCluster]:
    """Connect to a cluster, or start one on this machine.

    Args:
        address: Of the scheduler (``tcp://host:8786``), or ``local``.

    Raises:
        MissingProgramError: ``distributed`` is not installed.
        SourceError: the scheduler does not answer.
    """
    try:
        distributed: Any = importlib.import_module("distributed")  # optional, untyped, half a second to import
    except ImportError as error:
        raise MissingProgramError(
            "--dask: the package distributed is not installed", hint="pip install 'seedbed[dask]'"
        ) from error
    try:
        target: Any = distributed.LocalCluster(dashboard_address="127.0.0.1:0") if address == _LOCAL else address
        client = distributed.Client(target, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise SourceError(f"--dask {address}: the scheduler does not answer: {error}") from error
    try:
        yield DaskCluster(client)
    finally:
        client.close()
        if address == _LOCAL:
            target.close()


@dataclass(frozen=True, slots=True)
class DaskCluster:
    """An executor (see :class:`seedbed.hashing.job.Executor`)."""

    client: Any
    """``distributed.Client``, which has no types."""

    @property
    def workers(self) -> int:
        """Threads of all workers; at least one."""
        return max(int(sum(self.client.nthreads().values())), 1)

    def run(self, batches: Iterable[Batch], wanted: Wanted, source: Source, chains: Chains) -> Iterator[BatchResult]:
        """See :class:`seedbed.hashing.job.Executor`.

        Raises:
            InputError: something was asked for that cannot be made in pieces.
        """
        del chains  # whole-file digests of long files cannot be made by several machines
        _refuse_chained(wanted, source)
        shared = self.client.scatter([(wanted, source)], broadcast=True)[0]
        iterator = iter(batches)
        groups = iter(lambda: list(islice(iterator, GROUP)), [])
        distributed: Any = importlib.import_module("distributed")
        first = [self._submit(group, shared) for group in islice(groups, IN_FLIGHT * self.workers)]
        tasks = distributed.as_completed(first, loop=self.client.loop)
        for task in tasks:
            yield from task.result()
            task.release()
            if group := next(groups, None):
                tasks.add(self._submit(group, shared))

    def _submit(self, group: list[Batch], shared: Any) -> Any:
        return self.client.submit(hash_group, group, shared, pure=False)


def hash_group(group: list[Batch], shared: tuple[Wanted, Source]) -> list[BatchResult]:
    """What a worker does."""
    wanted, source = shared
    results = []
    with source.reader() as reader:
        bench = Bench(wanted, reader, choose_engine().hasher(), chunk_bytes=source.chunk_bytes)
        for batch in group:
            bench.load(batch)
            results.append(bench.finish(batch))
    return results


def _refuse_chained(wanted: Wanted, source: Source) -> None:
    if source.is_sequential:
        raise InputError("--dask: the server sends this file only from its beginning, one reader at a time")
    longest = max(wanted.shape.layout.lengths)
    if wanted.md5 and longest > wanted.shape.window:
        raise InputError(
            f"--dask and --md5: the MD5 of a file of {longest:,} bytes is one chain, which a cluster cannot share",
            hint="Leave one of them out.",
        )
