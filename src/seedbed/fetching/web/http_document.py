# SPDX-License-Identifier: Apache-2.0
"""A small document by HTTP, such as a .torrent: bounded, each redirect judged."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

from seedbed.fetching.faults import Fault, Kind
from seedbed.fetching.web.agent import agent
from seedbed.fetching.web.http_connection import Connection, tls_context
from seedbed.fetching.web.http_wire import judge_plain, split_url
from seedbed.fetching.web.proxies import render

if TYPE_CHECKING:
    from seedbed.fetching.rules import Rules
    from seedbed.fetching.web.http_wire import Head


def get_document(url: str, rules: Rules, *, max_bytes: int) -> bytes:
    """Get a document whole.

    Raises:
        Fault: it does not come, is longer than ``max_bytes``, or the way there is refused.
    """
    for _ in range(rules.max_redirects + 1):
        head, body = _get(url, rules, max_bytes)
        if not head.is_redirect:
            return body
        there = urljoin(url, head.headers["location"])
        if url.startswith("https:") and there.startswith("http:"):
            raise Fault(Kind.REFUSED, "it redirects from https to plain http")
        url = there
    raise Fault(Kind.REFUSED, f"it redirects more than {rules.max_redirects} times")


def _get(url: str, rules: Rules, max_bytes: int) -> tuple[Head, bytes]:
    address = split_url(url)
    connection = Connection(address, rules, tls=tls_context() if address.scheme == "https" else None)
    try:
        connection.send(render(address, agent=agent()))
        head = connection.read_head()
        if head.is_redirect:
            return head, b""
        judge_plain(head)
        if head.length is not None and head.length > max_bytes:
            raise Fault(Kind.REFUSED, f"the body is longer than {max_bytes:,} bytes")
        return head, connection.read_to_end(max_bytes)
    finally:
        connection.close()
