# SPDX-License-Identifier: Apache-2.0
"""What becomes of a network of smartnodes in a year, against the figures that the policy is to reach.

    python benchmarks/simulate.py [--quick] [--only NAME,…]

Runs two simulations side by side. Writes ``benchmarks/results/simulate.md`` and ``simulate.svg``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

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
never shared out among swarms. Liars claim all and give nothing: "10 % lie" has nine tenths of honest nodes that give
6 x among them; in "less space" they give 5.4 x, with liars and without. Counted from day 60, when all HTTP mirrors are
gone for good.
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
    Run("10 % lie", replace(YEAR, liars=0.1, space_ratio=6 / 0.9)),
    Run("10 % lie, less space", replace(YEAR, liars=0.1), has_bars=False),
    Run("less space", replace(YEAR, space_ratio=5.4), has_bars=False),
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
    """Run what is asked for, and write the report of all that was run so far."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2,000 datasets, 60 days; noisy")
    parser.add_argument("--only", default="", help="names of runs; the others stay as they were")
    options = parser.parse_args()
    chosen = [one for one in RUNS if not options.only or one.name in options.only.split(",")]
    if options.quick:
        chosen = [replace(one, scenario=_small(one.scenario)) for one in chosen]
    kept = HERE / "results" / ("simulate-quick.json" if options.quick else "simulate.json")
    with multiprocessing.get_context("spawn").Pool(AT_ONCE, maxtasksperchild=1) as pool:
        for name, found in pool.imap_unordered(_simulate, chosen, chunksize=1):
            known = json.loads(kept.read_text()) if kept.exists() else {}
            kept.write_text(json.dumps(known | {name: found}))
            _report(known | {name: found}, kept.stem)


def _small(scenario: Scenario) -> Scenario:
    return replace(
        scenario, datasets=2_000, catalog_bytes=4e12, nodes=60, days=60, mirrors_end_d=20, herd_d=40, herd_datasets=40,
        shock_d=40 if scenario.shock_d else None,
    )  # fmt: skip


def _simulate(one: Run) -> tuple[str, dict[str, Any]]:
    began_s = time.process_time()
    figures = run(one.scenario)
    series, found = figures.series, summary.of(figures)
    line = [(round(day, 2), round(100 * part, 4)) for day, part in zip(series.days, series.units_short, strict=True)]
    missed = ", ".join(summary.missed(found)) or "none"
    rows = [*summary.rows(found), ("processor time, s", f"{time.process_time() - began_s:.0f}")]
    rows.append(("bars missed", missed if one.has_bars else "-"))
    return one.name, {"rows": rows, "line": line}


def _report(found: dict[str, dict[str, Any]], name: str) -> None:
    names = [one.name for one in RUNS if one.name in found]
    bars = [*map(str, summary.BARS.values()), f"within {summary.LEAST_EVEN_FILL}", "600", ""]
    columns = [[value for _, value in found[one]["rows"]] for one in names]
    words = [word for word, _ in found[names[0]]["rows"]]
    lines = [
        "# A network of smartnodes, simulated\n", f"{paired.machine()}.\n", NOTE,
        "| | bar | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names),
        *(f"| {' | '.join(row)} |" for row in zip(words, bars, *columns, strict=True)),
        f"\n![Units with fewer than three copies online]({name}.svg)",
    ]  # fmt: skip
    (HERE / "results" / f"{name}.md").write_text("\n".join(lines) + "\n")
    drawn = {one: found[one]["line"][:: max(len(found[one]["line"]) // 200, 1)] for one in names}
    (HERE / "results" / f"{name}.svg").write_text(
        plot("Units with fewer than three copies online", "% of units", drawn)
    )
    print("\n".join(lines), flush=True)


if __name__ == "__main__":
    main()
