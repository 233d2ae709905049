# SPDX-License-Identifier: Apache-2.0
"""A publication to several homes: all of it or nothing is seen, and whatever stops it, it goes on where it was."""

from __future__ import annotations

import datetime as dt
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from seedbed.core import metainfo_reader
from seedbed.core.layout import web_seed_url
from seedbed.creating.create import ALL_BYTES, Wish, create, wanted_hashes
from seedbed.errors import FileChangedError, InputError, SeedbedError, SourceError
from seedbed.fetching.disk.flushing import write_durably
from seedbed.hashing.job import Threads
from seedbed.hashing.plain import HashlibEngine
from seedbed.mirrors.base import failure
from seedbed.mirrors.local import LocalMirror
from seedbed.mirrors.shelf import Shelf
from seedbed.publishing import flow
from seedbed.publishing.request import Request
from seedbed.publishing.transaction import journal
from seedbed.publishing.transaction.abandon import abandon
from seedbed.publishing.transaction.beside import ENDINGS
from seedbed.publishing.transaction.journal import Home, State
from seedbed.publishing.transaction.run import run
from seedbed.publishing.transaction.tools import Tools
from tests.archives import Archive, Hand, KilledError
from tests.unit.publishing.test_flow import MemoryPublisher, tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from seedbed.core.metainfo import Metainfo
    from seedbed.creating.create import Created, Plan
    from seedbed.publishing.request import Published

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
FILES = {"2024/a.csv": "id\n1\n", "2024/b.csv": "id\n2\n", "empty.txt": "", "read me.txt": "Lakes."}
SHELF, ARCHIVE = "shelf:", "archive:"


@dataclass(slots=True)
class World:
    """A person's data, two homes, a catalogue, and a journal."""

    root: Path
    hand: Hand = field(default_factory=Hand)
    archive: Archive = field(default_factory=Archive)
    catalog: MemoryPublisher = field(default_factory=MemoryPublisher)
    troubles: dict[str, str] = field(default_factory=dict)
    """Part of an address -> what the audit says of it."""
    broken: set[str] = field(default_factory=set)
    """Mirrors that cannot be reached."""

    @property
    def data(self) -> Path:
        """What is published."""
        return self.root / "lakes"

    @property
    def journal(self) -> Path:
        """Of the publication."""
        return self.root / "journal"

    @property
    def shelf(self) -> LocalMirror:
        """A folder that a web server serves."""
        return LocalMirror(self.root / "shelf", public="https://own.example/")

    def depository(self, url: str) -> Any:
        """One of the two."""
        if url in self.broken:
            raise failure(url, "", "it cannot be reached", is_passing=False)
        return self.hand.hold(Shelf(self.shelf) if url == SHELF else self.archive)

    @contextmanager
    def publisher(self) -> Iterator[Any]:
        """The catalogue, held open."""
        yield self.hand.hold(self.catalog)

    def hash(self, plan: Plan, told: Callable[[int, bytes], object]) -> Created:
        """By threads."""
        wanted = wanted_hashes(plan, workers=2)
        made: Created = self.hand.call(create, plan, Threads(HashlibEngine(), 2), wanted=wanted, told=told)
        return made

    def audit(self, _torrent: Metainfo, urls: Sequence[str]) -> Mapping[str, str]:
        """As it was set."""
        found = {url: text for url in urls for part, text in self.troubles.items() if part in url}
        got: Mapping[str, str] = self.hand.call(lambda: found)
        return got

    @property
    def tools(self) -> Tools:
        """Everything from outside."""
        return Tools(
            depository=self.depository,
            minter=lambda _: pytest.fail("nobody asked for one"),
            hash=self.hash,
            audit=self.audit,
            catalog=self.catalog,
            publisher=self.publisher,
            now=lambda: NOW,
        )

    def state(self, **more: Any) -> State:
        """A new publication."""
        homes = [Home(SHELF), Home(ARCHIVE)]
        state = State(
            "0123456789abcdef" * 2, "lakes", "1", "lakes", is_single_file=False, catalog="", begun=NOW.isoformat(),
            command={}, homes=homes, min_mirrors=2,
        )  # fmt: skip
        return replace(state, **more)

    def publish(self, **more: Any) -> Published:
        """Begin, or go on."""
        if (self.journal / "state.json").exists():
            opened = journal.open_journal(self.journal)
        else:
            opened = journal.create(self.journal, self.state(**more))
        with opened as held:
            request = Request(
                "lakes", str(self.data), version=held.state.version, wish=Wish(sha256_up_to=ALL_BYTES),
                said={"title": "Lakes", "license": "CC0-1.0"}, inspects=False,
            )  # fmt: skip
            return run(held, flow.prepare(request, self.catalog, now=NOW), self.tools)

    @property
    def everything(self) -> dict[str, Any]:
        """All that can be seen from outside."""
        kept = {one.key: self.shelf.read(one.key, start=0, stop=one.size_bytes) for one in self.shelf.list()}
        records = [dict(one.files.files) for one in self.archive.records if one.is_public]
        return {"shelf": kept, "archive": records, "catalogue": dict(self.catalog.releases), "rows": self.catalog.rows}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A new one, with data."""
    tree(tmp_path / "lakes", FILES)
    return World(tmp_path)


def test_a_version_is_at_all_its_homes_and_in_the_catalogue(world: World) -> None:
    """The row names both copies and the DOI; the torrent names the copy that has its form."""
    done = world.publish()

    release = world.catalog.releases["lakes@1"]
    assert done.is_new
    assert [(one.key, one.href) for one in release.mirrors] == [
        ("own", "https://own.example/lakes/1/lakes/"), ("zenodo", "https://archive.example/1/files/"),
    ]  # fmt: skip
    assert (release.doi, release.concept_doi) == ("10.5072/1", "10.5072/all")
    assert release.torrent.web_seeds == ("https://own.example/lakes/1/",)
    torrent = metainfo_reader.parse(world.catalog.changes[0].torrents[release.torrent.best_hex])
    assert torrent.web_seeds == release.torrent.web_seeds
    assert web_seed_url(torrent.web_seeds[0], torrent, 0) == "https://own.example/lakes/1/lakes/2024/a.csv"
    assert not world.journal.exists() or not list(world.journal.glob("*.json"))


def test_what_goes_beside_the_data_is_with_every_copy(world: World) -> None:
    """Torrent, magnet, info-hash, descriptor; and the archive was told what it is, DOI included."""
    done = world.publish()

    names = {f"lakes.{ending}" for ending in ENDINGS}
    (record,) = world.archive.records
    shelf = world.everything["shelf"]
    assert set(record.files.files) == {"2024__a.csv", "2024__b.csv", "empty.txt", "read me.txt"} | names
    assert set(shelf) == {f"lakes/1/{name}" for name in (*(f"lakes/{path}" for path in FILES), *names)}
    assert shelf["lakes/1/lakes.btih"].decode().strip() == done.release.torrent.best_hex
    assert record.described is not None
    assert record.described.title == "Lakes"
    assert "10.5072/1" in shelf["lakes/1/lakes.datapackage.json"].decode()
    assert b"https://archive.example/1/files/2024__a.csv" in record.files.files["lakes.meta4"]
    assert metainfo_reader.parse(record.files.files["lakes.torrent"]).comment == "https://doi.org/10.5072/1"


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("is_after", [False, True])
def test_killed_at_every_call_it_goes_on_to_the_same_result(tmp_path: Path, is_after: bool) -> None:  # noqa: FBT001
    """And before the catalogue's release nobody is led to anything; afterwards nothing is left over."""
    tree(tmp_path / "whole" / "lakes", FILES)
    whole = World(tmp_path / "whole")
    whole.publish()
    assert whole.hand.calls > 20

    for number in range(1, whole.hand.calls + 1):
        root = tmp_path / f"{is_after}-{number}"
        tree(root / "lakes", FILES)
        world = World(root, Hand(number, is_after))
        with pytest.raises(KilledError):
            world.publish()
        assert all(one.is_public for one in world.archive.records if world.catalog.releases)
        world.hand = Hand()
        world.publish()

        assert world.everything == whole.everything, number
        assert len(world.archive.records) == 1, number


