# SPDX-License-Identifier: Apache-2.0
"""Runs every benchmark, one after the other. Run: make bench (or make bench QUICK=1)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BENCHMARKS = (
    "create",
    "verify",
    "seed",
    "fetch",
    "gateway",
    "catalog",
    "mirrors",
    "portal",
    "tracker",
    "node",
    "node_held",
    "live",
    "simulate",
)


def main() -> int:
    """Run them; the exit code says whether all ran to their end."""
    failed = []
    for name in BENCHMARKS:
        print(f"\n== {name} ==", flush=True)
        done = subprocess.run([sys.executable, HERE / f"{name}.py", *sys.argv[1:]], check=False)
        failed += [name] if done.returncode else []
    if failed:
        print(f"did not run to their end: {', '.join(failed)}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
