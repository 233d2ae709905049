# SPDX-License-Identifier: Apache-2.0
"""Answers: status, headers, and which bytes follow; nothing is sent here, nothing is opened."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from seedbed.gateway.conditions import Verdict, judge, may_send_part
from seedbed.gateway.ranges import Span, read_ranges
from seedbed.mirrors.base import is_passing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.errors import SourceError
    from seedbed.gateway.remote import Remote
    from seedbed.gateway.request import Request

FOREVER = "public, max-age=31536000, immutable"
SHORTLY = "public, max-age=60"
NEVER = "no-store"
BOUNDARY = "seedbed-4d6f7265-7061-7274-73"
"""Between the parts of a multipart answer. Readers go by each part's ``Content-Range``, whatever the bytes hold."""
_ALWAYS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "Accept-Ranges, Content-Length, Content-Range, ETag, Link, Repr-Digest"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'"),
)
Header: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Content:
    """An open file, a mirror's file, or zeros."""

    handle: int | None
    """To be closed by whoever holds the answer; None for zeros, and for files of mirrors."""
    size_bytes: int
    etag: str
    """Strong, with its quotes."""
    media_type: str
    cache: str
    sha256: str = ""
    """64 hex digits, where known."""
    remote: Remote | None = None
    """Where a mirror has it."""
    more: tuple[Header, ...] = ()
    """Headers that belong to it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is to be sent."""

    status: int
    headers: tuple[Header, ...] = ()
    body: tuple[bytes | Span, ...] = ()
    """In order; a span is of the file in ``handle`` or ``remote``, or of zeros."""
    handle: int | None = None
    """To be closed when all is sent."""
    remote: Remote | None = None

    @property
    def size_bytes(self) -> int:
        """Bytes of the body."""
        return _size(self.body)

    def head(self, *, keeps_alive: bool, reason: str, date: str) -> bytes:
        """Status line and headers; ``date`` as HTTP writes it."""
        lines = [f"HTTP/1.1 {self.status} {reason}", f"Date: {date}"]
        lines += [f"{name}: {value}" for name, value in (*self.headers, *_ALWAYS)]
        lines.append(f"Connection: {'keep-alive' if keeps_alive else 'close'}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


@dataclass(frozen=True, slots=True)
class _Parts:
    headers: tuple[Header, ...]
    body: tuple[bytes | Span, ...] = field(default=())


def _size(body: Sequence[bytes | Span]) -> int:
    return sum(len(part) if isinstance(part, bytes) else part.size_bytes for part in body)


def of_file(request: Request, content: Content) -> Reply:
    """The answer to a request for a file: whole, parts, or why not."""
    standing: tuple[Header, ...] = (
        ("ETag", content.etag),
        ("Cache-Control", content.cache),
        ("Accept-Ranges", "bytes"),
        *content.more,
    )
    if content.sha256:
        digest = base64.b64encode(bytes.fromhex(content.sha256)).decode()
        standing += (("Repr-Digest", f"sha-256=:{digest}:"),)
    verdict = judge(request.headers, content.etag)
    if verdict is Verdict.UNCHANGED:
        return Reply(304, standing, handle=content.handle)
    if verdict is Verdict.FAILED:
        return Reply(412, (("Content-Length", "0"), *standing), handle=content.handle)
    wanted = None
    if request.method == "GET" and "range" in request.headers and may_send_part(request.headers, content.etag):
        wanted = read_ranges(request.headers["range"], content.size_bytes)
    if wanted == ():
        refusal = (("Content-Range", f"bytes */{content.size_bytes}"), ("Content-Length", "0"))
        return Reply(416, refusal + standing, handle=content.handle)
    parts = _parts(content, wanted)
    headers = (*parts.headers, ("Content-Length", str(_size(parts.body))), *standing)
    body = () if request.method == "HEAD" else parts.body
    return Reply(206 if wanted else 200, headers, body, content.handle, content.remote)


def _parts(content: Content, wanted: tuple[Span, ...] | None) -> _Parts:
    if not wanted:
        return _Parts((("Content-Type", content.media_type),), (Span(0, content.size_bytes),))
    if len(wanted) == 1:
        where = (("Content-Type", content.media_type), ("Content-Range", _where(wanted[0], content)))
        return _Parts(where, wanted)
    body: list[bytes | Span] = []
    for span in wanted:
        head = (
            f"\r\n--{BOUNDARY}\r\nContent-Type: {content.media_type}\r\nContent-Range: {_where(span, content)}\r\n\r\n"
        )
        body += [head.encode("latin-1"), span]
    body.append(f"\r\n--{BOUNDARY}--\r\n".encode())
    return _Parts((("Content-Type", f"multipart/byteranges; boundary={BOUNDARY}"),), tuple(body))


def _where(span: Span, content: Content) -> str:
    return f"bytes {span.start}-{span.stop - 1}/{content.size_bytes}"


def of_text(request: Request, status: int, text: bytes, media_type: str, *headers: Header) -> Reply:
    """An answer with a body of our own, not to be kept by caches unless the headers say so."""
    cache = () if any(name == "Cache-Control" for name, _ in headers) else (("Cache-Control", NEVER),)
    said = (("Content-Type", media_type), ("Content-Length", str(len(text))), *cache, *headers)
    return Reply(status, said, () if request.method == "HEAD" else (text,))


def refusal(request: Request, status: int, why: str, *headers: Header) -> Reply:
    """An error, in a line of words."""
    return of_text(request, status, f"{why}\n".encode(), "text/plain; charset=utf-8", *headers)


def of_failure(request: Request, error: SourceError) -> Reply:
    """A mirror failed: 504 it is silent, 503 it may do better soon, 502 it does not. Which one is nobody's business."""
    if error.data.get("is_silent"):
        return refusal(request, 504, "the place that keeps it says nothing")
    wait_s = float(error.data.get("retry_after_s") or 0.0)  # type: ignore[arg-type]  # set by mirrors.base.failure
    later = (("Retry-After", str(math.ceil(wait_s))),) if wait_s > 0 else ()
    status = 503 if later or is_passing(error) else 502
    return refusal(request, status, "the place that keeps it fails", *later)


def redirect(request: Request, status: int, target: str, cache: str) -> Reply:
    """To another path here."""
    text = f"{target}\n".encode()
    return of_text(request, status, text, "text/plain; charset=utf-8", ("Location", target), ("Cache-Control", cache))


def preflight() -> Reply:
    """What browsers ask before a request with ``Range`` from another site (Fetch standard, CORS)."""
    return Reply(
        204,
        (
            ("Allow", "GET, HEAD, OPTIONS"),
            ("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"),
            ("Access-Control-Allow-Headers", "Range, If-Match, If-None-Match, If-Range, Cache-Control"),
            ("Access-Control-Max-Age", "86400"),
        ),
    )
