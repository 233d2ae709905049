# SPDX-License-Identifier: Apache-2.0
"""A real portal over real sockets: it is killed, its disk fills up, connections break, two clients meet."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from seedbed.portal.uploads.handing_over import hand_over
from seedbed.portal.uploads.quarantine import Den
from tests.e2e.clients.seedbed import PROGRAM
from tests.portal_child import Child
from tests.unit.portal.uploads.zips import Piece, archive
from tests.uploading import b64

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(60)]

MIB = 1 << 20
DATA = random.Random(3).randbytes(24 * MIB + 12_345)
BODY = "application/offset+octet-stream"


@contextmanager
def child(folder: Path, **options: Any) -> Iterator[Child]:
    """A portal that is stopped at the end, unless it was killed."""
    started = Child.start(folder, **options)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Child, Path]]:
    """One portal for those who do not kill it, and its folder."""
    folder = tmp_path_factory.mktemp("server")
    with child(folder) as portal:
        yield portal, folder


def call(portal: Child, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """One whole request."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(
        portal.url + path, data=body if method != "HEAD" else None, method=method, headers={**portal.headers, **named}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, dict(answer.headers.items()), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers.items()), error.read()


def begin(portal: Child, name: str = "a.bin", length: int = len(DATA), upload: str = "") -> tuple[str, str]:
    """A file of a draft; the upload's address and the file's."""
    if not upload:
        status, _, answer = call(portal, "POST", "/api/v1/uploads", b"{}", Content_Type="application/json")
        assert status == 201
        upload = json.loads(answer)["url"]
    status, headers, _ = call(
        portal, "POST", f"{upload}/files", Upload_Length=str(length), Upload_Metadata=f"path {b64(name)}"
    )
    assert status == 201
    return upload, headers["location"]


def offset(portal: Child, url: str) -> int:
    """What the portal acknowledges."""
    status, headers, _ = call(portal, "HEAD", url)
    assert status == 200
    return int(headers["upload-offset"])


def patch(portal: Child, url: str, start: int, stop: int) -> int:
    """A whole request with a part of the data; its status."""
    return call(portal, "PATCH", url, DATA[start:stop], Upload_Offset=str(start), Content_Type=BODY)[0]


@contextmanager
def half_sent(portal: Child, url: str, start: int, sent: int, told: int) -> Iterator[socket.socket]:
    """A request that tells ``told`` bytes, of which ``sent`` are on their way."""
    lines = {
        **portal.headers, "Host": "a", "Content-Type": BODY, "Upload-Offset": str(start), "Content-Length": str(told)
    }  # fmt: skip
    head = f"PATCH {url} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
    with socket.create_connection(("127.0.0.1", portal.port)) as client:
        client.settimeout(20)
        client.sendall(head.encode() + DATA[start : start + sent])
        yield client


def arrived(path: Path, size: int) -> None:
    """Wait until so much of a file is on disk."""
    until_s = time.monotonic() + 15
    while not path.exists() or path.stat().st_size < size:
        assert time.monotonic() < until_s
        time.sleep(0.01)


def test_u39_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """Killed in the middle of a request, twice: it goes on at the acknowledged byte, and its hashes are whole."""
    with child(tmp_path) as portal:
        upload, url = begin(portal)
        assert patch(portal, url, 0, 9 * MIB + 77) == 204
        den = Den.of(tmp_path / "uploads", upload.rpartition("/")[2])
        coming = den.incoming(url.rpartition("/")[2])
        with half_sent(portal, url, 9 * MIB + 77, 9 * MIB, len(DATA) - 9 * MIB - 77):
            arrived(coming, 9 * MIB + 77 + 7 * MIB)
            portal.kill()

    with child(tmp_path) as portal:
        reached = offset(portal, url)
        assert reached == 9 * MIB + 77
        assert patch(portal, url, reached, 20 * MIB) == 204
        with half_sent(portal, url, 20 * MIB, 100, len(DATA) - 20 * MIB):
            portal.kill()

    with child(tmp_path) as portal:
        reached = offset(portal, url)
        assert reached == 20 * MIB
        assert patch(portal, url, reached, len(DATA)) == 204
        row = json.loads(call(portal, "GET", upload)[2])

    assert (den.data / "a.bin").read_bytes() == DATA
    handed = hand_over(den, "data", row["piece_length"])
    assert (handed.known_bytes, handed.size_bytes) == (len(DATA), len(DATA))


def test_u29_u39_a_connection_that_breaks_keeps_what_came(shared: tuple[Child, Path]) -> None:
    """The request told more than it sent: what came is kept and acknowledged; a second client goes on there."""
    portal, folder = shared
    upload, url = begin(portal)
    coming = Den.of(folder / "uploads", upload.rpartition("/")[2]).incoming(url.rpartition("/")[2])
    with half_sent(portal, url, 0, 12 * MIB, len(DATA)):
        arrived(coming, 8 * MIB)
    until_s = time.monotonic() + 15
    while (reached := offset(portal, url)) < 12 * MIB:
        assert time.monotonic() < until_s
        time.sleep(0.01)
    assert reached == 12 * MIB
    assert patch(portal, url, reached, len(DATA)) == 204


