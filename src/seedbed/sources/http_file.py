# SPDX-License-Identifier: Apache-2.0
"""A file behind an http or https URL: pinned to one version, read in ranges, resumed where a connection broke.

The first request asks for one byte: its answer tells the length, the version (ETag or Last-Modified) and whether
ranges are served. Later requests carry the version as a condition, and every answer's version, length and place
are compared with what was asked for, so that no mixture of two versions is ever hashed.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import certifi
import pycurl

from seedbed.errors import SourceError
from seedbed.sources import public_only
from seedbed.sources.http_answer import PASSING, Answer, Version, changed, refuse

if TYPE_CHECKING:
    from collections.abc import Callable

CONNECT_S = 15
STALL_S = 60
"""A server that sends nothing for so long is given up on, and asked again."""
MAX_REDIRECTS = 5
RETRY_DELAYS_S = (0.2, 0.5, 1.0, 3.0, 8.0)
"""Pauses between attempts that brought nothing; one byte of progress starts the row again."""
USER_AGENT = "seedbed"
_PROTOCOLS = pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS


@dataclass(frozen=True, slots=True)
class HttpFile:
    """See :class:`seedbed.sources.remote_files.RemoteFile`."""

    url: str
    length: int
    version: Version
    has_ranges: bool

    @property
    def identity(self) -> str:
        """Changes when the file does; a file without a version is a new one each time."""
        tag = self.version.etag or self.version.last_modified or uuid.uuid4().hex
        return f"{self.url}\0{self.length}\0{tag}"

    def open(self) -> HttpRanges | HttpStream:
        """Start to read."""
        return HttpRanges(self) if self.has_ranges else HttpStream(self)


def find(url: str) -> HttpFile:
    """Ask what is behind a URL.

    Raises:
        NotFoundError: nothing is.
        SourceError: the server does not answer, or does not say how long the file is.
    """
    answer = _patiently(lambda: _ask(url))
    refuse_unless_empty(answer, url)
    if answer.status == 416:
        return HttpFile(url, 0, answer.version, has_ranges=True)
    if answer.total is None or "content-encoding" in answer.headers:
        raise SourceError(
            f"{shown(url)}: the server does not say how long the file is",
            hint="Download it first, then make the torrent of the file.",
        )
    return HttpFile(url, answer.total, answer.version, has_ranges=answer.status == 206)


def refuse_unless_empty(answer: Answer, url: str) -> None:
    """An empty file has no first byte: the answer is 416 with a length of 0."""
    if answer.status != 416 or answer.total != 0:
        refuse(answer, shown(url))


def shown(url: str) -> str:
    """A URL for messages: without password and without query, which may hold a signature."""
    parts = urlsplit(url)
    query = "…" if parts.query else ""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query, fragment=""))


class HttpRanges:
    """Reads any part by range requests over one connection."""

    def __init__(self, file: HttpFile) -> None:
        self._file = file
        self._curl = pycurl.Curl()

    def close(self) -> None:
        """Give the connection back."""
        self._curl.close()

    def read_into(self, start: int, view: memoryview) -> int:
        """Fill ``view``; a broken answer is continued where it broke.

        Raises:
            FileChangedError: the server has another version now.
            SourceError: it fails us again and again.
        """
        stop = min(start + len(view), self._file.length)
        done, pauses = 0, iter(RETRY_DELAYS_S)
        while start + done < stop:
            try:
                got = self._ask(start + done, view[done : stop - start])
                failure = None
            except _PassingError as error:
                got, failure = error.bytes_before, error
            done += got
            if got:
                pauses = iter(RETRY_DELAYS_S)
            elif (pause_s := next(pauses, None)) is not None:
                time.sleep(pause_s)
            else:
                raise SourceError(f"{shown(self._file.url)}: {failure or 'it sends nothing'}") from failure
        return done

    def _ask(self, start: int, view: memoryview) -> int:
        """One request; returns the bytes it brought."""
        taker = _Taker(self._file, start, view)
        condition = self._file.version.condition
        _prepare(self._curl, self._file.url, taker.answer, [condition] if condition else [])
        self._curl.setopt(pycurl.RANGE, f"{start}-{start + len(view) - 1}")
        self._curl.setopt(pycurl.WRITEFUNCTION, taker.take)
        try:
            self._curl.perform()
        except pycurl.error as error:
            if taker.failure:
                raise taker.failure from error
            raise _PassingError(error.args[1] or f"curl error {error.args[0]}", taker.done) from error
        taker.check()
        return taker.done


class _PassingError(Exception):
    """A fault that may be gone a moment later."""

    def __init__(self, what: str, bytes_before: int = 0) -> None:
        super().__init__(what)
        self.bytes_before = bytes_before


@dataclass(slots=True)
class _Taker:
    """Puts an answer's bytes in their place once it is clear that they are what was asked for."""

    file: HttpFile
    start: int
    view: memoryview
    done: int = 0
    failure: Exception | None = None
    answer: Answer = field(default_factory=Answer)

    def take(self, data: bytes) -> int:
        """Curl's write function; -1 ends the transfer."""
        try:
            if not self.done:
                self.check()
            self._check_room(len(data))
        except Exception as error:  # noqa: BLE001  # curl's callback cannot raise: carried to the caller
            self.failure = error
            return -1
        self.view[self.done : self.done + len(data)] = data
        self.done += len(data)
        return len(data)

    def _check_room(self, more: int) -> None:
        if self.done + more > len(self.view):
            raise SourceError(f"{shown(self.file.url)}: the server sends more than it was asked for")

    def check(self) -> None:
        """Compare what the answer says with what was asked for."""
        answer = self.answer
        if answer.status in PASSING:
            raise _PassingError(f"the server answers with status {answer.status}")
        refuse(answer, shown(self.file.url))
        if not self.file.version.may_be(answer.version) or answer.total not in {None, self.file.length}:
            raise changed(shown(self.file.url))
        if answer.status != 206 or answer.range_start != self.start:
            raise SourceError(f"{shown(self.file.url)}: expected the part from byte {self.start:,}, got another")


