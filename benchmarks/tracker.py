# SPDX-License-Identifier: Apache-2.0
"""Announces to ``seedbed tracker``, opentracker and npm's bittorrent-tracker.

    python benchmarks/tracker.py [--rounds N] [--quick] [--parts udp,…]

All serve the same 20,000 info-hashes and know the same 200,000 peers. Figure: announces answered for each second of the
tracker's own processor time. Goals: UDP 1.5 of opentracker; at most 100 bytes of memory a peer, at a million; nothing
lost at half of the highest rate. HTTP 0.75 of opentracker and 5 of bittorrent-tracker; WebSocket 3 of it.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import paired
import tracker_http
import tracker_servers
import tracker_udp
import tracker_ws

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracker_servers import World

RESULTS = Path(__file__).parent / "results" / "tracker.md"
PARTS: dict[str, Callable[[World, argparse.Namespace], list[str]]] = {
    "udp": tracker_udp.measured,
    "http": tracker_http.measured,
    "websocket": tracker_ws.measured,
}
"""Name -> what measures; each gives the lines of its section."""


def main() -> None:
    """Measure the parts; each has a section of its own in the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="short runs, and the results are not kept")
    parser.add_argument("--parts", default=",".join(PARTS), help="which of them, with commas")
    options = parser.parse_args()
    if missing := tracker_servers.missing():
        sys.exit(f"needed: {', '.join(missing)}: make peers")
    with tempfile.TemporaryDirectory(prefix="seedbed-bench-") as scratch:
        world = tracker_servers.World.make(Path(scratch))
        for part in options.parts.split(","):
            text = "\n".join(
                [paired.machine() + f"; {options.rounds} rounds, medians.\n", *PARTS[part](world, options)]
            )
            print(text)
            if not options.quick:
                keep(part, text)


def keep(part: str, text: str) -> None:
    """Put a section into the page of results, in place of an older one."""
    old = RESULTS.read_text(encoding="utf-8") if RESULTS.is_file() else "# Trackers\n"
    head, *sections = re.split(r"^## ", old, flags=re.MULTILINE)
    named = {one.partition("\n")[0]: one.partition("\n")[2].strip() for one in sections}
    named[part] = text.strip()
    body = "\n\n".join(f"## {name}\n\n{named[name]}" for name in sorted(named))
    RESULTS.write_text(f"{head.strip()}\n\n{body}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