def test_a_home_that_fails_is_named_and_nothing_is_in_the_catalogue(world: World) -> None:
    """And the hint says how to go on."""
    world.troubles = {"archive.example": "wrong-bytes: its bytes are wrong"}

    with pytest.raises(SourceError) as caught:
        world.publish()

    assert "archive:" in str(caught.value)
    assert "wrong-bytes" in str(caught.value)
    assert "--resume lakes@1" in caught.value.hint
    assert world.catalog.releases == {}
    world.troubles = {}
    assert world.publish().is_new


def test_a_home_that_fails_is_left_behind_when_there_are_enough(world: World) -> None:
    """It comes later: the version gets its copy by a further release of the catalogue."""
    world.troubles = {"own.example": "missing: 404"}

    world.publish(min_mirrors=1)

    release = world.catalog.releases["lakes@1"]
    assert [one.key for one in release.mirrors] == ["zenodo"]
    assert release.torrent.web_seeds == ()
    assert "missing" in journal.read(world.journal).homes[0].failure
    world.troubles = {}
    world.publish()
    later = world.catalog.releases["lakes@1"]
    assert [one.key for one in later.mirrors] == ["zenodo", "own"]
    assert later.torrent.web_seeds == ("https://own.example/lakes/1/",)
    assert later.torrent.best_hex == release.torrent.best_hex
    assert not (world.journal / "state.json").exists()


def test_the_home_whose_doi_it_is_cannot_be_left_behind(world: World) -> None:
    """A version would be cited by a name that leads nowhere."""
    world.troubles = {"archive.example": "missing: 404"}

    with pytest.raises(SourceError):
        world.publish(min_mirrors=1)

    assert world.catalog.releases == {}


