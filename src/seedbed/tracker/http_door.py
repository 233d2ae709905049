# SPDX-License-Identifier: Apache-2.0
"""The tracker's HTTP: short questions, short answers, on connections that may stay (RFC 9112, as much as is needed).

Written by hand, on the level of bytes: an announce is two thirds of what a general server spends on one request.
Questions of one connection are answered in their order, one at a time: while an answer is not there yet, what came
behind it waits. A question may have a body where the door has somebody who takes it; its answer is the connection's
last.
"""

from __future__ import annotations

import logging
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

from seedbed.tracker.bodies import Bodies, Body

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from seedbed.tracker.bodies import Posts
    from seedbed.tracker.lines import Line, Lines
    from seedbed.tracker.proxies import Networks

MAX_HEAD_BYTES = 16_384
"""A scrape of 70 hashes, percent-encoded, has some 5,000."""
_END = b"\r\n\r\n"
_LENGTH_DIGITS = 12
_METHODS = frozenset({b"GET", b"HEAD"})
log = logging.getLogger(__name__)


class Page(NamedTuple):
    """An answer."""

    status: int
    media_type: str
    body: bytes
    fields: bytes = b""
    """More fields of the head, each with its line's end."""
    tag: bytes = b""
    """Entity tag, with its quotes: whoever has the body by this tag is told so instead (RFC 9110, 13.1.2)."""


NO_PAGE = Page(404, "text/plain", b"there is no such page\n")
_NOT_HTTP = Page(400, "text/plain", b"expected GET /announce?... HTTP/1.1\n")
_NO_METHOD = Page(405, "text/plain", b"expected GET or HEAD\n")
_NO_BODY = Page(413, "text/plain", b"expected no body\n")
_NO_LENGTH = Page(411, "text/plain", b"expected a body with its Content-Length\n")
_TOO_LARGE = Page(413, "text/plain", b"the body is too large\n")
_BUSY = Page(503, "text/plain", b"too many send at once; try again\n", b"Retry-After: 60\r\n")
_TOO_LONG = Page(431, "text/plain", b"the request is too long\n")
_FAILED = Page(500, "text/plain", b"the tracker has failed; it is noted\n")


class HttpDoor:
    """Begins what is said on a connection.

    Args:
        page: Called with path, query and the client's packed address; gives the answer, or what will be it.
        lines: All connections.
        proxies: Whose ``X-Forwarded-For`` is believed.
        posts: Takes what is posted; None where nothing is.
    """

    def __init__(
        self,
        page: Callable[[str, bytes, bytes], Page | asyncio.Future[Page]],
        lines: Lines,
        proxies: Networks | None = None,
        posts: Posts | None = None,
    ) -> None:
        self.page = page
        self.lines = lines
        self.proxies = proxies or None
        self.posts = posts
        self.bodies = Bodies()

    def __call__(self, line: Line) -> HttpTalk:
        """A new connection."""
        return HttpTalk(self, line)


