# SPDX-License-Identifier: Apache-2.0
"""A community that has outgrown one machine: PostgreSQL, an object store, and parts started apart."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from seedbed.portal.accounts import people, tokens
from seedbed.portal.accounts.passwords import Passwords
from seedbed.portal.store.base import Store
from tests import postgres
from tests.object_stores import seaweedfs
from tests.servers import Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(180)]

BODY = b"name,depth\n" + b"lake,5\n" * 30_000


@pytest.fixture
def database() -> Iterator[str]:
    """An empty one in PostgreSQL."""
    if why := postgres.missing():
        pytest.skip(why)
    with postgres.running() as cluster:
        yield cluster.database()


def with_token(store_url: str, name: str, *roles: str) -> dict[str, str]:
    """Somebody new, and the headers of a program of theirs."""
    scopes = ("upload", "review")
    with Store(store_url) as store, store.begin() as connection:
        who = people.make(connection, name, password=Passwords().hash("river mouse"), roles=roles, now_s=time.time())
        made = tokens.make(connection, who, name="a script", scopes=scopes, days=1, now_s=time.time())[1]
    return {"Authorization": f"Bearer {made}", "Accept": "application/json"}


def ask(server: Server, method: str, path: str, headers: dict[str, str], value: Any = None) -> Any:
    """The JSON API."""
    data = None if value is None else json.dumps(value).encode()
    more = {"Content-Type": "application/json"} if data else {}
    request = urllib.request.Request(server.url + path, data, {**headers, **more}, method=method)  # loopback
    with urllib.request.urlopen(request, timeout=20) as answer:
        body = answer.read()
        return json.loads(body) if body else None


def test_an_upload_goes_through_postgresql_into_the_object_store(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given by the command, approved by the API, kept in the store, passed on by the gateway, proved by a fetch."""
    (tmp_path / "lakes.csv").write_bytes(BODY)
    (tmp_path / "weed").mkdir()
    with seaweedfs(tmp_path / "weed") as store:
        for name, value in store.environ.items():
            monkeypatch.setenv(name, value)
        url = f"s3://{store.bucket}/town?endpoint={store.endpoint}"
        with serving(tmp_path / "server", "--database", database, "--store", url) as server:
            made = database.replace("postgresql://", "postgresql+pg8000://")
            uploader = with_token(made, "Ana", "uploader")
            reviewer = with_token(made, "Ben", "reviewer")
            given = upload(server, tmp_path / "lakes.csv", uploader)

            until(server, given, uploader, "in-review")
            ask(server, "POST", f"/api/v1/review/uploads/{given}/decisions", reviewer, {"verdict": "approved"})

            item = str(until(server, given, uploader, "published")["item_id"])
            address = f"{server.files}/v/{item.replace('@', '/')}/lakes.csv"
            with urllib.request.urlopen(address, timeout=20) as answer:
                assert answer.read() == BODY
            assert not list((server.folder / "data").rglob("*.csv"))
            fetched = server.run("fetch", item, "-o", str(tmp_path / "got"), "--lan", "--no-dht")
            assert fetched["bytes_from_mirrors"] + fetched["bytes_from_peers"] == len(BODY)


def upload(server: Server, path: Path, headers: dict[str, str]) -> str:
    """By ``seedbed upload``; the upload's id."""
    token = headers["Authorization"].removeprefix("Bearer ")
    words = ["upload", str(path), "--portal", server.url, "--title", "Lakes", "--license", "CC0-1.0", "--json"]
    words += ["--token", token]
    environment = {**os.environ, "SEEDBED_HOME": str(server.folder / "home-of-ana")}
    command = [sys.executable, "-m", "seedbed", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr + done.stdout
    told: dict[str, Any] = json.loads(done.stdout)
    return str(told["id"])


def until(server: Server, upload_id: str, headers: dict[str, str], state: str) -> dict[str, Any]:
    """What is told of an upload, when it has come so far."""
    end_s = time.monotonic() + 60
    while time.monotonic() < end_s:
        told: dict[str, Any] = ask(server, "GET", f"/api/v1/uploads/{upload_id}", headers)
        if told["state"] == state:
            return told
        time.sleep(0.3)
    pytest.fail(json.dumps(told))
