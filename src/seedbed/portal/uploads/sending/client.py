# SPDX-License-Identifier: Apache-2.0
"""One portal, as a program speaks with it: JSON, and files by tus 1.0.0 (urllib3).

What fails for a moment is asked again: the portal is asked how far a file is, and the sending goes on there.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urljoin, urlsplit

import certifi
import urllib3
from urllib3.exceptions import HTTPError

from seedbed.errors import FileChangedError, InputError, NotFoundError, SourceError
from seedbed.mirrors.rest import is_loopback
from seedbed.portal.uploads.receiving import tus_wire as wire
from seedbed.sources.agent import agent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

PART_BYTES = 256 << 20
"""Of one request: what a server in between may want to have whole."""
CHUNK_BYTES = 1 << 20
SMALL_BYTES = 8 << 20
"""A file up to this size comes in the request that begins it."""
CONNECTIONS = 4
"""Small files wait for the portal's disk most of the time."""
DELAYS_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""Between attempts that brought nothing; progress starts the row again."""
_PASSING = frozenset((408, 409, 423, 429, 460, 500, 502, 503, 504))
_CONNECT_S, _READ_S = 15.0, 300.0


Told: TypeAlias = "Callable[[int], object]"
"""Called with bytes of a file that are there now."""


class _PassingError(Exception):
    """A fault that may be gone a moment later."""


@dataclass(frozen=True, slots=True)
class Client:
    """Of one portal.

    Raises:
        InputError: its address is not one that a token may be sent to.
    """

    portal: str
    token: str = field(repr=False)
    sleep: Callable[[float], object] = time.sleep
    stopped: threading.Event = field(default_factory=threading.Event)
    """Once set, what is being sent ends soon."""
    _pool: urllib3.PoolManager = field(init=False, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.portal)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        if not parts.hostname or not is_safe:
            raise InputError(
                f"--portal {self.portal}: expected https://…, because a token is sent there",
                hint="Plain http is taken for this machine only.",
            )
        timeout = urllib3.Timeout(connect=_CONNECT_S, read=_READ_S)
        pool = urllib3.PoolManager(ca_certs=certifi.where(), retries=False, timeout=timeout, maxsize=CONNECTIONS)
        object.__setattr__(self, "_pool", pool)

    def ask(self, method: str, path: str, value: Any = None) -> Any:
        """One request in JSON; tried again while the portal is away.

        Raises:
            NotFoundError: it is not there.
            InputError: what is given has faults, told in the portal's words.
            SourceError: the portal refuses for another reason, or does not answer.
        """
        body = json.dumps(value).encode() if value is not None else None
        headers = {"Content-Type": "application/json"} if body is not None else {}

        def once() -> Any:
            answer = self._once(method, path, headers, body)
            return json.loads(answer.data) if answer.data else {}

        return self._patiently(once, is_safe=method in {"GET", "PUT", "DELETE"})

    def send(self, files_url: str, path: str, source: Path, known: Mapping[str, Any] | None, told: Told) -> None:
        """Send a file, or what is missing of it.

        Args:
            files_url: Where its upload's files are created.
            path: Below the upload's folder.
            source: On this machine.
            known: What the portal lists of it, if it does.
            told: Called with bytes that are there now.

        Raises:
            FileChangedError: it is shorter than when it began.
            SourceError: the portal refuses, or does not answer for minutes.
        """
        length = source.stat().st_size
        url, offset = (known["url"], int(known["offset"])) if known else ("", 0)
        if not url:
            url, offset = self._patiently(lambda: self._create(files_url, path, source, length))
        delays = iter(DELAYS_S)
        told(offset)
        while offset < length:
            before = offset
            try:
                self._part(url, source, offset, told)
                offset = min(offset + PART_BYTES, length)
            except _PassingError as error:
                delay_s = next(delays, None)
                if delay_s is None:
                    raise SourceError(f"{path}: {error}", hint="The same command goes on where this ended.") from error
                self.sleep(delay_s)
                offset = self._patiently(lambda: self._offset(url))
                told(offset)
            if offset > before:
                delays = iter(DELAYS_S)

    def _create(self, files_url: str, path: str, source: Path, length: int) -> tuple[str, int]:
        """Begin a file; a small one comes with the same request. Returns its URL and what is there of it."""
        headers = {"Upload-Length": str(length), "Upload-Metadata": wire.render_metadata({"path": path})}
        body = source.read_bytes() if length <= SMALL_BYTES else b""
        if body:
            headers["Content-Type"] = wire.BODY_TYPE
        try:
            answer = self._once("POST", files_url, headers, body)
        except SourceError as error:
            if error.data.get("status") != 409:
                raise
            return self._begun(files_url, path, length, error)
        return str(answer.headers["Location"]), int(answer.headers["Upload-Offset"])

    def _begun(self, files_url: str, path: str, length: int, error: SourceError) -> tuple[str, int]:
        """A file that is there already: an answer was lost on its way to us."""
        upload = json.loads(self._once("GET", files_url.removesuffix("/files")).data)
        for one in upload["files"]:
            if (one["path"], one["length"]) == (path, length):
                return str(one["url"]), int(one["offset"])
        raise error

    def _offset(self, url: str) -> int:
        return int(self._once("HEAD", url).headers["Upload-Offset"])

    def _part(self, url: str, source: Path, offset: int, told: Told) -> None:
        stop = min(offset + PART_BYTES, source.stat().st_size)
        headers = {
            "Content-Type": wire.BODY_TYPE, "Upload-Offset": str(offset), "Content-Length": str(stop - offset)
        }  # fmt: skip
        self._once("PATCH", url, headers, _read(source, offset, stop, told, self.stopped))

    def _once(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | Iterator[bytes] | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """One request, answered well."""
        url = urljoin(self.portal.rstrip("/") + "/", path)
        if urlsplit(url)[:2] != urlsplit(self.portal)[:2]:  # the token goes nowhere else
            raise SourceError(f"{self.portal}: it leads to another site: {urlsplit(url).netloc}")
        everything = {
            "Authorization": f"Bearer {self.token}", "User-Agent": agent(), "Accept": "application/json",
            "Tus-Resumable": wire.VERSION, **(headers or {}),
        }  # fmt: skip
        try:
            answer = self._pool.request(method, url, body=body, headers=everything, redirect=False, chunked=False)
        except (HTTPError, OSError) as error:
            raise _PassingError(f"the portal cannot be reached: {error!s:.200}") from error
        if answer.status >= 300:
            raise _refusal(answer, method, urlsplit(url).path)
        return answer

    def _patiently(self, once: Callable[[], Any], *, is_safe: bool = True) -> Any:
        for delay_s in (*DELAYS_S[: 5 if is_safe else 0], None):
            try:
                return once()
            except _PassingError as error:
                if delay_s is None:
                    raise SourceError(f"{self.portal}: {error}") from error
                self.sleep(delay_s)
        raise AssertionError  # the loop returns or raises


def _refusal(answer: urllib3.BaseHTTPResponse, method: str, path: str) -> Exception:
    """What a portal's refusal means."""
    try:
        error = json.loads(answer.data)["error"]
        what, hint = str(error["what"]), str(error.get("hint", ""))
    except (ValueError, KeyError, TypeError):
        what, hint = f"{method} {path}: status {answer.status}", ""
    if answer.status in _PASSING and not (method == "POST" and answer.status == 409):
        return _PassingError(what)
    if answer.status == 404:
        return NotFoundError(what, hint=hint)
    if answer.status in {400, 413}:
        return InputError(what, hint=hint)
    return SourceError(what, hint=hint, status=answer.status)


def _read(source: Path, start: int, stop: int, told: Told, stopped: threading.Event) -> Iterator[bytes]:
    with source.open("rb") as file:
        file.seek(start)
        while start < stop:
            if stopped.is_set():
                raise SourceError("the sending was ended", hint="The same command goes on where it ended.")
            part = file.read(min(CHUNK_BYTES, stop - start))
            if not part:
                raise FileChangedError(f"{source}: it became shorter while it was sent")
            start += len(part)
            told(start)
            yield part
