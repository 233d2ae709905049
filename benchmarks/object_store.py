# SPDX-License-Identifier: Apache-2.0
"""An object store to measure against: SeaweedFS on loopback, its data in memory, empty at each start."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import boto3
from botocore.config import Config

KEY_ID, SECRET = "AKIDSEEDBEDBENCH", "secret-of-the-benchmarks"  # of a loopback server
BUCKET = "bench"
MEMORY = Path("/dev/shm")  # noqa: S108  # where no disk is measured
_PORTS = ("master", "volume", "filer", "admin", "webdav")
_GRPC_PORTS = ("master", "volume", "filer", "admin", "s3")
_START_S = 30.0


class ObjectStore:
    """One store, started and stopped between runs: what was deleted from it would still take memory."""

    def __init__(self) -> None:
        self.port = _free_port()
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """Base URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        """What programs take credentials from."""
        return {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1"}

    def start(self) -> None:
        """A new one, empty, with one bucket."""
        self.stop()
        self._folder = Path(tempfile.mkdtemp(prefix="seedbed-weed-", dir=MEMORY))
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command(self._folder), stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        deadline_s = time.monotonic() + _START_S
        while not self._has_bucket():
            if time.monotonic() > deadline_s or self._process.poll() is not None:
                sys.exit(f"SeaweedFS does not start: {(self._folder / 'log').read_text()[-2000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it, and give its memory back."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._process = self._folder = None

    def cpu_s(self) -> float:
        """What it has used since it was started; 0 when it does not run."""
        if not self._process:
            return 0.0
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def size_of(self, key: str) -> int:
        """Bytes of an object."""
        with closing(self.client()) as client:
            return int(client.head_object(Bucket=BUCKET, Key=key)["ContentLength"])

    def client(self) -> boto3.client:
        """For what is not measured."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=2),
        )

    def _has_bucket(self) -> bool:
        with closing(self.client()) as client:
            try:
                client.create_bucket(Bucket=BUCKET)
            except client.exceptions.BucketAlreadyOwnedByYou:
                pass
            except Exception:  # noqa: BLE001  # not ready, in whatever way
                return False
            try:
                client.put_object(Bucket=BUCKET, Key="ready", Body=b"")
            except Exception:  # noqa: BLE001
                return False
            return True

    def _command(self, folder: Path) -> list[str]:
        writer = {
            "name": "writer",
            "credentials": [{"accessKey": KEY_ID, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List"],
        }
        reader = {"name": "anonymous", "actions": ["Read"]}
        (folder / "identities.json").write_text(json.dumps({"identities": [writer, reader]}))
        (folder / "data").mkdir()
        ports = [f"-{name}.port={_free_port()}" for name in _PORTS]
        ports += [f"-{name}.port.grpc={_free_port()}" for name in _GRPC_PORTS]
        return [
            str(Path(sys.executable).parent / "weed"), "-logtostderr", "mini", f"-dir={folder / 'data'}",
            "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.port={self.port}",
            f"-s3.config={folder / 'identities.json'}", "-s3.port.iceberg=0", "-s3.port.lance=0", *ports,
        ]  # fmt: skip


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
