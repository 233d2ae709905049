# SPDX-License-Identifier: Apache-2.0
"""What is served from which folder, and what never is."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seedbed.catalog.model import FileRow
from seedbed.gateway.facts import Facts, NoFacts, VersionFacts
from seedbed.gateway.metrics import Metrics
from seedbed.gateway.places import FolderRoot, Places
from seedbed.gateway.request import Request
from seedbed.gateway.site import Site
from tests import releases

if TYPE_CHECKING:
    from seedbed.gateway.replies import Reply

BODY = b"0123456789"
SHA256 = hashlib.sha256(BODY).hexdigest()


class Known:
    """A catalogue of two versions."""

    def newest(self, dataset: str) -> str:
        """Version 2."""
        return "2" if dataset == "tree" else ""

    def version(self, dataset: str, version: str) -> VersionFacts | None:
        """A folder, and a file."""
        rows = {"a/x.csv": FileRow("", "a/x.csv", 10, sha256=SHA256), "y.bin": FileRow("", "y.bin", 11, sha256=SHA256)}
        single = {"one.csv": FileRow("", "one.csv", 10, pieces_root="ab" * 32)}
        gone = releases.release("gone", "1", status="withdrawn", status_reason="It named people.")
        return {
            "gone@1": VersionFacts("1", "ds", is_single_file=False, files=rows, release=gone),
            "tree@2": VersionFacts("2", "ds", is_single_file=False, files=rows),
            "file@1": VersionFacts("1", "one.csv", is_single_file=True, files=single),
        }.get(f"{dataset}@{version}")


@pytest.fixture(params=["plain", "cache"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Two datasets in a folder of either form, with what must not be served."""
    root = tmp_path / "root"
    is_cache = request.param == "cache"
    top, data = (root / "snapshots", "data") if is_cache else (root, "")
    if is_cache:
        (root / "blobs").mkdir(parents=True)
    tree, single = top / "tree/2" / data / "ds", top / "file/1" / data
    (tree / "a").mkdir(parents=True)
    single.mkdir(parents=True)
    for path in (tree / "a/x.csv", tree / "y.bin", tree / ".secret", single / "one.csv", tmp_path / "outside"):
        path.write_bytes(BODY)
    (tree / "link").symlink_to(tmp_path / "outside")
    (tree / "up").symlink_to(tmp_path)
    os.mkfifo(tree / "pipe")
    return root


def ask(root: Path, path: str, *, facts: Facts | None = None, method: str = "GET", **headers: str) -> Reply:
    """The answer, with its handle closed."""
    roots = FolderRoot(root.parent / "missing"), FolderRoot(root)
    site = Site(Places(roots), facts or NoFacts(), None, Metrics())
    reply = site.answer(Request(method, path, {name.replace("_", "-"): value for name, value in headers.items()}))
    if reply.handle is not None:
        os.close(reply.handle)
    return reply


@pytest.mark.parametrize("facts", [NoFacts(), Known()])
@pytest.mark.parametrize(
    "path", ["/v/tree/2/a/x.csv", "/webseed/tree/2/ds/a/x.csv", "/v/file/1/one.csv", "/webseed/file/1/one.csv"]
)
def test_files_are_found(root: Path, path: str, facts: Facts) -> None:
    """A file of a folder and a single file, with and without a catalogue, in both forms of root."""
    reply = ask(root, path, facts=facts)
    assert (reply.status, reply.size_bytes) == (200, 10)
    assert dict(reply.headers)["Content-Type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    [
        "/v/tree/2/link", "/v/tree/2/up/outside", "/v/tree/2/pipe", "/v/tree/2/.secret", "/v/tree/2/a/x.csv/",
        "/v/tree/2/a/x.csv/z", "/v/tree/9/a/x.csv", "/v/tree/2/none", "/webseed/tree/2/a/x.csv", "/webseed/tree/2/",
        "/v/Tree/2/", "/v/snapshots/tree/", "/catalog/", "/latest/tree/x", "/v/file/1/other.csv", "/v/nothing/",
    ],
)  # fmt: skip
def test_the_rest_is_not_there(root: Path, path: str) -> None:
    """Links, pipes, hidden files and wrong paths are all just not there."""
    assert ask(root, path).status == 404


