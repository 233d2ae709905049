# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL cluster for tests: in a temporary folder, on a UNIX socket, without the care for power cuts.

PostgreSQL refuses to run as root: there it runs as ``postgres`` or ``nobody``. A name may be absent: then
:func:`missing` says so, and tests skip.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pg8000.native

if TYPE_CHECKING:
    from collections.abc import Iterator

START_S = 15.0
_PLACES = ("/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/16/bin")
_HASTY = (
    *("-c", "listen_addresses=", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"),
    *("-c", "shared_buffers=16MB", "-c", "max_connections=60", "-c", "autovacuum=off", "-c", "max_wal_size=64MB"),
)


@dataclass(slots=True)
class Cluster:
    """A server with databases."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def _socket(self) -> str:
        return str(self.folder / ".s.PGSQL.5432")

    def url(self, name: str) -> str:
        """Of a database, as ``--database`` takes it."""
        return f"postgresql://seedbed@/{name}?unix_sock={self._socket}"

    def database(self) -> str:
        """A new and empty one; its URL."""
        name = f"test_{next(self._numbers)}"
        with self._asking() as asking:
            asking.run(f"create database {name}")
        return self.url(name)

    def answers(self) -> bool:
        """Whether it is up."""
        try:
            with self._asking() as asking:
                asking.run("select 1")
        except pg8000.exceptions.Error:
            return False
        return True

    @contextmanager
    def _asking(self) -> Iterator[pg8000.native.Connection]:
        connection = pg8000.native.Connection("seedbed", unix_sock=self._socket, database="postgres")
        try:
            yield connection
        finally:
            connection.close()


def binaries() -> Path | None:
    """Where its programs are; Debian keeps them out of PATH."""
    found = shutil.which("initdb")
    places = [Path(one) for one in _PLACES] + ([Path(found).parent] if found else [])
    return next((one for one in places if (one / "initdb").exists() and (one / "postgres").exists()), None)


def missing() -> str:
    """Why there can be no cluster here; empty if there can."""
    if binaries() is None:
        return "PostgreSQL is not installed: make peers"
    if os.geteuid() == 0 and (shutil.which("setpriv") is None or not _user()):
        return "PostgreSQL does not run as root, and there is no setpriv or no user to become"
    return ""


@contextmanager
def running() -> Iterator[Cluster]:
    """A cluster that is thrown away at the end."""
    programs = binaries()
    assert programs is not None, missing()
    folder = Path(tempfile.mkdtemp(prefix="seedbed-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, _user())
    data = folder / "data"
    log = (folder.parent / f"{folder.name}.log").open("w+")
    try:
        make = [str(programs / "initdb"), "-D", str(data), "-U", "seedbed", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run([*_as_user(), *make, "--locale=C"], check=True, stdout=log, stderr=log, cwd="/")
        serve = [str(programs / "postgres"), "-D", str(data), "-k", str(folder), *_HASTY]
        server = subprocess.Popen([*_as_user(), *serve], stdout=log, stderr=log, cwd="/")
        try:
            yield _when_up(Cluster(folder), server, Path(log.name))
        finally:
            server.send_signal(signal.SIGINT)  # a TERM would wait for everybody who is still connected
            server.wait(START_S)
    finally:
        log.close()
        Path(log.name).unlink()
        shutil.rmtree(folder, ignore_errors=True)


def _when_up(cluster: Cluster, server: subprocess.Popen[bytes], log: Path) -> Cluster:
    end_s = time.monotonic() + START_S
    while not cluster.answers():
        if server.poll() is not None or time.monotonic() > end_s:
            raise AssertionError(f"PostgreSQL does not start: {log.read_text()[-2000:]}")
        time.sleep(0.05)
    return cluster


def _as_user() -> list[str]:
    if os.geteuid() != 0:
        return []
    known = pwd.getpwnam(_user())
    return ["setpriv", f"--reuid={known.pw_uid}", f"--regid={known.pw_gid}", "--clear-groups", "--"]


def _user() -> str:
    names = {one.pw_name for one in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), "")
