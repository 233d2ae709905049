# SPDX-License-Identifier: Apache-2.0
"""A whole server with a real dataset in it, to look at in a browser. Run: make portal. Ctrl-C ends it.

Everything is on this machine, in ``portal-demo/``; the same folder goes on the next time.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

SAMPLE = Path(__file__).parent / "data" / "sample"
FOLDER = Path("portal-demo").absolute()
PROGRAM = [sys.executable, "-m", "seedbed"]
SERVE = ["serve", "--data", str(FOLDER / "server"), "--title", "Seedbed demo", "--lan", "--no-dht"]


def main() -> int:
    """Serve, publish what is not there yet, tell where to look."""
    FOLDER.mkdir(exist_ok=True)
    server = subprocess.Popen([*PROGRAM, *SERVE, *sys.argv[1:], "--json"], stdout=subprocess.PIPE, text=True)
    try:
        facts = told(server)
        if not facts:
            return server.wait()
        for version in ("2026-10", "2026-11"):
            publish(version, facts["files"])
        print(f"\nOpen {facts['url']} in a browser. Ctrl-C ends the server.")
        if facts["admin_link"]:
            print(f"Become its administrator, to review uploads: {facts['admin_link']}")
        sys.stdout.flush()
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def told(server: subprocess.Popen[str]) -> dict[str, str]:
    """What the server says when it is ready; empty when it ends instead."""
    for line in server.stdout or ():
        facts = json.loads(line)
        if facts.get("event") == "ready":
            return dict(facts)
    return {}


def publish(version: str, files_url: str) -> None:
    """The sample as it is, or as it was a month before, when a city was still missing; nothing when it is there."""
    source = FOLDER / "data" / version / "cities-and-lakes"
    if not source.exists():
        shutil.copytree(SAMPLE, source)
        if version == "2026-10":
            cities = source / "world-cities.csv"
            rows = cities.read_text("utf-8").splitlines(keepends=True)
            cities.write_text("".join(row for row in rows if not row.startswith("Toronto,")), "utf-8")
    catalog = FOLDER / "server" / "catalog"
    words = ["--dataset", "cities-and-lakes", "--version", version, "--title", "Cities and lakes of North America"]
    mirror = f"file://{FOLDER}/server/data?public={files_url}webseed/"
    command = [
        *PROGRAM,
        "publish",
        str(source),
        *words,
        "--catalog",
        str(catalog),
        "--mirror",
        mirror,
        "--lan",
        "--quiet",
    ]
    environment = {**os.environ, "SEEDBED_HOME": str(FOLDER / "server" / "home")}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    adopt = [*PROGRAM, "node", "adopt", str(FOLDER / "server" / "data"), "--quiet"]
    subprocess.run(adopt, env=environment, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
