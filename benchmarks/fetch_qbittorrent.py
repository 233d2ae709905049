# SPDX-License-Identifier: Apache-2.0
"""qBittorrent fetching one torrent from its web seed, for ``fetch.py``: ``fetch_qbittorrent.py TORRENT FOLDER``.

qBittorrent has no "fetch and leave": a program that it runs at the end leaves a mark, and then it is told to stop.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONFIG = """[AutoRun]
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


def main(torrent: Path, folder: Path) -> int:
    """Run it until its mark appears."""
    with tempfile.TemporaryDirectory() as scratch:
        profile, mark = Path(scratch), Path(scratch) / "mark"
        config = profile / "qBittorrent" / "config" / "qBittorrent.conf"
        config.parent.mkdir(parents=True)
        config.write_text(CONFIG.format(mark=mark, folder=folder, port=free_port()))
        command = [
            "qbittorrent-nox",
            f"--profile={profile}",
            "--skip-dialog=true",
            f"--save-path={folder}",
            f"--webui-port={free_port()}",
            str(torrent),
        ]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            deadline_s = time.monotonic() + TIMEOUT_S
            while not mark.exists() and time.monotonic() < deadline_s and process.poll() is None:
                time.sleep(0.02)
            process.terminate()
        return 0 if mark.exists() else 1


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
