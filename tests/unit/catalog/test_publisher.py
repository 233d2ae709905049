# SPDX-License-Identifier: Apache-2.0
"""Releases of a catalogue: what is there afterwards, for people and for programs that verify."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.catalog import paths, versions
from seedbed.catalog.model import Change, Mirror
from seedbed.catalog.releasing import cleaning, log
from seedbed.catalog.releasing.disk import Disk
from seedbed.catalog.releasing.publisher import open_publisher
from seedbed.catalog.signing.repository import TargetFacts
from seedbed.errors import InputError, NotFoundError, SigningKeyError, StateError
from tests import publishers, tuf_client
from tests.tuf_client import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.publishers import Keeper


@pytest.fixture
def site(tmp_path: Path) -> Keeper:
    """A catalogue of one person, without rows."""
    return publishers.keeper(tmp_path)


def test_a_new_catalogue_is_whole(site: Keeper, tmp_path: Path) -> None:
    """Without any release it is signed and has no rows: serial 0."""
    data = tuf_client.read(site.folder, tmp_path / "c", paths.CATALOG)
    assert data == (site.folder / paths.CATALOG).read_bytes()
    with site.open() as publisher:
        assert publisher.site.serial == 0
        assert publisher.versions("rivers") == []


def test_releases_follow_each_other(site: Keeper, tmp_path: Path) -> None:
    """Two versions in one sitting: serials, rows, files, standing, torrents, log and static pages."""
    with site.open() as publisher:
        first = publisher.release(publishers.change(publisher, version="1"))
        second = publisher.release(publishers.change(publisher, version="2"))
        known = publisher.versions("rivers")
        assert publisher.files("rivers@2") == list(publishers.rows(known[1], 2))

    assert (first.serial, second.serial, second.rows) == (1, 2, 2)
    assert second.is_public
    assert [one.latest for one in known] == [False, True]
    data = tuf_client.read(site.folder, tmp_path / "c", paths.CATALOG)
    assert hashlib.sha256(data).hexdigest() == second.sha256
    entries = log.parse(tuf_client.read(site.folder, tmp_path / "c", paths.RELEASES_LOG))
    assert [(e.serial, e.rows, e.added, e.changed) for e in entries] == [(1, 1, 1, 0), (2, 2, 1, 1)]
    assert entries[1].sha256 == second.sha256
    for one in known:
        assert (site.folder / paths.torrent(one.torrent.best_hex)).is_file()
        item = json.loads((site.folder / paths.item("rivers", one.version)).read_bytes())
        assert item["id"] == one.id
    collection = json.loads((site.folder / paths.collection("datasets")).read_bytes())
    assert [link["href"] for link in collection["links"] if link["rel"] == "item"] == [
        "../items/rivers/1.json",
        "../items/rivers/2.json",
    ]
    assert collection["extent"]["spatial"]["bbox"] == [[-99.5, 19.0, -98.9, 19.6]]
    assert not (site.folder / ".pending").exists()


def test_what_is_signed_of_each_target(site: Keeper, tmp_path: Path) -> None:
    """The catalogue's target tells serial, rows and site; each change tells its serial."""
    with site.open() as publisher:
        publisher.release(publishers.change(publisher))

    with tuf_client.opened(site.folder, tmp_path / "c") as client:
        signed = {path: client.get_targetinfo(path) for path in (paths.CATALOG, paths.change(1), paths.file_change(1))}
    assert {path: info.custom for path, info in signed.items() if info} == {
        paths.CATALOG: {"serial": 1, "rows": 1, "site": "site"},
        paths.change(1): {"serial": 1},
        paths.file_change(1): {"serial": 1},
    }


def test_a_withdrawn_version_keeps_its_row(site: Keeper) -> None:
    """Its standing changes, its row and torrent stay; nothing is added."""
    with site.open() as publisher:
        publisher.release(publishers.change(publisher))
        marked = versions.set_status(publisher.versions("rivers"), "1", "withdrawn", reason="wrong", now=NOW)
        done = publisher.release(Change(marked))
        assert publisher.versions("rivers")[0].status == "withdrawn"

    assert (done.serial, done.rows) == (2, 1)
    assert log.parse((site.folder / paths.RELEASES_LOG).read_bytes())[1].changed == 1


def test_old_names_are_cleaned(site: Keeper) -> None:
    """After many releases the unchanging names of the last three are there, and no more."""
    with site.open() as publisher:
        for number in range(8):
            publisher.release(publishers.change(publisher, version=str(number)))

    hashed = [path for path in site.folder.iterdir() if path.name.endswith("." + paths.CATALOG)]
    assert len(hashed) == cleaning.KEPT_RELEASES
    assert len(list((site.folder / "metadata").glob("*.targets.json"))) == cleaning.KEPT_RELEASES
    assert (site.folder / paths.change(1)).exists()


