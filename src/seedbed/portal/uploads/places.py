# SPDX-License-Identifier: Apache-2.0
"""Data that is on the web already: whether everybody can fetch it there, in parts, as it is (U43 to U49).

Who attacks: whoever has us ask a router, a cloud's metadata service, or a database on this machine. Each address is
judged when it is connected to (``sources.public_only``), of every redirect too.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urljoin, urlsplit

import certifi
import pycurl

from seedbed.core.hosts import is_private_url
from seedbed.sources import public_only
from seedbed.sources.agent import agent
from seedbed.sources.http_answer import Answer
from seedbed.sources.http_file import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_REDIRECTS = 3
"""Reliability.md, 2.3."""
CONNECT_S, ALL_S = 15, 30
_S3 = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9.-]{1,62})\?(region=(?P<region>[a-z]{2}(-[a-z]+)+-[0-9]))?")
_REDIRECTS = frozenset((301, 302, 303, 307, 308))


@dataclass(frozen=True, slots=True)
class Place:
    """A URL that was asked."""

    url: str
    length: int = 0
    """Bytes of the file."""
    fault: str = ""
    """Why it is refused; empty when it is not."""
    rule: str = ""
    """Row of table U."""
    remark: str = ""
    """What is odd and no fault."""


@dataclass(frozen=True, slots=True)
class Asked:
    """All URLs of an upload."""

    places: tuple[Place, ...] = field(default=())

    @property
    def size_bytes(self) -> int:
        """Of all files that were found."""
        return sum(place.length for place in self.places)


class _RefusedError(Exception):
    def __init__(self, rule: str, what: str) -> None:
        super().__init__(what)
        self.rule = rule


def ask_all(urls: Iterable[str], *, allowed: frozenset[tuple[str, int]] = frozenset()) -> Asked:
    """Ask for the first and the last byte behind each URL. Blocks.

    Args:
        urls: http, https, or s3 without an endpoint of its own.
        allowed: Private addresses that may be asked although they are: a keeper's own.
    """
    return Asked(tuple(ask(url, allowed=allowed) for url in urls))


def ask(url: str, *, allowed: frozenset[tuple[str, int]] = frozenset()) -> Place:
    """Ask for the first and the last byte behind a URL; whatever is wrong is told in the answer."""
    try:
        if url.lower().startswith("s3://"):
            return _store(url, allowed)
        return _web(url, allowed)
    except _RefusedError as error:
        return Place(url, fault=str(error), rule=error.rule)


def _store(url: str, allowed: frozenset[tuple[str, int]]) -> Place:
    """An object store, asked over HTTP without credentials: what we may read there, others perhaps may not.

    Its endpoint is Amazon's own; another one would be an address that nobody judged.
    """
    asked = store_url(url)
    if "?" not in asked:
        return replace(_web(asked, allowed), url=url)
    answer = _get(asked, 0, 0, allowed)
    if answer.status not in {200, 206}:
        raise _RefusedError("U47", f"{shown(url)} cannot be listed without credentials: status {answer.status}")
    return Place(url)


def store_url(url: str) -> str:
    """Where anybody reads an object, or lists a prefix (which ends in a slash), over HTTP (pure).

    Raises:
        _RefusedError: options other than a region, or no bucket.
    """
    parts = urlsplit(url)
    match = _S3.fullmatch(f"{parts.netloc}?{parts.query}")
    if not match:
        raise _RefusedError("U43", "expected s3://bucket/key or s3://bucket/prefix/, and at most ?region=…")
    host = f"https://s3.{match['region'] or 'us-east-1'}.amazonaws.com/{match['bucket']}"
    if not parts.path.endswith("/") and parts.path:
        return host + quote(unquote(parts.path))
    return f"{host}?list-type=2&max-keys=1&prefix={quote(unquote(parts.path).lstrip('/'), safe='')}"


def _web(url: str, allowed: frozenset[tuple[str, int]]) -> Place:
    first = _get(url, 0, 0, allowed)
    if first.status == 200 or first.total is None:
        length = first.total
        if length is None:
            raise _RefusedError("U47", "the server does not say how long the file is")
        return Place(url, length, remark="The server gives only whole files: a download that breaks begins again.")
    if first.status != 206:
        raise _RefusedError("U47", f"expected the file, got status {first.status}")
    last = _get(url, max(first.total - 1, 0), first.total - 1, allowed)
    if last.total != first.total or not first.version.may_be(last.version):
        raise _RefusedError("U48", "the file has another length, or is another one, each time that it is asked for")
    if last.status != 206:
        raise _RefusedError("U48", f"its last byte cannot be had: status {last.status}")
    return Place(url, first.total)


def _get(url: str, start: int, last: int, allowed: frozenset[tuple[str, int]]) -> Answer:
    """A part of a file, through redirects; each hop is judged."""
    for _ in range(MAX_REDIRECTS + 1):
        answer = _hop(url, start, last, allowed)
        if answer.status not in _REDIRECTS:
            if answer.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
                raise _RefusedError(
                    "U49", "the server packs the file on the way (Content-Encoding), which breaks parts"
                )
            return answer
        url = urljoin(url, answer.headers.get("location", ""))
    raise _RefusedError("U46", f"it leads on and on: expected at most {MAX_REDIRECTS} redirects")


def _hop(url: str, start: int, last: int, allowed: frozenset[tuple[str, int]]) -> Answer:
    parts = _checked(url)
    if is_private_url(url) and (parts[0], parts[1]) not in allowed:
        raise _RefusedError("U43", f"{shown(url)} is on a private network, where others cannot fetch it")
    answer, curl = Answer(), pycurl.Curl()
    try:
        _prepare(curl, url, answer, f"{start}-{last}")
        public_only.restrict(curl, allowed)
        curl.perform()
    except pycurl.error as error:
        code = error.args[0]
        if code == pycurl.E_COULDNT_CONNECT:
            raise _RefusedError("U44", f"{shown(url)} cannot be reached, or leads to a private network") from error
        if code != pycurl.E_WRITE_ERROR:
            raise _RefusedError("U47", f"{shown(url)} does not answer: {error.args[1]}") from error
    finally:
        curl.close()
    return answer


def _checked(url: str) -> tuple[str, int]:
    """Host and port of a URL that we ask."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError as error:
        raise _RefusedError("U43", f"{url[:200]!r} is no address of the web") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        raise _RefusedError("U43", f"{shown(url)[:200]!r}: expected an http or https address without a password")
    return parts.hostname, port


def _prepare(curl: pycurl.Curl, url: str, answer: Answer, wanted: str) -> None:
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.FOLLOWLOCATION, 0)
    curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    curl.setopt(pycurl.CONNECTTIMEOUT, CONNECT_S)
    curl.setopt(pycurl.TIMEOUT, ALL_S)
    curl.setopt(pycurl.NOSIGNAL, 1)
    curl.setopt(pycurl.USERAGENT, agent())
    curl.setopt(pycurl.CAINFO, os.environ.get("SSL_CERT_FILE") or certifi.where())
    curl.setopt(pycurl.HTTPHEADER, ["Accept-Encoding: identity"])
    curl.setopt(pycurl.RANGE, wanted)
    curl.setopt(pycurl.HEADERFUNCTION, answer.take_line)
    curl.setopt(pycurl.WRITEFUNCTION, lambda data: len(data) if answer.status == 206 else -1)


def remarks_of(asked: Asked) -> Iterator[str]:
    """What is odd, for people."""
    for place in asked.places:
        if place.remark:
            yield f"{shown(place.url)}: {place.remark}"
