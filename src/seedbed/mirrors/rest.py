# SPDX-License-Identifier: Apache-2.0
"""A web service that speaks JSON: one request and its answer, said in our errors (urllib3).

- Credentials go only into headers, only to the service's own hosts, and are taken out of whatever the service repeats.
- What failed for a moment is asked again, unless the service may have acted on it: a ``POST`` whose answer was lost is
  for its caller to find out about.
- Plain http goes to this machine only.
"""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import json
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import certifi
import urllib3
from urllib3.exceptions import HTTPError

from seedbed.errors import NotFoundError, SeedbedError, SourceError
from seedbed.mirrors.base import bad_url, failure
from seedbed.mirrors.rest_words import is_passing_status, retry_after_s, what_of
from seedbed.mirrors.wrappers import Limit, Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

_Got = TypeVar("_Got")
_CONNECT_S = 15.0
_READ_S = 300.0
"""An archive that has taken 50 GB computes their MD5 before it answers."""
_MAX_BODY_BYTES = 16 << 20
"""Of an answer in JSON; the largest we ask for is a list of 100 records."""
_MAX_REDIRECTS = 4
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_SKIP_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body.

        Raises:
            ValueError: it is no JSON.
        """
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Manners:
    """How a service is asked."""

    agent: str
    patience: Patience = field(default_factory=Patience)
    limit: Limit = field(default_factory=lambda: Limit(at_once=2))
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request."""

    method: str
    path: str
    """Behind the service's base URL, quoted; or a whole URL."""
    step: str
    """What it is for, as it stands in an error: ``reserve the DOI``."""
    key: str = ""
    """The file it is about."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] | None = field(default=None, repr=False)
    """Bytes, or something that gives all parts anew each time it is iterated."""
    size_bytes: int = 0
    """Of a body that is iterated."""
    allows: Collection[int] = ()
    """Statuses that are answers here, and no failures; others are failures from 300 on."""
    is_open: bool = False
    """Whether no credentials are sent."""


class Rest:
    """A service.

    Args:
        name: For people: its URL without secrets.
        base: What paths are appended to; checked by :func:`check_base`.
        manners: How it is asked.
        authorize: Gives the headers that hold credentials; may raise ``InputError`` when there are none.
        trusts: Whether a further origin (``https://host``) belongs to the service, so that it may see credentials.
        pool: Connections of another one, to share.
    """

    def __init__(
        self,
        name: str,
        base: str,
        manners: Manners,
        *,
        authorize: Callable[[], Mapping[str, str]] = dict,
        trusts: Callable[[str], bool] = lambda _: False,
        pool: urllib3.PoolManager | None = None,
    ) -> None:
        self.name = name
        self.base = base.rstrip("/")
        self._manners = manners
        self._authorize = authorize
        self._trusts = trusts
        self._pool = pool or urllib3.PoolManager(
            maxsize=4,
            retries=False,
            timeout=urllib3.Timeout(connect=_CONNECT_S, read=_READ_S),
            ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
        )

    def __repr__(self) -> str:
        return f"Rest({self.name!r})"

    def hasty(self) -> Rest:
        """The same service, asked once only: for a mirror, whose user wraps it in patience."""
        manners = replace(self._manners, patience=Patience(()))
        return Rest(self.name, self.base, manners, authorize=self._authorize, trusts=self._trusts, pool=self._pool)

    def close(self) -> None:
        """Close the connections that are kept."""
        self._pool.clear()

    def ask(self, ask: Ask) -> Answer:
        """Send a request; again when that is harmless and may help.

        Raises:
            SourceError: no answer, or no; ``data['status']`` is the answer's, if there was one.
        """
        return self._patiently(ask, lambda: self._answer(ask, _MAX_BODY_BYTES))

    def json(self, ask: Ask) -> Any:
        """The answer's JSON.

        Raises:
            SourceError: as for :meth:`ask`, or the answer is no JSON.
        """
        try:
            return self.ask(ask).json()
        except ValueError:
            raise self.failed(ask, "the answer is no JSON", is_passing=True) from None

    def read(self, ask: Ask, *, start: int, stop: int) -> bytes:
        """A part of a file, also from services that always send all of it.

        Raises:
            NotFoundError: there is no such file.
            SourceError: it does not come.
        """
        if start == stop:
            return b""
        return self._patiently(ask, lambda: self._part(ask, start, stop))

    def failed(self, ask: Ask, what: str, **facts: Any) -> SourceError:
        """The error for a request that brought something unusable; facts as for ``failure``."""
        return failure(self.name, ask.key, f"{ask.step}: {what}", **facts)

    def _patiently(self, ask: Ask, once: Callable[[], _Got]) -> _Got:
        """Ask again what failed for a moment; a ``POST`` only when the service refused to look at it (429)."""
        try:
            return self._manners.patience(ask.step, ask.key, lambda: self._limited(ask, once))
        except _ActedPerhapsError as error:
            raise error.error from None

    def _limited(self, ask: Ask, once: Callable[[], _Got]) -> _Got:
        try:
            return self._manners.limit(ask.step, ask.key, once)
        except SourceError as error:
            if ask.method == "POST" and error.data.get("status") != 429:
                raise _ActedPerhapsError(error) from None
            raise

    def _answer(self, ask: Ask, max_bytes: int) -> Answer:
        response = self._send(ask)
        try:
            body = self._take(ask, response, max_bytes)
        finally:
            response.release_conn()
        answer = Answer(response.status, _lower(response.headers), body)
        if answer.status >= 300 and answer.status not in ask.allows:
            raise self._refusal(ask, answer)
        return answer

    def _take(self, ask: Ask, response: urllib3.BaseHTTPResponse, max_bytes: int) -> bytes:
        try:
            body = response.read(max_bytes + 1)
        except (HTTPError, OSError) as error:
            response.close()
            raise self._broken(ask, error) from None
        if len(body) > max_bytes:
            response.close()
            raise self.failed(ask, f"the answer is longer than {max_bytes:,} bytes")
        return body

    def _part(self, ask: Ask, start: int, stop: int) -> bytes:
        headers = {**ask.headers, "Range": f"bytes={start}-{stop - 1}"}
        response = self._send(replace(ask, headers=headers))
        try:
            if response.status not in {200, 206}:
                body = self._take(ask, response, _MAX_BODY_BYTES)
                raise self._refusal(ask, Answer(response.status, _lower(response.headers), body))
            self._skip(ask, response, start if response.status == 200 else 0)
            data = self._exactly(ask, response, stop - start)
        finally:
            response.close()  # what is left of the file is not worth waiting for
            response.release_conn()
        if len(data) != stop - start:
            raise self.failed(ask, f"expected {stop - start:,} bytes, got {len(data):,}")
        return data

    def _exactly(self, ask: Ask, response: urllib3.BaseHTTPResponse, size_bytes: int) -> bytes:
        try:
            return response.read(size_bytes)
        except (HTTPError, OSError) as error:
            raise self._broken(ask, error) from None

    def _skip(self, ask: Ask, response: urllib3.BaseHTTPResponse, size_bytes: int) -> None:
        while size_bytes:
            got = len(self._exactly(ask, response, min(size_bytes, _SKIP_BYTES)))
            if not got:
                raise self.failed(ask, "it is short")
            size_bytes -= got

    def _send(self, ask: Ask) -> urllib3.BaseHTTPResponse:
        """Send, and follow where that is safe: reads anywhere, the rest and credentials only within the service."""
        url = self._url(ask)
        for _ in range(_MAX_REDIRECTS):
            response = self._once(ask, url)
            location = response.headers.get("Location", "")
            if response.status not in _REDIRECTS or not location or response.status in ask.allows:
                return response
            response.drain_conn()
            response.release_conn()
            url = urljoin(url, location)
            self._check_redirect(ask, response.status, url)
        raise self.failed(ask, "it redirects without end")

    def _check_redirect(self, ask: Ask, status: int, url: str) -> None:
        if not _is_safe(url):
            raise self.failed(ask, "it redirects to a URL that is not https")
        if ask.method not in {"GET", "HEAD"} and (status not in {307, 308} or not self._is_own(url)):
            raise self.failed(ask, f"it sends what was written on to {urlsplit(url).hostname}, which is not its own")

    def _once(self, ask: Ask, url: str) -> urllib3.BaseHTTPResponse:
        headers = {"User-Agent": self._manners.agent, **ask.headers}
        if not ask.is_open and self._is_own(url):
            headers |= self._authorize()
        if ask.body is not None and not isinstance(ask.body, bytes):
            headers["Content-Length"] = str(ask.size_bytes)
        try:
            return self._pool.urlopen(
                ask.method,
                url,
                body=ask.body,
                headers=headers,
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
            )
        except (HTTPError, OSError) as error:
            raise self._broken(ask, error) from None

    def _url(self, ask: Ask) -> str:
        url = ask.path if "://" in ask.path else self.base + ask.path
        return f"{url}?{urlencode(ask.query)}" if ask.query else url

    def _is_own(self, url: str) -> bool:
        return _origin(url) == _origin(self.base) or self._trusts(_origin(url))

    def _broken(self, ask: Ask, error: Exception) -> SourceError:
        """A connection's failure; urllib3's own words hold the URL with its query, so only their kind is told."""
        reason = getattr(error, "reason", None) or error
        kind = type(reason).__name__.removesuffix("Error")
        return self.failed(ask, f"the connection failed ({kind})", is_passing=True)

    def _refusal(self, ask: Ask, answer: Answer) -> SeedbedError:
        if answer.status == 404 and ask.method == "GET":
            thing = (
                f"{self.name}: {ask.key}: there is no such file" if ask.key else f"{self.name}: {ask.step}: not there"
            )
            return NotFoundError(thing)
        error = self.failed(
            ask,
            what_of(answer.status, answer.body, secrets=self._secrets(ask)),
            is_passing=is_passing_status(answer.status),
            retry_after_s=retry_after_s(answer.headers, now=self._manners.clock()),
        )
        error.data["status"] = answer.status
        return error

    def _secrets(self, ask: Ask) -> set[str]:
        """Headers with credentials, and their words: ``Bearer x``, ``LOW x:y``, ``Basic`` and base64 of ``x:y``."""
        values = set() if ask.is_open else set(self._authorize().values())
        plain = {base64.b64decode(value[6:]).decode() for value in values if value.startswith("Basic ")}
        words = {word for value in values | plain for word in value.replace(":", " ").split()}
        return {word for word in values | words if len(word) > 5}


class _ActedPerhapsError(Exception):
    """Not for :class:`Patience`: the service may have done what it was asked."""

    def __init__(self, error: SourceError) -> None:
        super().__init__()
        self.error = error


def json_body(value: object) -> bytes:
    """A body of JSON; send it with ``Content-Type: application/json``."""
    return json.dumps(value, ensure_ascii=False).encode()


def check_base(shown: str, base: str) -> str:
    """Check a service's base URL, and return it without a slash at its end.

    Raises:
        InputError: it is not https (http on this machine), or has a password or a query.
    """
    parts = urlsplit(base)
    if not _is_safe(base) or "@" in parts.netloc or parts.query or parts.fragment:
        raise bad_url(shown, "expected https (http only on this machine), without password and query")
    return base.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