def test_hashes_come_from_the_catalogue(root: Path) -> None:
    """SHA-256 is the tag and the digest; a pieces root stands in for it; a file of another size is not served."""
    headers = dict(ask(root, "/v/tree/2/a/x.csv", facts=Known()).headers)
    assert headers["ETag"] == f'"{SHA256}"'
    assert headers["Repr-Digest"] == f"sha-256=:{base64.b64encode(hashlib.sha256(BODY).digest()).decode()}:"
    assert "immutable" in headers["Cache-Control"]
    assert dict(ask(root, "/v/file/1/one.csv", facts=Known()).headers)["ETag"] == f'"root-{"ab" * 32}"'
    assert ask(root, "/v/tree/2/y.bin", facts=Known()).status == 404
    plain = dict(ask(root, "/v/tree/2/a/x.csv").headers)
    assert "immutable" not in plain["Cache-Control"]
    assert "Repr-Digest" not in plain


def test_ranges_conditions_and_heads(root: Path) -> None:
    """Parts, none, several, unchanged, changed; HEAD tells of the whole."""
    path = "/v/tree/2/a/x.csv"
    part = ask(root, path, facts=Known(), range="bytes=2-4")
    assert (part.status, part.size_bytes, dict(part.headers)["Content-Range"]) == (206, 3, "bytes 2-4/10")
    several = ask(root, path, range="bytes=0-0,-1")
    assert several.status == 206
    assert int(dict(several.headers)["Content-Length"]) == several.size_bytes
    beyond = ask(root, path, range="bytes=10-")
    assert (beyond.status, dict(beyond.headers)["Content-Range"]) == (416, "bytes */10")
    assert ask(root, path, facts=Known(), if_none_match=f'"{SHA256}"').status == 304
    assert ask(root, path, facts=Known(), if_match='"other"').status == 412
    assert ask(root, path, facts=Known(), range="bytes=0-1", if_range='"other"').status == 200
    head = ask(root, path, method="HEAD", range="bytes=0-1")
    assert (head.status, head.size_bytes, dict(head.headers)["Content-Length"]) == (200, 0, "10")
    assert ask(root, path, method="POST").status == 405
    assert "Range" in dict(ask(root, path, method="OPTIONS").headers)["Access-Control-Allow-Headers"]
    assert "Cache-Control" in dict(ask(root, path, method="OPTIONS").headers)["Access-Control-Allow-Headers"]


def test_pads_latest_and_listings(root: Path) -> None:
    """Zeros by number, the newest version by redirect, folders as page and as JSON."""
    assert ask(root, "/webseed/tree/2/ds/.pad/300").size_bytes == 300
    newest = ask(root, "/latest/tree/a/x.csv", facts=Known())
    assert (newest.status, dict(newest.headers)["Location"]) == (307, "/v/tree/2/a/x.csv")
    assert ask(root, "/latest/other/x", facts=Known()).status == 404
    folder = ask(root, "/v/tree/2")
    assert (folder.status, dict(folder.headers)["Location"]) == (308, "/v/tree/2/")

    def names(path: str) -> list[str]:
        reply = ask(root, path, accept="application/json")
        assert isinstance(reply.body[0], bytes)
        return [one["name"] for one in json.loads(reply.body[0])["entries"]]

    assert names("/v/") == ["file", "tree"]
    assert names("/v/tree/") == ["2"]
    assert names("/v/tree/2/") == ["a", "y.bin"]
    assert names("/v/tree/2/a/") == ["x.csv"]
    assert names("/v/file/1/") == ["one.csv"]
    assert names("/") == ["v"]


def test_no_handle_is_left_open(root: Path) -> None:
    """Files that are asked for and not sent are closed."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in ("/v/tree/2/y.bin", "/v/tree/2/", "/v/tree/2/pipe", "/v/tree/2/a/x.csv/", "/v/tree/2/link"):
        ask(root, path, facts=Known())
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_what_the_catalogue_has_withdrawn_is_served_no_longer(tmp_path: Path) -> None:
    """Though its files still lie here; with the reason."""
    (tmp_path / "gone/1/ds/a").mkdir(parents=True)
    (tmp_path / "gone/1/ds/a/x.csv").write_bytes(b"0123456789")
    for path in ("/v/gone/1/a/x.csv", "/v/gone/1/", "/webseed/gone/1/ds/a/x.csv"):
        reply = ask(tmp_path, path, facts=Known())
        assert reply.status == 410
        assert reply.body == (b"it was withdrawn: It named people.\n",)
