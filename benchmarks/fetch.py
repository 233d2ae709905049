# SPDX-License-Identifier: Apache-2.0
"""How fast does data arrive? Whole programs in rotation, all from this machine: ``benchmarks/fetch.py [--quick]``.

Three questions: one large file from one web seed, 5,000 small files from one web seed, one large file from one peer.
The web seed is nginx, the peer ``seedbed seed``; data and target lie in memory (tmpfs), so that no disk is measured.
``curl`` verifies nothing; all torrent programs do. Each output is compared with the source after its run.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from paired import Contender, machine, ratio, rotate, table, version

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
SEEDBED = (sys.executable, "-m", "seedbed")
RESULTS = HERE / "results" / "fetch.md"
MIB = 1 << 20
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
{user} events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a benchmark runs."""

    folder: Path
    """In memory."""
    url: str
    """Of the web seed's root, with a slash at the end."""

    @property
    def source(self) -> Path:
        """What the web seed serves."""
        return self.folder / "source"

    @property
    def out(self) -> Path:
        """Where the contenders put what they fetch; emptied before each run."""
        return self.folder / "out"

    def torrent(self, name: str, *, kind: str = "hybrid") -> Path:
        """The torrent of something in ``source``."""
        path = self.folder / f"{name}-{kind}.torrent"
        if not path.exists():
            made: list[str | Path] = [
                *SEEDBED,
                "torrent",
                "create",
                self.source / name,
                "-o",
                path,
                "--format",
                kind,
                "-q",
            ]
            subprocess.run([*made, "--webseed", self.web_seed(name)], check=True)
        return path

    def web_seed(self, name: str) -> str:
        """The BEP 19 URL of something in ``source``."""
        return self.url if (self.source / name).is_dir() else f"{self.url}{name}"


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    """A folder in memory with nginx in front of it."""
    port = free_port()
    (folder / "source").mkdir()
    config = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    config.write_text(NGINX.format(folder=folder, port=port, root=folder / "source", user=user))
    with running("nginx", "-p", str(folder), "-c", str(config), port=port):
        yield Place(folder, f"http://127.0.0.1:{port}/")