def test_changes_are_kept_while_they_are_worth_it() -> None:
    """At least thirty; more while all of them together are smaller than the catalogue."""
    known = {paths.change(serial): TargetFacts(10, "00") for serial in range(1, 101)}
    assert len(cleaning.kept_changes(known, 0)) == cleaning.KEPT_CHANGES
    assert len(cleaning.kept_changes(known, 505)) == 50
    assert paths.change(100) in cleaning.kept_changes(known, 0)
    assert paths.change(1) not in cleaning.kept_changes(known, 505)


def test_a_wrong_torrent_is_refused(site: Keeper) -> None:
    """What is published under an info-hash is the torrent that its row names."""
    with site.open() as publisher:
        good = publishers.change(publisher)
        for torrents, problem in (({}, "is not given"), (dict.fromkeys(good.torrents, b"other"), "is not the one")):
            with pytest.raises(InputError, match=problem):
                publisher.release(replace(good, torrents=torrents))


def test_nothing_to_publish(site: Keeper) -> None:
    """An empty change is no release."""
    with site.open() as publisher, pytest.raises(InputError, match="nothing to publish"):
        publisher.release(Change(()))


def test_a_version_is_published_once(site: Keeper) -> None:
    """A version that is there is not added a second time, and nothing half-made stays."""
    with site.open() as publisher:
        publisher.release(publishers.change())
        with pytest.raises(InputError, match="expected 1 new version"):
            publisher.release(publishers.change())
    assert not (site.folder / ".pending").exists()


def test_no_key_no_release(site: Keeper, tmp_path: Path) -> None:
    """Who has no key of the catalogue is told whose it would take, before any work."""
    (tmp_path / "empty").mkdir()
    with open_publisher(site.folder, tmp_path / "empty", wait_s=0, now=lambda: NOW, tables=site.tables) as publisher:
        with pytest.raises(SigningKeyError, match=r"expected one of a \("):
            publisher.release(publishers.change())


def test_keys_inside_the_catalogue_are_refused(site: Keeper) -> None:
    """They would be published."""
    with pytest.raises(SigningKeyError, match="inside the catalogue"):
        with open_publisher(site.folder, site.folder / "keys", wait_s=0, now=lambda: NOW):
            pass


def test_no_catalogue_here(tmp_path: Path) -> None:
    """An empty folder, or none, is told how to become one."""
    for folder in (tmp_path / "empty", tmp_path / "none"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(NotFoundError, match="there is no catalogue here"):
            with open_publisher(folder, tmp_path / "keys", wait_s=0, now=lambda: NOW):
                pass


def test_a_full_disk_changes_nothing(site: Keeper, tmp_path: Path) -> None:
    """The disk refuses a write: the error says so, and the catalogue is as it was."""

    def refuse(kind: str, path: Path) -> None:
        if kind == "write" and path.name.endswith(".targets.json"):
            raise OSError(errno.ENOSPC, "No space left on device", str(path))

    with site.open(disk=Disk(refuse)) as publisher:
        with pytest.raises(StateError, match="disk is full"):
            publisher.release(publishers.change())

    assert not (site.folder / ".pending").exists()
    with site.open(now=NOW + dt.timedelta(hours=1)) as publisher:
        assert publisher.site.serial == 0
        assert publisher.release(publishers.change()).serial == 1


def test_a_metalink_is_written_beside_the_torrent_and_follows_the_mirrors(site: Keeper) -> None:
    """With the version, and anew when its mirrors change; not when only its standing does. It is not signed."""
    own = Mirror("own", "https://o.example/rivers/1/rivers-1/")
    with site.open() as publisher:
        publisher.release(publishers.change(publisher))
        plain = publisher.versions("rivers")[0]
        path = site.folder / paths.metalink(plain.torrent.best_hex)
        item = site.folder / paths.item("rivers", "1")
        assert not path.exists()
        assert b"metalink" not in item.read_bytes()

        publisher.release(Change((replace(plain, mirrors=(own,)),)))
        first = path.read_bytes()
        written = path.stat().st_ino
        assert b"https://o.example/rivers/1/rivers-1/1.csv" in first
        links = {link["rel"]: link for link in json.loads(item.read_bytes())["links"]}
        assert links["alternate"] == {
            "rel": "alternate",
            "href": f"../../{paths.metalink(plain.torrent.best_hex)}",
            "type": "application/metalink4+xml",
        }

        publisher.release(publishers.change(publisher, version="2"))
        assert (path.read_bytes(), path.stat().st_ino) == (first, written)

        flat = Mirror("zenodo", "https://z.example/f/", layout="flat")
        publisher.release(Change((replace(publisher.versions("rivers")[0], mirrors=(own, flat)),)))
        assert b"https://z.example/f/1.csv" in path.read_bytes()
    assert not [name for name in tuf_targets(site) if name.endswith(".meta4")]


def tuf_targets(site: Keeper) -> list[str]:
    """Paths of what is signed."""
    with site.open() as publisher:
        return list(publisher.repository.target_facts())
