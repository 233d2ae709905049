# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 as a fetcher of ranges needs it (RFC 9110, 9112): requests written, answers read and judged. No sockets.

Who attacks: whoever runs, or stands in front of, a web seed. How: other bytes than asked for, more of them, an
encoding that unfolds to gigabytes, headers that two readers understand differently. Whatever is not exactly the
answer to the question is refused here, before a byte of it is used; that the bytes are right is proved elsewhere.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from seedbed.core.retry_after import wish_s
from seedbed.fetching.faults import Fault, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_HEADERS = 128
MAX_KNOWN = 1000
"""Header lines remembered for a connection."""
_SINGLE = frozenset(("content-length", "transfer-encoding", "content-range", "content-encoding", "location"))
"""Headers that decide what a body is: two different ones are a trick."""
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d)(?: ([^\r\n]*))?")
_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)")
_DIGITS = re.compile(r"\d{1,19}")
_MOMENTS_FROM_S = 1_000_000_000.0
"""September 2001: nobody asks for a wait of 30 years."""
_PORTS = {"http": 80, "https": 443}
_BUSY = frozenset((429, 503))
_GONE = {401: "it asks for a password", 403: "it is forbidden", 404: "it is not there", 410: "it is gone"}
_REDIRECTS = frozenset((301, 302, 303, 307, 308))


class Address(NamedTuple):
    """A URL taken apart."""

    scheme: str
    """``http`` or ``https``."""
    host: str
    """Name or address, without brackets."""
    port: int
    target: str
    """Path and query, as sent."""

    @property
    def origin(self) -> tuple[str, str, int]:
        """What a kept connection is good for."""
        return (self.scheme, self.host, self.port)

    @property
    def url(self) -> str:
        """Put together again."""
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def authority(self) -> str:
        """Host and port as the Host header wants them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def split_url(url: str) -> Address:
    """Take a URL apart.

    Raises:
        Fault: not a URL that we ask; REFUSED.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname or ""
        host = host if host.isascii() else host.encode("idna").decode()
    except ValueError as error:  # UnicodeError is one
        raise Fault(Kind.REFUSED, f"the address {url[:200]!r} cannot be read: {error}") from error
    if parts.scheme not in _PORTS or not host:
        raise Fault(Kind.REFUSED, f"the address {url[:200]!r} is not http or https")
    if parts.username or parts.password:
        raise Fault(Kind.REFUSED, "the address holds a password, which would be sent in clear")
    target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
        "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]|") if parts.query else ""
    )
    return Address(parts.scheme, host, port or _PORTS[parts.scheme], target)


