# SPDX-License-Identifier: Apache-2.0
"""Hashing with a bar, a journal and as many threads as are good, shared by ``torrent create`` and ``publish``."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from seedbed.cli import output, progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from seedbed.creating.create import Created, Plan
    from seedbed.creating.journal import FileJournal
    from seedbed.hashing.batch import Wanted
    from seedbed.hashing.job import Executor, Progress

_CONNECTIONS = 4
"""Threads for data behind URLs at least: they wait for the server most of the time."""


@contextmanager
def hashed(
    plan: Plan, options: Mapping[str, Any], told: Callable[[int, bytes], object] = lambda _index, _sha256: None
) -> Iterator[Created]:
    """Hash a dataset; yields its torrent. What was hashed is remembered until the caller is done with it.

    Args:
        plan: What to make.
        options: ``workers``, ``cluster`` and ``no_resume``, as the commands have them.
        told: See :func:`seedbed.hashing.job.hash_dataset`.
    """
    from seedbed.creating import create as flow  # noqa: PLC0415

    with ExitStack() as stack:
        executor, workers = stack.enter_context(_executor(plan, options))
        wanted = flow.wanted_hashes(plan, workers=workers)
        record = None if options["no_resume"] else _journal(plan, wanted)
        if record and stack.enter_context(record).known_batches:
            output.say("Going on where an earlier run was interrupted.")
        with progress.bar("Hashing") as report:
            created = flow.create(plan, executor, wanted=wanted, journal=record, progress=_teller(report), told=told)
        yield created
        if record:
            record.remove()


@contextmanager
def _executor(plan: Plan, options: Mapping[str, Any]) -> Iterator[tuple[Executor, int]]:
    """Who hashes, and how many at once."""
    from seedbed.hashing.choice import choose_engine  # noqa: PLC0415
    from seedbed.hashing.job import Threads  # noqa: PLC0415
    from seedbed.hashing.threads import default_workers  # noqa: PLC0415

    if options["cluster"]:
        from seedbed.creating.cluster import dask_executor  # noqa: PLC0415

        with dask_executor(options["cluster"]) as cluster:
            yield cluster, cluster.workers
    else:
        workers = options["workers"] or max(default_workers(), _CONNECTIONS if _is_remote(plan) else 1)
        yield Threads(choose_engine(), workers), workers


def _is_remote(plan: Plan) -> bool:
    from seedbed.hashing.files import LocalFiles  # noqa: PLC0415

    return not isinstance(plan.dataset.source, LocalFiles)


def _journal(plan: Plan, wanted: Wanted) -> FileJournal | None:
    from seedbed.creating.dataset import LARGE_BYTES  # noqa: PLC0415

    if plan.dataset.size_bytes < LARGE_BYTES:  # asked here too, so that small work need not import the journal
        return None
    from seedbed.creating import journal  # noqa: PLC0415

    return journal.open_journal(plan.dataset, wanted)


def _teller(report: progress.Report) -> Callable[[Progress], object]:
    def tell(state: Progress) -> None:
        report(state.bytes_done, state.bytes_total, f"{state.files_done:,}/{state.files_total:,} files")

    return tell
