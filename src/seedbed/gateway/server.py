# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 by hand: GET and HEAD, no bodies, files by ``sendfile``, files of mirrors span by span.

Written out because what matters here, zero-copy sending with a look at the clock between blocks, is what general
servers take away. Files are opened in threads; sending uses ``loop.sendfile``, which falls back to reads of 256 KiB in
threads where the system has none.
"""

from __future__ import annotations

import asyncio
import http
import logging
import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING

from seedbed.errors import FormatError, SourceError
from seedbed.gateway import replies
from seedbed.gateway.limits import BLOCK_BYTES, Bucket, Door, client_of
from seedbed.gateway.ranges import Span
from seedbed.gateway.remote import Ahead, Room
from seedbed.gateway.request import MAX_HEAD_BYTES, Request, read_head

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.gateway.limits import Limits
    from seedbed.gateway.metrics import Metrics
    from seedbed.gateway.remote import Remote
    from seedbed.gateway.replies import Reply

_SMALL_BYTES = 64 << 10
"""Up to this a file is read and sent with its head: one packet more matters more than one copy more."""
_THREADS = 64
"""Answers that are made at a time: those that wait for a mirror must not keep the others from the disk."""
_COPIED_BYTES = 128 << 10
"""Of a mirror's file at a time: asyncio copies what the socket does not take at once, for each client."""
_ZEROS = bytes(BLOCK_BYTES)
_NOBODY = Request("GET", "/")
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Line:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    is_idle: bool = True


