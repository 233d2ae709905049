# SPDX-License-Identifier: Apache-2.0
"""A published catalogue on a web server: one kept connection, redirects judged, the timestamp asked for by its tag.

Everything but ``timestamp.json`` has a name that never changes its bytes, so a follower that looks every hour costs
the server one 304 of 200 bytes.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, urljoin

from seedbed.catalog import paths
from seedbed.catalog.trust.source import MissingError
from seedbed.errors import SourceError
from seedbed.fetching.faults import Fault, Kind
from seedbed.fetching.web.agent import agent
from seedbed.fetching.web.http_connection import Connection, tls_context
from seedbed.fetching.web.http_wire import judge_plain, split_url
from seedbed.fetching.web.proxies import render

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from seedbed.fetching.rules import Rules
    from seedbed.fetching.web.http_wire import Address, Head

_PART_BYTES = 262_144
_NOT_MODIFIED = 304
_MAX_KEPT_BYTES = 65_536


class HttpSource:
    """A catalogue's folder at an address.

    Args:
        url: Of the folder, ending in ``/``.
        rules: Time-outs, redirects, and whether private addresses may be asked.
        tags: File for what was last seen of the timestamp; none keeps nothing.
    """

    def __init__(self, url: str, rules: Rules, tags: Path | None = None) -> None:
        self._url = url
        self._rules = rules
        self._tags = tags
        self._connection: Connection | None = None
        self._origin: tuple[str, str, int] | None = None
        self._is_clean = True
        self.requests = 0

    @property
    def name(self) -> str:
        """The address."""
        return self._url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def read(self, path: str) -> Iterator[bytes]:
        """A file's bytes, in parts.

        Raises:
            MissingError: there is no such file.
            SourceError: it does not come.
        """
        url = self._url + quote(path)
        try:
            if path == paths.TIMESTAMP and self._tags:
                yield self._kept(url, self._tags)
            else:
                yield from self._parts(self._open(url, ""))
        except Fault as fault:
            self._close()
            kind = MissingError if fault.kind is Kind.MISSING else SourceError
            hint = "" if fault.kind is Kind.REFUSED else "Try again later, or another of its addresses."
            raise kind(f"{url}: {fault.text}", hint=hint) from fault

    def _kept(self, url: str, tags: Path) -> bytes:
        """A small file that changes: our copy of it when the server says that it is still the same."""
        tag, data = _read_tags(tags, url)
        head = self._open(url, tag)
        if head.status == _NOT_MODIFIED and data:
            return data
        body = bytearray()
        for part in self._parts(head):
            body += part
            if len(body) > _MAX_KEPT_BYTES:
                raise Fault(Kind.REFUSED, f"it is longer than {_MAX_KEPT_BYTES:,} bytes")
        _write_tags(tags, url, head.headers.get("etag", ""), bytes(body))
        return bytes(body)

    def _open(self, url: str, tag: str) -> Head:
        """Ask, following redirects; returns the answer's head, with the body still to be read."""
        for _ in range(self._rules.max_redirects + 1):
            head = self._ask(split_url(url), tag)
            if not head.is_redirect:
                if not (tag and head.status == _NOT_MODIFIED):
                    judge_plain(head)
                return head
            there = urljoin(url, head.headers["location"])
            if url.startswith("https:") and there.startswith("http:"):
                raise Fault(Kind.REFUSED, "it redirects from https to plain http")
            self._close()
            url = there
        raise Fault(Kind.REFUSED, f"it redirects more than {self._rules.max_redirects} times")

    def _ask(self, address: Address, tag: str) -> Head:
        request = render(address, agent=agent(), unless=tag)
        self.requests += 1
        if self._connection and self._origin == address.origin and self._is_clean:
            with contextlib.suppress(Fault):  # a kept connection may have been closed meanwhile: a new one will do
                return self._send(self._connection, request)
        self._close()
        tls = tls_context() if address.scheme == "https" else None
        self._connection = Connection(address, self._rules, tls=tls)
        self._origin = address.origin
        return self._send(self._connection, request)

    def _send(self, connection: Connection, request: bytes) -> Head:
        self._is_clean = False
        connection.send(request)
        head = connection.read_head()
        self._is_clean = head.status == _NOT_MODIFIED and head.keeps_alive
        return head

    def _parts(self, head: Head) -> Iterator[bytes]:
        connection = self._connection
        if connection is None:
            return
        while part := connection.read_part(_PART_BYTES):
            yield part
        self._is_clean = head.keeps_alive

    def _close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection, self._origin, self._is_clean = None, None, True


def _read_tags(tags: Path, url: str) -> tuple[str, bytes]:
    """The entity tag and bytes that we keep of a URL; empty when we keep none."""
    try:
        kept = json.loads(tags.read_text("utf-8"))
        return (str(kept["etag"]), str(kept["body"]).encode()) if kept["url"] == url else ("", b"")
    except (OSError, ValueError, KeyError, TypeError):
        return "", b""  # a hint only: without it the file is fetched


def _write_tags(tags: Path, url: str, etag: str, body: bytes) -> None:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        tags.write_text(json.dumps({"url": url, "etag": etag, "body": body.decode()}), "utf-8")
