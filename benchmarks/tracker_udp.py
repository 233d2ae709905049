# SPDX-License-Identifier: Apache-2.0
"""UDP: announces for each CPU-second, what is lost at half of the highest rate, memory at a million peers."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tracker_servers
from tracker_rounds import Answered, compared

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from tracker_servers import Server, World

HERE = Path(__file__).parent
NOTE = """
Three of four peers are seeds, 50,000 addresses have four peers each; swarms of 1 to 1,400; 30 peers wanted; 256
questions on the way; one in 32 announces says that the peer stops. Each tracker is one process, without a log. The
load is `tracker_udp_load.c`; it has the other core, and shares it with whoever is at work here. The processor time is
the tracker's own (`/proc/PID/stat`). Seedbed tells seeds of leechers alone, so its answers are shorter; with `--lan`,
as here, it does not ask whether an address is a private one.
"""


@dataclass(frozen=True, slots=True)
class Load:
    """The program that asks.

    Args:
        program: Compiled.
        hashes: A text of info-hashes.
    """

    program: Path
    hashes: Path

    @classmethod
    def compile(cls, world: World) -> Load:
        """By the system's C compiler."""
        program = world.folder / "udp_load"
        subprocess.run(["cc", "-O2", "-o", program, HERE / "tracker_udp_load.c"], check=True)
        return cls(program, world.hashes)

    def run(self, server: Server, count: int, **options: int) -> Answered:
        """Announce so often; connection ids, and with ``fill`` all peers, are had before the time is taken."""
        words = [f"{name}={value}" for name, value in options.items()]
        command = [str(self.program), str(server.port), str(self.hashes), str(count), *words]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            if process.stdin is None or process.stdout is None or process.stdout.readline() != "ready\n":
                raise SystemExit(f"{server.name} does not answer")
            cpu_s = server.cpu_s()
            process.stdin.write("\n")
            process.stdin.close()
            found: Mapping[str, float] = json.loads(process.stdout.readline())
            cpu_s = server.cpu_s() - cpu_s
        if found["refused"]:
            raise SystemExit(f"{server.name} refuses: {found}")
        answered = int(found["answered"])
        return Answered(answered, int(found["lost"]), found["seconds"], cpu_s, found["bytes"] / max(answered, 1))


def measured(world: World, options: argparse.Namespace) -> list[str]:
    """The section of the results."""
    load, count = Load.compile(world), 30_000 if options.quick else 300_000
    package = compiled(world)
    with ExitStack() as stack:
        ours = stack.enter_context(tracker_servers.seedbed(world, name="seedbed, compiled", package=package))
        plain = stack.enter_context(tracker_servers.seedbed(world, name="seedbed, plain"))
        servers = [ours, plain, *(stack.enter_context(make(world)) for make in tracker_servers.OTHERS)]
        for server in servers:
            load.run(server, 1, fill=1)
        lines = [NOTE, *_compared("Announces", servers, load, count, options.rounds, connects=0)]
        lines += _compared("Announces, a connect before each", servers, load, count // 2, options.rounds, connects=1)
        lines += [_lost(ours, load, count), ""]
    return [*lines, _memory(world, load, 50_000 if options.quick else 1_000_000, package)]


def compiled(world: World) -> Path:
    """A folder with the compiled form."""
    folder = world.folder / "compiled"
    subprocess.run(
        [sys.executable, HERE.parent / "packaging" / "compiling.py", folder], check=True, stdout=subprocess.DEVNULL
    )
    return folder


def _compared(title: str, servers: list[Server], load: Load, count: int, rounds: int, *, connects: int) -> list[str]:
    def ask(server: Server, number: int) -> Answered:
        few = count // 10 if server.name == "bittorrent-tracker" else count  # it takes ten times as long
        return load.run(server, few, connects=connects, seed=number)

    return compared(title, servers, ask, rounds)


def _lost(server: Server, load: Load, count: int) -> str:
    """What is lost at half of the rate that the machine gets out of it."""
    most = load.run(server, count)
    half = int(most.answered / most.seconds / 2)
    seen = load.run(server, count, rate=half)
    return f"At half of its highest rate ({half:,} a second) seedbed lost {seen.lost:,} of {count:,} datagrams."


def _memory(world: World, load: Load, peers: int, package: Path) -> str:
    """Resident memory with many peers, of 200,000 addresses.

    The tracker is open: memory that reading a catalogue left would be used again, and not be seen.
    """
    with tracker_servers.seedbed(world, "--open", package=package) as server:
        load.run(server, 1, fill=1, peers=1, addresses=1)
        before = server.memory_bytes()
        load.run(server, 1, fill=1, peers=peers, addresses=200_000)
        each = (server.memory_bytes() - before) / peers
        return f"Memory: {before / 1e6:.0f} MB empty; {each:.0f} bytes for each of {peers:,} peers. Goal: 100."