def render_get(address: Address, *, agent: str, start: int = 0, stop: int | None = None, unless: str = "") -> bytes:
    """A GET request.

    Args:
        address: Of what.
        agent: Who asks.
        start: First byte.
        stop: With it, bytes ``start`` to ``stop`` are asked for (half-open, here made inclusive as HTTP has it).
        unless: Entity tag of what we hold; the answer is 304 when it is still that (RFC 9110, 13.1.2).
    """
    wants = f"Range: bytes={start}-{stop - 1}\r\n" if stop is not None else ""
    if unless.isascii() and unless.isprintable() and unless:
        wants += f"If-None-Match: {unless}\r\n"
    return (
        f"GET {address.target} HTTP/1.1\r\nHost: {address.authority}\r\nUser-Agent: {agent}\r\n"
        f"Accept: */*\r\nAccept-Encoding: identity\r\n{wants}\r\n"
    ).encode("ascii")


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and headers of an answer."""

    status: int
    reason: str
    headers: Mapping[str, str]
    """Names in lower case."""
    keeps_alive: bool
    length: int | None
    """Bytes of the body; None when it is chunked or ends with the connection."""
    is_chunked: bool

    @property
    def is_redirect(self) -> bool:
        """Whether the answer sends us elsewhere."""
        return self.status in _REDIRECTS and "location" in self.headers

    @property
    def is_html(self) -> bool:
        """Whether the body calls itself a web page."""
        return self.headers.get("content-type", "").lower().startswith(("text/html", "application/xhtml"))


def parse_head(data: bytes, known: dict[bytes, tuple[str, str]] | None = None) -> Head:
    """Read an answer's head, its empty line left off.

    Args:
        data: Status line and headers.
        known: Header lines read before on this connection, filled here: servers repeat most of them.

    Raises:
        Fault: not HTTP/1, or a body whose length two readers could see differently; BROKEN.
    """
    first, *lines = data.split(b"\r\n")
    match = _STATUS.fullmatch(first)
    if not match:
        raise Fault(Kind.BROKEN, f"the answer is not HTTP/1: {first[:60]!r}")
    headers = _headers(lines, known if known is not None else {})
    status, minor = int(match[2]), match[1]
    tokens = headers.get("connection", "").lower()
    keeps = "close" not in tokens and (minor == b"1" or "keep-alive" in tokens)
    chunked = _is_chunked(headers)
    length = None if chunked else _length(headers, status)
    ends_itself = chunked or length is not None
    return Head(status, (match[3] or b"").decode("latin-1"), headers, keeps and ends_itself, length, chunked)


def _headers(lines: list[bytes], known: dict[bytes, tuple[str, str]]) -> dict[str, str]:
    if len(lines) > MAX_HEADERS:
        raise Fault(Kind.BROKEN, f"the answer has {len(lines)} headers: expected at most {MAX_HEADERS}")
    headers: dict[str, str] = {}
    for line in lines:
        pair = known.get(line)
        if pair is None:
            pair = _header(line)
            if len(known) < MAX_KNOWN:
                known[line] = pair
        key, text = pair
        if key in headers and key in _SINGLE and headers[key] != text:
            raise Fault(Kind.BROKEN, f"the answer has two different {key} headers")
        headers[key] = text
    return headers


def _header(line: bytes) -> tuple[str, str]:
    name, colon, value = line.partition(b":")
    if not colon or not name or name[-1:].isspace() or name[:1].isspace():
        raise Fault(Kind.BROKEN, f"the answer's header {line[:60]!r} is malformed")
    return name.decode("latin-1").lower(), value.decode("latin-1").strip()


def _is_chunked(headers: Mapping[str, str]) -> bool:
    coding = headers.get("transfer-encoding", "").lower()
    if coding not in {"", "identity", "chunked"}:
        raise Fault(Kind.REFUSED, f"the body comes with transfer encoding {coding!r}, which was not asked for")
    return coding == "chunked"


def _length(headers: Mapping[str, str], status: int) -> int | None:
    if status in {204, 304}:
        return 0
    text = headers.get("content-length")
    if text is None:
        return None
    if not _DIGITS.fullmatch(text):
        raise Fault(Kind.BROKEN, f"the answer's content length {text[:30]!r} is not a number")
    return int(text)


class Want(NamedTuple):
    """What was asked for: bytes ``start`` to ``stop`` of a file of ``total`` bytes."""

    start: int
    stop: int
    total: int

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole file; then no range is asked for."""
        return self.start == 0 and self.stop == self.total

    @property
    def whole(self) -> Want:
        """The whole file instead."""
        return Want(0, self.total, self.total)

    @property
    def length(self) -> int:
        """Bytes asked for."""
        return self.stop - self.start


def judge(head: Head, want: Want) -> None:
    """Check that an answer is exactly what was asked for.

    Raises:
        Fault: it is not; ``kind`` says what follows.
    """
    _judge_status(head)
    _judge_encoding(head)
    if head.status == 206 and not want.is_whole:
        _judge_range(head, want)
    elif head.status == 200:
        _judge_whole(head, want)
    else:
        raise Fault(Kind.BROKEN, f"it answers {head.status} {head.reason[:60]} to a plain request")


def judge_plain(head: Head) -> None:
    """Check that an answer brings a whole document of unknown length.

    Raises:
        Fault: it does not.
    """
    _judge_status(head)
    _judge_encoding(head)
    if head.status != 200:
        raise Fault(Kind.BROKEN, f"it answers {head.status} {head.reason[:60]} to a plain request")


