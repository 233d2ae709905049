# SPDX-License-Identifier: Apache-2.0
"""How fast files leave ``seedbed gateway``, against nginx: ``benchmarks/gateway.py [--rounds N] [--quick]``.

Both serve the same folder in memory (tmpfs) with one process, without a log, to the same client on the same machine, in
turns; the ratio is formed inside each round. Measured: one large file whole, ranges of it over one and several
connections, 10,000 small files (wrk); the same large ranges through the gateway from a mirror (nginx again), which is
one copy more; resident memory with many idle and many busy clients.

Goal: at least 0.8 of nginx for large ranges.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, AnyStr

import paired
from gateway_load import Load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RESULTS = Path(__file__).parent / "results" / "gateway.md"
LARGE, SMALL = "ds/1/large.bin", "ds/2/small"
SMALL_FILES = 10_000
IDLE, BUSY = 1_000, 200
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log; user root;
events {{ worker_connections 4096; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; client_body_temp_path {folder}/t1;
    proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    server {{ listen 127.0.0.1:{port} backlog=2048; location /webseed/ {{ alias {folder}/data/; }} }}
}}
"""
WRK = """
local n = 0
request = function()
  n = (n * 7919 + 1) % {count}
  return wrk.format("GET", string.format("/webseed/{path}/%05d.csv", n))
end
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A server at work."""

    name: str
    port: int
    pid: int

    def memory_bytes(self) -> int:
        """Resident memory."""
        text = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(text.partition("VmRSS:")[2].split()[0]) * 1024

    def cpu_s(self) -> float:
        """Processor time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Make the files, start both, measure, print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="small data, and the results are not kept")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65_536, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    if not shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"):
        sys.exit("nginx is needed: make peers")
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="seedbed-bench-") as scratch:
        text = measured(Path(scratch), options)
    print(text)
    if not options.quick:
        RESULTS.write_text(text, encoding="utf-8")


def measured(folder: Path, options: argparse.Namespace) -> str:
    """All measurements, as the page of results."""
    size, seconds, rounds = (64 << 20, 0.5, 2) if options.quick else (1 << 30, 3.0, options.rounds)
    make_files(folder / "data", size)
    with nginx(folder) as theirs, gateway(str(folder / "data")) as ours:
        lines = compared(Pair(ours, theirs, rounds), size, seconds, folder / "small.lua")
        lines += ["", *remembered(ours, "folder", size), ""]
        with gateway(f"http://127.0.0.1:{theirs.port}/webseed/") as passing:
            lines += remembered(passing, "mirror", size)
    versions = f"{paired.version('nginx', '-v')}; {paired.version('wrk', '-v').partition(' [')[0]}"
    return (
        f"# The gateway against nginx\n\n{paired.machine()}; {versions}; {rounds} rounds, medians.\n\n"
        + "\n".join(lines)
        + f"\n\nFiles in memory ({size / 1e9:.2f} GB, and {SMALL_FILES:,} of 200 to 4,000 bytes);"
        " one process each, the same client\non the same machine. The ratio is the median of the rounds' ratios; CPU is"
        " the server's for each"
        "\nGB, or for 1,000 requests. Goal: 0.8 for large ranges. What comes from a mirror passes through Python.\n"
    )


def make_files(root: Path, size: int) -> None:
    """A large file and many small ones."""
    (root / LARGE).parent.mkdir(parents=True)
    block = random.Random(1).randbytes(1 << 20)
    with (root / LARGE).open("wb") as file:
        for _ in range(size >> 20):
            file.write(block)
    (root / SMALL).mkdir(parents=True)
    sizes = random.Random(2)
    for number in range(SMALL_FILES):
        (root / SMALL / f"{number:05}.csv").write_bytes(block[: sizes.randint(200, 4000)])


@dataclass(frozen=True, slots=True)
class Pair:
    """Two servers in turns."""

    ours: Server
    theirs: Server
    rounds: int

    def row(self, name: str, ask: Callable[[int], float], *, of_requests: bool = False) -> str:
        """A line of the table; who is first changes each round.

        Args:
            name: What is measured.
            ask: Port -> bytes or requests a second.
            of_requests: Whether it is requests.
        """
        found: dict[Server, list[tuple[float, float]]] = {self.ours: [], self.theirs: []}
        for number in range(self.rounds):
            for server in (self.ours, self.theirs) if number % 2 else (self.theirs, self.ours):
                cpu_s, begin_s = server.cpu_s(), time.perf_counter()
                rate = ask(server.port)
                amount = rate * (time.perf_counter() - begin_s) / (1e3 if of_requests else 1e9)
                found[server].append((rate, (server.cpu_s() - cpu_s) / amount))
        ratio = statistics.median(a[0] / b[0] for a, b in zip(found[self.ours], found[self.theirs], strict=True))
        rates = [statistics.median(rate for rate, _ in runs) for runs in found.values()]
        cpus = [statistics.median(cpu for _, cpu in runs) for runs in found.values()]
        shown = [f"{rate:,.0f}" if of_requests else f"{rate / 1e9:,.2f}" for rate in rates]
        line = f"| {name} | {shown[0]} | {shown[1]} | {ratio:.2f} | {cpus[0]:.3f} | {cpus[1]:.3f} |"
        print(line, flush=True)
        return line


def compared(pair: Pair, size: int, seconds: float, script: Path) -> list[str]:
    """A table of rates, a row for each question."""
    rows = ["| what | gateway | nginx | ratio | gateway CPU s | nginx CPU s |", "|---|---|---|---|---|---|"]

    def ranges(part: int, connections: int) -> Callable[[int], float]:
        return lambda port: Load(port, f"/webseed/{LARGE}", size, min(part, size)).run(connections, seconds)

    rows.append(pair.row("one large file, GB/s", lambda port: Load(port, f"/webseed/{LARGE}", size).run(1, 0)))
    for part, connections in ((64, 1), (16, 1), (16, 8), (1, 1), (1, 8)):
        name = f"ranges of {part} MiB, {connections} at a time, GB/s"
        rows.append(pair.row(name, ranges(part << 20, connections)))
    with gateway(f"http://127.0.0.1:{pair.theirs.port}/webseed/") as passing:
        name = "from a mirror: ranges of 16 MiB, 4 at a time, GB/s"
        rows.append(Pair(passing, pair.theirs, pair.rounds).row(name, ranges(16 << 20, 4)))
    if shutil.which("wrk"):
        script.write_text(WRK.format(count=SMALL_FILES, path=SMALL), encoding="utf-8")
        for connections in (1, 16):
            ask = partial(wrk, script=script, connections=connections, seconds=seconds)
            rows.append(pair.row(f"small files, {connections} at a time, requests/s", ask, of_requests=True))
    return rows


def wrk(port: int, *, script: Path, connections: int, seconds: float) -> float:
    """Requests a second."""
    time_s = max(1, int(seconds))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{time_s}s", "-s", str(script), f"http://127.0.0.1:{port}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in done:
        sys.exit(done)
    return float(re.findall(r"Requests/sec: *([0-9.]+)", done)[0])


def remembered(server: Server, root: str, size: int) -> list[str]:
    """Resident memory before, during and after many clients, from a folder or through a mirror."""
    load = Load(server.port, f"/webseed/{LARGE}", size, 16 << 20)
    load.run(8, 0.5)
    before = server.memory_bytes()
    with contextlib.ExitStack() as stack:
        for _ in range(IDLE):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        time.sleep(0.5)
        idle = server.memory_bytes()
        busy = busiest(server, load)
    time.sleep(1)
    line = (
        f"Memory of the gateway before a {root}, MB: {before / 1e6:.0f} before, {idle / 1e6:.0f} with {IDLE:,} idle"
        f" clients,\n{busy / 1e6:.0f} at most with {BUSY} busy ones besides, {server.memory_bytes() / 1e6:.0f} after."
    )
    print(line, flush=True)
    return [line]


def busiest(server: Server, load: Load) -> int:
    """The most memory while many clients are served."""
    working = threading.Thread(target=load.run, args=(BUSY, 6.0))
    working.start()
    most = 0
    while working.is_alive():
        most = max(most, server.memory_bytes())
        time.sleep(0.05)
    working.join()
    return most


@contextlib.contextmanager
def nginx(folder: Path) -> Iterator[Server]:
    """The program nginx before the folder."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port), encoding="utf-8")
    program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin") or "nginx"
    with ended(subprocess.Popen([program, "-p", str(folder), "-c", str(folder / "nginx.conf")])) as process:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        worker = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()[0]
        yield Server("nginx", port, int(worker))


@contextlib.contextmanager
def gateway(root: str) -> Iterator[Server]:
    """``seedbed gateway`` before a folder or a mirror."""
    command = [
        sys.executable, "-m", "seedbed", "gateway", "--root", root, "--listen", "127.0.0.1:0", "--json",
        "--connections", "0", "--client-connections", "0",
    ]  # fmt: skip
    with ended(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) as process:
        assert process.stdout is not None  # noqa: S101  # a pipe was asked for
        url = json.loads(process.stdout.readline())["url"]
        yield Server("gateway", int(url.rstrip("/").rpartition(":")[2]), process.pid)


@contextlib.contextmanager
def ended(process: subprocess.Popen[AnyStr]) -> Iterator[subprocess.Popen[AnyStr]]:
    """A process that is told to end at the end."""
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    main()
