# SPDX-License-Identifier: Apache-2.0
"""A plain HTTP client for ``gateway.py``: many connections in one thread, bytes are counted and thrown away."""

from __future__ import annotations

import contextlib
import random
import re
import selectors
import socket
import time
from dataclasses import dataclass, field

BUFFER_BYTES = 1 << 20
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


@dataclass(slots=True)
class Line:
    """One connection, which asks for the next part as soon as it has one."""

    socket: socket.socket
    head: bytes = b""
    left_bytes: int = 0
    done_bytes: int = 0
    answers: int = 0


@dataclass(slots=True)
class Load:
    """Clients of one file.

    Args:
        port: Of the server, on loopback.
        path: Of the file.
        size_bytes: Of the file.
        part_bytes: Asked for at a time, from places chosen by chance; 0 is the whole file.
    """

    port: int
    path: str
    size_bytes: int
    part_bytes: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    buffer: bytearray = field(default_factory=lambda: bytearray(BUFFER_BYTES))

    def run(self, connections: int, seconds: float) -> float:
        """Bytes of bodies a second; with ``seconds`` 0 each connection asks once and is waited for."""
        with contextlib.ExitStack() as stack, selectors.DefaultSelector() as waiting:
            lines = []
            begin_s = time.perf_counter()
            for _ in range(connections):
                line = Line(stack.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=30)))
                lines.append(line)
                self._ask(line)
                line.socket.settimeout(0)
                waiting.register(line.socket, selectors.EVENT_READ, line)
            while self._goes_on(lines, begin_s, seconds):
                for key, _ in waiting.select(1.0):
                    self._receive(key.data)
            return sum(line.done_bytes for line in lines) / (time.perf_counter() - begin_s)

    @staticmethod
    def _goes_on(lines: list[Line], begin_s: float, seconds: float) -> bool:
        return time.perf_counter() - begin_s < seconds if seconds else any(not line.answers for line in lines)

    def _ask(self, line: Line) -> None:
        line.head = b""
        wanted = ""
        if self.part_bytes:
            start = self.chance.randrange(self.size_bytes - self.part_bytes + 1)
            wanted = f"Range: bytes={start}-{start + self.part_bytes - 1}\r\n"
        line.socket.sendall(f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\n{wanted}\r\n".encode())

    def _receive(self, line: Line) -> None:
        try:
            count = line.socket.recv_into(self.buffer)
        except BlockingIOError:
            return
        if not count:
            raise SystemExit("the server hung up")
        if not line.left_bytes:
            count = self._read_head(line, count)
        line.left_bytes -= count
        line.done_bytes += count
        if not line.left_bytes and not line.head:
            line.answers += 1
            self._ask(line)

    def _read_head(self, line: Line, count: int) -> int:
        """The bytes of the body that came with the head."""
        line.head += self.buffer[:count]
        head, mark, body = line.head.partition(b"\r\n\r\n")
        if not mark:
            return 0
        found = _LENGTH.search(head + b"\r\n")
        if not found or not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 206")):
            raise SystemExit(f"unexpected answer: {head[:300]!r}")
        line.left_bytes, line.head = int(found[1]), b""
        return len(body)
