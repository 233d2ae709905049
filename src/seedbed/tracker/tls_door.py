# SPDX-License-Identifier: Apache-2.0
"""Connections with TLS, carried by asyncio: HTTPS, and WebSocket for pages that came by HTTPS."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from typing import TYPE_CHECKING

from seedbed.errors import InputError
from seedbed.tracker.tcp_door import TcpDoor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seedbed.tracker.lines import Line, Lines, Talk
    from seedbed.tracker.tcp_door import Carried

HANDSHAKE_S = 10.0
_GOODBYE_S = 2.0
log = logging.getLogger(__name__)


class Certificate:
    """A certificate with its key, read again when it was renewed; one that cannot be read leaves the old one.

    Args:
        chain: PEM: the certificate, and those that lead to a root.
        key: PEM.

    Raises:
        InputError: they cannot be read, or are not of each other.
    """

    def __init__(self, chain: Path, key: Path) -> None:
        self._paths = chain, key
        self._seen = self._state()
        self.context = self._read()
        """Of new connections."""

    def renew(self) -> None:
        """Look whether they changed; asked every few seconds, in a thread."""
        try:
            state = self._state()
            if state != self._seen:
                self.context = self._read()
                self._seen = state
        except InputError as error:  # perhaps only one of the two is new yet
            log.warning("the renewed certificate is not used yet: %s", error)

    def _state(self) -> list[tuple[int, int, int]]:
        try:
            return [(one.st_ino, one.st_size, one.st_mtime_ns) for one in (path.stat() for path in self._paths)]
        except OSError as error:
            raise InputError(f"{error.filename}: the certificate cannot be read: {error.strerror}") from error

    def _read(self) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        made.set_alpn_protocols(["http/1.1"])
        try:
            made.load_cert_chain(*self._paths)
        except (OSError, ValueError) as error:  # SSLError is an OSError
            raise InputError(
                f"{self._paths[0]}: the certificate cannot be used with {self._paths[1]}: {error}"
            ) from error
        return made


class TlsDoor(TcpDoor):
    """Accepts connections, as :class:`.TcpDoor` does; those that still shake hands count too.

    Args:
        listener: As :func:`seedbed.tracker.tcp_door.listening` makes it; is closed with the door.
        begin: Called with a new connection; gives what is said on it.
        lines: All connections of this kind.
        loop: Whose turn it is.
        certificate: Ours.
    """

    def __init__(
        self,
        listener: socket.socket,
        begin: Callable[[Line], Talk],
        lines: Lines,
        loop: asyncio.AbstractEventLoop,
        certificate: Certificate,
    ) -> None:
        super().__init__(listener, begin, lines, loop)
        self._certificate = certificate

    def _carry(self, accepted: Carried, ip: bytes) -> None:
        whole = socket.socket(self._listener.family, socket.SOCK_STREAM, 0, accepted.detach())
        whole.setblocking(False)  # noqa: FBT003  # the standard library's own argument
        line = TlsLine(ip, self._lines)
        line.talk = self._begin(line)
        line.shaking = self._loop.create_task(self._shake(line, whole))
        self._lines.add(line)

    async def _shake(self, line: TlsLine, accepted: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(
                lambda: line, accepted, ssl=self._certificate.context,
                ssl_handshake_timeout=HANDSHAKE_S, ssl_shutdown_timeout=_GOODBYE_S,
            )  # fmt: skip
        except OSError:  # no TLS, none that we speak, or nobody there any more
            line.connection_lost(None)
        except asyncio.CancelledError:
            accepted.close()
            raise


class TlsLine(asyncio.Protocol):
    """One connection; see :class:`seedbed.tracker.lines.Line`."""

    talk: Talk

    def __init__(self, ip: bytes, lines: Lines) -> None:
        self.ip = ip
        self.shaking: asyncio.Task[None] | None = None
        self._lines = lines
        self._transport: asyncio.Transport | None = None
        self._is_lost = self._is_full = False

    @property
    def unsent_bytes(self) -> int:
        """What waits for the client to read; none while it is little, for some of TLS's own always waits."""
        return self._transport.get_write_buffer_size() if self._transport and self._is_full else 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hands are shaken."""
        self._transport = transport  # type: ignore[assignment]  # of a stream it is always a Transport
        if self._is_lost:
            self.abort()

    def data_received(self, data: bytes) -> None:
        """So much has come."""
        self.talk.received(data)

    def eof_received(self) -> None:
        """TLS has no half: the answers that are there are sent, and it ends."""
        self.talk.ended()

    def pause_writing(self) -> None:
        """Much waits."""
        self._is_full = True

    def resume_writing(self) -> None:
        """What waited was sent."""
        self._is_full = False
        self.talk.flushed()

    def connection_lost(self, _error: Exception | None) -> None:
        """Forget it; may be told twice."""
        if not self._is_lost:
            self._is_lost = True
            self._lines.remove(self)
            self.talk.lost()

    def send(self, data: bytes) -> None:
        """Send, or keep until it can be sent."""
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(data)
        if self.unsent_bytes > self._lines.limits.unsent_bytes:
            self.abort()

    def last(self, data: bytes) -> None:
        """Send, and end."""
        self.send(data)
        self.close()

    def hold(self) -> None:
        """Read no more for now."""
        if self._transport and not self._transport.is_closing():
            self._transport.pause_reading()

    def go_on(self) -> None:
        """Read again."""
        if self._transport and not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        """Send what waits, and end."""
        if self._transport is None:
            self.abort()
        else:
            self._transport.close()

    def end(self) -> None:
        """The same: what comes then is passed over while TLS says goodbye."""
        self.close()

    def abort(self) -> None:
        """End at once."""
        if self._transport is not None:
            self._transport.abort()
        elif self.shaking is not None:
            self.shaking.cancel()
        self.connection_lost(None)
