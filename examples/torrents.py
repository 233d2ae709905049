# SPDX-License-Identifier: Apache-2.0
"""A real dataset leaves one program and arrives, verified, in another. Run: ``.venv/bin/python examples/torrents.py``.

Everything happens on this machine: a web server and a seeder on loopback, and the same commands that a person
would type. The data is small and open; ``examples/data/sample/SOURCES.md`` says whose it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.testing.loopback import LoopbackFiles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SAMPLE = Path(__file__).parent / "data" / "sample"
PROGRAM = [sys.executable, "-m", "seedbed"]
BOLD, GREEN, PLAIN = ("\033[1m", "\033[32m", "\033[0m") if sys.stdout.isatty() else ("", "", "")
READY_S = 30


def title(text: str) -> None:
    """A heading before a step."""
    print(f"\n{BOLD}{text}{PLAIN}", flush=True)


async def seedbed(*arguments: object, expected: int = 0) -> None:
    """Run a command as a person would, showing it and what it says."""
    words = [str(argument) for argument in arguments]
    print(f"$ seedbed {shlex.join(words)}", flush=True)
    started = await asyncio.create_subprocess_exec(*PROGRAM, *words)
    code = await started.wait()
    if code != expected:
        sys.exit(f"demo: expected exit code {expected}, got {code}")


@contextlib.asynccontextmanager
async def seeding(torrent: Path, folder: Path) -> AsyncIterator[int]:
    """``seedbed seed`` in the background; gives its port."""
    words = ["seed", str(torrent), "--data", str(folder), "--listen", "127.0.0.1:0", "--lan"]
    print(f"$ seedbed {shlex.join(words)} &", flush=True)
    started = await asyncio.create_subprocess_exec(
        *PROGRAM, *words, "--json", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert started.stdout is not None
    try:
        async with asyncio.timeout(READY_S):
            ready: dict[str, Any] = {}
            while ready.get("event") != "ready":
                ready = json.loads(await started.stdout.readline())
        yield ready["listen"][0]["port"]
    finally:
        started.terminate()
        await started.wait()


def served(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by the path that a web server gives it."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder.parent).as_posix(): path.read_bytes() for path in files}


def damage(path: Path) -> None:
    """Flip one bit in the middle of a file, as an old disk does."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))


async def demo() -> None:
    """The story, step by step."""
    async with LoopbackFiles(served(SAMPLE)) as web:
        torrent = Path("sample.torrent")
        title("1. A folder of open data becomes a torrent. A web server that has the files is its web seed.")
        await seedbed("torrent", "create", SAMPLE, "-o", torrent, "--webseed", web.url)

        title("2. Somebody seeds it, and somebody else fetches it from that peer.")
        async with seeding(torrent, SAMPLE.parent) as port:
            await seedbed(
                "fetch",
                torrent,
                "-o",
                "from-peers",
                "--peer",
                f"127.0.0.1:{port}",
                "--no-webseeds",
                "--lan",
                "--no-dht",
            )

        title("3. The seeder is gone. The web seed still has it: the data stays.")
        await seedbed("fetch", torrent, "-o", "from-web", "--no-peers", "--lan")

        title("4. Are both copies right, down to the bit?")
        await seedbed("torrent", "verify", torrent, "from-peers/sample")
        await seedbed("torrent", "verify", torrent, "from-web/sample")

        title("5. A disk flips one bit. That is seen, and named ...")
        damage(Path("from-web/sample/world-cities.csv"))
        await seedbed("torrent", "verify", torrent, "from-web/sample", expected=11)

        title("6. ... and mended: only the bad piece is fetched again.")
        await seedbed("fetch", torrent, "-o", "from-web", "--no-peers", "--lan", "--force")
        await seedbed("torrent", "verify", torrent, "from-web/sample")
    summary()


def summary() -> None:
    """What a newcomer has seen."""
    files = [path for path in SAMPLE.iterdir() if path.is_file()]
    total = sum(path.stat().st_size for path in files)
    print(f"\n{GREEN}Done.{PLAIN} {len(files)} files of open data ({total / 1e6:.1f} MB) left one program and arrived")
    print("in another, once from a peer and once from a web server. Every byte was proved; a flipped bit was mended.")
    print("Next: .venv/bin/seedbed torrent create FOLDER, then .venv/bin/seedbed seed FOLDER.torrent --data .")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="seedbed-demo-") as scratch, contextlib.chdir(scratch):
        asyncio.run(demo())
