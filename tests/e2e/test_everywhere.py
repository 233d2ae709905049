# SPDX-License-Identifier: Apache-2.0
"""One command publishes to a folder, an object store and archives; then each of them alone is enough."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import pytest

from seedbed.catalog import paths
from seedbed.catalog.table.reader import read_catalog
from seedbed.mirrors.credentials import variable_of
from seedbed.testing.fake_internet_archive import FakeInternetArchive
from seedbed.testing.fake_zenodo import FakeZenodo
from tests import object_stores
from tests.e2e.clients.aria2 import Aria2
from tests.e2e.clients.base import wait_until
from tests.e2e.clients.qbittorrent import QBittorrent
from tests.e2e.clients.seedbed import PROGRAM, seedbed
from tests.e2e.clients.transmission import Transmission
from tests.e2e.data import make_file, make_tree, same
from tests.e2e.nginx import web_seed
from tests.entrance import Entrance

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seedbed.catalog.model import Release
    from tests.e2e.clients.base import Client

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

SAID = ("--title", "Lakes of the north", "--license", "CC-BY-4.0", "--provider", "Lake Survey (producer)", "--lan")
FOLDER, STORE, ZENODO, ARCHIVE = "folder", "store", "zenodo", "archive"
HOMES = (FOLDER, STORE, ZENODO, ARCHIVE)
PLAIN = (FOLDER, STORE)
"""Homes whose copies every client can read, also of folders (BEP 19)."""


class Door(Protocol):
    """Something that can be gone for a while."""

    def start(self) -> None:
        """Be there."""

    def stop(self) -> None:
        """Be gone."""


@dataclass(slots=True)
class World:
    """Four homes for data, and a publisher."""

    root: Path
    zenodo: FakeZenodo
    archive: FakeInternetArchive
    urls: dict[str, str]
    """Home -> what ``--mirror`` is given."""
    doors: dict[str, tuple[Door, ...]]
    there: set[str]

    @property
    def site(self) -> Path:
        """The catalogue."""
        return self.root / "site"

    def mirrors(self, *homes: str) -> list[str]:
        """Options of ``publish``."""
        return [word for home in homes or HOMES for word in ("--mirror", self.urls[home])]

    def only(self, *homes: str) -> None:
        """Let only these be there."""
        for home in self.there ^ set(homes):
            for door in self.doors[home]:
                (door.start if home in homes else door.stop)()
        self.there = set(homes)

    def release(self, dataset: str) -> Release:
        """The newest version in the catalogue."""
        known = read_catalog(self.site / paths.CATALOG)
        return next(one for one in known if one.dataset == dataset and one.latest)

    def torrent(self, dataset: str) -> Path:
        """Its .torrent."""
        return self.site / paths.torrent(self.release(dataset).torrent.best_hex)

    def publish(self, data: Path, dataset: str, *options: object) -> dict[str, Any]:
        """To all homes."""
        self.only(*HOMES)
        return seedbed("publish", data, "--dataset", dataset, *SAID, *self.mirrors(), *options)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """nginx, SeaweedFS, a Zenodo and an Internet Archive on loopback; a catalogue."""
    root = tmp_path_factory.mktemp("everywhere")
    for name in ("www", "weed", "nginx"):
        (root / name).mkdir()
    with contextlib.ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        nginx = stack.enter_context(web_seed(root / "www", root / "nginx"))
        store = stack.enter_context(object_stores.seaweedfs(root / "weed"))
        zenodo, archive = stack.enter_context(FakeZenodo()), stack.enter_context(FakeInternetArchive())
        www, bucket = (stack.enter_context(open_door(url)) for url in (nginx, store.endpoint))
        public = f"http://127.0.0.1:{bucket.port}"
        made = World(
            root, zenodo, archive,
            urls={
                FOLDER: f"{(root / 'www').as_uri()}?public=http://127.0.0.1:{www.port}/",
                STORE: f"s3://{store.bucket}/data?endpoint={public}&public={public}/{store.bucket}/data",
                ZENODO: f"zenodo://{zenodo.url.removeprefix('http://')}?scheme=http",
                ARCHIVE: archive.mirror_url,
            },
            doors={FOLDER: (www,), STORE: (bucket,), ZENODO: (zenodo,), ARCHIVE: (archive,)},
            there=set(HOMES),
        )  # fmt: skip
        environ = {
            "SEEDBED_HOME": str(root / "home"), **store.environ, "IA_ACCESS_KEY_ID": archive.access,
            "IA_SECRET_ACCESS_KEY": archive.secret,
            variable_of(zenodo.url.removeprefix("http://")): zenodo.token,
        }  # fmt: skip
        for name, value in environ.items():
            patch.setenv(name, value)
        seedbed("catalog", "init", made.site)
        yield made


def open_door(url: str) -> Entrance:
    """Before a server."""
    return Entrance(urlsplit(url).port or 80)


@pytest.fixture(scope="module")
def data(world: World) -> dict[str, Path]:
    """Published: a folder and a single file, each as hybrid and as v1, which older programs want."""
    found = {}
    for dataset, make in (("tree", make_tree), ("file", make_file)):
        for format_ in ("hybrid", "v1"):
            name = f"{dataset}-{format_}"
            found[name] = make(world.root / name)
            world.publish(found[name], name, "--format", format_)
    return found


def test_the_catalogue_names_all_copies_and_the_doi(world: World, data: dict[str, Path]) -> None:
    """Each in its own form; the torrent names those that clients can read."""
    for dataset in data:
        release = world.release(dataset)
        assert {one.key for one in release.mirrors} == {"own", "own-2", "zenodo", "internet-archive"}
        assert release.doi.startswith("10.5072/")
        assert release.concept_doi.startswith("10.5072/")
        assert len(release.torrent.web_seeds) == (4 if release.torrent.is_single_file else 2)
    citation = seedbed("cite", "tree-hybrid")
    assert world.release("tree-hybrid").doi in json.dumps(citation)
    assert seedbed("publish", "--pending", *world.mirrors()) == {"publications": [], "left": []}


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("dataset", ["tree-hybrid", "file-hybrid", "tree-v1"])
def test_each_home_alone_is_enough(
    world: World, data: dict[str, Path], home: str, dataset: str, tmp_path: Path
) -> None:
    """``seedbed fetch`` brings a verified copy when all others are gone."""
    world.only(home)

    fetched = seedbed("fetch", dataset, "-o", tmp_path, "--lan", "--no-peers")

    assert same(data[dataset], tmp_path / data[dataset].name)
    assert fetched["bytes_from_mirrors"] > 0


@pytest.mark.parametrize(
    ("client", "case"),
    [
        (Aria2, ("tree-v1", PLAIN)),
        (Aria2, ("file-v1", (*PLAIN, ARCHIVE))),
        (Transmission, ("tree-v1", PLAIN)),
        (Transmission, ("file-v1", (*PLAIN, ZENODO))),
        (QBittorrent, ("tree-hybrid", PLAIN)),
        (QBittorrent, ("file-hybrid", HOMES)),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else value.__name__,
)
def test_other_programs_need_only_one_too(
    world: World, data: dict[str, Path], client: type[Client], case: tuple[str, tuple[str, ...]], tmp_path: Path
) -> None:
    """By the torrent of the catalogue, from each home whose form they can read."""
    dataset, homes = case
    for home in homes:
        world.only(home)
        into, scratch = tmp_path / home / "into", tmp_path / home / "scratch"
        into.mkdir(parents=True)
        scratch.mkdir()
        with client().run(world.torrent(dataset), into, scratch) as theirs:
            wait_until(theirs.is_done, f"the client has all from {home}", log=theirs.log)
        assert same(data[dataset], into / data[dataset].name, without_empty=client is Transmission), home


def test_killed_in_the_middle_it_ends_the_same(world: World, tmp_path: Path) -> None:
    """``kill -9`` again and again: one record at each archive, the same torrent, every copy whole."""
    folder = make_tree(tmp_path, "killed")
    command = [
        *PROGRAM, "publish", str(folder), "--dataset", "killed", "--version", "1", *SAID, *world.mirrors(), "--json",
    ]  # fmt: skip
    world.only(*HOMES)
    records, chance = len(world.zenodo.records), random.Random(4)
    for _ in range(12):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=chance.uniform(0.5, 3))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()

    done = seedbed(*command[len(PROGRAM) : -1])

    assert done["id"] == "killed@1"
    assert seedbed(*command[len(PROGRAM) : -1])["is_new"] is False
    plain = seedbed("torrent", "create", folder, "-o", tmp_path / "plain.torrent")
    release = world.release("killed")
    assert release.torrent.info_hash_v2 == plain["infohash_v2"]
    assert len(world.zenodo.records) == records + 1
    assert {one.key for one in release.mirrors} == {"own", "own-2", "zenodo", "internet-archive"}
    audited = seedbed("audit", "killed", "--full", "--lan")
    assert {one["verdict"] for one in audited["copies"]} <= {"good", "awkward"}
    assert len(audited["copies"]) == 4


def test_a_further_version_belongs_to_the_same_record(world: World, tmp_path: Path) -> None:
    """One concept DOI, two version DOIs; the archive knows which is newer."""
    folder = make_tree(tmp_path, "twice")
    world.publish(folder, "twice", "--version", 1)
    first = world.release("twice")
    (folder / "more.csv").write_text("more")

    world.publish(folder, "twice", "--version", 2)

    second = world.release("twice")
    assert second.concept_doi == first.concept_doi
    assert second.doi != first.doi
    world.only(ZENODO)
    for version in (1, 2):
        seedbed("fetch", f"twice@{version}", "-o", tmp_path / str(version), "--lan", "--no-peers")
    assert same(folder, tmp_path / "2" / "twice")


def test_data_too_large_for_an_archive_gets_its_doi(world: World, tmp_path: Path) -> None:
    """Zenodo has what describes it, and the folder has the data."""
    folder = make_tree(tmp_path, "huge")
    world.only(*HOMES)
    words = ("publish", folder, "--dataset", "huge", *SAID, *world.mirrors(FOLDER))

    done = seedbed(*words, "--mirror", world.urls[ZENODO] + "&data=no")

    assert done["doi"].startswith("10.5072/")
    assert [one["key"] for one in done["mirrors"]] == ["own"]
    (folder / "more.csv").write_text("more")
    again = seedbed(*words, "--mirror", world.urls[ZENODO] + "&data=no")
    assert (again["concept_doi"], again["doi"] != done["doi"]) == (done["concept_doi"], True)
