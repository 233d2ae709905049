# SPDX-License-Identifier: Apache-2.0
"""A small published catalogue with a gateway and a portal before it."""

from __future__ import annotations

import json
import random
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.clients.base import LOOPBACK, free_port, process, wait_until
from tests.e2e.clients.seedbed import PROGRAM
from tests.portals_online import online
from tests.unit.cli.test_node import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZE_BYTES = 300_000


@dataclass(frozen=True, slots=True)
class Town:
    """What runs."""

    url: str
    """Of the portal, without a slash at the end."""
    files: str
    """Of the gateway."""
    folder: Path
    """With ``catalog/`` and ``data/``."""


@contextmanager
def town(folder: Path, *, count: int = 2) -> Iterator[Town]:
    """Datasets ``set-0`` … of version 1, each with ``sub/a.bin`` and ``b.txt``."""
    port = free_port()
    files = f"http://{LOOPBACK}:{port}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEEDBED_HOME", str(folder / "home"))
        _publish(folder, count, files)
        command = [*PROGRAM, "gateway", "--root", str(folder / "data"), "--catalog", str(folder / "catalog")]
        log = folder / "gateway.log"
        with process([*command, "--listen", f"{LOOPBACK}:{port}", "--json"], log) as started:
            wait_until(lambda: bool(_events(log)) or started.poll() is not None, "the gateway is ready", log=log)
            with online(folder, data_url=files) as portal:
                yield Town(portal.url, files, folder)


def _publish(folder: Path, count: int, files: str) -> None:
    run("catalog", "init", folder / "catalog", "--url", f"{files}/catalog/")
    chance = random.Random(7)
    for number in range(count):
        name = f"set-{number}"
        data = folder / "data" / name / "1" / name
        (data / "sub").mkdir(parents=True)
        (data / "sub/a.bin").write_bytes(chance.randbytes(SIZE_BYTES + number))
        (data / "b.txt").write_bytes(b"x" * number)
        run(
            "publish", data, "--catalog", folder / "catalog", "--dataset", name, "--version", "1", "--title", name,
            "--license", "CC0-1.0", "--description", "For a test.", "--provider", "Us",
            "--webseed", f"{files}/webseed/{name}/1/",
        )  # fmt: skip


def _events(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
