# SPDX-License-Identifier: Apache-2.0
"""The page's HTTP: GET and HEAD, nothing can be changed.

Who attacks: a web page of a stranger in the browser of this machine's owner. How: by requests to this address, and by a
name of its own that suddenly leads here (DNS rebinding), so that the browser lets it read the answers. So only requests
to an address or to this machine's own names are answered, other sites may not embed anything, and nothing says that
they may read it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from seedbed.errors import FormatError, SeedbedError, StateError
from seedbed.gateway.request import MAX_HEAD_BYTES, Request, read_head
from seedbed.node.lines import Lines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from seedbed.core.endpoints import Endpoint

log = logging.getLogger(__name__)
MAX_CONNECTIONS = 32
HEAD_S, ANSWER_S = 10.0, 30.0
HTML, JSON = "text/html; charset=utf-8", "application/json"
METRICS = "text/plain; version=0.0.4; charset=utf-8"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_ALWAYS = (
    "Cache-Control: no-store",
    f"Content-Security-Policy: {_POLICY}",
    "Cross-Origin-Resource-Policy: same-origin",
    "Cross-Origin-Opener-Policy: same-origin",
    "Referrer-Policy: no-referrer",
    "X-Content-Type-Options: nosniff",
    "Vary: Accept-Language",
    "Connection: close",
)
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?", re.ASCII)
_PHRASES = {
    200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    421: "Misdirected Request", 503: "Service Unavailable",
}  # fmt: skip


class Answer(NamedTuple):
    """What is sent."""

    status: int
    kind: str
    body: bytes


def plain(status: int, text: str) -> Answer:
    """A line of words."""
    return Answer(status, "text/plain; charset=utf-8", f"{text}\n".encode())


@dataclass(frozen=True, slots=True)
class Door:
    """See the module's text.

    Args:
        answer: Gives what is at a path; called for requests that may be answered.
        names: Further names of this machine.
    """

    answer: Callable[[Request], Awaitable[Answer]]
    names: frozenset[str] = frozenset()

    @contextlib.asynccontextmanager
    async def opened(self, where: Endpoint) -> AsyncIterator[str]:
        """Answer at an address, for as long as we are here; gives the page's URL.

        Raises:
            StateError: it cannot be listened on.
        """
        lines = Lines(self._talk, MAX_CONNECTIONS)
        try:
            server = await asyncio.start_server(lines, where.host, where.port, limit=MAX_HEAD_BYTES)
        except OSError as error:
            raise StateError(f"{where}: the status page cannot be there: {error.strerror}") from error
        host, port = server.sockets[0].getsockname()[:2]
        try:
            yield f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        finally:
            server.close()
            await lines.cut()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(HEAD_S):
            try:
                request = read_head(await reader.readuntil(b"\r\n\r\n"))
            except (FormatError, asyncio.LimitOverrunError):
                request = None
        answer = await self.respond(request) if request else plain(400, "this is no request that is answered here")
        body = b"" if request and request.method == "HEAD" else answer.body
        head = [f"HTTP/1.1 {answer.status} {_PHRASES[answer.status]}", f"Content-Type: {answer.kind}"]
        head += [f"Content-Length: {len(answer.body)}", *_ALWAYS]
        writer.write("\r\n".join([*head, "", ""]).encode("latin-1") + body)
        async with asyncio.timeout(ANSWER_S):
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    async def respond(self, request: Request) -> Answer:
        """The answer to a request, or why there is none."""
        if request.method not in {"GET", "HEAD"}:
            return plain(405, "nothing can be changed here")
        if not self.knows(request.headers.get("host", "")):
            return plain(421, "ask by the address of this machine, or as localhost")
        is_strange = request.headers.get("sec-fetch-site", "none") in {"cross-site", "same-site"}
        if is_strange and request.headers.get("sec-fetch-mode") != "navigate":
            return plain(403, "other sites may not read this")
        try:
            return await self.answer(request)
        except SeedbedError as error:
            return plain(503, error.message)
        except Exception:  # a fault of ours must not end the connection without a word
            log.exception("the status page could not be made")
            return plain(503, "this is a fault in seedbed; the node's log has more")

    def knows(self, host: str) -> bool:
        """Whether a ``Host`` is this machine: an address, or one of its own names. Strangers' names are not."""
        match = _HOST.fullmatch(host.lower())
        if not match:
            return False
        name = match[1].strip("[]").rstrip(".")
        if name == "localhost" or name in self.names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def own_names() -> frozenset[str]:
    """By which others in this house may call this machine."""
    name = socket.gethostname().lower()
    return frozenset((name, f"{name}.local")) if name else frozenset()
