# SPDX-License-Identifier: Apache-2.0
"""Commands and a node that runs, or does not, or does not answer."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from seedbed.api.home import Home
from seedbed.api.node import NodeHome
from tests.unit.cli.test_node import hold, join, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NodeHome:
    """A machine that has joined, and holds a dataset."""
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path / "home"))
    run("catalog", "init", tmp_path / "site")
    join(tmp_path)
    found = NodeHome.of(Home.of_environment())
    hold(found, "lakes@1")
    return found


@contextlib.contextmanager
def node(home: NodeHome, answer: bytes) -> Iterator[list[dict[str, Any]]]:
    """Something that answers on the node's socket; gives what it was asked."""
    asked: list[dict[str, Any]] = []
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(home.socket))
        listening.listen()

        def work() -> None:
            with contextlib.suppress(OSError):
                while True:
                    line, _ = listening.accept()
                    with line, line.makefile("rb") as file:
                        asked.append(json.loads(file.readline()))
                        line.sendall(answer)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield asked
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize("words", [
    ("pause",), ("resume",), ("limit", "--storage", "40M"), ("evict", "lakes@1"), ("keep", "lakes@1"),
])  # fmt: skip
def test_a_change_is_told_to_a_node_that_runs(home: NodeHome, words: tuple[str, ...]) -> None:
    """It is written down first, and acts at once; without a node it counts from the next start."""
    assert run("node", *words)["acts"] == "absent"
    with node(home, b'{"is_begun": true}\n') as asked:
        assert run("node", *words)["acts"] == "now"
    assert asked == [{"do": "round"}]


def test_a_node_that_talks_nonsense(home: NodeHome) -> None:
    """The change is written down, and its next round sees to it; its files say how it stands."""
    with node(home, b"hello\n"):
        assert run("node", "pause")["acts"] == "later"
        facts = run("node", "status")
    assert facts["is_paused"]
    assert "does not answer" in facts["now"]["trouble"]


def test_a_round(home: NodeHome) -> None:
    """What it was about; why it ended early; and that none runs."""
    numbers = {"units": 3, "held": 2, "fetching": 1, "leaving": 0}
    with node(home, json.dumps({"event": "round", **numbers}).encode() + b"\n") as asked:
        assert run("node", "round")["held"] == 2
    assert asked == [{"do": "round", "wait": True}]
    home.socket.unlink()
    with node(home, b'{"event": "trouble", "why": "no disk", "hint": "Mount it."}\n'):
        assert "no disk" in run("node", "round", code=1)["said"]
    assert "no node runs" in run("node", "round", code=1)["said"]