@contextmanager
def running(*command: str, port: int, env: dict[str, str] | None = None) -> Iterator[None]:
    """A server that listens on ``port`` while the block runs."""
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **(env or {})}
    ) as process:
        try:
            wait_for_port(port)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def wait_for_port(port: int) -> None:
    """Wait until somebody listens."""
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"nobody listens on port {port}")


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_data(source: Path, *, file_bytes: int, files: int) -> None:
    """One large file and a folder of small ones, random and thus incompressible."""
    with (source / "large.bin").open("wb") as file:
        for _ in range(file_bytes // MIB):
            file.write(os.urandom(MIB))
    chance = random.Random(1)
    for number in range(files):
        path = source / "small" / f"d{number % 50:02}" / f"f{number:05}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(chance.randint(4_096, 196_608)))


def contender(here: Place, name: str, what: str, command: tuple[str, ...], *, timeout_s: float = 300) -> Contender:
    """A program whose output is compared with the source."""
    return Contender(
        name,
        command,
        before=lambda: empty(here.out),
        after=lambda: compare(here.source / what, here.out / what, name),
        timeout_s=timeout_s,
    )


def empty(folder: Path) -> None:
    """An empty folder, whatever was there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def compare(source: Path, copy: Path, who: str) -> None:
    """End the benchmark if a copy is not equal to its source."""
    names = [source] if source.is_file() else [path for path in source.rglob("*") if path.is_file()]
    for path in names:
        twin = copy / path.relative_to(source) if source.is_dir() else copy
        if not twin.is_file() or not filecmp.cmp(path, twin, shallow=False):
            sys.exit(f"{who}: {twin} is not equal to its source")


def ours(here: Place, what: str, *more: str, name: str = "seedbed fetch", kind: str = "hybrid") -> Contender:
    """Our own program, as a person runs it."""
    torrent = str(here.torrent(what, kind=kind))
    command = (*SEEDBED, "fetch", torrent, "-o", str(here.out), "--lan", "--no-dht", "-q", *more)
    return contender(here, name, what, command)


def curl_file(here: Place, what: str) -> Contender:
    """The measure of all: one connection, nothing verified."""
    return contender(here, "curl", what, ("curl", "-s", "-o", str(here.out / what), here.url + what))


def curl_files(here: Place, what: str) -> Contender:
    """curl, 16 at once."""
    config = here.folder / "curl.conf"
    names = sorted(path.relative_to(here.source) for path in (here.source / what).rglob("*") if path.is_file())
    config.write_text("".join(f'url = "{here.url}{name}"\noutput = "{here.out / name}"\n' for name in names))
    command = ("curl", "-s", "-Z", "--parallel-max", "16", "--create-dirs", "-K", str(config))
    return contender(here, "curl -Z 16", what, command)


def aria2_file(here: Place, what: str, connections: int) -> Contender:
    """aria2 over HTTP."""
    many = ("-x", str(connections), "-s", str(connections), "--file-allocation=none")
    command = ("aria2c", "-q", "-d", str(here.out), *many, here.url + what)
    return contender(here, f"aria2c HTTP, {connections} connections", what, command)


def aria2_files(here: Place, what: str) -> Contender:
    """aria2 over HTTP, 16 at once."""
    config = here.folder / "aria2.txt"
    names = sorted(path.relative_to(here.source) for path in (here.source / what).rglob("*") if path.is_file())
    config.write_text("".join(f"{here.url}{name}\n  dir={here.out}\n  out={name}\n" for name in names))
    return contender(here, "aria2c -j16", what, ("aria2c", "-q", "-j16", "--file-allocation=none", "-i", str(config)))


def engine(here: Place, what: str, name: str, *how: str) -> Contender:
    """Libtorrent alone, through our engine's adapter: what our own transfer is compared with."""
    torrent = str(here.torrent(what))
    command = (sys.executable, str(HERE / "fetch_engine.py"), torrent, str(here.out), *how)
    return contender(here, name, what, command)


def qbittorrent(here: Place, what: str) -> list[Contender]:
    """Another torrent client with the same engine, where it is installed.

    Transmission is left out: its web seeds rest for minutes at random, so that a run takes from 6 to over 100 seconds.
    """
    if not shutil.which("qbittorrent-nox"):
        return []
    script = (sys.executable, str(HERE / "fetch_client.py"), "qbittorrent-nox")
    return [contender(here, "qBittorrent web seed", what, (*script, str(here.torrent(what)), str(here.out)))]


def one_file(here: Place, rounds: int) -> str:
    """One large file from one web seed."""
    what = "large.bin"
    contenders = [ours(here, what, "--no-peers"), curl_file(here, what)]
    if shutil.which("aria2c"):
        contenders += [aria2_file(here, what, 1), aria2_file(here, what, 4)]
    contenders.append(engine(here, what, "libtorrent web seed", "--web-seeds"))
    contenders += qbittorrent(here, what)
    size = (here.source / what).stat().st_size
    return section(f"One file of {size / 2**30:g} GiB, one web seed", contenders, rounds, size, against="curl")


def many_files(here: Place, rounds: int) -> str:
    """Thousands of small files from one web seed."""
    what = "small"
    contenders = [ours(here, what, "--no-peers"), curl_files(here, what)]
    if shutil.which("aria2c"):
        contenders.append(aria2_files(here, what))
    contenders.append(engine(here, what, "libtorrent web seed", "--web-seeds"))
    contenders += qbittorrent(here, what)
    sizes = [path.stat().st_size for path in (here.source / what).rglob("*") if path.is_file()]
    return section(f"{len(sizes):,} small files, one web seed", contenders, rounds, sum(sizes), against="curl -Z 16")


def one_peer(here: Place, rounds: int) -> str:
    """One large file from one peer."""
    what, port = "large.bin", free_port()
    torrents = {kind: str(here.torrent(what, kind=kind)) for kind in ("hybrid", "v1")}
    seed = (*SEEDBED, "seed", *torrents.values(), "--data", str(here.source), "--listen", f"127.0.0.1:{port}")
    peer = ("--no-webseeds", "--peer", f"127.0.0.1:{port}")
    with running(*seed, "--no-trackers", "-q", port=port):
        contenders = [
            ours(here, what, *peer),
            curl_file(here, what),
            ours(here, what, *peer, name="seedbed fetch, v1 torrent", kind="v1"),
            engine(here, what, "libtorrent peer", "--peer", str(port)),
        ]
        size = (here.source / what).stat().st_size
        return section(f"One file of {size / 2**30:g} GiB, one peer", contenders, rounds, size, against="curl")


def section(title: str, contenders: list[Contender], rounds: int, size_bytes: int, *, against: str) -> str:
    """Run one question and write its part of the results."""
    print(f"\n{title}", file=sys.stderr)
    runs = rotate(contenders, rounds=rounds)
    mine = runs[contenders[0].name]
    speed = ratio(mine, runs[against])
    cpu_s = sorted(run.cpu_s for run in mine)[len(mine) // 2] / (size_bytes / 1e9)
    line = f"seedbed fetch = {speed:.2f} x {against}; {cpu_s:.2f} CPU s/GB on its own side."
    return f"## {title}\n\n{line}\n\n{table(runs, ours=contenders[0].name, size_bytes=size_bytes)}\n"


def main() -> None:
    """Run all three and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small data, one round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=("file", "files", "peer"))
    options = parser.parse_args()
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # tmpfs on purpose
    parts = {"file": one_file, "files": many_files, "peer": one_peer}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=memory, prefix="seedbed-bench-")))
        here = stack.enter_context(place(folder))
        size, files = (256 * MIB, 500) if options.quick else (2048 * MIB, 5_000)
        make_data(here.source, file_bytes=size, files=files)
        chosen = [options.only] if options.only else list(parts)
        text = [parts[name](here, 1 if options.quick else options.rounds) for name in chosen]
    report = "\n".join([head(), *text])
    print(report)
    if not options.quick and not options.only:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(report, encoding="utf-8")


def head() -> str:
    """What was measured, where."""
    versions = [version("curl", "--version"), version("aria2c", "--version"), version("qbittorrent-nox", "--version")]
    versions += [version("nginx", "-v")]
    programs = "; ".join(" ".join(line.split()[:3]) for line in versions if line != "-")
    return f"# Fetching\n\n{machine()}\n\n{programs}\n\n{(__doc__ or '').strip()}\n"


if __name__ == "__main__":
    main()
