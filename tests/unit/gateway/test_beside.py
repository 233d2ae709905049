# SPDX-License-Identifier: Apache-2.0
"""The four endings beside each published URL."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.catalog.model import FileRow, Mirror
from seedbed.core import magnet
from seedbed.gateway.facts import VersionFacts
from seedbed.gateway.metrics import Metrics
from seedbed.gateway.places import FolderRoot, Places
from seedbed.gateway.request import Request
from seedbed.gateway.site import Site
from tests.releases import release

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TORRENT = b"d4:infode"
ROWS = (
    FileRow("", "a.csv", 3, sha256="aa" * 32, offset_bytes=0),
    FileRow("", "a/empty", 0, sha256="bb" * 32, offset_bytes=16_384),
    FileRow("", "a/x y.csv", 5, sha256="cc" * 32, offset_bytes=16_384),
    FileRow("", "a.csv.torrent", 4, sha256="dd" * 32, offset_bytes=32_768),
)


class Known:
    """A folder in two versions, one of them called like an ending, and a single file."""

    def newest(self, dataset: str) -> str:
        """Nobody asks."""
        return dataset and ""

    def version(self, dataset: str, version: str) -> VersionFacts | None:
        """What is published."""
        if dataset == "tree" and version in {"1", "2", "2.meta4"}:
            return _facts(version, "ds", ROWS)
        return _facts("1", "one.csv", ROWS[:1]) if (dataset, version) == ("file", "1") else None


def _facts(version: str, name: str, rows: Sequence[FileRow]) -> VersionFacts:
    is_single = name == "one.csv"
    rows = [replace(rows[0], path=name)] if is_single else rows
    one = release("file" if is_single else "tree", version, mirrors=(Mirror("own", "https://m.example/d/"),))
    one = replace(one, torrent=replace(one.torrent, name=name, is_single_file=is_single))
    return VersionFacts(version, name, is_single, {row.path: row for row in rows}, one)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A catalogue's folder, and an empty root."""
    (tmp_path / "torrents").mkdir()
    (tmp_path / f"torrents/{release('tree').torrent.best_hex}.torrent").write_bytes(TORRENT)
    (tmp_path / "root").mkdir()
    return Site(Places((FolderRoot(tmp_path / "root"),)), Known(), tmp_path, Metrics())


def get(site: Site, path: str, host: str = "data.example:81") -> tuple[int, str, str]:
    """Status, media type, text."""
    reply = site.answer(Request("GET", path, {"host": host}))
    if reply.handle is not None:
        text = os.pread(reply.handle, 1000, 0)
        os.close(reply.handle)
    else:
        text = b"".join(part for part in reply.body if isinstance(part, bytes))
    return reply.status, dict(reply.headers).get("Content-Type", ""), text.decode()


@pytest.mark.parametrize("path", ["/v/tree/1", "/v/tree/1/ds", "/v/tree/1/a/x%20y.csv"])
def test_the_torrent_and_its_hash(site: Site, path: str) -> None:
    """The same for the version and each of its files."""
    assert get(site, f"{path}.torrent") == (200, "application/x-bittorrent", TORRENT.decode())
    assert get(site, f"{path}.btih") == (200, "text/plain; charset=utf-8", release("tree").torrent.best_hex + "\n")


@pytest.mark.parametrize(
    ("path", "chosen"),
    [("/v/tree/1", ()), ("/v/tree/1/a/empty", (2,)), ("/v/tree/1/a/x%20y.csv", (3,)), ("/v/file/1/one.csv", ())],
)
def test_magnets_name_the_file(site: Site, path: str, chosen: tuple[int, ...]) -> None:
    """Where the torrent is, where the data is, and which file of the torrent."""
    status, kind, text = get(site, f"{path}.magnet")
    link = magnet.parse(text.strip())
    dataset = path.split("/")[2]

    assert (status, kind) == (200, "text/plain; charset=utf-8")
    assert link.exact_sources[0] == f"http://data.example:81/v/{dataset}/1.torrent"
    assert link.web_seeds == (f"http://data.example:81/webseed/{dataset}/1/",)
    assert tuple(index for part in link.select_only for index in part) == chosen


def test_metalinks(site: Site) -> None:
    """Of all files or one, ours first, then the mirrors."""
    _, kind, whole = get(site, "/v/tree/1.meta4")
    _, _, one = get(site, "/v/tree/1/a/x%20y.csv.meta4")

    assert kind == "application/metalink4+xml"
    assert whole.count("<file name=") == len(ROWS)
    assert one.count("<file name=") == 1
    assert '<url priority="1">http://data.example:81/webseed/tree/1/ds/a/x%20y.csv</url>' in one
    assert '<url priority="2">https://m.example/d/a/x%20y.csv</url>' in one
    elsewhere = replace(site, public_url="https://data.example")
    assert (
        '<url priority="1">https://data.example/webseed/file/1/one.csv</url>'
        in get(elsewhere, "/v/file/1/one.csv.meta4")[2]
    )


@pytest.mark.parametrize(
    "path",
    [
        "/v/tree/3.torrent", "/v/tree/1/none.torrent", "/v/tree/1/a.magnet", "/v/tree/1/.torrent", "/v/tree/.torrent",
        "/v/tree.torrent", "/v/tree/2.torrent", "/webseed/tree/1/ds/a.csv.magnet", "/v/tree/1/a.csv.sha256",
        "/v/tree/2.meta4.torrent",
    ],
)  # fmt: skip
def test_the_rest_is_not_there(site: Site, path: str) -> None:
    """Unknown versions, files and endings; folders; a torrent that the catalogue's folder lacks."""
    assert get(site, path)[0] == 404


def test_published_names_go_before(site: Site) -> None:
    """A file that is called like the ending is itself (and not in the root here); so is a version."""
    assert get(site, "/v/tree/1/a.csv.torrent")[0] == 404
    assert get(site, "/v/tree/2.meta4")[0] == 404
    assert get(site, "/v/tree/2.meta4.btih")[0] == 200


def test_a_strange_host_is_not_repeated(site: Site) -> None:
    """What a client calls us is used only if it looks like a host."""
    assert get(site, "/v/tree/1.magnet", host="x/y&tr=http://evil")[0] == 404
    assert get(site, "/v/tree/1.magnet", host="[::1]:80")[0] == 200
