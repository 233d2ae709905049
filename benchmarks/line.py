# SPDX-License-Identifier: Apache-2.0
"""A line of known speed to a server on loopback: what is measured behind it is not who has the processor."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

_STEP_BYTES = 256 << 10
_BURST_S = 0.05
"""How far ahead of its rate a line may be: what lies in buffers."""


class Line:
    """Listens, and passes on what the server sends at a rate that all connections share.

    Args:
        port: Of the server.
        rate_bytes_per_s: From the server; what it is sent is not held back.
    """

    def __init__(self, port: int, rate_bytes_per_s: float) -> None:
        self._port, self._rate = port, rate_bytes_per_s
        self._lock = threading.Lock()
        self._free_s = 0.0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """No more connections."""
        self._listener.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                for source, sink, is_paced in ((near, far, False), (far, near, True)):
                    threading.Thread(target=self._pump, args=(source, sink, is_paced), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, is_paced: bool) -> None:  # noqa: FBT001
        buffer = memoryview(bytearray(_STEP_BYTES))
        with contextlib.suppress(OSError):
            while got := source.recv_into(buffer):
                if is_paced:
                    self._wait(got)
                sink.sendall(buffer[:got])
            sink.shutdown(socket.SHUT_WR)

    def _wait(self, count: int) -> None:
        """Until the line has room."""
        with self._lock:
            now_s = time.monotonic()
            self._free_s = max(self._free_s, now_s - _BURST_S) + count / self._rate
            wait_s = self._free_s - now_s
        if wait_s > 0:
            time.sleep(wait_s)
