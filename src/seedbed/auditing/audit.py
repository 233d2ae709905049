# SPDX-License-Identifier: Apache-2.0
"""Audit: each web seed of a torrent is asked for some pieces, or all, and every one is proved."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from seedbed.auditing.audited import Audited
from seedbed.auditing.copy_audit import CopyAudit
from seedbed.auditing.sample import sample
from seedbed.errors import InputError
from seedbed.fetching.proving.proof import Prover

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seedbed.core.layout import Layout
    from seedbed.core.metainfo import Metainfo
    from seedbed.fetching.rules import Rules

BUDGET_BYTES = 16 << 20
"""Asked of each copy when nobody says otherwise; at least one piece."""
COPIES_AT_ONCE = 8


def audit(
    metainfo: Metainfo,
    urls: Sequence[str],
    *,
    rules: Rules,
    budget_bytes: int | None = BUDGET_BYTES,
    chance: random.Random | None = None,
    told: Callable[[int, int], object] = lambda _done, _total: None,
) -> Audited:
    """Look at copies of a torrent's data.

    Args:
        metainfo: The torrent.
        urls: Web seeds (BEP 19).
        rules: Time-outs, and whether private addresses may be asked.
        budget_bytes: Asked of each copy; None for everything.
        chance: What is left to chance; the system's if not given.
        told: Progress, from several threads: bytes dealt with of all copies, and how many there will be.

    Raises:
        InputError: there is nothing to ask, or nothing to prove it by.
    """
    prover = Prover(metainfo)
    if not urls:
        raise InputError(f"{metainfo.name}: it has no web seeds", hint="Name a copy with --web-seed URL.")
    if prover.is_blind:
        raise InputError(f"{metainfo.name}: the torrent has no piece layers, so nothing can be proved by it")
    chance = chance or random.SystemRandom()
    layout = prover.map.layout
    chosen = [_runs(layout, budget_bytes, chance) for _ in urls]
    total = sum(prover.map.size(piece) for runs in chosen for run in runs for piece in run)
    done, lock = [0], threading.Lock()

    def tell(more: int) -> None:
        with lock:
            done[0] += more
            told(done[0], total)

    with ThreadPoolExecutor(COPIES_AT_ONCE, thread_name_prefix="audit") as pool:
        jobs = [
            pool.submit(CopyAudit(url, metainfo, prover, rules, budget_bytes, tell).run, runs)
            for url, runs in zip(urls, chosen, strict=True)
        ]
        return Audited(tuple(job.result() for job in jobs), is_full=budget_bytes is None)


def _runs(layout: Layout, budget_bytes: int | None, chance: random.Random) -> list[range]:
    """What one copy is asked for. Everything is a part, to see how ranges are served, and the rest in few requests."""
    if budget_bytes is not None:
        return [range(piece, piece + 1) for piece in sample(layout, budget_bytes=budget_bytes, chance=chance)]
    count = layout.piece_count
    return [
        run
        for piece in sample(layout, budget_bytes=0, chance=chance)
        for run in (range(piece, piece + 1), range(piece), range(piece + 1, count))
    ]