class HttpTalk:
    """What is said on one connection."""

    __slots__ = ("_answer", "_body", "_door", "_is_last", "_line", "_waiting")
    may_make_room = True

    def __init__(self, door: HttpDoor, line: Line) -> None:
        self._door = door
        self._line = line
        self._waiting = b""
        """Of a question that is not whole, or that waits for the answers before it."""
        self._answer: asyncio.Future[Page] | None = None
        """That was asked for, and is not there yet."""
        self._is_last = False
        self._body: Body | None = None
        """Of a question whose head has come, and not all that belongs to it."""

    def received(self, data: bytes) -> None:
        """Answer every question that is whole."""
        if self._body is not None:
            self._feed(data)
            return
        self._waiting = self._waiting + data if self._waiting else data
        self._go_on()
        if self._answer is not None and len(self._waiting) > MAX_HEAD_BYTES:
            self._line.hold()

    def flushed(self) -> None:
        """Go on with what waited for the client to read."""
        self._resume()

    def ended(self) -> None:
        """Whoever asked and will say no more still hears the answers."""
        self._is_last = True
        self._resume()

    def silent(self) -> None:
        """So slow is nobody who means it; and no answer takes so long."""
        self._line.abort()

    def lost(self) -> None:
        """Nobody waits for the answer."""
        self._end_body()
        if self._answer is not None:
            self._answer.cancel()

    def _go_on(self) -> None:
        line = self._line
        while self._answer is None and (end := self._waiting.find(_END)) >= 0:
            if line.unsent_bytes:
                line.hold()
                return
            if end > MAX_HEAD_BYTES:
                break
            head, self._waiting = self._waiting[:end], self._waiting[end + 4 :]
            if not self._ask(head):
                self._waiting = b""
                return
            if self._body is not None:
                data, self._waiting = self._waiting, b""
                self._feed(data)
                return
        if self._answer is None and len(self._waiting) > MAX_HEAD_BYTES:
            self._refuse(_TOO_LONG)

    def _ask(self, head: bytes) -> bool:
        """Begin to answer a question; whether others may follow."""
        line, _, fields = head.partition(b"\r\n")
        words, lower = line.split(b" "), fields.lower()
        if words[0] == b"POST" and self._door.posts is not None:
            return self._begin_body(words, fields, lower)
        fault = _fault(words, lower)
        if fault is not None:
            return self._refuse(fault)
        goes_on, is_head = _stays(words[2], lower), words[0] == b"HEAD"
        page = self._page(_local(words[1]), fields)
        held = lower if b"if-none-match" in lower else b""
        if isinstance(page, Page):
            return self._send(_unless(page, held), goes_on, is_head)
        self._answer = page
        page.add_done_callback(partial(self._answered, goes_on, is_head, held))
        return goes_on

    def _begin_body(self, words: list[bytes], fields: bytes, lower: bytes) -> bool:
        """The head of a question with a body; whether the body may come."""
        fault = _fault([b"GET", *words[1:]], b"")
        if fault is not None:
            return self._refuse(fault)
        door, path = self._door, _local(words[1]).partition(b"?")[0].decode("latin-1")
        limit = door.posts.limit_bytes(path) if door.posts is not None else 0
        if not limit:
            return self._refuse(_NO_METHOD)
        size = _length(lower)
        if size < 0:
            return self._refuse(_NO_LENGTH)
        if size > limit:
            return self._refuse(_TOO_LARGE)
        ip = self._client(fields)
        if not door.bodies.begin(ip):
            return self._refuse(_BUSY)
        self._body = Body(path, ip, size)
        if b"100-continue" in lower:  # curl asks so before it sends much
            self._line.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def _feed(self, data: bytes) -> None:
        """More of a body has come; whatever is behind it is passed over, for the answer is the last."""
        body, door = self._body, self._door
        if body is None:
            return
        has_room = door.bodies.came(body.take(data))
        if not has_room:
            self._end_body()
            self._refuse(_BUSY)
            return
        if not body.is_whole:
            if body.has_grown():
                door.lines.touch(self._line)
            return
        self._end_body()
        self._posted(body)

    def _posted(self, body: Body) -> None:
        """A body is whole: it is answered."""
        posts = self._door.posts
        page: Page | asyncio.Future[Page] = _FAILED
        try:
            if posts is not None:
                page = posts.posted(body.path, b"".join(body.parts), body.ip)
        except Exception:  # one question must not end the service
            log.exception("tracker page failed")
        if isinstance(page, Page):
            self._send(page, False, False)  # noqa: FBT003
            return
        self._answer = page
        page.add_done_callback(partial(self._answered, False, False, b""))  # noqa: FBT003

    def _end_body(self) -> None:
        """It is whole, or nobody waits for it."""
        body, self._body = self._body, None
        if body is not None:
            self._door.bodies.end(body)

    def _client(self, fields: bytes) -> bytes:
        """From where it came, packed."""
        door, ip = self._door, self._line.ip
        return ip if door.proxies is None else door.proxies.client(ip, forwarded(fields))

    def _page(self, target: bytes, fields: bytes) -> Page | asyncio.Future[Page]:
        path, _, query = target.partition(b"?")
        door, ip = self._door, self._client(fields)
        try:
            return door.page(path.decode("latin-1"), query, ip)
        except Exception:  # one question must not end the service
            log.exception("tracker page failed")
            return _FAILED

    def _answered(self, goes_on: bool, is_head: bool, held: bytes, answer: asyncio.Future[Page]) -> None:  # noqa: FBT001
        """It is there now."""
        self._answer = None
        if answer.cancelled():
            page = _FAILED
        elif error := answer.exception():
            log.error("tracker page failed", exc_info=error)
            page = _FAILED
        else:
            page = _unless(answer.result(), held)
        if self._send(page, goes_on, is_head):
            self._resume()

    def _resume(self) -> None:
        """Something was done: what came meanwhile has its turn, and whoever has said all is let go."""
        if not self._is_last:
            self._line.go_on()
        self._go_on()
        if self._is_last and self._answer is None and _END not in self._waiting:
            self._line.close()

    def _send(self, page: Page, goes_on: bool, is_head: bool) -> bool:  # noqa: FBT001
        line = self._line
        if goes_on:
            line.send(written(page, goes_on, is_head))
            self._door.lines.touch(line)
        else:
            line.last(written(page, goes_on, is_head))
        return goes_on

    def _refuse(self, page: Page) -> bool:
        """What comes behind it cannot be understood."""
        self._waiting = b""
        self._line.send(written(page, goes_on=False))
        self._line.end()
        return False