@dataclass(slots=True)
class Server:
    """Serves until stopped.

    Args:
        answer: Called in threads.
        limits: What each may take.
        metrics: Counted here.
    """

    answer: Callable[[Request], Reply]
    limits: Limits
    metrics: Metrics
    _lines: dict[asyncio.Task[None], _Line] = field(default_factory=dict)
    _is_stopping: bool = False
    _room: Room = field(default_factory=Room)
    _door: Door = field(init=False)
    _pace: Bucket | None = field(init=False)

    def __post_init__(self) -> None:
        self._door = Door(self.limits)
        rate = self.limits.bytes_per_s
        self._pace = Bucket(rate, max(rate, BLOCK_BYTES)) if rate else None

    async def serve(self, host: str, port: int, stop: asyncio.Event, ready: Callable[[str, int], None]) -> None:
        """Serve until ``stop``; then finish what is being sent, within the limits' grace.

        Raises:
            OSError: the address cannot be listened on.
        """
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="answer"))
        listening = await asyncio.start_server(self._connected, host, port, limit=MAX_HEAD_BYTES, backlog=512)
        bound = listening.sockets[0].getsockname()
        ready(bound[0], bound[1])
        try:
            await stop.wait()
        finally:
            listening.close()
            await self._finish()

    async def _finish(self) -> None:
        self._is_stopping = True
        for task, line in list(self._lines.items()):
            if line.is_idle:
                task.cancel()
        if self._lines:
            await asyncio.wait(list(self._lines), timeout=self.limits.grace_s)
        for task in list(self._lines):
            task.cancel()
        if self._lines:
            await asyncio.wait(list(self._lines), timeout=1)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")
        client = client_of(peer[0] if peer else "")
        line = _Line(reader, writer)
        task = asyncio.current_task()
        if task is not None:
            self._lines[task] = line
        self.metrics.connections += 1
        status = self._door.enter(client)
        try:
            await (self._refuse(line, _NOBODY, status, 5) if status else self._talk(line, client))
            await self._hang_up(line)
        except TimeoutError:
            self.metrics.slow_clients += 1
        except (OSError, EOFError, asyncio.CancelledError):
            pass  # the client has gone, or we stop
        except SourceError as error:  # in the middle: only a cut says that the length is wrong
            log.warning("mirror failed error=%s", error)
            self.metrics.mirror_failures += 1
        except Exception:
            log.exception("gateway connection failed")
        finally:
            self._door.leave(client)
            self.metrics.connections -= 1
            if task is not None:
                self._lines.pop(task, None)
            writer.transport.abort()  # nothing waits to be sent any more, or nobody takes it

    async def _talk(self, line: _Line, client: str) -> None:
        goes_on = True
        while goes_on and not self._is_stopping:
            line.is_idle = True
            try:
                async with asyncio.timeout(self.limits.head_timeout_s):
                    head = await line.reader.readuntil(b"\r\n\r\n")
            except asyncio.LimitOverrunError:
                await self._refuse(line, _NOBODY, 431)
                return
            except TimeoutError:
                return  # a quiet connection is no fault
            line.is_idle = False
            try:
                request = read_head(head)
            except FormatError:
                await self._refuse(line, _NOBODY, 400)
                return
            wait_s = self._door.wait_s(client, asyncio.get_running_loop().time())
            if wait_s:
                await self._refuse(line, request, 429, wait_s)
                return
            goes_on = await self._respond(line, request)

    async def _respond(self, line: _Line, request: Request) -> bool:
        reply = await asyncio.to_thread(self._prepared, request)
        if reply.remote:
            return await self._respond_ahead(line, request, reply, reply.remote)
        goes_on = request.keeps_alive and not self._is_stopping
        try:
            await self._send(line, reply, goes_on=goes_on)
        finally:
            if reply.handle is not None:
                os.close(reply.handle)
        return goes_on

    async def _respond_ahead(self, line: _Line, request: Request, reply: Reply, remote: Remote) -> bool:
        """Answer with a mirror's file: the head is sent when the first bytes are there."""
        spans = [part for part in reply.body if isinstance(part, Span)]
        ahead = Ahead(remote, spans, self._room, patience_s=self.limits.mirror_timeout_s)
        try:
            try:
                await ahead.begin()
            except SourceError as error:
                log.warning("mirror failed error=%s", error)
                self.metrics.mirror_failures += 1
                reply = replies.of_failure(request, error)
            goes_on = request.keeps_alive and not self._is_stopping
            await self._send(line, reply, goes_on=goes_on, ahead=ahead)
        finally:
            ahead.close()
        return goes_on

    def _prepared(self, request: Request) -> Reply:
        """The answer, with small files read already. In a thread."""
        reply = self.answer(request)
        if reply.handle is None or reply.size_bytes > _SMALL_BYTES:
            return reply
        try:
            body = tuple(part if isinstance(part, bytes) else _read(reply.handle, part) for part in reply.body)
        except OSError:
            return replies.refusal(request, 503, "it cannot be read", ("Retry-After", "10"))
        finally:
            os.close(reply.handle)
        return replies.Reply(reply.status, reply.headers, body)

    async def _send(self, line: _Line, reply: Reply, *, goes_on: bool, ahead: Ahead | None = None) -> None:
        phrase = http.HTTPStatus(reply.status).phrase
        head = reply.head(keeps_alive=goes_on, reason=phrase, date=formatdate(usegmt=True))
        self.metrics.requests[reply.status] += 1
        first = b"".join(part for part in reply.body if isinstance(part, bytes)) if reply.handle is None else b""
        if reply.handle is None and all(isinstance(part, bytes) for part in reply.body):
            await self._write(line, head + first, counted=len(first))
            return
        await self._write(line, head, counted=0)
        for part in reply.body:
            if isinstance(part, bytes):
                await self._write(line, part, counted=len(part))
            elif ahead:
                await self._send_ahead(line, ahead, part.size_bytes)
            else:
                await self._send_span(line, reply.handle, part)

    async def _send_ahead(self, line: _Line, ahead: Ahead, size_bytes: int) -> None:
        """Views are let go by hand: when a client hangs up, its reader keeps the error, and that our frames."""
        sent = 0
        while sent < size_bytes:
            with memoryview(await ahead.take()) as data:
                sent += len(data)
                for start in range(0, len(data), _COPIED_BYTES):
                    with data[start : start + _COPIED_BYTES] as block:
                        await self._write(line, block, counted=len(block))

    async def _send_span(self, line: _Line, handle: int | None, span: Span) -> None:
        if handle is None:
            for start in range(span.start, span.stop, BLOCK_BYTES):
                size = min(BLOCK_BYTES, span.stop - start)
                await self._write(line, _ZEROS[:size], counted=size)
            return
        loop = asyncio.get_running_loop()
        with open(handle, "rb", closefd=False, buffering=0) as file:  # noqa: ASYNC230  # it is open already
            for start in range(span.start, span.stop, BLOCK_BYTES):
                size = min(BLOCK_BYTES, span.stop - start)
                await self._keep_pace(size)
                async with asyncio.timeout(self.limits.block_timeout_s):
                    sent = await loop.sendfile(line.writer.transport, file, start, size)
                self.metrics.sent_bytes += sent
                if sent < size:
                    raise EOFError("the file became shorter while it was sent")

    async def _write(self, line: _Line, data: bytes | memoryview, *, counted: int) -> None:
        await self._keep_pace(counted)
        line.writer.write(data)
        async with asyncio.timeout(self.limits.block_timeout_s):
            await line.writer.drain()
        self.metrics.sent_bytes += counted

    async def _keep_pace(self, size_bytes: int) -> None:
        if self._pace and size_bytes:
            wait_s = self._pace.take(size_bytes, asyncio.get_running_loop().time())
            if wait_s:
                await asyncio.sleep(wait_s)

    async def _hang_up(self, line: _Line) -> None:
        line.writer.close()
        async with asyncio.timeout(self.limits.block_timeout_s):
            await line.writer.wait_closed()

    async def _refuse(self, line: _Line, request: Request, status: int, wait_s: float = 0) -> None:
        """Answer and end the connection."""
        later = (("Retry-After", str(math.ceil(wait_s))),) if wait_s else ()
        await self._send(line, replies.refusal(request, status, http.HTTPStatus(status).phrase, *later), goes_on=False)


def _read(handle: int, span: Span) -> bytes:
    data = os.pread(handle, span.size_bytes, span.start)
    if len(data) != span.size_bytes:
        raise OSError("the file is short")
    return data
