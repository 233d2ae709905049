# SPDX-License-Identifier: Apache-2.0
"""A command asks a node that runs: it never waits for ever, and a node that is not there is no fault."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any

from seedbed.errors import FormatError, SeedbedError, StateError
from seedbed.node.control import wire
from seedbed.node.control.door import address

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONNECT_S, ANSWER_S = 2.0, 20.0


def ask(path: Path, what: str, *, timeout_s: float = ANSWER_S, **facts: Any) -> dict[str, Any] | None:
    """What a node answers; None when none runs.

    Args:
        path: Its socket.
        what: One of :data:`seedbed.node.control.wire.NAMES`, but ``events``.
        timeout_s: For the answer.
        facts: What belongs to the request.

    Raises:
        StateError: it does not answer in time, or with garbage.
        SeedbedError: it says no, in its own words.
    """
    try:
        with _connected(path) as line:
            line.settimeout(timeout_s)
            line.sendall(wire.line({"do": what, **facts}))
            with line.makefile("rb") as file:
                answer = wire.read_answer(file.readline(wire.MAX_ANSWER_BYTES))
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    except (OSError, FormatError) as error:
        raise _silent(path, error) from error
    if "error" in answer:
        raise SeedbedError(str(answer["error"]), hint=str(answer.get("hint", "")))
    return answer


def events(path: Path, *, timeout_s: float | None = None) -> Iterator[dict[str, Any]]:
    """What happens in a node that runs, from now on; nothing when none runs.

    Args:
        path: Its socket.
        timeout_s: The longest wait for one; None waits for as long as the node runs.

    Raises:
        StateError: it fell silent, or sent garbage.
    """
    try:
        with _connected(path) as line:
            line.settimeout(timeout_s)
            line.sendall(wire.line({"do": "events"}))
            with line.makefile("rb") as file:
                while text := file.readline(wire.MAX_ANSWER_BYTES):
                    yield wire.read_answer(text)
    except (FileNotFoundError, ConnectionRefusedError):
        return
    except (OSError, FormatError) as error:
        raise _silent(path, error) from error


@contextlib.contextmanager
def _connected(path: Path) -> Iterator[socket.socket]:
    try:
        with address(path) as short, socket.socket(socket.AF_UNIX) as line:
            line.settimeout(CONNECT_S)
            line.connect(short)
            yield line
    except StateError as error:  # the folder itself is not there: nothing runs
        raise FileNotFoundError(str(path)) from error


def _silent(path: Path, error: Exception) -> StateError:
    why = "in time" if isinstance(error, TimeoutError) else f"properly ({error})"
    return StateError(
        f"{path}: the node does not answer {why}", hint="Its log says what keeps it; its files are looked at meanwhile."
    )
