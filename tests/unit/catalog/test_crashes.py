# SPDX-License-Identifier: Apache-2.0
"""Stopped before any step on the disk, a catalogue is the old one or the new one, and whoever opens it next goes on."""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seedbed.catalog import paths
from seedbed.catalog.releasing import upkeep, waiting
from seedbed.catalog.releasing.disk import Disk
from seedbed.catalog.releasing.founding import found
from seedbed.catalog.releasing.workplace import Workplace, open_workplace
from seedbed.catalog.signing import keys, roles
from seedbed.errors import InputError
from tests import publishers, tuf_client
from tests.tuf_client import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.publishers import Keeper

pytestmark = pytest.mark.slow

LATER = NOW + dt.timedelta(hours=1)


class Killed(BaseException):
    """The process is no more: nothing that catches errors sees it."""


class Death:
    """Stops everything before step ``at``, and every step after it: nobody cleans up behind a dead process."""

    def __init__(self, at: int = 1 << 30) -> None:
        self.at = at
        self.steps = 0

    def __call__(self, kind: str, path: Path) -> None:
        """See :class:`Disk`."""
        self.steps += 1
        if self.steps >= self.at:
            raise Killed(f"{kind} {path}")


@dataclass(frozen=True, slots=True)
class Story:
    """Something done to a catalogue."""

    keeper: Keeper
    act: Callable[[Keeper, Disk], None]
    """What is stopped, and what is done again."""
    changes_contents: bool = True


def publish(keeper: Keeper, disk: Disk) -> None:
    """Publish version 2, unless it is there."""
    with keeper.open(now=LATER, disk=disk) as publisher:
        if publisher.site.serial < 2:
            publisher.release(publishers.change(publisher, version="2"))


def at_work(keeper: Keeper, person: str, act: Callable[[Workplace], object], disk: Disk) -> None:
    """Do something to a catalogue held open."""
    with open_workplace(
        keeper.folder, keeper.keys / person, wait_s=0, now=lambda: LATER, tables=keeper.tables, disk=disk
    ) as place:
        act(place)


def a_release(tmp_path: Path) -> Story:
    """A release by one person."""
    keeper = publishers.keeper(tmp_path)
    with keeper.open() as publisher:
        publisher.release(publishers.change(publisher))
    return Story(keeper, publish)


def a_second_signature(tmp_path: Path) -> Story:
    """A release that waits is signed by a second person."""
    keeper = publishers.keeper(tmp_path, people=2, threshold=2)
    at_work(keeper, "b", waiting.sign, Disk())
    with keeper.open("a") as publisher:
        publisher.release(publishers.change(publisher))
    at_work(keeper, "b", waiting.sign, Disk())
    with keeper.open("a") as publisher:
        publisher.release(publishers.change(publisher, version="2"))

    def sign(keeper: Keeper, disk: Disk) -> None:
        at_work(keeper, "b", lambda place: waiting.sign(place) if place.stage.is_waiting else None, disk)

    return Story(keeper, sign)


def another_online_key(tmp_path: Path) -> Story:
    """The online key is lost, and another takes its place."""
    story = a_release(tmp_path)
    own = story.keeper.keys / "a" / "site"
    (own / "online.key").unlink()
    new = keys.create(own, "online-2")

    def rotate(keeper: Keeper, disk: Disk) -> None:
        def act(place: Workplace) -> None:
            old = upkeep.key_called(place, roles.ONLINE, "")
            if old.name == "online":
                upkeep.rotate(place, roles.ONLINE, old, new)

        at_work(keeper, "a", act, disk)

    return Story(story.keeper, rotate, changes_contents=False)


def a_refresh(tmp_path: Path) -> Story:
    """The daily job."""
    story = a_release(tmp_path)
    return Story(story.keeper, lambda keeper, disk: at_work(keeper, "a", upkeep.refresh, disk), changes_contents=False)


STORIES = [a_release, a_second_signature, another_online_key, a_refresh]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder in memory where there is one: thousands of flushes would take a disk its time."""
    memory = Path("/dev/shm")  # noqa: S108  # only as a place that is fast
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.mark.parametrize("tell", STORIES, ids=lambda tell: tell.__name__)
def test_old_or_new_at_every_step(tell: Callable[[Path], Story], place: Path) -> None:
    """For each N: killed before step N, readers get the old or the new catalogue, whole; then it is finished."""
    story = tell(place)
    old = (story.keeper.folder / paths.CATALOG).read_bytes()
    done = copied(story.keeper, place / "done")
    counted = Death()
    story.act(done, Disk(counted))
    new = (done.folder / paths.CATALOG).read_bytes()
    assert (new != old) == story.changes_contents
    assert counted.steps >= 5

    seen = set()
    for at in range(1, counted.steps + 1):
        killed = copied(story.keeper, place / str(at))
        with pytest.raises(Killed):
            story.act(killed, Disk(Death(at)))

        got = tuf_client.read(killed.folder, place / "caches" / str(at), paths.CATALOG, now=LATER)
        assert got in (old, new), at
        assert (killed.folder / paths.CATALOG).read_bytes() in (old, new), at
        story.act(killed, Disk())
        assert tuf_client.read(killed.folder, place / "caches" / str(at), paths.CATALOG, now=LATER) == new, at
        assert (killed.folder / paths.CATALOG).read_bytes() == new
        assert not (killed.folder / ".pending").exists()
        seen.add(got)
        shutil.rmtree(killed.folder)
    assert seen == {old, new}


def test_a_founding_that_was_killed_is_repeated(place: Path) -> None:
    """For each N: a founding that was stopped is there afterwards, or can be done again in the same folder."""
    first = publishers.keeper(place / "first")
    with first.open() as publisher:
        holders = {role: publisher.repository.holders(role) for role in roles.ALL}
        site = publisher.site

    def act(keeper: Keeper, disk: Disk) -> None:
        ring = keeper.ring("a")
        found(keeper.folder, site, holders, ring, now=lambda: NOW, tables=keeper.tables, disk=disk)

    counted = Death()
    new = replace(first, folder=place / "none")
    (first.keys / "a/site/known.json").unlink()
    act(copied(new, place / "counted"), Disk(counted))
    for at in range(1, counted.steps + 1):
        killed = copied(new, place / f"killed-{at}")
        with pytest.raises(Killed):
            act(killed, Disk(Death(at)))
        with contextlib.suppress(InputError):  # it was far enough to be finished, not repeated
            act(killed, Disk())
        with killed.open() as publisher:
            assert publisher.site == site
        tuf_client.read(killed.folder, place / "caches" / str(at), paths.CATALOG)


def copied(keeper: Keeper, folder: Path) -> Keeper:
    """The same catalogue once more, with its keys and what its keepers remember."""
    keys_copy = folder.with_name(f"{folder.name}-keys")
    shutil.copytree(keeper.keys, keys_copy)
    if keeper.folder.exists():
        shutil.copytree(keeper.folder, folder)
    return replace(keeper, folder=folder, keys=keys_copy)
