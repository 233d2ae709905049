# SPDX-License-Identifier: Apache-2.0
"""A load on connections: it fills a tracker with peers, waits for a word, and then announces."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tracker_servers
import tracker_udp
from tracker_rounds import Answered

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from tracker_servers import Server, World

HERE = Path(__file__).parent


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
    def compile(cls, world: World, name: str) -> Load:
        """``tracker_<name>_load.c`` by the system's C compiler."""
        program = world.folder / f"{name}_load"
        subprocess.run(["cc", "-O2", "-o", program, HERE / f"tracker_{name}_load.c"], check=True)
        return cls(program, world.hashes)

    def run(self, server: Server, port: int, count: int, **options: int) -> tuple[Answered, Mapping[str, float]]:
        """Announce so often; the time before it is ready is not taken.

        Returns:
            What is counted for every tracker, and all that the program tells.
        """
        words = [f"{name}={value}" for name, value in options.items()]
        command = [str(self.program), str(port), str(self.hashes), str(count), *words]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            if process.stdin is None or process.stdout is None or process.stdout.readline() != "ready\n":
                raise SystemExit(f"{server.name} does not answer")
            cpu_s = server.cpu_s()
            process.stdin.write("\n")
            process.stdin.flush()
            found: Mapping[str, float] = json.loads(process.stdout.readline())
            cpu_s = server.cpu_s() - cpu_s
        if found["refused"]:
            raise SystemExit(f"{server.name} refuses: {found}")
        answered = int(found["answered"])
        bytes_ = found["bytes"] / max(answered, 1)
        return Answered(answered, int(found["lost"]), found["seconds"], cpu_s, bytes_), found


def ours(world: World) -> tuple[AbstractContextManager[Server], AbstractContextManager[Server]]:
    """Both forms of seedbed, to be entered."""
    folder = world.folder / "compiled"
    package = folder if folder.is_dir() else tracker_udp.compiled(world)
    compiled = tracker_servers.seedbed(world, name="seedbed, compiled", package=package)
    return compiled, tracker_servers.seedbed(world, name="seedbed, plain")
