# SPDX-License-Identifier: Apache-2.0
"""A world for a node: datasets, sources, a tracker, a catalogue and clocks, all in this process."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed.catalog import paths
from seedbed.catalog.ids import Ref
from seedbed.engine.base import State as Doing
from seedbed.engine.memory_engine import MemoryEngine
from seedbed.engine.memory_network import MemoryNetwork
from seedbed.fetching.result import Fetched, Progress
from seedbed.health.scrape.counted import Asked, Numbers, Unanswered
from seedbed.health.scrape.record import ScrapeRecord
from seedbed.health.scrape.scraper import Scraper
from seedbed.library.cache import Kept
from seedbed.library.parts import PartShelf
from seedbed.node.disk.beginning import open_state
from seedbed.node.disk.places import place_of
from seedbed.node.disk.store import Place
from seedbed.node.giving.gift import Gift
from seedbed.node.giving.traffic import Boot
from seedbed.node.holding.claiming import Claims
from seedbed.node.holding.offering import Offering
from seedbed.node.parts import Listed, Pace, Parts
from seedbed.node.policy.rules import DEFAULT, Rules
from seedbed.node.rounds import Rounds
from seedbed.node.trusting.outside import Outside
from seedbed.testing.datasets import Dataset, make_dataset
from seedbed.testing.releases import NOON, release_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
    from pathlib import Path

    from seedbed.errors import SeedbedError
    from seedbed.fetching.options import Options
    from seedbed.library.cache import Cache
    from seedbed.library.fetch import Wanted
    from seedbed.node.state import State

DAY_S = 86_400


@dataclass(slots=True)
class World:
    """What is outside of a node."""

    folder: Path
    wall_s: int = int(NOON.timestamp())
    passed_s: float = 0.0
    """Of the clock that nobody sets."""
    others: dict[str, int] = field(default_factory=dict)
    """Seeds that are no nodes of this world, by id."""
    leechers: dict[str, int] = field(default_factory=dict)
    is_tracker_up: bool = True
    knows_us: bool = True
    listed: Listed = field(default_factory=lambda: Listed((), ()))
    data: dict[str, Dataset] = field(default_factory=dict)
    failing: dict[str, SeedbedError] = field(default_factory=dict)
    """What a fetch of an id ends with."""
    fetched: list[str] = field(default_factory=list)
    engines: list[MemoryEngine] = field(default_factory=list)
    network: MemoryNetwork = field(default_factory=MemoryNetwork)

    def publish(self, *names: str, size: int = 100_000, others: int = 0, **changes: object) -> None:
        """Datasets come into the catalogue."""
        for name in names:
            data = make_dataset(self.folder / "sources", {"a.bin": size - 100, "sub/b.bin": 100}, name=name)
            release = release_of(name, data, **changes)
            self.data[release.id], self.others[release.id] = data, others
            torrent = self.folder / "site" / paths.torrent(release.torrent.best_hex)
            torrent.parent.mkdir(parents=True, exist_ok=True)
            torrent.write_bytes(data.torrent)
            self.listed = Listed((*self.listed.releases, release), (f"{self.folder / 'site'}/",))

    def change(self, item: str, **changes: object) -> None:
        """An entry of the catalogue changes."""
        releases = [replace(one, **changes) if one.id == item else one for one in self.listed.releases]  # type: ignore[arg-type]
        self.listed = replace(self.listed, releases=tuple(releases))

    def unlist(self, *items: str) -> None:
        """Entries vanish from the catalogue."""
        left = tuple(one for one in self.listed.releases if one.id not in items)
        self.listed = replace(self.listed, releases=left)

    def pass_time(self, seconds: float) -> None:
        """Both clocks go on."""
        self.passed_s += seconds
        self.wall_s += int(seconds)

    def now(self) -> dt.datetime:
        """The wall clock."""
        return dt.datetime.fromtimestamp(self.wall_s, dt.UTC)

    def seeds(self, item: str) -> int:
        """Who announces it now."""
        torrent = self.data[item].metainfo.info_hashes.best_hex
        served = (one for engine in self.engines for one in engine.statuses() if one.torrent == torrent)
        nodes = sum(one.state is not Doing.FINISHED for one in served)  # who has a part only is no seed
        return self.others[item] + (nodes if self.knows_us else 0)

    async def __call__(self, _url: str, hashes: Sequence[bytes], _way: str, /) -> Asked:
        """The tracker answers."""
        if not self.is_tracker_up:
            raise Unanswered("timeout", "nobody is there")
        names = {bytes.fromhex(data.metainfo.info_hashes.best_hex)[:20]: item for item, data in self.data.items()}
        found = {
            one: Numbers(self.seeds(names[one]), self.leechers.get(names[one], 0)) for one in hashes if one in names
        }
        return Asked(found, hashes, "many")

    async def fetch(
        self, wanted: Wanted, cache: Cache, _options: Options, /, *, on_progress: Callable[[Progress], object]
    ) -> Fetched:
        """Brings a dataset into a cache, as the library does: what is right already stays."""
        item, data = wanted.release.id, self.data[wanted.release.id]
        on_progress(Progress("fetching", 0))
        if error := self.failing.get(item):
            raise error
        if wanted.part:
            return self._fetch_part(wanted, cache)
        places, reused, blobs = [], 0, {}
        for (path, body), file in zip(data.contents.items(), data.metainfo.files, strict=True):
            target = cache.data(wanted.ref) / path
            places.append(target)
            if file.pieces_root:
                blobs[path] = file.pieces_root.hex()
            if target.is_file() and not target.is_symlink() and target.read_bytes() == body:
                reused += len(body)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f"{target.name}.part")
            part.write_bytes(body)
            part.replace(target)
        cache.put_torrent(data.metainfo.info_hashes.best_hex, data.torrent)
        sizes = {path: len(body) for path, body in data.contents.items()}
        kept = Kept(data.metainfo.info_hashes.best_hex, data.metainfo.name, sizes, is_whole=True)
        cache.keep(wanted.ref, kept, blobs)
        self.fetched.append(item)
        size = data.metainfo.size_bytes
        return Fetched(cache.data(wanted.ref), tuple(places), kept.info_hash, size, size - reused, 0, reused)

    def _fetch_part(self, wanted: Wanted, cache: Cache) -> Fetched:
        data, shelf = self.data[wanted.release.id], PartShelf(cache, wanted.ref)
        shelf.begin(wanted.part, data.metainfo, wanted.pieces)
        kept = shelf.keep(wanted.part, data.metainfo, wanted.pieces)
        for path, (start, stop, length) in kept.spans.items():
            target = shelf.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("r+b" if target.exists() else "w+b") as file:
                file.truncate(length)
                file.seek(start)
                file.write(data.contents[path][start:stop])
        self.fetched.append(f"{wanted.release.id}#{wanted.part}")
        return Fetched(shelf.folder, (), kept.info_hash, kept.size_bytes, kept.size_bytes, 0, 0)


@dataclass(slots=True)
class Stage:
    """One node in a world; what it remembers and holds stays between its runs."""

    world: World
    name: str = "node"
    storage_bytes: int = 10_000_000
    gift: Gift = field(init=False)
    pace: Pace = field(default_factory=Pace)
    rules: Rules = DEFAULT
    outside: Outside = field(default_factory=Outside)

    def __post_init__(self) -> None:
        self.gift = Gift("catalog", str(self.folder), self.storage_bytes)
        with open_state(self.record, self.place) as state:
            state.set("mark", self.place.make())

    @property
    def number(self) -> int:
        """Its key, and its luck."""
        return sum(self.name.encode())

    @property
    def folder(self) -> Path:
        """Given by the volunteer."""
        return self.world.folder / self.name / "given"

    @property
    def record(self) -> Path:
        """What it must not forget."""
        return self.world.folder / self.name / "state.sqlite"

    @property
    def place(self) -> Place:
        """The given folder."""
        return Place(self.folder)

    def file(self, item: str, path: str = "a.bin") -> Path:
        """Where a file of a held unit lies."""
        name = item.partition("@")[0]
        return self.place.cache.data(Ref(name, "1")) / name / path

    def has_all(self, item: str) -> bool:
        """Whether every byte of a unit is here and right."""
        return self.world.data[item].is_at(self.place.cache.data(Ref(item.partition("@")[0], "1")))

    def parts(self, state: State, engine: MemoryEngine) -> Parts:
        """All of it."""
        world = self.world
        record = ScrapeRecord(world.folder / self.name / "scrapes.sqlite")
        scraper = Scraper(record, world, world.now, every=dt.timedelta(0))
        return Parts(
            lambda: self.gift, place_of(self.gift, state), state, lambda: world.listed, scraper, scraper,
            lambda: engine, self.number,
            lambda: world.wall_s, np.random.default_rng(self.number), pace=self.pace,
            outside=self.outside, monotonic_s=lambda: world.passed_s, fetch=world.fetch,
            wall=lambda now_s: dt.datetime.fromtimestamp(now_s, dt.UTC), boot=lambda: Boot("one", world.passed_s),
        )  # fmt: skip

    @contextlib.asynccontextmanager
    async def running(self, *, is_killed: bool = False) -> AsyncIterator[Running]:
        """The node at work, ready for its first round; killed at the end, or stopped in order."""
        with open_state(self.record, self.place) as state:
            async with MemoryEngine(self.world.network) as engine:
                self.world.engines.append(engine)
                parts = self.parts(state, engine)
                claims = Claims(parts, Offering(engine, parts.place.shelf), self.rules)
                running = Running(self, parts, claims, Rounds(parts, claims, self.rules), engine)
                await running.rounds.begin()
                yield running
                await running.rounds.stop()
                self.world.engines.remove(engine)
            if not is_killed:
                state.set("is_clean", "yes")


@dataclass(slots=True)
class Running:
    """A node at work, round by round."""

    stage: Stage
    parts: Parts
    claims: Claims
    rounds: Rounds
    engine: MemoryEngine

    async def rounds_until(self, is_so: Callable[[], bool], most: int = 12) -> None:
        """Rounds until something is true, and no more than so many."""
        for _ in range(most):
            if is_so():
                return
            await self.round()
        assert is_so(), self.claimed

    async def round(self, times: int = 1, *, after_s: float = 3_600.0) -> None:
        """So much later, one round, and all that it began."""
        for _ in range(times):
            self.stage.world.pass_time(after_s)
            await self.rounds.once()
            await self.rounds.settle()

    @property
    def held(self) -> set[str]:
        """Ids of what it says to itself that it holds."""
        return {unit.id for unit in self.parts.state.units().values() if unit.stage == "held"}

    @property
    def claimed(self) -> set[str]:
        """Ids of what it says to others."""
        return set(self.claims.ids)

    def stage_of(self, item: str) -> str:
        """What it does with a unit; empty when it has nothing to do with it."""
        unit = self.parts.state.units().get(item)
        return unit.stage if unit else ""

    def told(self, item: str) -> list[str]:
        """What it did with a unit, the oldest first."""
        return [event.what for event in reversed(self.parts.state.events(item))]


def play(story: Coroutine[Any, Any, None]) -> None:
    """Run a story, with a limit."""

    async def limited() -> None:
        async with asyncio.timeout(15):
            await story

    asyncio.run(limited())


async def hold(node: Running, world: World, *names: str) -> None:
    """Have a node take up datasets."""
    world.publish(*names)
    await node.round(2)
    assert node.claimed >= {f"{name}@1" for name in names}


def damage(path: Path) -> None:
    """Flip a bit; size and times stay, as on a bad disk."""
    facts = path.stat()
    path.chmod(0o644)
    with path.open("r+b") as file:
        first = file.read(1)
        file.seek(0)
        file.write(bytes([first[0] ^ 1]))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
