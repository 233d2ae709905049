# SPDX-License-Identifier: Apache-2.0
"""What a node must not forget."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

import pytest

from seedbed.catalog.ids import Ref
from seedbed.errors import NoSpaceError, StateError
from seedbed.library.cache import Cache, Kept
from seedbed.node.disk.beginning import adopt, doubt_after_crash, open_state
from seedbed.node.disk.store import Place
from seedbed.node.state import VERSION, State
from tests.unit.node.stage import Stage, World, hold, play

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the record is."""
    return tmp_path / "node/state.sqlite"


@pytest.fixture
def state(path: Path) -> Iterator[State]:
    """A new record."""
    with State(path) as state:
        yield state


def take(state: State, item: str = "lakes@1", *, size: int = 10, at_s: int = 100) -> None:
    """A unit is fetched and held."""
    state.move(item, "fetching", size, at_s, what="chosen", facts={"copies": 1.0, "short": 2.0})
    state.move(item, "held", size, at_s + 5, what="held", facts={}, seal="as it was")


def test_each_step_and_why(state: State, path: Path) -> None:
    """Every step is there for a reader at once, with its reason."""
    for stage, verified_s in (("fetching", 0), ("held", 20), ("leaving", 20), ("held", 20)):
        state.move("lakes@1", stage, 7, 20, what=f"to-{stage}", facts={"n": 1}, seal="s" if stage == "held" else "")  # type: ignore[arg-type]
        with State(path) as reader:
            unit = reader.units()["lakes@1"]
            assert (unit.stage, unit.size_bytes, unit.since_s, unit.verified_s) == (stage, 7, 20, verified_s)
            assert reader.events("lakes@1")[0].what == f"to-{stage}"
    state.remove("lakes@1", 30, what="deleted", facts={"others": 4})
    assert not state.units()
    assert not state.seals()
    assert state.events("lakes@1")[0].facts == {"others": 4}


def test_a_step_is_all_or_nothing(state: State, path: Path) -> None:
    """The reason cannot be written: the step is not taken either."""
    take(state)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("create trigger no before insert on events begin select raise(abort, 'no'); end")
    steps: list[Callable[[], None]] = [
        lambda: state.move("lakes@1", "leaving", 10, 200, what="leaving", facts={}),
        lambda: state.remove("lakes@1", 200, what="deleted", facts={}),
        lambda: state.move("roads@1", "fetching", 10, 200, what="chosen", facts={}),
    ]
    for step in steps:
        with pytest.raises(StateError, match="no"):
            step()
        assert {one.id: one.stage for one in state.units().values()} == {"lakes@1": "held"}
        assert state.seals() == {"lakes@1": "as it was"}
    state.set("x", "the record is of use after it")
    assert state.get("x")


def test_doubt_ends_a_proof(state: State) -> None:
    """And a new proof ends the doubt."""
    take(state)
    state.doubt("lakes@1")
    assert state.units()["lakes@1"].verified_s == 0
    assert not state.seals()
    state.verified("lakes@1", 300, "new")
    assert state.units()["lakes@1"].verified_s == 300


def test_time_at_work(state: State) -> None:
    """Only what is told of passes; what ends is forgotten, and goes with its unit."""
    take(state)
    state.wait("lakes@1", "unlisted")
    state.pass_time(50)
    state.wait("lakes@1", "failed", count=2)
    state.pass_time(25.5)
    assert state.waits("unlisted")["lakes@1"].passed_s == 75.5
    assert state.waits("failed")["lakes@1"].facts == {"count": 2}
    state.wait_no_more("lakes@1", "unlisted")
    assert not state.waits("unlisted")
    state.remove("lakes@1", 1, what="deleted", facts={})
    assert not state.waits("failed")


def test_events_are_in_their_order_whatever_the_clock_said(state: State) -> None:
    """N16: what happened in 2036 and what happened after it, in 2026."""
    for at_s, what in ((100, "a"), (10**10, "b"), (50, "c")):
        state.note(what, {}, at_s, "x@1")
    assert [one.what for one in state.events()] == ["c", "b", "a"]


