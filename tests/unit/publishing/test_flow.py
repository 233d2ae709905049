# SPDX-License-Identifier: Apache-2.0
"""Data becomes a version of a dataset: entry, rows, torrent, descriptor, its place among the versions."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import frictionless
import pytest

from seedbed.catalog.model import Change, FileRow, Release, Site
from seedbed.core import magnet, metainfo_reader
from seedbed.creating.create import Created, Plan, Wish, create, wanted_hashes
from seedbed.errors import CatalogError, InputError, MetadataError, NotFoundError
from seedbed.hashing.job import Threads
from seedbed.hashing.plain import HashlibEngine
from seedbed.publishing import flow
from seedbed.publishing.request import Published, Request
from tests.programs import shared_data

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from seedbed.core.metainfo import Format

NOW = dt.datetime(2026, 11, 21, 12, 0, 0, 250_000, tzinfo=dt.UTC)
SAID = {"title": "Rivers", "license": "CC0-1.0"}


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a change."""

    serial: int
    is_public: bool = True
    missing_signatures: int = 0


@dataclass(slots=True)
class MemoryPublisher:
    """A catalogue in memory."""

    site: Site = field(default=Site("test", url="https://data.example/"))
    releases: dict[str, Release] = field(default_factory=dict)
    rows: dict[str, list[FileRow]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def versions(self, dataset: str) -> list[Release]:
        """See the Protocol."""
        return sorted(
            (one for one in self.releases.values() if one.dataset == dataset), key=lambda one: one.version_seq
        )

    def files(self, item_id: str) -> list[FileRow]:
        """See the Protocol."""
        return self.rows.get(item_id, [])

    def torrent(self, release: Release) -> bytes:
        """See the Protocol."""
        name = release.torrent.best_hex
        return next(one.torrents[name] for one in reversed(self.changes) if name in one.torrents)

    def refuse_clash(self, new: Release) -> None:
        """Of two datasets with one torrent."""
        for one in self.releases.values():
            if one.id != new.id and one.torrent.best_hex == new.torrent.best_hex:
                raise CatalogError(f"{new.id}: this very data is published as {one.id} already")

    def refuse_unable(self) -> None:
        """It always can."""

    def release(self, change: Change) -> Done:
        """See the Protocol."""
        self.changes.append(change)
        self.releases |= {one.id: one for one in change.releases}
        for row in change.files:
            self.rows.setdefault(row.item_id, []).append(row)
        return Done(len(self.changes))


def hashed(plan: Plan) -> Created:
    """Hash with threads."""
    return create(plan, Threads(HashlibEngine(), 2), wanted=wanted_hashes(plan, workers=2))


def tree(root: Path, files: Mapping[str, bytes | str]) -> Path:
    """A folder of files."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def publish(
    publisher: MemoryPublisher, source: Path, *, now: dt.datetime = NOW, said: Mapping[str, Any] = SAID, **more: Any
) -> Published:
    """Publish a file or folder."""
    request = Request("rivers", str(source), said=said, **more)
    return flow.publish(request, publisher, hashed=hashed, now=lambda: now)


def test_a_folder(tmp_path: Path) -> None:
    """The entry, the rows and the torrent agree, and the data's folder is as it was."""
    root = tree(tmp_path / "rivers", {"a.csv": "lat,lon\n1,2\n", "b/c.bin": b"x" * 70_000, "empty": b""})
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    publisher = MemoryPublisher()

    done = publish(
        publisher, root, wish=Wish(piece_length=32_768, md5=True, trackers=(("https://t.example/announce",),))
    )

    one = done.release
    assert (one.id, one.size_bytes, one.file_count, one.latest) == ("rivers@2026-11-21", 70_012, 3, True)
    assert (one.bbox, one.geometry_default, one.contents.row_count) == ((2, 1, 2, 1), False, 1)
    assert one.torrent.best_hex in publisher.changes[0].torrents
    parsed = metainfo_reader.parse(done.torrent)
    assert parsed.info_hashes.v1_hex == one.torrent.info_hash_v1
    assert one.torrent.sha256 == hashlib.sha256(done.torrent).hexdigest()
    link = magnet.parse(one.torrent.magnet)
    assert link.exact_sources == (f"https://data.example/torrents/{one.torrent.info_hash_v1}.torrent",)
    rows = {row.path: row for row in done.files}
    assert list(rows) == ["a.csv", "b/c.bin", "empty"]
    assert [row.offset_bytes for row in done.files] == [0, 32_768, 32_768 + 70_000]
    assert rows["a.csv"].sha256 == hashlib.sha256(b"lat,lon\n1,2\n").hexdigest()
    assert rows["a.csv"].md5 == hashlib.md5(b"lat,lon\n1,2\n").hexdigest()
    assert (rows["a.csv"].media_type, rows["empty"].pieces_root) == ("text/csv", "")
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_a_single_file(tmp_path: Path) -> None:
    """A single file's entry has its hash and media type."""
    path = tree(tmp_path, {"r.csv": "a,b\n1,2\n"}) / "r.csv"

    one = publish(MemoryPublisher(), path).release

    assert one.torrent.is_single_file
    assert (one.media_type, one.sha256) == ("text/csv", hashlib.sha256(b"a,b\n1,2\n").hexdigest())


def test_versions_share_files(tmp_path: Path) -> None:
    """The second version names the first in its torrent, and counts what it has of it, also under other names."""
    publisher = MemoryPublisher()
    first = publish(publisher, tree(tmp_path / "1" / "rivers", {"a": b"a" * 40_000, "b": b"b"})).release
    root = tree(tmp_path / "2" / "rivers", {"moved/a": b"a" * 40_000, "b": b"new"})

    second = publish(publisher, root, said={}).release

    assert (second.version, second.predecessor, second.title) == ("2026-11-21.2", "2026-11-21", "Rivers")
    assert (second.reused_files, second.reused_bytes) == (1, 40_000)
    torrent = metainfo_reader.parse(publisher.changes[1].torrents[second.torrent.best_hex])
    assert torrent.similar == (bytes.fromhex(first.torrent.info_hash_v1),)
    assert publisher.releases[first.id].successor == second.version
    assert not publisher.releases[first.id].latest


@pytest.mark.parametrize("format_", ["hybrid", "v1", "v2"])
def test_the_same_bytes_are_nothing_new(tmp_path: Path, format_: Format) -> None:
    """Publishing the newest or an older version again releases nothing, in each format."""
    publisher = MemoryPublisher()
    wish = Wish(format=format_, sha256_up_to=0)
    one = tree(tmp_path / "1" / "rivers", {"a": b"a"})
    two = tree(tmp_path / "2" / "rivers", {"a": b"A"})
    publish(publisher, one, version="1", wish=wish)
    publish(publisher, two, version="2", wish=wish)

    again = [publish(publisher, root, wish=wish) for root in (one, two)]

    assert [(done.release.version, done.is_new, done.released) for done in again] == [
        ("1", False, None),
        ("2", False, None),
    ]
    assert len(publisher.changes) == 2
    assert publish(publisher, two, version="2", wish=wish).is_new is False


def test_the_same_bytes_in_other_pieces_are_nothing_new(tmp_path: Path) -> None:
    """Files are known by their roots, whatever the torrent looks like."""
    publisher = MemoryPublisher()
    root = tree(tmp_path / "rivers", {"a": b"a" * 100_000})
    publish(publisher, root, wish=Wish(piece_length=32_768))

    assert publish(publisher, root, wish=Wish(piece_length=65_536)).is_new is False


def test_a_version_never_changes(tmp_path: Path) -> None:
    """Other bytes under a known version are refused, and known bytes under another version."""
    publisher = MemoryPublisher()
    one = tree(tmp_path / "1" / "rivers", {"a": b"a"})
    publish(publisher, one, version="1")

    with pytest.raises(InputError, match="published with other bytes"):
        publish(publisher, tree(tmp_path / "2" / "rivers", {"a": b"A"}), version="1")
    with pytest.raises(InputError, match="very same data is published as rivers@1"):
        publish(publisher, one, version="2")
    assert len(publisher.changes) == 1


def test_faults_are_told_before_anything_is_hashed(tmp_path: Path) -> None:
    """All faults of options, file and entry in one message."""
    meta = tree(tmp_path, {"m.yaml": "titel: x\nbbox: [0, 0, 0, 95]\nproviders: 7\n"}) / "m.yaml"
    request = Request(
        "Rivers!", str(tmp_path / "not-there"), said={"language": "español"}, metadata_file=meta, version="a b"
    )

    with pytest.raises(NotFoundError):
        flow.prepare(replace(request, metadata_file=None), MemoryPublisher(), now=NOW)
    tree(tmp_path / "not-there", {"a": b"a"})
    with pytest.raises(MetadataError) as caught:
        flow.prepare(request, MemoryPublisher(), now=NOW)

    findings: Any = caught.value.data["findings"]
    assert {one["field"] for one in findings} >= {
        "dataset", "version", "titel", "bbox", "providers", "language", "title", "license",
    }  # fmt: skip
    assert "did you mean title? (in m.yaml)" in caught.value.message


def test_metadata_file_and_options(tmp_path: Path) -> None:
    """Options go before the file, the file before what lies among the data."""
    meta = tree(tmp_path, {"m.yaml": "title: File\nlicense: MIT\ntime: 2020\n"}) / "m.yaml"
    package = json.dumps({"title": "Package", "description": "From the package"})
    root = tree(tmp_path / "rivers", {"a.csv": "a\n1\n", "datapackage.json": package})

    done = publish(MemoryPublisher(), root, said={"title": "Option"}, metadata_file=meta)

    one = done.release
    assert (one.title, one.license, one.description) == ("Option", "MIT", "From the package")
    assert one.start_datetime == dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    assert done.origins["title"] == "the command line"
    assert done.origins["license"] == "m.yaml"
    assert one.contents.row_count == 1


def test_a_web_seed_that_was_forgotten_is_told(tmp_path: Path) -> None:
    """The version before has one; without any, nobody gets the new one from the web."""
    root, publisher = tmp_path / "rivers", MemoryPublisher()
    root.mkdir()
    (root / "a.csv").write_text("a\n1\n")
    publish(publisher, root, wish=Wish(web_seeds=("https://data.example/files/",)))
    (root / "a.csv").write_text("a\n2\n")

    assert any("--webseed" in one for one in publish(publisher, root, version="2").remarks)
    (root / "a.csv").write_text("a\n3\n")
    later = publish(publisher, root, version="3", wish=Wish(web_seeds=("https://data.example/files/",)))
    assert not any("--webseed" in one for one in later.remarks)


def test_a_trial_releases_nothing(tmp_path: Path) -> None:
    """It says everything and changes nothing."""
    publisher = MemoryPublisher()
    prepared = flow.prepare(Request("rivers", str(tree(tmp_path / "r", {"a": b"a"})), said=SAID), publisher, now=NOW)

    done = flow.release(prepared, hashed(prepared.plan), publisher, now=NOW, is_trial=True)

    assert (done.is_new, done.released, publisher.changes) == (True, None, [])


def test_broken_data_is_published_with_a_remark(tmp_path: Path) -> None:
    """Files that nobody can read into are data all the same."""
    done = publish(MemoryPublisher(), tree(tmp_path / "r", {"a.gpkg": b"broken", "b.tif": b"II*\0"}))

    assert len(done.remarks) == 2
    assert done.release.geometry_default


def test_inspection_can_be_left_out(tmp_path: Path) -> None:
    """Then the extent is a default."""
    root = tree(tmp_path / "r", {"a.csv": "lat,lon\n1,2\n"})

    assert publish(MemoryPublisher(), root, inspects=False).release.geometry_default


def test_the_descriptor_is_a_data_package(tmp_path: Path) -> None:
    """frictionless reads the real table through it: hash, size and every value fit."""
    source = (shared_data() / "world-cities" / "world-cities.csv").read_bytes()
    root = tree(
        tmp_path / "rivers", {"data/world-cities.csv": source, "README.md": "# Cities", "pünkt.csv": "a;b\n1,5;x\n"}
    )
    said = {**SAID, "providers": "GeoNames <https://www.geonames.org> (producer)", "doi": "10.5281/zenodo.1"}

    package = dict(publish(MemoryPublisher(), root, said=said).datapackage)

    assert [one["path"] for one in package["resources"]] == ["README.md", "data/world-cities.csv", "pünkt.csv"]
    assert package["resources"][1]["hash"] == "sha256:" + hashlib.sha256(source).hexdigest()
    assert package["resources"][2]["schema"]["fields"][0] == {"name": "a", "type": "number", "decimalChar": ","}
    (root / "datapackage.json").write_text(json.dumps(package))
    report = frictionless.Package(root / "datapackage.json").validate()
    assert report.flatten(["type", "note"]) == []


def test_two_publishers_of_one_dataset(tmp_path: Path) -> None:
    """Who comes second, with data prepared before the first was done, follows the first: no version is lost."""
    publisher = MemoryPublisher()
    roots = [tree(tmp_path / name / "rivers", {"a": name.encode()}) for name in ("x", "y")]
    both = [flow.prepare(Request("rivers", str(root), said=SAID), publisher, now=NOW) for root in roots]

    done = [flow.release(one, hashed(one.plan), publisher, now=NOW) for one in both]

    assert [one.release.version for one in done] == ["2026-11-21", "2026-11-21.2"]
    assert done[1].release.predecessor == "2026-11-21"
