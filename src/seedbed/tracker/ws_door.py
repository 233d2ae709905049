# SPDX-License-Identifier: Apache-2.0
"""The tracker's WebSocket: browsers hand each other their offers through it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from websockets.asyncio.server import Server, ServerConnection

    from seedbed.core.endpoints import Endpoint
    from seedbed.tracker.ws_swarm import Connection
    from seedbed.tracker.ws_tracker import WebTracker

MAX_MESSAGE_BYTES = 128 << 10
"""An announce with ten offers has some 20,000."""
MAX_WAITING_BYTES = 1 << 20
"""For one client that does not read; then it is cut."""
PING_S = 60
log = logging.getLogger(__name__)
logging.getLogger("websockets").setLevel(logging.ERROR)  # it would log each client that breaks off


class WsDoor:
    """Accepts WebSockets, and carries what they say and are told.

    Args:
        web: What answers.
        max_connections: At a time; more are turned away.
    """

    def __init__(self, web: WebTracker, *, max_connections: int = 20_000) -> None:
        self._web = web
        self._max = max_connections
        self._sockets: dict[int, ServerConnection] = {}
        self._sending: set[asyncio.Task[None]] = set()
        """Tasks that nobody else holds would be collected before they are done."""

    async def open(self, where: Endpoint) -> Server:
        """Begin to listen.

        Raises:
            OSError: the address cannot be listened on.
        """
        return await serve(
            self._talk, where.host, where.port,
            max_size=MAX_MESSAGE_BYTES, write_limit=MAX_WAITING_BYTES, ping_interval=PING_S, ping_timeout=PING_S,
            compression=None, server_header=None, open_timeout=10, close_timeout=2,
        )  # fmt: skip

    async def _talk(self, socket: ServerConnection) -> None:
        if len(self._sockets) >= self._max:
            await socket.close(1013, "too many connections")
            return
        connection = self._web.connected()
        self._sockets[id(connection)] = socket
        try:
            async for message in socket:
                text = message if isinstance(message, str) else message.decode("utf-8", "replace")
                for to, told in self._web.message(connection, text, int(time.monotonic())):
                    self._tell(to, told)
        except ConnectionClosed:
            pass  # that is how they go
        except Exception:
            log.exception("tracker websocket failed")
        finally:
            del self._sockets[id(connection)]
            self._web.closed(connection)

    def _tell(self, to: Connection, text: str) -> None:
        """Send without waiting: one slow client must not hold up whoever speaks to it."""
        socket = self._sockets.get(id(to))
        if socket is None:
            return
        if socket.transport.get_write_buffer_size() > MAX_WAITING_BYTES:
            socket.transport.abort()
            return
        task = asyncio.ensure_future(_send(socket, text))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)


async def _send(socket: ServerConnection, text: str) -> None:
    with contextlib.suppress(ConnectionClosed):
        await socket.send(text)
