# SPDX-License-Identifier: Apache-2.0
"""qbittorrent-nox as a client: v1, v2 and hybrid."""

from __future__ import annotations

import contextlib
import json
import urllib.request
from typing import TYPE_CHECKING, Any

from tests.e2e.clients.base import LOOPBACK, Running, accepts, free_port, process, wait_until
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CONFIG = """[LegalNotice]
Accepted=true

[BitTorrent]
Session\\Port={port}
Session\\DHTEnabled=false
Session\\LSDEnabled=false
Session\\PeXEnabled=false
Session\\BTProtocol=TCP
Session\\MultiConnectionsPerIp=true
Session\\SSRFMitigation=false

[Network]
PortForwardingEnabled=false

[Preferences]
WebUI\\Address={host}
WebUI\\Port={web}
WebUI\\LocalHostAuth=false
WebUI\\HostHeaderValidation=false
Connection\\InterfaceAddress={host}
"""


class QBittorrent:
    """One process per torrent, steered by its web API."""

    @contextlib.contextmanager
    def run(self, torrent: Path, folder: Path, scratch: Path) -> Iterator[Running]:
        """See :class:`tests.e2e.clients.base.Client`."""
        web, port, log = free_port(), free_port(), scratch / "qbittorrent.log"
        config = scratch / "qBittorrent" / "config" / "qBittorrent.conf"
        config.parent.mkdir(parents=True)
        config.write_text(_CONFIG.format(port=port, web=web, host=LOOPBACK))
        with process([require("qbittorrent-nox"), f"--profile={scratch}"], log):
            wait_until(lambda: accepts(web), "qbittorrent answers", log=log)
            _add(web, torrent, folder)
            wait_until(lambda: accepts(port), "qbittorrent listens", log=log)
            wait_until(lambda: bool(_infos(web)), "qbittorrent takes the torrent", log=log)
            yield Running(port, lambda: _is_done(web), log)


def _is_done(web: int) -> bool:
    infos = _infos(web)
    states = {"uploading", "stalledUP", "queuedUP", "forcedUP"}
    return bool(infos) and all(item["progress"] == 1 and item["state"] in states for item in infos)


def _infos(web: int) -> Any:
    with urllib.request.urlopen(f"http://{LOOPBACK}:{web}/api/v2/torrents/info", timeout=10) as answer:
        return json.load(answer)


def _add(web: int, torrent: Path, folder: Path) -> None:
    boundary = "seedbed-boundary"
    parts = [("savepath", None, str(folder).encode()), ("torrents", "a.torrent", torrent.read_bytes())]
    body = b""
    for name, filename, value in parts:
        disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename else "")
        kind = "Content-Type: application/x-bittorrent\r\n" if filename else ""
        body += f"--{boundary}\r\nContent-Disposition: {disposition}\r\n{kind}\r\n".encode() + value + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    request = urllib.request.Request(f"http://{LOOPBACK}:{web}/api/v2/torrents/add", body)
    request.add_header("Content-Type", f"multipart/form-data; boundary={boundary}")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.read() == b"Ok."
