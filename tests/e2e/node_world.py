# SPDX-License-Identifier: Apache-2.0
"""A real smartnode with a real catalogue, web seed and tracker on loopback."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.clients.base import LOOPBACK, free_port, process, wait_until
from tests.e2e.clients.seedbed import PROGRAM, seedbed
from tests.e2e.nginx import web_seed
from tests.unit.cli.test_node import run

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class NodeWorld:
    """Where everything is."""

    folder: Path
    catalog: Path
    sources: Path
    """The datasets as they were published."""
    given: Path
    """The node's folder."""
    host: str = LOOPBACK
    """Where it listens, and from where it speaks."""

    @property
    def home(self) -> Path:
        """Where the node remembers things."""
        return self.folder / "home"

    def command(self, every_s: float = 0.3) -> list[str]:
        """``seedbed node run``."""
        options = ("--listen", f"{self.host}:0", "--lan", "--no-dht", "--every", str(every_s), "--status-page", "off")
        return [*PROGRAM, "node", "run", *options, "--json"]

    def units(self, where: str = "1") -> set[str]:
        """Ids of the node's units, as it has written them down."""
        return {row[0] for row in self._ask(f"select id from units where {where}")}

    def has_noted(self, what: str) -> bool:
        """Whether there was an event of that name."""
        return bool(self._ask(f"select 1 from events where what = '{what}' limit 1"))

    def file(self, item: str) -> Path:
        """The larger file of a unit."""
        dataset, _, version = item.partition("@")
        return self.given / "snapshots" / dataset / version / "data" / dataset / "sub/a.bin"

    def forget_proofs(self, item: str) -> None:
        """As if a unit had been proved last in 1970; the node is not running."""
        self._ask(f"update units set verified_s = 1 where id = '{item}'")

    def _ask(self, query: str) -> list[tuple[str]]:
        path = next(self.home.rglob("node/state.sqlite"))
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as db:
            found = db.execute(query).fetchall()
            db.commit()
            return found

    @property
    def claimed(self) -> set[str]:
        """What it would announce as soon as it is started."""
        return self.units("stage = 'held' and verified_s > 0")

    def is_right(self, item: str) -> bool:
        """Whether every byte of a unit is in the node's folder, as it was published."""
        dataset, _, version = item.partition("@")
        files = [path for path in (self.sources / dataset).rglob("*") if path.is_file()]
        base = self.given / "snapshots" / dataset / version / "data"
        pairs = [(path, base / path.relative_to(self.sources)) for path in files]
        return bool(pairs) and all(copy.is_file() and copy.read_bytes() == path.read_bytes() for path, copy in pairs)


@contextlib.contextmanager
def published(
    folder: Path, *, count: int, size: int, rate: str, kind: str = "hybrid", scheme: str = "udp"
) -> Iterator[Path]:
    """Datasets behind a slow web server, and a tracker that serves them; gives the folder.

    Args:
        folder: For everything: ``catalog`` and ``sources`` are in it.
        count: Of datasets.
        size: Bytes of each.
        rate: Of each connection to the web server, as nginx has it.
        kind: Of the torrents.
        scheme: How the tracker is spoken with; over HTTP it is a registry too.
    """
    port, chance = free_port(), random.Random(3)
    with (
        pytest.MonkeyPatch.context() as patch,
        web_seed(folder / "sources", folder / "nginx", more=f"limit_rate {rate};") as url,
    ):
        patch.setenv("SEEDBED_HOME", str(folder / "keeper"))
        run("catalog", "init", folder / "catalog")
        for number in range(count):
            data = folder / f"sources/set-{number}"
            (data / "sub").mkdir(parents=True)
            (data / "sub/a.bin").write_bytes(chance.randbytes(size))
            (data / "b.txt").write_bytes(b"x" * number)
            run(
                "publish", data, "--catalog", folder / "catalog", "--dataset", data.name, "--version", "1", "--title",
                data.name, "--license", "CC0-1.0", "--description", "For a test.", "--provider", "Us",
                "--format", kind, "--webseed", url, "--tracker", f"{scheme}://{LOOPBACK}:{port}/announce",
            )  # fmt: skip
        tracker = [*PROGRAM, "tracker", f"--{scheme}", f"{LOOPBACK}:{port}", "--lan", "--json"]
        tracker += ["--catalog", str(folder / "catalog")] if scheme == "http" else []
        with process(tracker, folder / "tracker.log"):
            yield folder


def joined(
    site: Path, folder: Path, patch: pytest.MonkeyPatch, *, given: Path | None = None, host: str = LOOPBACK
) -> NodeWorld:
    """A new node that has joined what is published; from now on commands are its own.

    Args:
        site: See :func:`published`.
        folder: For the node's things.
        patch: Sets its home.
        given: Its folder for data.
        host: Where it listens.
    """
    world = NodeWorld(folder, site / "catalog", site / "sources", given or folder / "given", host)
    patch.setenv("SEEDBED_HOME", str(world.home))
    seedbed("node", "join", world.catalog, "--dir", world.given, "--storage", "400M")
    return world


@contextlib.contextmanager
def running(
    world: NodeWorld, *, every_s: float = 0.3, before: tuple[str, ...] = (), logs: Path | None = None
) -> Iterator[NodeRun]:
    """The node at work, ended by a TERM signal if a test has not ended it."""
    log = (logs or world.folder) / f"node-{time.monotonic_ns()}.log"
    with process([*before, *world.command(every_s)], log) as started:
        yield NodeRun(started, log)


@dataclass(frozen=True, slots=True)
class NodeRun:
    """A node's process."""

    process: subprocess.Popen[bytes]
    log: Path

    def events(self, kind: str) -> list[dict[str, Any]]:
        """What it has told so far."""
        lines = [line for line in self.log.read_text("utf-8", "replace").splitlines() if line.startswith("{")]
        found = [json.loads(line) for line in lines if line.endswith("}")]
        return [one for one in found if one.get("event") == kind]

    def until(self, kind: str, **facts: int) -> dict[str, Any]:
        """Wait for an event with these facts."""

        def seen() -> list[dict[str, Any]]:
            return [one for one in self.events(kind) if all(one.get(name) == value for name, value in facts.items())]

        wait_until(lambda: bool(seen()) or self.process.poll() is not None, f"{kind} {facts}", log=self.log)
        assert seen(), self.log.read_text()
        return seen()[-1]

    def kill(self) -> None:
        """As a power cut for the program."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def terminate(self) -> int:
        """As systemd does; gives the exit code."""
        self.process.terminate()
        return self.process.wait(20)
