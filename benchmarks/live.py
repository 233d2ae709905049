# SPDX-License-Identifier: Apache-2.0
"""Do real nodes bring everything back to three copies? Ten of them on this machine, as ``seedbed simulate --live 10``.

    python benchmarks/live.py [--quick]

Budgets hold 3.2 copies of everything after three nodes are lost; six tenths of the bytes are one archive that is larger
than any node. Writes ``benchmarks/results/live.md``.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import textwrap
from pathlib import Path

import paired

from seedbed.simulating.live.nodes import HOUR_S
from seedbed.simulating.live.story import Step, Wish, tell

HERE = Path(__file__).parent


def main() -> None:
    """Go through the story, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="seven nodes, with room for 4.2 copies; only printed")
    options = parser.parse_args()
    wish = Wish(nodes=7, mean_bytes=100_000, copies=4.2, lost=2) if options.quick else Wish(patience_s=300)
    steps: list[Step] = []
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(tell(wish, Path(folder), steps.append))
    text = _report(wish, steps)
    print(text)
    if not options.quick:
        (HERE / "results" / "live.md").write_text(text)


def _report(wish: Wish, steps: list[Step]) -> str:
    rows = [
        f"| {step.what} | {step.fewest} | {step.hours:.1f} | {step.fetched_bytes / 1e6:.1f} | "
        f"{'yes' if step.is_right else 'no'} |"
        for step in steps
    ]
    text = (
        f"{wish.nodes} nodes with real engines, a real tracker that proves them, and a web server, all on loopback; an "
        f"hour of their clocks is {HOUR_S:g} s. {wish.datasets} datasets of {wish.mean_bytes / 1e3:,.0f} kB, and an "
        f"archive with {wish.archive_share:.0%} of all bytes, in parts. Budgets for {wish.copies:g} copies of all "
        f"after {wish.lost} nodes are lost."
    )
    lines = [
        "# Real nodes\n", f"{paired.machine()}.\n", textwrap.fill(text, 118) + "\n",
        "| what happens | fewest copies of a unit | hours until then | MB fetched by all | three true copies of each |",
        "|---|---|---|---|---|", *rows,
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
