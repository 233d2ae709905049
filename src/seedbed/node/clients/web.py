# SPDX-License-Identifier: Apache-2.0
"""HTTP to a client on this machine or in this house: short answers, short waits, no redirects (urllib3)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import certifi
import urllib3
from urllib3.exceptions import HTTPError

from seedbed.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECT_S, READ_S = 5.0, 45.0
MAX_BODY_BYTES = 256 << 20
"""A list of 100,000 torrents."""


class Answer(NamedTuple):
    """What it said."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes

    @property
    def text(self) -> str:
        """The body's beginning, for messages."""
        return self.body[:200].decode("utf-8", "replace").strip()


class Web:
    """One client's address.

    Args:
        url: What paths are appended to.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._pool = urllib3.PoolManager(
            maxsize=2, retries=False, timeout=urllib3.Timeout(connect=CONNECT_S, read=READ_S),
            ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
        )  # fmt: skip

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """Send a request, once.

        Raises:
            SourceError: no answer.
        """
        try:
            reply = self._pool.request(
                method, self.url + path, body=body or None, headers=dict(headers or {}), redirect=False,
                preload_content=False,
            )  # fmt: skip
            try:
                read = reply.read(MAX_BODY_BYTES)
            finally:
                reply.release_conn()
        except HTTPError as error:
            raise SourceError(
                f"{self.url}: the client does not answer: {_why(error)}",
                hint="Is it running, and is its remote control (RPC, Web UI) switched on?",
            ) from error
        return Answer(reply.status, {name.lower(): value for name, value in reply.headers.items()}, read)

    def close(self) -> None:
        """Close the connections that are kept."""
        self._pool.clear()


def _why(error: HTTPError) -> str:
    reason = getattr(error, "reason", None) or error
    return str(reason).rpartition(": ")[2] or type(error).__name__
