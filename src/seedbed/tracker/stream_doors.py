# SPDX-License-Identifier: Apache-2.0
"""All that a tracker listens on with connections: HTTP, and WebSocket for browsers."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.core.endpoints import Endpoint
from seedbed.errors import InputError
from seedbed.tracker.http_door import HttpDoor
from seedbed.tracker.lines import Lines
from seedbed.tracker.tcp_door import TcpDoor, file_handles, listening
from seedbed.tracker.tls_door import Certificate, TlsDoor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from seedbed.tracker.bodies import Posts
    from seedbed.tracker.http_door import Page
    from seedbed.tracker.lines import LineLimits
    from seedbed.tracker.proxies import Networks
    from seedbed.tracker.ws_door import WsDoor
    from seedbed.tracker.ws_tracker import WebTracker

_HANDLES_BESIDES = 256
"""For UDP, the record, the catalogue."""
_SWEEP_S = 1.0
_RENEW_EVERY = 3
"""Sweeps; then the files of the certificate are looked at."""


class StreamDoors:
    """Open until the ``with`` ends; answers that were given are sent.

    Args:
        limits: What clients may take, over HTTP.
        proxies: Whose ``X-Forwarded-For`` is believed.
        certificate: For TLS.
    """

    def __init__(self, limits: LineLimits, proxies: Networks, certificate: Certificate | None = None) -> None:
        self._certificate = certificate
        self._limits = limits
        self._proxies = proxies
        self._kinds: list[Lines] = []
        self._browsers: WsDoor | None = None
        self._opened = contextlib.ExitStack()
        self.urls: list[str] = []
        """Of what is open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()
        if self._browsers:
            self._browsers.shut()
        for lines in self._kinds:
            lines.shut()

    def open_http(
        self,
        plain: Sequence[Endpoint],
        secure: Sequence[Endpoint],
        page: Callable[[str, bytes, bytes], Page | asyncio.Future[Page]],
        posts: Posts | None = None,
    ) -> None:
        """Listen for HTTP.

        Args:
            plain: Where without TLS.
            secure: Where with TLS.
            page: See :class:`seedbed.tracker.http_door.HttpDoor`.
            posts: Takes what is posted, where somebody does.

        Raises:
            OSError: an address cannot be listened on.
            InputError: TLS without a certificate.
        """
        door = HttpDoor(page, self._lines(self._limits), self._proxies, posts)
        for scheme, places in (("http", plain), ("https", secure)):
            for where in places:
                self._open(scheme, "/announce", where, door)

    def open_ws(self, plain: Sequence[Endpoint], secure: Sequence[Endpoint], web: WebTracker) -> None:
        """Listen for browsers.

        Args:
            plain: Where without TLS.
            secure: Where with TLS.
            web: What answers.

        Raises:
            OSError: an address cannot be listened on.
            InputError: TLS without a certificate.
        """
        from seedbed.tracker import ws_door  # noqa: PLC0415  # its libraries are for those who want it

        soon = asyncio.get_running_loop().call_soon
        door = self._browsers = ws_door.WsDoor(web, self._lines(ws_door.LIMITS), self._proxies, soon)
        for scheme, places in (("ws", plain), ("wss", secure)):
            for where in places:
                self._open(scheme, "", where, door)

    async def sweep(self) -> None:
        """End connections that are silent for too long, and see after the certificate, until cancelled."""
        for turn in itertools.count(1):
            await asyncio.sleep(_SWEEP_S)
            for lines in self._kinds:
                lines.sweep()
            if self._certificate and turn % _RENEW_EVERY == 0:
                await asyncio.to_thread(self._certificate.renew)

    def _open(self, scheme: str, path: str, where: Endpoint, door: HttpDoor | WsDoor) -> None:
        loop = asyncio.get_running_loop()
        if scheme not in ("https", "wss"):
            opened = TcpDoor(listening(where), door, door.lines, loop)
        elif self._certificate:
            opened = TlsDoor(listening(where), door, door.lines, loop, self._certificate)
        else:
            raise InputError(f"{scheme}: expected a certificate and its key")
        self._opened.enter_context(opened)
        self.urls.append(f"{scheme}://{Endpoint(where.host, opened.port)}{path}")

    def _lines(self, limits: LineLimits) -> Lines:
        """No more connections than there are file handles; some are left for all else."""
        handles = max(file_handles() - _HANDLES_BESIDES, _HANDLES_BESIDES) // 2
        made = Lines(replace(limits, connections=min(limits.connections, handles)), self._proxies)
        self._kinds.append(made)
        return made