def _unless(page: Page, held: bytes) -> Page:
    """A page; or that the client has it already, by the fields of its question where they name tags."""
    return page._replace(status=304, body=b"") if page[4] and held and page[4] in held else page


def written(page: Page, goes_on: bool, is_head: bool = False) -> bytes:  # noqa: FBT001, FBT002
    """An answer as bytes.

    Args:
        page: What is answered.
        goes_on: Whether the connection stays.
        is_head: Whether only the head was asked for.
    """
    status, media_type, body, fields, tag = page
    return b"".join((
        _begin(status, media_type, goes_on),
        fields,
        b"ETag: %b\r\n" % tag if tag else b"",
        b"Content-Length: %d\r\n\r\n" % len(body),
        b"" if is_head else body,
    ))  # fmt: skip


@lru_cache(maxsize=256)  # most answers begin alike
def _begin(status: int, media_type: str, goes_on: bool) -> bytes:  # noqa: FBT001
    return b"HTTP/1.1 %b\r\nContent-Type: %b\r\nConnection: %b\r\n" % (
        _STATUS.get(status) or b"%d Error" % status,
        media_type.encode("latin-1"),
        b"keep-alive" if goes_on else b"close",
    )


def forwarded(fields: bytes) -> list[bytes]:
    """What ``X-Forwarded-For`` says, of each such field."""
    return [value for name, _, value in _named(fields) if name.strip().lower() == b"x-forwarded-for"]


def _named(fields: bytes) -> list[tuple[bytes, bytes, bytes]]:
    return [line.partition(b":") for line in fields.split(b"\r\n")]


def _fault(words: list[bytes], lower: bytes) -> Page | None:
    """Why something is no question that is answered here."""
    if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
        return _NOT_HTTP
    if words[0] not in _METHODS:
        return _NO_METHOD
    if _has_body(lower):
        return _NO_BODY
    return None if _local(words[1]).startswith(b"/") else _NOT_HTTP


def _local(target: bytes) -> bytes:
    """A target's path and query; with a scheme and host before it when it was meant for a proxy (RFC 9112, 3.2.2)."""
    if target.startswith(b"http://"):
        rest = target[7:]
        at = rest.find(b"/")
        return rest[at:] if at >= 0 else b"/"
    return target


def _has_body(lower: bytes) -> bool:
    """Whether something follows that is no question: it would be read as one (request smuggling)."""
    if b"transfer-encoding" in lower:
        return any(name.strip() == b"transfer-encoding" for name, _, _ in _named(lower))
    if b"content-length" in lower:
        return any(name.strip() == b"content-length" and value.strip() != b"0" for name, _, value in _named(lower))
    return False


def _length(lower: bytes) -> int:
    """Bytes of a body as its head says; negative where it does not say it, or not in one way (request smuggling)."""
    named = [(name.strip(), value.strip()) for name, _, value in _named(lower)]
    found = [value for name, value in named if name == b"content-length"]
    if len(found) != 1 or not found[0].isdigit() or len(found[0]) > _LENGTH_DIGITS:
        return -1
    return -1 if any(name == b"transfer-encoding" for name, _ in named) else int(found[0])


def _stays(version: bytes, lower: bytes) -> bool:
    """Whether the client would ask more on this connection (RFC 9112, 9.3)."""
    if version == b"HTTP/1.0":
        return b"connection: keep-alive" in lower
    return b"connection: close" not in lower and b"connection:close" not in lower


_STATUS = {
    200: b"200 OK",
    304: b"304 Not Modified",
    400: b"400 Bad Request",
    403: b"403 Forbidden",
    404: b"404 Not Found",
    405: b"405 Method Not Allowed\r\nAllow: GET, HEAD",
    409: b"409 Conflict",
    410: b"410 Gone",
    411: b"411 Length Required",
    413: b"413 Content Too Large",
    426: b"426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13",
    429: b"429 Too Many Requests",
    431: b"431 Request Header Fields Too Large",
    500: b"500 Internal Server Error",
    503: b"503 Service Unavailable",
}
