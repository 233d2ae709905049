# SPDX-License-Identifier: Apache-2.0
"""``seedbed simulate``."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seedbed.cli import output
from seedbed.errors import DataError, StateError

if TYPE_CHECKING:
    from seedbed.simulating.figures import Figures
    from seedbed.simulating.scenario import Scenario
    from seedbed.simulating.summary import Summary

POLICIES = ("rendezvous", "powd", "collect", "at-2026", "greedy")
_QUICK_SHARE, _QUICK_DAYS = 0.1, 120.0
GB = 1e9


@click.command()
@click.option(
    "--policy", "policies", type=click.Choice(POLICIES), multiple=True, default=("rendezvous",), show_default=True,
    help="How nodes choose; give several to compare them.",
)  # fmt: skip
@click.option("--reference", is_flag=True, help="100,000 datasets, 2,000 nodes, a year: ten minutes, 1 GB of memory.")
@click.option("--datasets", type=click.IntRange(100, 2_000_000), metavar="N", help="[default: 10,000]")
@click.option("--nodes", type=click.IntRange(8, 20_000), metavar="N", help="[default: 200]")
@click.option("--terabytes", type=click.FloatRange(0.001), metavar="TB", help="Of all datasets. [default: 2 GB each]")
@click.option("--space", type=click.FloatRange(0.1), metavar="RATIO", default=6.0, show_default=True,
              help="Budgets of all nodes over the bytes of all datasets.")  # fmt: skip
@click.option("--days", type=click.FloatRange(4), metavar="DAYS", help="[default: 120]")
@click.option("--life", type=click.FloatRange(1), metavar="DAYS", default=90.0, show_default=True,
              help="Mean life of a node.")  # fmt: skip
@click.option("--liars", type=click.FloatRange(0, 0.9), metavar="SHARE", default=0.0, show_default=True,
              help="Nodes that claim to hold everything, and hold nothing.")  # fmt: skip
@click.option("--every", "every_h", type=click.FloatRange(0.5, 168), metavar="HOURS", default=1.0, show_default=True,
              help="Between two decisions of a node.")  # fmt: skip
@click.option("--shock", is_flag=True, help="15 % of the nodes die at once, half way.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of chance: the same gives the same.")
@click.option(
    "--live", type=click.IntRange(4, 50), metavar="N", help="N real nodes on this machine instead, with real transfers."
)
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.svg", help="Write a plot, too.")
@output.json_option
@output.quiet_option
def simulate(policies: tuple[str, ...], plot: Path | None, live: int | None, **options: object) -> None:
    """Try how a network of smartnodes keeps datasets alive, with the decisions that real nodes take.

    Nodes come, go and die; half way all HTTP mirrors are gone for good, and later some datasets lose all copies but
    one. The numbers show what becomes of it. It is the same code that decides in a node; time and chance are virtual.

    With --live real nodes hold small datasets for a minute: some are lost for good, a version is published, the web
    server stops. Exit code 11 when a unit does not come back to three copies.
    """
    if live:
        _live(live)
        return
    from seedbed.simulating import summary  # noqa: PLC0415  # imports stay inside: --help must be quick

    scenario = _scenario(options)
    figures = {policy: _run(replace(scenario, policy=policy)) for policy in policies}
    found = {policy: summary.of(one) for policy, one in figures.items()}
    if plot:
        _plot(plot, figures)
    value = {"scenario": asdict(scenario), "policies": {policy: summary.as_json(one) for policy, one in found.items()}}
    output.result(value, _text(found, scenario))


def _live(count: int) -> None:
    from seedbed.simulating.live.story import Step, Wish, tell  # noqa: PLC0415

    def show(step: Step) -> None:
        moved = output.size(step.fetched_bytes)
        output.say(f"{step.what}: each unit has {step.fewest} copies or more after {step.hours:.1f} h; {moved} fetched")

    with tempfile.TemporaryDirectory(prefix="seedbed-live-") as folder:
        wish = Wish(nodes=count, datasets=4 * count, lost=max(count * 3 // 10, 1))
        steps = asyncio.run(tell(wish, Path(folder), show))
    wrong = [step.what for step in steps if not step.is_right]
    if wrong:
        raise DataError(f"not every unit came back to three true copies: {', '.join(wrong)}")
    output.result({"steps": [asdict(step) for step in steps]}, f"{count} nodes kept {wish.datasets} datasets alive.")


def _run(scenario: Scenario) -> Figures:
    from seedbed.simulating.run import run  # noqa: PLC0415

    length = int(scenario.days)
    hidden = not output.shows_progress()
    with click.progressbar(length=length, label=f"{scenario.policy}, days", file=sys.stderr, hidden=hidden) as bar:
        return run(scenario, lambda day: bar.update(int(day) - bar.pos))


def _text(found: dict[str, Summary], scenario: Scenario) -> str:
    from seedbed.simulating import summary  # noqa: PLC0415

    rows = zip(*(summary.rows(one) for one in found.values()), strict=True)
    head = ["", *found]
    body = [[row[0][0], *(value for _, value in row)] for row in rows]
    widths = [max(len(row[at]) for row in [head, *body]) for at in range(len(head))]
    title = (
        f"{scenario.datasets:,} datasets of {scenario.catalog_bytes / 1e12:,.1f} TB, {scenario.nodes:,} nodes with "
        f"{scenario.space_ratio:g} times the space, {scenario.days:g} days, seed {scenario.seed}"
    )
    lines = [title] + [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(wide) for cell, wide in zip(row[1:], widths[1:], strict=True))]
        )
        for row in [head, *body]
    ]
    return "\n".join(line.rstrip() for line in lines)


def _plot(path: Path, figures: dict[str, Figures]) -> None:
    from seedbed.simulating.plot import plot  # noqa: PLC0415

    series = {policy: one.series for policy, one in figures.items()}
    lines = {
        policy: [(day, 100 * share) for day, share in zip(one.days, one.units_short, strict=True)]
        for policy, one in series.items()
    }
    try:
        path.write_text(plot("Units with fewer than three copies online", "% of units", lines), encoding="utf-8")
    except OSError as error:
        raise StateError(f"{path}: the plot cannot be written: {error.strerror}") from error
    output.say(f"Plot: {path}")


def _scenario(options: dict[str, object]) -> Scenario:
    from seedbed.simulating.scenario import Scenario  # noqa: PLC0415

    whole = Scenario()
    share = 1.0 if options["reference"] else _QUICK_SHARE
    days = float(str(options["days"] or (whole.days if options["reference"] else _QUICK_DAYS)))
    datasets = int(str(options["datasets"] or whole.datasets * share))
    terabytes = options["terabytes"]
    herd_d = 200.0 if days > 300 else days * 2 / 3
    return replace(
        whole, datasets=datasets, nodes=int(str(options["nodes"] or whole.nodes * share)), days=days,
        catalog_bytes=float(str(terabytes)) * 1e12 if terabytes else datasets * 2 * GB,
        space_ratio=float(str(options["space"])), life_d=float(str(options["life"])),
        liars=float(str(options["liars"])), decide_every_h=float(str(options["every_h"])),
        mirrors_end_d=min(whole.mirrors_end_d, days / 4), herd_d=herd_d, shock_d=herd_d if options["shock"] else None,
        herd_datasets=min(whole.herd_datasets, datasets // 50), seed=int(str(options["seed"])),
    )  # fmt: skip
