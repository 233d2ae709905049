# SPDX-License-Identifier: Apache-2.0
"""A portal in a process of its own, to be killed: ``python -m tests.portal_child FOLDER [HTTP]``.

It prints one JSON line: its address, and a token of Ann, who may give data.
"""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from seedbed.portal.accounts import people, tokens
from seedbed.portal.app import build
from seedbed.portal.opening import opened
from seedbed.portal.settings import Settings
from tests.portals import small_catalog

ROOT = Path(__file__).parents[1]


@dataclass(slots=True)
class Child:
    """The process."""

    process: subprocess.Popen[str]
    port: int
    token: str

    @classmethod
    def start(cls, folder: Path, http: str = "auto", *, limits: str = "") -> Child:
        """Begin one over a server's folder; it is ready when this returns.

        Args:
            folder: Of the server.
            http: Who parses HTTP: ``h11`` or ``httptools``.
            limits: ``prlimit`` options, such as ``--fsize=1000000``.
        """
        wrapped = ["prlimit", *limits.split()] if limits else []
        command = [*wrapped, sys.executable, "-m", "tests.portal_child", str(folder), http]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        return cls(process, told["port"], told["token"])

    def kill(self) -> None:
        """As a crash ends it: nothing is flushed, nobody is told."""
        self.process.send_signal(signal.SIGKILL)
        self.close()

    def stop(self) -> None:
        """As a keeper ends it."""
        self.process.terminate()
        self.close()

    def close(self) -> None:
        """Wait for its end."""
        self.process.wait(20)
        if self.process.stdout:
            self.process.stdout.close()

    @property
    def headers(self) -> dict[str, str]:
        """Of every request."""
        return {"Authorization": f"Bearer {self.token}", "Tus-Resumable": "1.0.0"}

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"


def main(folder: Path, http: Any) -> None:
    """Serve until killed."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    small_catalog(folder / "catalog")
    settings = Settings(folder, f"http://127.0.0.1:{port}", quota_bytes=1 << 40)
    with opened(settings) as portal:
        now_s = portal.now().timestamp()
        with portal.store.begin() as connection:
            known = people.by_name(connection, "Ann")
            ann = known.id if known else people.make(connection, "Ann", password="", roles=("uploader",), now_s=now_s)
            token = tokens.make(connection, ann, name="test", scopes=("upload",), days=1, now_s=now_s)[1]
        print(json.dumps({"port": port, "token": token}), flush=True)  # noqa: T201  # how the parent is told
        config = uvicorn.Config(
            build(portal), http=http, log_config=None, access_log=False, proxy_headers=False, ws="none",
            timeout_graceful_shutdown=2,
        )  # fmt: skip
        asyncio.run(uvicorn.Server(config).serve([listening]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "auto")