class HttpStream:
    """Reads a file once, from its beginning: for servers without ranges. It cannot be resumed.

    One thread at a time: when one of several readers fails, the stream is closed while another may be in it.
    """

    def __init__(self, file: HttpFile) -> None:
        self._lock = threading.Lock()
        self._file = file
        self._position = 0
        self._answer = Answer()
        self._waiting: list[bytes] = []
        self._curl = pycurl.Curl()
        self._multi = pycurl.CurlMulti()
        condition = file.version.condition
        _prepare(self._curl, file.url, self._answer, [condition] if condition else [])
        self._curl.setopt(pycurl.WRITEFUNCTION, self._waiting.append)
        self._multi.add_handle(self._curl)
        self._is_open = True

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            self._multi.remove_handle(self._curl)
            self._curl.close()
            self._multi.close()
            self._position = -1

    def read_into(self, start: int, view: memoryview) -> int:
        """Fill ``view`` with what comes next.

        Raises:
            FileChangedError: the server sends another version.
            SourceError: ``start`` is not where the stream is, or the stream broke.
        """
        with self._lock:
            return self._read_into(start, view)

    def _read_into(self, start: int, view: memoryview) -> int:
        url = shown(self._file.url)
        if start != self._position:
            raise SourceError(f"{url}: the server sends it only from its beginning")
        done = 0
        while done < len(view):
            if not self._waiting and not self._receive():
                break
            done += self._hand_over(view[done:])
        self._position += done
        if done < len(view) and self._position < self._file.length:
            raise SourceError(f"{url}: the stream broke after {self._position:,} bytes, and cannot be resumed")
        return done

    def _hand_over(self, view: memoryview) -> int:
        data = self._waiting.pop(0)
        if len(data) > len(view):
            self._waiting.insert(0, data[len(view) :])
            data = data[: len(view)]
        view[: len(data)] = data
        return len(data)

    def _receive(self) -> bool:
        """Let curl work until something came; False at the end."""
        while self._is_open and not self._waiting:
            _, running = self._multi.perform()
            if not running:
                self._is_open = False
                self._raise_failure()
            elif not self._waiting:
                self._multi.select(1.0)
        if self._waiting:
            refuse(self._answer, shown(self._file.url))
            if not self._file.version.may_be(self._answer.version):
                raise changed(shown(self._file.url))
        return bool(self._waiting)

    def _raise_failure(self) -> None:
        _, _, failed = self._multi.info_read()
        for _, _, words in failed:
            raise SourceError(f"{shown(self._file.url)}: {words}")


def _ask(url: str) -> Answer:
    """Ask for the first byte; a server without ranges is hung up on when it starts to send all."""
    answer, curl = Answer(), pycurl.Curl()
    _prepare(curl, url, answer, [])
    curl.setopt(pycurl.RANGE, "0-0")
    curl.setopt(pycurl.WRITEFUNCTION, lambda data: len(data) if answer.status == 206 else -1)
    try:
        curl.perform()
    except pycurl.error as error:
        if error.args[0] != pycurl.E_WRITE_ERROR:
            raise _PassingError(f"{shown(url)}: {error.args[1]}") from error
    finally:
        curl.close()
    if answer.status in PASSING:
        raise _PassingError(f"{shown(url)}: the server answers with status {answer.status}")
    return answer


def _patiently(ask: Callable[[], Answer]) -> Answer:
    for pause_s in (*RETRY_DELAYS_S[:2], None):
        try:
            return ask()
        except _PassingError as error:
            if pause_s is None:
                raise SourceError(str(error)) from error
            time.sleep(pause_s)
    raise AssertionError  # the loop returns or raises


def _prepare(curl: pycurl.Curl, url: str, answer: Answer, headers: list[str]) -> None:
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.FOLLOWLOCATION, 1)
    curl.setopt(pycurl.MAXREDIRS, MAX_REDIRECTS)
    curl.setopt(pycurl.PROTOCOLS, _PROTOCOLS)
    curl.setopt(pycurl.REDIR_PROTOCOLS, _PROTOCOLS)
    curl.setopt(pycurl.CONNECTTIMEOUT, CONNECT_S)
    curl.setopt(pycurl.LOW_SPEED_LIMIT, 1)
    curl.setopt(pycurl.LOW_SPEED_TIME, STALL_S)
    curl.setopt(pycurl.NOSIGNAL, 1)
    curl.setopt(pycurl.USERAGENT, USER_AGENT)
    curl.setopt(pycurl.CAINFO, os.environ.get("SSL_CERT_FILE") or certifi.where())
    curl.setopt(pycurl.HTTPHEADER, ["Accept-Encoding: identity", *headers])
    curl.setopt(pycurl.HEADERFUNCTION, answer.take_line)
    if public_only.is_asked():
        public_only.restrict(curl)
