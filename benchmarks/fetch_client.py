# SPDX-License-Identifier: Apache-2.0
"""A torrent client fetching one torrent from its web seed, for ``fetch.py``.

``fetch_client.py qbittorrent-nox|transmission-cli TORRENT FOLDER``. These clients have no "fetch and leave": a program
that they run at the end leaves a mark, and then they are told to stop.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

QBITTORRENT = """[AutoRun]
enabled=true
program=touch {mark}
[BitTorrent]
Session\\DHTEnabled=false
Session\\LSDEnabled=false
Session\\PeXEnabled=false
Session\\Port={port}
Session\\Interface=lo
Session\\InterfaceName=lo
Session\\DefaultSavePath={folder}
Session\\SSRFMitigation=false
[LegalNotice]
Accepted=true
"""
TIMEOUT_S = 240
POLL_S = 0.02


def main(program: str, torrent: str, folder: str) -> int:
    """Run a client until its mark appears."""
    with tempfile.TemporaryDirectory() as scratch:
        mark = Path(scratch) / "mark"
        command = {"qbittorrent-nox": qbittorrent, "transmission-cli": transmission}[program](
            Path(scratch), mark, folder
        )
        with subprocess.Popen([*command, torrent], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            deadline_s = time.monotonic() + TIMEOUT_S
            while not mark.exists() and time.monotonic() < deadline_s and process.poll() is None:
                time.sleep(POLL_S)
            process.terminate()
        return 0 if mark.exists() else 1


def qbittorrent(scratch: Path, mark: Path, folder: str) -> list[str]:
    """The command, with a profile of its own."""
    config = scratch / "qBittorrent" / "config" / "qBittorrent.conf"
    config.parent.mkdir(parents=True)
    config.write_text(QBITTORRENT.format(mark=mark, folder=folder, port=free_port()))
    where = [f"--profile={scratch}", f"--save-path={folder}", f"--webui-port={free_port()}"]
    return ["qbittorrent-nox", "--skip-dialog=true", *where]


def transmission(scratch: Path, mark: Path, folder: str) -> list[str]:
    """The command, with settings of its own."""
    script = scratch / "finished"
    script.write_text(f"#!/bin/sh\ntouch {mark}\n")
    script.chmod(0o755)
    return ["transmission-cli", "-g", str(scratch), "-w", folder, "-f", str(script), "-M", "-p", str(free_port())]


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    sys.exit(main(*sys.argv[1:]))