def _judge_status(head: Head) -> None:
    if head.status in _BUSY:
        left, wait_s = requests_left(head) or (1, 0.0)
        rest_s = retry_after_s(head) or (0.0 if left else wait_s)
        wish = f", and asks for {rest_s:.0f} s of rest" if rest_s else ""
        raise Fault(Kind.BUSY, f"it is busy ({head.status} {head.reason[:60]}{wish})", retry_after_s=rest_s)
    if head.status in _GONE:
        name = "forbidden" if head.status in {401, 403} else "missing"
        raise Fault(Kind.MISSING, f"{_GONE[head.status]} ({head.status})", name=name)
    if head.status == 416:
        raise Fault(Kind.MISSING, "the file is shorter there (416)", name="wrong-length")
    if head.status >= 500:
        raise Fault(Kind.BROKEN, f"it failed ({head.status} {head.reason[:60]})", name="failing")
    if head.status >= 300:
        kind = Kind.BROKEN if head.status in {408, 425} else Kind.MISSING
        raise Fault(kind, f"it answers {head.status} {head.reason[:60]}")


def _judge_encoding(head: Head) -> None:
    coding = head.headers.get("content-encoding", "identity").lower()
    if coding not in {"", "identity"}:
        raise Fault(
            Kind.REFUSED, f"the body is encoded ({coding[:30]}) although it was asked for as it is", name="encoded"
        )


def _judge_range(head: Head, want: Want) -> None:
    text = head.headers.get("content-range", "")
    match = _CONTENT_RANGE.fullmatch(text)
    if not match:
        raise Fault(Kind.REFUSED, f"its content range {text[:60]!r} cannot be read", name="wrong-range")
    start, last, total = int(match[1]), int(match[2]), match[3]
    if total not in ("*", str(want.total)):
        text = f"the file has another length there: expected {want.total:,}, got {int(total):,}"
        raise Fault(Kind.MISSING, text, name="wrong-length")
    asked = f"bytes {want.start}-{want.stop - 1}"
    if (start, last + 1) != (want.start, want.stop):
        raise Fault(Kind.REFUSED, f"it sends another range: expected {asked}, got {text[:60]!r}", name="wrong-range")
    if head.length not in (None, want.stop - want.start):
        raise Fault(Kind.REFUSED, f"it sends {head.length:,} bytes for {asked}", name="wrong-range")


def _judge_whole(head: Head, want: Want) -> None:
    if head.length not in (None, want.total):
        what = "an error page comes instead of data" if head.is_html else "the file has another length there"
        name = "web-page" if head.is_html else "wrong-length"
        raise Fault(Kind.MISSING, f"{what}: expected {want.total:,} bytes, got {head.length:,}", name=name)
    if not want.is_whole:
        raise Fault(Kind.NO_RANGES, "it does not serve ranges, only whole files")


def retry_after_s(head: Head) -> float:
    """Seconds that an answer asks us to wait: a number, or a date measured against the answer's own date; 0 if none."""
    text = head.headers.get("retry-after")
    return wish_s(text, _date(head)) if text else 0.0


def requests_left(head: Head) -> tuple[int, float] | None:
    """How many requests a server still allows, and for how many seconds that holds; None when it does not say.

    ``X-RateLimit-Reset`` is a moment (seconds since 1970) for some and a time to wait for others; ``Retry-After`` says
    it better where it is there.
    """
    for prefix in ("x-ratelimit-", "ratelimit-"):
        left, reset = (head.headers.get(prefix + key, "") for key in ("remaining", "reset"))
        if _DIGITS.fullmatch(left) and _DIGITS.fullmatch(reset):
            seconds = float(reset)
            wait_s = seconds if seconds < _MOMENTS_FROM_S else seconds - _date(head).timestamp()
            return int(left), retry_after_s(head) or max(wait_s, 0.0)
    return None


def _date(head: Head) -> dt.datetime:
    """When the answer was made, by the server's clock; by ours when it does not say."""
    try:
        return parsedate_to_datetime(head.headers["date"])
    except (KeyError, ValueError, TypeError):
        return dt.datetime.now(dt.UTC)
