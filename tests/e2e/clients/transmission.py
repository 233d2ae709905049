# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  # command lines read best in few rows
"""transmission-daemon as a client. Version 3 knows v1 only, refuses hybrids, and never dials loopback."""

from __future__ import annotations

import base64
import contextlib
import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from tests.e2e.clients.base import LOOPBACK, Running, accepts, free_port, process, wait_until
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SESSION = "X-Transmission-Session-Id"


class Refused(Exception):  # noqa: N818  # a word of the client's answer
    """Transmission does not take this torrent."""


class Transmission:
    """One daemon per torrent, steered by its RPC."""

    @contextlib.contextmanager
    def run(self, torrent: Path, folder: Path, scratch: Path) -> Iterator[Running]:
        """See :class:`tests.e2e.clients.base.Client`.

        Raises:
            Refused: the daemon says that the torrent is invalid.
        """
        rpc, port, log = free_port(), free_port(), scratch / "transmission.log"
        command = [
            require("transmission-daemon"), "-f", "-g", str(scratch), "-p", str(rpc), "-P", str(port), "-w", str(folder),
            "--no-dht", "--no-lpd", "--no-portmap", "--no-utp", "--no-auth", "-i", LOOPBACK, "-r", LOOPBACK, "-I", "::1",
            "--no-incomplete-dir",
        ]  # fmt: skip
        with process(command, log):
            wait_until(lambda: accepts(rpc) and accepts(port), "transmission answers", log=log)
            metainfo = base64.b64encode(torrent.read_bytes()).decode()
            answer = _call(rpc, "torrent-add", metainfo=metainfo)
            if answer["result"] != "success":
                raise Refused(answer["result"])
            yield Running(port, lambda: _is_done(rpc), log)


def _is_done(rpc: int) -> bool:
    torrents = _call(rpc, "torrent-get", fields=["leftUntilDone", "status", "sizeWhenDone"])["arguments"]["torrents"]
    seeding = 6
    return all(item["leftUntilDone"] == 0 and item["sizeWhenDone"] and item["status"] == seeding for item in torrents)


def _call(rpc: int, method: str, **arguments: Any) -> Any:
    body = json.dumps({"method": method, "arguments": arguments}).encode()
    request = urllib.request.Request(f"http://{LOOPBACK}:{rpc}/transmission/rpc", body)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:  # the first call only brings a session id
        if error.code != 409:
            raise
        request.add_header(_SESSION, error.headers[_SESSION])
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)
