# SPDX-License-Identifier: Apache-2.0
"""What becomes of a network of smartnodes in a year, against the figures that the policy is to reach.

    python benchmarks/simulate.py [--quick] [--only NAME,…]

Runs two simulations side by side. Writes ``benchmarks/results/simulate.md`` and ``simulate.svg``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from dataclasses import dataclass, replace
from pathlib import Path

import paired

from seedbed.simulating import summary
from seedbed.simulating.plot import plot
from seedbed.simulating.run import run
from seedbed.simulating.scenario import Scenario

HERE = Path(__file__).parent
AT_ONCE = 2
YEAR = Scenario()
FIFTH = replace(YEAR, datasets=20_000, catalog_bytes=40e12, nodes=400)
NOTE = """Every node decides once an hour, give or take a quarter, by `seedbed.node.policy`. Trackers forget
a node that is gone after 45 minutes. Sizes of datasets and budgets are log-normal (`simulating/world.py`); a line is
never shared out among swarms. Counted from day 60, when all HTTP mirrors are gone for good.
Bars: `simulating/summary.py`.
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One simulation."""

    name: str
    scenario: Scenario
    has_bars: bool = True


RUNS = (
    Run("seed 1", YEAR), Run("seed 2", replace(YEAR, seed=2)), Run("seed 3", replace(YEAR, seed=3)),
    Run("10 % lie", replace(YEAR, liars=0.1)),
    Run("collect", replace(YEAR, policy="collect"), has_bars=False),
    Run("powd", replace(YEAR, policy="powd"), has_bars=False),
    Run("fifth", FIFTH), Run("fifth, at-2026", replace(FIFTH, policy="at-2026"), has_bars=False),
    Run("fifth, decides 6-hourly", replace(FIFTH, decide_every_h=6.0), has_bars=False),
    Run("fifth, capacity told 10 x", replace(FIFTH, capacity_error=10.0), has_bars=False),
    Run("fifth, capacity told 1/10", replace(FIFTH, capacity_error=0.1), has_bars=False),
    Run("fifth, 15 % die at once", replace(FIFTH, shock_d=200.0)),
    Run("fifth, space 8 x", replace(FIFTH, space_ratio=8.0), has_bars=False),
)  # fmt: skip


def main() -> None:
    """Run all and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2,000 datasets, 60 days; noisy")
    parser.add_argument("--only", default="", help="names of runs")
    options = parser.parse_args()
    chosen = [one for one in RUNS if not options.only or one.name in options.only.split(",")]
    if options.quick:
        chosen = [replace(one, scenario=_small(one.scenario)) for one in chosen]
    with multiprocessing.get_context("spawn").Pool(AT_ONCE, maxtasksperchild=1) as pool:
        found = pool.map(_simulate, chosen, chunksize=1)
    _report(chosen, found, "simulate-quick" if options.quick else "simulate")


def _small(scenario: Scenario) -> Scenario:
    return replace(
        scenario, datasets=2_000, catalog_bytes=4e12, nodes=60, days=60, mirrors_end_d=20, herd_d=40, herd_datasets=40,
        shock_d=40 if scenario.shock_d else None,
    )  # fmt: skip


def _simulate(one: Run) -> tuple[summary.Summary, float, list[tuple[float, float]]]:
    began_s = time.process_time()
    figures = run(one.scenario)
    series = figures.series
    line = [(day, 100 * share) for day, share in zip(series.days, series.units_short, strict=True)]
    found = summary.of(figures)
    print(f"{one.name}: {found}", flush=True)
    return found, time.process_time() - began_s, line


def _report(
    chosen: list[Run], found: list[tuple[summary.Summary, float, list[tuple[float, float]]]], name: str
) -> None:
    names = [one.name for one in chosen]
    rows = list(zip(*(summary.rows(one) for one, _, _ in found), strict=True))
    bars = [*map(str, summary.BARS.values()), f"within {summary.LEAST_EVEN_FILL}"]
    lines = [
        "# A network of smartnodes, simulated\n", f"{paired.machine()}.\n", NOTE,
        "| | bar | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names),
        *(f"| {row[0][0]} | {bar} | " + " | ".join(value for _, value in row) + " |"
          for row, bar in zip(rows, bars, strict=True)),
        "| processor time, s | | " + " | ".join(f"{cpu_s:.0f}" for _, cpu_s, _ in found) + " |",
        "| bars missed | | " + " | ".join(
            ", ".join(summary.missed(one)) or "none" if a_run.has_bars else "-"
            for a_run, (one, _, _) in zip(chosen, found, strict=True)
        ) + " |\n", f"![Units with fewer than three copies online]({name}.svg)",
    ]  # fmt: skip
    (HERE / "results" / f"{name}.md").write_text("\n".join(lines) + "\n")
    drawn = {one.name: line for one, (_, _, line) in zip(chosen, found, strict=True) if line}
    (HERE / "results" / f"{name}.svg").write_text(
        plot("Units with fewer than three copies online", "% of units", drawn)
    )
    print("\n".join(lines))


if __name__ == "__main__":
    main()
