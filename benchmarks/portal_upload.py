# SPDX-License-Identifier: Apache-2.0
"""How fast a file comes in by tus: ``benchmarks/portal_upload.py [--gb N] [--folder DIR] [--rounds N]``.

The whole portal in a process of its own (accounts, database, hashing while receiving, every acknowledged byte durable),
one client on the same machine, one PATCH. Against it: the disk alone (the same bytes written and flushed in the same
steps), loopback alone (the same client, a server that reads into one buffer and forgets), each of uvicorn's HTTP
parsers, and a bare asyncio server that writes and hashes as the portal does, without HTTP. Rounds in turns; ratios are
formed inside each round. Goal: at least 0.7 of the slower of disk and loopback, with flat memory.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from seedbed.hashing.choice import choose_engine
from seedbed.hashing.memory import Memory
from seedbed.portal.uploads.receiving.part import Part, state_path
from seedbed.portal.uploads.receiving.transfer import SYNC_BYTES, WINDOW_BYTES
from tests.portal_child import Child

PIECE = 1 << 20
STEP = 4 << 20
_DATA = os.urandom(STEP)


def disk(folder: Path, size: int) -> float:
    """Seconds for the disk alone."""
    path = folder / "disk.bin"
    begun_s = time.perf_counter()
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for at in range(0, size, STEP):
        os.write(fd, _DATA)
        if (at + STEP) % SYNC_BYTES == 0:
            os.fdatasync(fd)
    os.fdatasync(fd)
    took_s = time.perf_counter() - begun_s
    os.close(fd)
    path.unlink()
    return took_s


def loopback(size: int) -> float:
    """Seconds for loopback alone."""
    listening = socket.create_server(("127.0.0.1", 0))

    def forget() -> None:
        connection, _ = listening.accept()
        buffer, left = bytearray(1 << 20), size
        while left:
            left -= connection.recv_into(buffer)
        connection.sendall(b"!")
        connection.close()

    thread = threading.Thread(target=forget)
    thread.start()
    begun_s = time.perf_counter()
    with socket.create_connection(listening.getsockname()) as client:
        for _ in range(0, size, STEP):
            client.sendall(_DATA)
        client.recv(1)
    took_s = time.perf_counter() - begun_s
    thread.join()
    listening.close()
    return took_s


def tus(folder: Path, size: int, http: str) -> tuple[float, float]:
    """Seconds for a file by tus, and the portal's memory at its peak in MB."""
    child = Child.start(folder, http)
    try:
        upload = ask(child, "POST", "/api/v1/uploads", body=b"{}")
        files = one(r'"files_url":"([^"]+)"', upload)
        begun = ask(child, "POST", files, {"Upload-Length": str(size), "Upload-Metadata": "path YS5iaW4="})
        path = one(r"(?i)location: (\S+)", begun)
        before = peak_mb(child)
        begun_s = time.perf_counter()
        answer = send(child, path, size)
        took_s = time.perf_counter() - begun_s
        one("^HTTP/1.1 (204) ", answer)
        return took_s, peak_mb(child) - before
    finally:
        child.stop()
        shutil.rmtree(folder / "uploads", ignore_errors=True)


def bare(folder: Path, size: int) -> float:
    """Seconds for a server without HTTP and without a loop: what a receiver of our own could reach at best."""
    listening = socket.create_server(("127.0.0.1", 0))
    part = Part.create(folder / "bare.bin", choose_engine(), length=size, piece_length=PIECE)

    def receive() -> None:
        connection, _ = listening.accept()
        windows = [Memory(WINDOW_BYTES), Memory(WINDOW_BYTES)]
        with ThreadPoolExecutor(2) as pool:
            writing: Future[None] = pool.submit(lambda: None)
            syncing = pool.submit(int)
            for number in range(-(-size // WINDOW_BYTES)):
                window, filled = windows[number % 2], 0
                wanted = min(WINDOW_BYTES, size - number * WINDOW_BYTES)
                while filled < wanted:
                    filled += connection.recv_into(window.view[filled:wanted])
                writing.result()
                writing = pool.submit(part.take, window, 0, wanted)
                if syncing.done() and part.position - part.durable >= SYNC_BYTES:
                    syncing = pool.submit(part.sync)
            writing.result()
            syncing.result()
            part.sync()
        connection.sendall(b"!")
        connection.close()

    thread = threading.Thread(target=receive)
    thread.start()
    begun_s = time.perf_counter()
    with socket.create_connection(listening.getsockname()) as client:
        for _ in range(0, size, STEP):
            client.sendall(_DATA)
        client.recv(1)
    took_s = time.perf_counter() - begun_s
    thread.join()
    listening.close()
    part.close()
    for path in (part.path, state_path(part.path)):
        path.unlink()
    return took_s


def one(pattern: str, text: str) -> str:
    """What an answer must hold."""
    found = re.search(pattern, text)
    if not found:
        raise SystemExit(f"expected {pattern}, got {text[:500]}")
    return found[1]


def ask(child: Child, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> str:
    """One small request; the answer as it comes."""
    with socket.create_connection(("127.0.0.1", child.port)) as client:
        client.sendall(head(child, method, path, {**(headers or {}), "Content-Length": str(len(body))}) + body)
        return rest(client)


def send(child: Child, path: str, size: int) -> str:
    """The file itself."""
    headers = {
        "Content-Length": str(size), "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"
    }  # fmt: skip
    with socket.create_connection(("127.0.0.1", child.port)) as client:
        client.sendall(head(child, "PATCH", path, headers))
        for _ in range(0, size, STEP):
            client.sendall(_DATA)
        return rest(client)


def head(child: Child, method: str, path: str, headers: dict[str, str]) -> bytes:
    """A request's head."""
    everything = {"Host": f"127.0.0.1:{child.port}", "Connection": "close", **child.headers, **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in everything.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode()


def rest(client: socket.socket) -> str:
    """All that comes."""
    return b"".join(iter(lambda: client.recv(65_536), b"")).decode()


def peak_mb(child: Child) -> float:
    """Of resident memory."""
    text = Path(f"/proc/{child.process.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", text)
    return int(found[1]) / 1000 if found else 0.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gb", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--http", nargs="*", default=["h11", "httptools"])
    options = parser.parse_args()
    size = int(options.gb * 1e9) // STEP * STEP
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(dir=options.folder) as made:
        folder = Path(made)
        for _ in range(options.rounds):
            row = {"disk": disk(folder, size), "loopback": loopback(size), "bare": bare(folder, size)}
            for http in options.http:
                row[f"tus {http}"], memory_mb = tus(folder, size, http)
                print(f"tus {http}: +{memory_mb:.0f} MB", flush=True)
            limit = max(row["disk"], row["loopback"])
            print(
                {name: f"{size / took_s / 1e6:.0f} MB/s, {limit / took_s:.2f}" for name, took_s in row.items()},
                flush=True,
            )
            for name, took_s in row.items():
                rates.setdefault(name, []).append(limit / took_s)
    print({name: round(statistics.median(found), 2) for name, found in rates.items()})


if __name__ == "__main__":
    main()
