# SPDX-License-Identifier: Apache-2.0
"""A tracker and a file server on loopback, for tests: real sockets, nothing more than tests need.

The tracker speaks HTTP announces with compact peers (BEP 3, 23); it forgets nobody but who says ``stopped``. The file
server answers ranges, as a web seed must (BEP 19), and counts what it sent.
"""

from __future__ import annotations

import asyncio
import re
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote, unquote_to_bytes

from seedbed.core import bencode

if TYPE_CHECKING:
    from collections.abc import Mapping

_INTERVAL_S = 1800
_HEAD_BYTES = 16_384
_IDLE_S = 30
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_REASONS = {200: "OK", 206: "Partial Content", 404: "Not Found"}


@dataclass(frozen=True, slots=True)
class _Request:
    target: str
    headers: Mapping[str, str]


@dataclass(slots=True)
class _Answer:
    body: bytes
    code: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class _HttpServer:
    """The part that both servers share: HTTP/1.1 with keep-alive."""

    def __init__(self) -> None:
        self.port = 0
        self._connections: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_HEAD_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in tuple(self._connections):
            writer.close()
        await self._server.wait_closed()
        if self._serving:  # Python 3.11 does not wait for its handlers
            await asyncio.wait(self._serving, timeout=_IDLE_S)

    def answer(self, request: _Request) -> _Answer:
        """What to say to a request."""
        raise NotImplementedError

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        if task := asyncio.current_task():
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        try:
            while (request := await _read_request(reader)) is not None:
                writer.write(_render(self.answer(request)))
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            pass  # the client went, as clients do
        finally:
            self._connections.discard(writer)
            writer.close()


async def _read_request(reader: asyncio.StreamReader) -> _Request | None:
    async with asyncio.timeout(_IDLE_S):
        head = await reader.readuntil(b"\r\n\r\n")
    first, *rows = head.decode("latin-1").split("\r\n")
    pairs = (row.partition(":") for row in rows if ":" in row)
    return _Request(first.split(" ")[1], {key.strip().lower(): value.strip() for key, _, value in pairs})


def _render(answer: _Answer) -> bytes:
    rows = [f"HTTP/1.1 {answer.code} {_REASONS[answer.code]}", f"Content-Length: {len(answer.body)}"]
    rows += [f"{key}: {value}" for key, value in answer.headers.items()]
    return "\r\n".join([*rows, "", ""]).encode("latin-1") + answer.body


class LoopbackTracker(_HttpServer):
    """An HTTP tracker."""

    def __init__(self) -> None:
        super().__init__()
        self.swarms: dict[bytes, dict[tuple[str, int], int]] = {}
        """Info-hash -> peers and the bytes each still lacks."""
        self.announce_count = 0

    @property
    def url(self) -> str:
        """The announce URL."""
        return f"http://127.0.0.1:{self.port}/announce"

    def answer(self, request: _Request) -> _Answer:
        """Take an announce; the answer lists everybody else."""
        path, _, query = request.target.partition("?")
        said = {key: value for key, _, value in (pair.partition("=") for pair in query.split("&"))}
        if path != "/announce" or not {"info_hash", "port"} <= said.keys():
            return _Answer(b"", 404)
        self.announce_count += 1
        swarm = self.swarms.setdefault(unquote_to_bytes(said["info_hash"]), {})
        who = ("127.0.0.1", int(said["port"]))
        others = b"".join(_compact(peer) for peer in swarm if peer != who)
        if said.get("event") == "stopped":
            swarm.pop(who, None)
        else:
            swarm[who] = int(said.get("left") or 0)
        return _Answer(bencode.encode({b"interval": _INTERVAL_S, b"peers": others}))


def _compact(peer: tuple[str, int]) -> bytes:
    return socket.inet_aton(peer[0]) + peer[1].to_bytes(2, "big")


class LoopbackFiles(_HttpServer):
    """A web seed: files by path, whole or by range."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        super().__init__()
        self._contents = dict(contents)
        self.sent_bytes = 0
        self.requests: list[str] = []
        """Paths asked for, in order."""

    def serve(self, contents: Mapping[str, bytes]) -> None:
        """Have these files from now on, besides those there are."""
        self._contents |= contents

    @property
    def url(self) -> str:
        """The parent of all files, with its slash."""
        return f"http://127.0.0.1:{self.port}/"

    def answer(self, request: _Request) -> _Answer:
        """A file, or the part of it that was asked for."""
        path = unquote(request.target.partition("?")[0]).removeprefix("/")
        self.requests.append(path)
        body = self._contents.get(path)
        if body is None:
            return _Answer(b"not here", 404)
        if found := _RANGE.fullmatch(request.headers.get("range", "")):
            start, stop = int(found[1]), int(found[2]) + 1 if found[2] else len(body)
            part = body[start:stop]
            self.sent_bytes += len(part)
            shown = f"bytes {start}-{start + len(part) - 1}/{len(body)}"
            return _Answer(part, 206, {"Content-Range": shown, "Accept-Ranges": "bytes"})
        self.sent_bytes += len(body)
        return _Answer(body, 200, {"Accept-Ranges": "bytes"})