def test_of_a_newer_program(path: Path) -> None:
    """N18: it is refused with a clear word, and not a byte of it changes."""
    State(path).__exit__()
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute(f"pragma user_version = {VERSION + 1}")
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(StateError, match="newer seedbed") as caught:
            open_state(path, Place(path.parent))
        assert "Update" in caught.value.hint
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir() if "damaged" in one.name] == []


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "no-database": lambda body: b"x" * len(body),
    "page": lambda body: body[:4096] + bytes(4096) + body[8192:],
    "noise": lambda body: body[:4096] + bytes(range(256)) * 16 + body[8192:],
    "cut": lambda body: body[: len(body) // 2],
    "header": lambda body: b"SQLite format 2\0" + body[16:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_record(tmp_path: Path, damage: str) -> None:
    """N17: it is moved aside and built anew from the disk; all is proved again, and nothing is fetched or deleted."""
    world = World(tmp_path)
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes", "roads")
        stage.record.write_bytes(DAMAGES[damage](stage.record.read_bytes()))
        async with stage.running() as node:
            assert not node.claimed
            await node.round()
            assert node.claimed == {"lakes@1", "roads@1"}
            assert sorted(world.fetched) == ["lakes@1", "roads@1"]
        assert list(stage.record.parent.glob("*.damaged-1"))

    play(story())


def test_a_damaged_record_and_no_disk(path: Path, tmp_path: Path) -> None:
    """N12, N17: what it was built from is not mounted: nothing is done, and the damaged record stays where it is."""
    path.parent.mkdir()
    path.write_bytes(b"x" * 10_000)
    with pytest.raises(StateError, match=r"state\.sqlite"):
        open_state(path, Place(tmp_path / "given"))
    assert path.read_bytes() == b"x" * 10_000


def test_damaged_twice(path: Path, tmp_path: Path) -> None:
    """N17: both are kept aside."""
    place = Place(tmp_path / "given")
    mark = place.make()
    path.parent.mkdir()
    for number in (1, 2):
        path.write_bytes(b"x" * 10_000)
        with open_state(path, place) as state:
            assert state.get("mark") == mark
            assert state.get("is_clean") == "no"
        assert len(list(path.parent.glob("*.damaged-*"))) == number


def test_what_lies_there_is_taken_over(state: State, tmp_path: Path) -> None:
    """N15: whole versions in doubt, begun ones to be gone on with; what is not ours is left alone."""
    place = Place(tmp_path / "given")
    place.make()
    lay(place.cache, "lakes", is_whole=True)
    lay(place.cache, "roads", is_whole=False)
    (place.folder / "snapshots/lakes/1").rename(place.folder / "snapshots/lakes/2")
    (place.folder / "snapshots/roads/1/kept").unlink()
    (place.folder / "snapshots/..odd/x").mkdir(parents=True)
    (place.folder / "holiday.jpg").write_bytes(b"x")

    assert adopt(state, place, 50) == 2
    assert {one.id: (one.stage, one.verified_s) for one in state.units().values()} == {
        "lakes@2": ("held", 0), "roads@1": ("fetching", 0),
    }  # fmt: skip
    assert adopt(state, place, 60) == 0


def lay(cache: Cache, name: str, *, is_whole: bool) -> None:
    """A version in the cache."""
    ref = Ref(name, "1")
    (cache.data(ref) / name).mkdir(parents=True)
    (cache.data(ref) / name / "a").write_bytes(b"data" * 5_000)
    cache.keep(ref, Kept("ab" * 20, name, {f"{name}/a": 20_000}, is_whole=is_whole), {})


def test_only_what_was_new_is_in_doubt_after_a_crash(state: State) -> None:
    """N8: what was proved long before the last sign of life is on the disk."""
    take(state, "old@1", at_s=1_000)
    take(state, "new@1", at_s=9_500)
    state.set("beat_s", "10000")
    doubt_after_crash(state)
    assert {one.id for one in state.units().values() if not one.verified_s} == {"new@1"}


def test_a_full_disk_says_so(state: State) -> None:
    """N2: in words, and what was written before stays; it is of use again when there is room."""
    take(state)
    state._db._db.execute("pragma max_page_count = 1")
    pages = state._db.ask("pragma page_count")[0][0]
    state._db.ask(f"pragma max_page_count = {pages}")
    with pytest.raises(NoSpaceError, match="full"):
        fill(state)
    known = set(state.units())
    assert "lakes@1" in known
    assert {event.id for event in state.events(limit=5_000)} == known, "no step without its reason"
    state._db.ask("pragma max_page_count = 100000")
    state.move("more@1", "fetching", 1, 1, what="x", facts={})
    assert "more@1" in state.units()


def fill(state: State) -> None:
    """Write until there is no room."""
    for number in range(1_000):
        state.move(f"set-{number}@1", "fetching", 1, 1, what="x" * 500, facts={})


def test_n27_what_a_newer_program_added_is_left_alone(path: Path) -> None:
    """After a downgrade the old version works on, beside columns and tables that it does not know."""
    with State(path) as state:
        take(state)
    with contextlib.closing(sqlite3.connect(path)) as db:
        tables = [row[0] for row in db.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            db.execute(f"alter table {table} add column of_tomorrow text")
        db.execute("create table more (of text)")
        db.commit()

    with State(path) as state:
        take(state, "rivers@1")
        state.wish("lakes@1", "evict")
        state.set("beat_s", "7")
        state.keep_numbers([("lakes@1", 1.0, 1.0, 0.0, 0.0)])
        assert set(state.units()) == {"lakes@1", "rivers@1"}
        assert state.wishes() == {"lakes@1": "evict"}
        assert state.events("rivers@1")
