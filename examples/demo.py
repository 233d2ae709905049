# SPDX-License-Identifier: Apache-2.0
"""A dataset is published twice, found, fetched, and outlives its web server. Run: make demo.

Everything happens on this machine, on loopback, with the same commands that people would type: five people with homes
of their own, one web server, and a small distributed hash table. The data is small and open;
``examples/data/sample/SOURCES.md`` says whose it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.testing.loopback import LoopbackFiles
from seedbed.testing.loopback_dht import LoopbackDht

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SAMPLE = Path(__file__).parent / "data" / "sample"
PROGRAM = [sys.executable, "-m", "seedbed"]
BOLD, GREEN, PLAIN = ("\033[1m", "\033[32m", "\033[0m") if sys.stdout.isatty() else ("", "", "")
READY_S = 30


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


TRACKER = f"udp://127.0.0.1:{free_port()}/announce"
TRACKER_ADDRESS = TRACKER.removeprefix("udp://").removesuffix("/announce")
HERE = ("--listen", "127.0.0.1:0", "--lan")
KEEPER, READER, LATECOMER = "keeper", "reader", "latecomer"
VOLUNTEERS = ("ana", "ben")


def title(text: str) -> None:
    """A heading before a step."""
    print(f"\n{BOLD}{text}{PLAIN}", flush=True)


def environment(person: str) -> dict[str, str]:
    """Each person has a home of their own."""
    return {**os.environ, "SEEDBED_HOME": str(Path(f"home-of-{person}").absolute())}


async def seedbed(person: str, *arguments: object) -> None:
    """Run a command as a person would, showing it and what it says."""
    words = [str(argument) for argument in arguments]
    print(f"{person}$ seedbed {shlex.join(words)}", flush=True)
    started = await asyncio.create_subprocess_exec(*PROGRAM, *words, env=environment(person))
    if code := await started.wait():
        sys.exit(f"demo: expected exit code 0, got {code}")


async def answer(person: str, *arguments: object) -> dict[str, Any]:
    """What a command says, for this script; the person has seen it done before."""
    words = [*PROGRAM, *map(str, arguments), "--json"]
    started = await asyncio.create_subprocess_exec(*words, env=environment(person), stdout=asyncio.subprocess.PIPE)
    said, _ = await started.communicate()
    found: dict[str, Any] = json.loads(said)
    return found


@contextlib.asynccontextmanager
async def running(person: str, *arguments: object, until: str, **facts: object) -> AsyncIterator[dict[str, Any]]:
    """A long command in the background, from when it has told of ``until``, with these facts."""
    words = [str(argument) for argument in arguments]
    print(f"{person}$ seedbed {shlex.join(words)} &", flush=True)
    started = await asyncio.create_subprocess_exec(
        *PROGRAM, *words, "--json", env=environment(person),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert started.stdout is not None
    try:
        async with asyncio.timeout(READY_S):
            told: dict[str, Any] = {}
            while any(told.get(name) != fact for name, fact in {"event": until, **facts}.items()):
                told = json.loads(await started.stdout.readline())
        yield told
    finally:
        started.terminate()
        await started.wait()


def two_versions() -> tuple[Path, Path]:
    """The sample as it is, and as it was a month before, when a city was still missing."""
    old, new = Path("2026-10/cities-and-lakes"), Path("2026-11/cities-and-lakes")
    for folder in (old, new):
        shutil.copytree(SAMPLE, folder)
    cities = old / "world-cities.csv"
    rows = cities.read_text("utf-8").splitlines(keepends=True)
    cities.write_text("".join(row for row in rows if not row.startswith("Toronto,")), "utf-8")
    return old, new


def published(*folders: str) -> dict[str, bytes]:
    """Every file of some folders, by the path that a web server gives it."""
    files = (path for folder in folders for path in Path(folder).rglob("*"))
    return {path.as_posix(): path.read_bytes() for path in files if path.is_file()}


async def demo() -> None:
    """The story, step by step."""
    old, new = two_versions()
    async with contextlib.AsyncExitStack() as server:
        web = await server.enter_async_context(LoopbackFiles({}))
        link = await publish(web.url, old, new)
        web.serve(published("catalog", "2026-10", "2026-11"))
        root = await find_and_fetch(link)
        async with running(READER, "tracker", "--udp", TRACKER_ADDRESS, "--lan", until="ready"), volunteers(link):
            await server.aclose()
            await go_on_without_the_publisher(link)
    open_with_geopandas(root)
    summary()


async def publish(url: str, old: Path, new: Path) -> str:
    """Step 1; returns the join link."""
    title("1. A keeper makes a catalogue and publishes a real dataset, then a newer version of it.")
    await seedbed(KEEPER, "catalog", "init", "catalog", "--title", "Demo", "--url", f"{url}catalog/")
    for folder in (old, new):
        month = folder.parent.name
        words = ("--dataset", "cities-and-lakes", "--version", month, "--title", "Cities and lakes of North America")
        await seedbed(KEEPER, "publish", folder, *words, "--webseed", f"{url}{month}/", "--tracker", TRACKER)
    link: str = (await answer(KEEPER, "catalog", "status", "catalog"))["join_link"]
    return link


async def find_and_fetch(link: str) -> Path:
    """Steps 2 and 3; returns where the newest version lies."""
    title("2. Somebody else follows the catalogue by its join link, over HTTP, and looks for something.")
    await seedbed(READER, "catalog", "pull", link, "--lan", "--no-dht")
    await seedbed(READER, "search", "lakes")
    await seedbed(READER, "search", "--bbox=-80,40,-70,50")
    await seedbed(READER, "show", "cities-and-lakes")

    title("3. They fetch the newest version, then the older one: only the file that differs moves.")
    await seedbed(READER, "fetch", "cities-and-lakes", "--lan", "--no-peers")
    await seedbed(READER, "fetch", "cities-and-lakes@2026-10", "--lan", "--no-peers")
    await seedbed(READER, "versions", "cities-and-lakes")
    root: str = (await answer(READER, "fetch", "cities-and-lakes", "--offline"))["root"]
    return Path(root)


@contextlib.asynccontextmanager
async def volunteers(link: str) -> AsyncIterator[None]:
    """Step 4."""
    title("4. Two volunteers give some disk. Their nodes see that nobody holds the data, fetch it, prove it, serve it.")
    async with contextlib.AsyncExitStack() as nodes:
        for person in VOLUNTEERS:
            await seedbed(
                person, "node", "join", link, "--dir", f"disk-of-{person}", "--storage", "100M", "--lan", "--no-dht"
            )  # fmt: skip
            options = ("--no-dht", "--every", 2, "--status-page", "off")
            await nodes.enter_async_context(running(person, "node", "run", *HERE, *options, until="round", held=2))
        await seedbed(VOLUNTEERS[0], "node", "why", "cities-and-lakes@2026-11")
        yield


async def go_on_without_the_publisher(link: str) -> None:
    """Step 5."""
    title(
        "5. The web server is gone for good. The same link still works: a signed pointer in the DHT leads to the\n"
        "   catalogue's own torrent. Then its keeper is gone too, and the volunteers have the data."
    )
    with LoopbackDht() as table:
        nodes = [word for host, port in table.nodes[:2] for word in ("--dht-node", f"{host}:{port}")]
        async with running(KEEPER, "catalog", "seed", "catalog", *HERE, *nodes, until="pointed"):
            await seedbed(LATECOMER, "catalog", "pull", link, "--lan", *nodes)
        await seedbed(LATECOMER, "fetch", "cities-and-lakes", "--lan", "--no-dht")
        await seedbed(LATECOMER, "cite", "cities-and-lakes")


def open_with_geopandas(root: Path) -> None:
    """Step 6."""
    import geopandas  # noqa: PLC0415  # half a second, for this step only

    title("6. The data is used where it lies.")
    print(f">>> geopandas.read_file({str(root / 'ne_10m_lakes_north_america.geojson')!r})")
    lakes = geopandas.read_file(root / "ne_10m_lakes_north_america.geojson")
    print(lakes[["name", "geometry"]].dropna().head(3).to_string(max_colwidth=60))


def summary() -> None:
    """What a newcomer has seen."""
    print(f"\n{GREEN}Done.{PLAIN} One dataset, two versions, signed, found, fetched, cited.")
    print("Its server went, and its keeper: two volunteers had it, and it stayed.")
    print("Next: .venv/bin/seedbed --help, and examples/torrents.py for torrents alone.")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="seedbed-demo-") as scratch, contextlib.chdir(scratch):
        asyncio.run(demo())
