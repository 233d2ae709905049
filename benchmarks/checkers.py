# SPDX-License-Identifier: Apache-2.0
"""Runs a library or daemon as a checker of existing data: ``checkers.py NAME TORRENT FOLDER``.

Ends with 0 only if all data was found right.
"""

from __future__ import annotations

import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TIMEOUT_S = 300
DISABLE_V1_HASHES = 1 << 25
"""``torrent_flags`` bit 25 of libtorrent 2.1, without a name in its Python binding."""


def by_libtorrent(torrent: Path, folder: Path, *, hashing_threads: int, v1: bool) -> bool:
    """Libtorrent's check of what is there when a torrent is added."""
    import libtorrent as lt  # noqa: PLC0415  # only the one that is measured

    settings: Any = {
        "listen_interfaces": "",
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "hashing_threads": hashing_threads,
        "alert_mask": lt.alert_category.status | lt.alert_category.error,
    }
    session = lt.session(settings)
    wanted = lt.load_torrent_file(str(torrent))
    wanted.save_path = str(folder)
    wanted.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    if not v1:
        wanted.flags |= DISABLE_V1_HASHES
    handle = session.add_torrent(wanted)
    deadline_s = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline_s:
        session.wait_for_alert(1000)
        if any(isinstance(alert, lt.torrent_checked_alert) for alert in session.pop_alerts()):
            break
    return bool(handle.status().is_seeding)


def by_torf(torrent: Path, folder: Path) -> bool:
    """Torf's verify."""
    import torf  # noqa: PLC0415

    read = torf.Torrent.read(str(torrent))
    return bool(read.verify(str(folder / str(read.name))))


def by_transmission(torrent: Path, folder: Path) -> bool:
    """transmission-daemon's check of what is there when a torrent is added; it is asked until it is done."""
    config = Path(tempfile.mkdtemp(prefix="transmission-"))
    command = [
        "transmission-daemon",
        "-f",
        "-g",
        str(config),
        "-w",
        str(folder),
        "--no-portmap",
        "--no-dht",
        "-p",
        "29091",
    ]
    daemon = subprocess.Popen(
        [*command, "-r", "127.0.0.1", "-P", "29092", "--no-lpd", "--no-utp"], stderr=subprocess.DEVNULL
    )
    try:
        remote = ["transmission-remote", "127.0.0.1:29091"]
        _until(lambda: not subprocess.run([*remote, "-si"], capture_output=True, check=False).returncode)
        subprocess.run([*remote, "-a", str(torrent)], capture_output=True, check=True)
        return _until(lambda: b"Percent Done: 100%" in _told([*remote, "-t", "1", "-i"]))
    finally:
        daemon.terminate()
        daemon.wait()
        shutil.rmtree(config)


def _told(command: list[str]) -> bytes:
    return subprocess.run(command, capture_output=True, check=False).stdout


def _until(is_done: object) -> bool:
    deadline_s = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline_s:
        if callable(is_done) and is_done():
            return True
        select.select([], [], [], 0.05)
    return False


def main() -> None:
    """Check as asked on the command line."""
    _, name, torrent, folder = sys.argv
    arguments = Path(torrent), Path(folder)
    good = {
        "libtorrent": lambda: by_libtorrent(*arguments, hashing_threads=1, v1=True),
        "libtorrent-2": lambda: by_libtorrent(*arguments, hashing_threads=2, v1=True),
        "libtorrent-2-v2": lambda: by_libtorrent(*arguments, hashing_threads=2, v1=False),
        "torf": lambda: by_torf(*arguments),
        "transmission": lambda: by_transmission(*arguments),
    }[name]()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