def test_u33_two_clients_on_one_file(shared: tuple[Child, Path]) -> None:
    """The second is told that somebody else sends it (423); the first goes on and is answered."""
    portal, folder = shared
    upload, url = begin(portal)
    coming = Den.of(folder / "uploads", upload.rpartition("/")[2]).incoming(url.rpartition("/")[2])
    with half_sent(portal, url, 0, 9 * MIB, len(DATA)) as first:
        arrived(coming, 4 * MIB)
        assert patch(portal, url, 0, 100) == 423
        assert call(portal, "DELETE", url)[0] == 423
        first.sendall(DATA[9 * MIB :])
        assert first.recv(100).startswith(b"HTTP/1.1 204")
    assert offset(portal, url) == len(DATA)


def test_u30_a_body_without_end_keeps_what_came(shared: tuple[Child, Path]) -> None:
    """Chunks without a last one: what came counts under tus."""
    portal, _ = shared
    _, url = begin(portal)
    lines = {
        **portal.headers, "Host": "a", "Content-Type": BODY, "Upload-Offset": "0", "Transfer-Encoding": "chunked"
    }  # fmt: skip
    head = f"PATCH {url} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
    with socket.create_connection(("127.0.0.1", portal.port)) as client:
        client.sendall(head.encode() + b"5\r\n" + DATA[:5] + b"\r\n")
        time.sleep(0.2)
    until_s = time.monotonic() + 15
    while offset(portal, url) != 5:
        assert time.monotonic() < until_s
        time.sleep(0.02)


def run(portal: Child, folder: Path, *arguments: str) -> tuple[int, Any, str]:
    """``seedbed upload``; its exit code, its result, and what it said."""
    own = {**os.environ, "SEEDBED_HOME": str(folder), portal_variable(portal): portal.token}
    command = (*PROGRAM, "upload", *arguments, "--portal", portal.url, "--json")
    done = subprocess.run(command, capture_output=True, text=True, env=own, check=False, timeout=60)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def portal_variable(portal: Child) -> str:
    """Where the command looks for a token of this portal."""
    return f"SEEDBED_TOKEN_127_0_0_1_{portal.port}"


def test_seedbed_upload_goes_on_where_it_was_interrupted(shared: tuple[Child, Path], tmp_path: Path) -> None:
    """A folder of which one file came half: the command sends the rest, hands it in, and tells the page."""
    portal, server = shared
    gift = tmp_path / "rivers"
    (gift / "sub").mkdir(parents=True)
    (gift / "a.bin").write_bytes(DATA[: 9 * MIB])
    (gift / "sub/b.csv").write_text("x,y\n1,2\n")
    status, _, answer = call(portal, "POST", "/api/v1/uploads", b'{"name": "rivers"}', Content_Type="application/json")
    assert status == 201
    _, url = begin(portal, "a.bin", 9 * MIB, upload=json.loads(answer)["url"])
    assert patch(portal, url, 0, 5 * MIB) == 204

    faulty = run(portal, tmp_path, str(gift), "--title", "Rivers")
    assert faulty[0] == 2
    assert "license" in faulty[1]["message"]
    code, done, said = run(
        portal, tmp_path, str(gift), "--title", "Rivers", "--license", "CC0-1.0", "--keyword", "water"
    )

    assert (code, done["id"]) == (0, json.loads(answer)["id"]), said
    assert done["page"] in said
    den = Den.of(server / "uploads", done["id"])
    assert (den.data / "a.bin").read_bytes() == DATA[: 9 * MIB]
    until_s = time.monotonic() + 20
    while (state := json.loads(call(portal, "GET", done["url"])[2])["state"]) != "in-review":
        assert time.monotonic() < until_s, state
        time.sleep(0.05)


def test_seedbed_upload_tells_what_is_wrong(shared: tuple[Child, Path], tmp_path: Path) -> None:
    """A zip that the portal refuses when it is checked: the finding, exit code 1; a wrong token: exit code 12."""
    portal, _ = shared
    (tmp_path / "bad.zip").write_bytes(archive(Piece(b"a.csv", flags=1)))
    words = ("--title", "Bad", "--license", "CC0-1.0", "--unpack", "--wait")
    code, told, _ = run(portal, tmp_path, str(tmp_path / "bad.zip"), *words)
    assert code == 1, told
    assert "encrypted" in told["message"]
    code, told, _ = run(portal, tmp_path, str(tmp_path / "bad.zip"), *words, "--token", "seedbed_wrong")
    assert code == 12


def test_u40_a_full_disk_is_told_and_harms_nobody_else(tmp_path: Path) -> None:
    """507 with what to do; what came is kept, another upload goes on, and the rest comes when there is room."""
    with child(tmp_path, limits=f"--fsize={10 * MIB}") as portal:
        _, url = begin(portal)
        _, other = begin(portal, "small.bin", 5 * MIB)
        status, _, answer = call(portal, "PATCH", url, DATA, Upload_Offset="0", Content_Type=BODY)
        assert status == 507
        assert "full" in json.loads(answer)["error"]["what"]
        assert offset(portal, url) == 10 * MIB
        assert patch(portal, other, 0, 5 * MIB) == 204
    with child(tmp_path) as portal:
        assert patch(portal, url, 10 * MIB, len(DATA)) == 204
