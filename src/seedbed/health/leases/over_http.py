# SPDX-License-Identifier: Apache-2.0
"""Speaking with a registry over HTTP: a lease goes there, and what it tells comes back. Blocking, for a thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.errors import FormatError, SourceError
from seedbed.fetching.faults import Fault
from seedbed.fetching.rules import Rules
from seedbed.fetching.web.agent import agent
from seedbed.fetching.web.http_connection import Connection, tls_context
from seedbed.fetching.web.http_wire import split_url
from seedbed.fetching.web.proxies import render
from seedbed.health.leases import report as reports
from seedbed.health.leases.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seedbed.fetching.web.http_wire import Address, Head

MAX_REGISTRIES = 4
_MAX_WORDS = 200
_ANNOUNCE = "announce"
RULES = Rules(connect_timeout_s=5.0, stall_timeout_s=15.0)


def registries(announces: Iterable[str]) -> list[str]:
    """Where the registries of trackers are: beside their announce, over HTTP; those of most torrents first.

    Args:
        announces: Announce URLs, of each torrent again.
    """
    counts: dict[str, int] = {}
    for url in announces:
        base, _, page = url.partition("#")[0].partition("?")[0].rpartition("/")
        if page == _ANNOUNCE and base.lower().startswith(("http://", "https://")):
            counts[f"{base}/"] = counts.get(f"{base}/", 0) + 1
    return sorted(counts, key=lambda base: -counts[base])[:MAX_REGISTRIES]


@dataclass(slots=True)
class OverHttp:
    """Registries, and what they told last.

    Args:
        rules: Time-outs, from which address of ours it is asked, and whether private addresses may be.
    """

    rules: Rules = RULES
    _told: dict[str, tuple[str, Report]] = field(default_factory=dict)
    """Entity tag and content, by registry."""

    def post(self, base: str, lease: bytes) -> bytes:
        """Hand a lease over; returns the answer.

        Raises:
            SourceError: nobody answers there, or not with that.
        """
        address = _split(f"{base}lease")
        head = (
            f"POST {address.target} HTTP/1.1\r\nHost: {address.authority}\r\nUser-Agent: {agent()}\r\n"
            f"Accept: */*\r\nContent-Type: application/octet-stream\r\nContent-Length: {len(lease)}\r\n\r\n"
        )
        got, body = self._ask(address, head.encode("ascii") + lease, reports.MAX_ANSWER_BYTES + 1_000)
        if got.status != 200:
            raise _refused(base, got, body)
        return body

    def health(self, base: str) -> Report:
        """What a registry tells now.

        Raises:
            SourceError: nobody answers there, or not with that.
        """
        address, (tag, report) = _split(f"{base}health"), self._told.get(base, ("", None))
        head, body = self._ask(address, render(address, agent=agent(), unless=tag), reports.MAX_BYTES + 1_000)
        if head.status == 304 and report:
            return report
        if head.status != 200:
            raise _refused(base, head, body)
        try:
            _, found = Report.unsealed(body)
        except FormatError as error:
            raise SourceError(f"{base}health: {error.message}") from error
        self._told[base] = head.headers.get("etag", ""), found
        return found

    def _ask(self, address: Address, question: bytes, max_bytes: int) -> tuple[Head, bytes]:
        """One question on a connection of its own; no redirect is followed.

        Raises:
            SourceError: there is no answer.
        """
        try:
            tls = tls_context() if address.scheme == "https" else None
            connection = Connection(address, self.rules, tls=tls)
            try:
                connection.send(question)
                head = connection.read_head()
                return head, b"" if head.status == 304 else connection.read_to_end(max_bytes)
            finally:
                connection.close()
        except Fault as fault:
            raise SourceError(f"{address.url}: {fault.text}") from fault


def _split(url: str) -> Address:
    try:
        return split_url(url)
    except Fault as fault:
        raise SourceError(f"{url[:200]}: {fault.text}") from fault


def _refused(base: str, head: Head, body: bytes) -> SourceError:
    words = "".join(one for one in body[:_MAX_WORDS].decode(errors="replace").strip() if one.isprintable())
    return SourceError(f"{base}: it answers {head.status}: {words}", status=head.status)
