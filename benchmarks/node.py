# SPDX-License-Identifier: Apache-2.0
"""How long does a smartnode think about a million units?

    python benchmarks/node.py [--quick]

Writes ``benchmarks/results/node.md``.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import paired

from seedbed.node.choosing import deciding
from seedbed.node.choosing.view import View
from seedbed.node.policy import targets
from seedbed.node.policy.census import Census
from seedbed.node.policy.lottery import Space

HERE = Path(__file__).parent
ROUNDS = 5
HELD = 10_000
GB = 10**9


def main() -> None:
    """Measure and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100,000 units")
    options = parser.parse_args()
    units = 100_000 if options.quick else 1_000_000
    view = _view(units)
    times = {name: _times(view, space) for name, space in (("by lot", _space()), ("sampled", None))}
    rows = [f"| {name} | {statistics.median(seconds):.2f} | {max(seconds):.2f} |" for name, seconds in times.items()]
    lines = [
        "# A smartnode's planning\n", f"{paired.machine()}.\n",
        f"{units:,} units with new numbers, {HELD:,} of them held, the disk full: taking in the numbers and deciding.",
        "Bar: 2 s for 1,000,000 units. Reading the catalogue and asking trackers are not in it.\n",
        "| needs are taken up | median, s | longest, s |", "|---|---|---|", *rows,
    ]  # fmt: skip
    name = "node-quick.md" if options.quick else "node.md"
    (HERE / "results" / name).write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


def _view(units: int) -> View:
    chance = np.random.default_rng(1)
    sizes = np.maximum(chance.lognormal(18.4, 2.45, units), 1).astype(np.int64)
    keys = chance.integers(0, 2**63, units, dtype=np.int64).astype(np.uint64)
    census = Census.of(keys, sizes, targets.affordable(sizes, 5.3 * float(sizes.sum())))
    named = cast("Any", [SimpleNamespace(id=str(number)) for number in range(units)])
    return View(named, census, {one.id: number for number, one in enumerate(named)}, {})


def _space() -> Space:
    chance = np.random.default_rng(2)
    return Space.of(chance.lognormal(26, 1.5, 2_000), np.full(2_000, 0.9))


def _times(view: View, space: Space | None) -> list[float]:
    chance = np.random.default_rng(3)
    count = len(view.units)
    held = {str(one) for one in chance.choice(count, HELD, replace=False)}
    found = []
    for _ in range(ROUNDS):
        copies = chance.poisson(6, count).astype(np.float32)
        began_s = time.perf_counter()
        view.census.observe(copies, np.zeros(count, np.float32), 1.0)
        means = deciding.Means(7, 1e9, 200 * GB, 500 * GB, space=space)
        deciding.decide(view, held, (), means, chance)
        found.append(time.perf_counter() - began_s)
    return found


if __name__ == "__main__":
    main()