def test_a_home_that_is_away_at_the_beginning_can_be_left_behind(world: World) -> None:
    """Nothing is asked of it."""
    world.broken = {SHELF}
    with pytest.raises(SeedbedError, match="cannot be reached"):
        world.publish()
    world.broken = set()
    world.publish()
    assert len(world.catalog.releases["lakes@1"].mirrors) == 2


def test_data_that_changed_meanwhile_is_told(world: World) -> None:
    """What is on the mirrors is not that data."""
    world.hand = Hand(stops_at=12)
    with pytest.raises(KilledError):
        world.publish()
    assert journal.read(world.journal).info_hash
    (world.data / "read me.txt").write_text("Rivers.")
    world.hand = Hand()

    with pytest.raises(FileChangedError, match="when this publication began"):
        world.publish()

    assert world.catalog.releases == {}


def test_the_same_data_again_is_nothing_new_and_leaves_nothing(world: World) -> None:
    """No draft, no files, no journal."""
    world.publish()
    before = world.everything

    again = replace_token(world.state(version="2"), "f")
    with journal.create(world.root / "again", again) as held:
        request = Request(
            "lakes", str(world.data), wish=Wish(sha256_up_to=ALL_BYTES), said={"title": "Lakes", "license": "CC0-1.0"},
            inspects=False,
        )  # fmt: skip
        done = run(held, flow.prepare(request, world.catalog, now=NOW), world.tools)

    assert not done.is_new
    assert done.release.id == "lakes@1"
    assert world.everything == before
    assert not list((world.root / "again").glob("*.json"))


def test_a_published_version_gets_a_further_home(world: World) -> None:
    """The same data under the same version: its copies that are there stay, and what goes beside them too."""
    one_home = {"homes": [Home(SHELF)], "min_mirrors": 0}
    world.publish(**one_home)
    (world.data / "read me.txt").write_text("Rivers.")
    world.publish(version="2", **one_home)
    (world.data / "read me.txt").write_text("Lakes.")
    before = world.everything["shelf"]

    done = world.publish()

    assert (done.is_new, done.released is not None) == (False, True)
    release = world.catalog.releases["lakes@1"]
    assert [one.key for one in release.mirrors] == ["own", "zenodo"]
    assert world.catalog.releases["lakes@2"].latest
    assert world.everything["shelf"] == before
    assert "lakes.torrent" in world.archive.records[0].files.files


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_abandoned_at_every_call_nothing_is_left(tmp_path: Path) -> None:
    """But what is public for good is told; and what is in the catalogue can no longer be abandoned."""
    for number in range(1, 200):
        root = tmp_path / str(number)
        tree(root / "lakes", FILES)
        world = World(root, Hand(number))
        other = root / "shelf/lakes/1/theirs.txt"
        other.parent.mkdir(parents=True)
        other.write_text("of somebody else")
        try:
            world.publish()
        except KilledError:
            pass
        else:
            break
        world.hand = Hand()
        with journal.open_journal(world.journal) as held:
            if world.catalog.releases:
                with pytest.raises(InputError, match="can no longer be abandoned"):
                    abandon(held, world.tools)
                continue
            stays = abandon(held, world.tools)

        assert list(world.everything["shelf"]) == ["lakes/1/theirs.txt"], number
        assert len(stays) == sum(one.is_public for one in world.archive.records), number
        assert not any(one.token == world.state().token for one in world.archive.unfinished()), number
    assert number > 20


def test_an_archive_that_is_too_small_says_so_before_anything_is_sent(world: World) -> None:
    """With what can be done."""
    world.archive.max_total_bytes = 5

    with pytest.raises(SourceError, match=r"expected at most 5 bytes, got 16") as caught:
        world.publish()

    assert "data=no" in caught.value.hint
    assert world.everything["shelf"] == {}


def test_an_older_state_never_comes_after_a_newer_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads save: what the later one says is done stays written."""
    goes_on, is_writing = threading.Event(), threading.Event()

    def slowly(path: Path, data: bytes) -> None:
        if not is_writing.is_set():
            is_writing.set()
            goes_on.wait(10)
        write_durably(path, data)

    with journal.create(world.journal, world.state()) as held:
        monkeypatch.setattr(journal, "write_durably", slowly)
        older = threading.Thread(target=held.save)
        older.start()
        assert is_writing.wait(10)
        held.state.homes[0].is_pushed = True
        newer = threading.Thread(target=held.save)
        newer.start()
        newer.join(0.3)
        goes_on.set()
        for one in (older, newer):
            one.join(10)

    assert journal.read(world.journal).homes[0].is_pushed


def test_a_damaged_journal_is_told(world: World) -> None:
    """And does not begin anew by itself: drafts would be left over."""
    world.hand = Hand(stops_at=9)
    with pytest.raises(KilledError):
        world.publish()
    (world.journal / "state.json").write_text("{")

    with pytest.raises(SeedbedError, match="it is damaged"):
        journal.read(world.journal)


def replace_token(state: State, digit: str) -> State:
    """Another publication."""
    return replace(state, token=digit * 32)
