# SPDX-License-Identifier: Apache-2.0
"""The socket of a node that runs: a file beside its other files, for its owner alone.

Who attacks: another person of this machine; the mode 0600 keeps them out. What the owner's own programs send wrongly is
answered or dropped, and nobody can hold a connection for ever. A socket that a killed node left behind is replaced.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from typing import TYPE_CHECKING, Any

from seedbed.errors import FormatError, SeedbedError, StateError
from seedbed.node.control import wire
from seedbed.node.lines import Lines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from seedbed.node.control.desk import Desk

log = logging.getLogger(__name__)
MAX_PATH_BYTES = 100
"""Of a socket's address; systems have room for 104 to 108, with the zero at its end."""
MAX_CONNECTIONS = 16
REQUEST_S, ANSWER_S = 60.0, 30.0
"""For which a quiet connection is kept, and that a reader may take for an answer."""
_ASK_S = 1.0


@contextlib.contextmanager
def address(path: Path) -> Iterator[str]:
    """A socket's address that is short enough, for as long as it is used.

    A home deep in a tree makes it too long: then its folder is named by an open handle, where the system has that.

    Raises:
        StateError: it is too long, and the system has no other name for it.
    """
    if len(os.fsencode(path)) <= MAX_PATH_BYTES:
        yield str(path)
        return
    try:
        handle = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise StateError(f"{path.parent}: {error.strerror}") from error
    try:
        short = f"/proc/self/fd/{handle}"
        if not os.path.isdir(short):  # noqa: PTH112  # no path of ours
            raise StateError(
                f"{path}: too long for a socket: expected at most {MAX_PATH_BYTES} bytes",
                hint="SEEDBED_HOME names a shorter folder.",
            )
        yield f"{short}/{path.name}"
    finally:
        os.close(handle)


@contextlib.asynccontextmanager
async def opened(path: Path, desk: Desk) -> AsyncIterator[None]:
    """Answer on a socket, for as long as we are here.

    Raises:
        StateError: it cannot be made; or another node answers there.
    """
    lines = Lines(lambda reader, writer: _talk(reader, writer, desk), MAX_CONNECTIONS)
    listening, facts = _bind(path)
    server = await asyncio.start_unix_server(lines, sock=listening, limit=wire.MAX_REQUEST_BYTES)
    try:
        yield
    finally:
        server.close()
        await lines.cut()
        _clear(path, facts)


def _clear(path: Path, facts: os.stat_result) -> None:
    """Remove our socket; a node that came after us may have put its own there."""
    with contextlib.suppress(OSError):
        if os.path.samestat(path.stat(), facts):
            path.unlink()


def _bind(path: Path) -> tuple[socket.socket, os.stat_result]:
    """Made under another name, closed to others, then renamed: nobody ever meets a half-open door."""
    made = path.with_name(f"{path.name}.{os.getpid()}")
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _refuse_second(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        made.unlink(missing_ok=True)
        with address(made) as short:
            listening.bind(short)
        made.chmod(0o600)
        listening.listen(MAX_CONNECTIONS)
        listening.setblocking(False)  # noqa: FBT003
        facts = made.stat()
        made.replace(path)
    except BaseException as error:
        listening.close()
        with contextlib.suppress(OSError):
            made.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise StateError(f"{path}: no socket can be made there: {error.strerror}") from error
        raise
    return listening, facts


def _refuse_second(path: Path) -> None:
    """Raise when another node answers already; a socket whose node was killed refuses at once."""
    with contextlib.suppress(OSError), address(path) as short, socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_ASK_S)
        probe.connect(short)
        raise StateError(f"{path}: another node answers there already")


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, desk: Desk) -> None:
    while True:
        async with asyncio.timeout(REQUEST_S):
            try:
                text = await reader.readuntil(b"\n")
            except asyncio.LimitOverrunError:
                text = b""  # too long; what follows cannot be told from it
        try:
            asked = wire.read_request(text)
        except FormatError as error:
            await _say(writer, _refusal(error))
            return
        if asked["do"] == "events":
            await _tell_on(writer, desk)
            return
        await _say(writer, await _answer(desk, asked))


async def _answer(desk: Desk, asked: dict[str, Any]) -> dict[str, Any]:
    try:
        return await desk.answer(asked)
    except SeedbedError as error:
        return _refusal(error)
    except Exception as error:  # a fault of ours must not look like a node that hangs
        log.exception("a question could not be answered: %s", asked["do"])
        return {"error": f"this is a fault in seedbed: {type(error).__name__}", "hint": "The node's log has more."}


async def _tell_on(writer: asyncio.StreamWriter, desk: Desk) -> None:
    with desk.happenings.heard() as queue:
        await _say(writer, {"event": "listening"})
        while (one := await queue.get()) is not None:
            await _say(writer, one)


async def _say(writer: asyncio.StreamWriter, value: dict[str, Any]) -> None:
    writer.write(await asyncio.to_thread(wire.line, value))
    async with asyncio.timeout(ANSWER_S):
        await writer.drain()


def _refusal(error: SeedbedError) -> dict[str, Any]:
    return {"error": error.message, "hint": error.hint}
