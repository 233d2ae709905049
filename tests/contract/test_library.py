# SPDX-License-Identifier: Apache-2.0
"""The cache: each content once, every version whole, only what changed is fetched, damage is seen and mended."""

from __future__ import annotations

import asyncio
import hashlib
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from seedbed.catalog.model import Mirror
from seedbed.creating import create as creating
from seedbed.creating.scan import scan
from seedbed.errors import DataError, NoSourceError, NotFoundError
from seedbed.fetching.options import Options
from seedbed.hashing.choice import choose_engine
from seedbed.hashing.job import Threads
from seedbed.library import inspect
from seedbed.library.cache import Cache
from seedbed.library.fetch import Wanted, fetch
from seedbed.testing.fetching import QUICK
from seedbed.testing.loopback import LoopbackFiles
from tests import releases

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.catalog.model import Release
    from seedbed.fetching.result import Fetched

pytestmark = pytest.mark.slow

MB = 1_000_000
OPTIONS = Options(rules=QUICK, uses_peers=False)


@dataclass(slots=True)
class World:
    """A catalogue's folder with torrents, a web server, and somebody's cache."""

    folder: Path
    server: LoopbackFiles
    cache: Cache
    releases: dict[str, Release] = field(default_factory=dict)

    def publish(self, version: str, contents: dict[str, bytes]) -> Release:
        """Make a version; the server has it from now on."""
        data = self.folder / version / "lakes"
        for path, body in contents.items():
            (data / path).parent.mkdir(parents=True, exist_ok=True)
            (data / path).write_bytes(body)
            self.server.serve({f"{version}/lakes/{path}": body})
        plan = creating.plan_torrent(scan(str(data)), creating.Wish(web_seeds=(f"{self.server.url}{version}/",)))
        wanted = creating.wanted_hashes(plan, workers=1)
        made = creating.create(plan, Threads(choose_engine(), 1), wanted=wanted)
        (self.folder / "torrents").mkdir(exist_ok=True)
        (self.folder / "torrents" / f"{made.info_hashes.best_hex}.torrent").write_bytes(made.torrent)
        plain = releases.release("lakes", version)
        facts = replace(
            plain.torrent, info_hash_v1=made.info_hashes.v1_hex, info_hash_v2=made.info_hashes.v2_hex,
            sha256=hashlib.sha256(made.torrent).hexdigest(), length=len(made.torrent),
        )  # fmt: skip
        self.releases[version] = replace(plain, torrent=facts)
        return self.releases[version]

    async def get(self, version: str, *, into: Path | None = None, offline: bool = False, **options: object) -> Fetched:
        """Fetch a version, from the folder's torrents and the server's files."""
        wanted = Wanted(self.releases[version], (f"{self.folder}/",))
        chosen = replace(OPTIONS, **options)  # type: ignore[arg-type]  # fields of Options
        return await fetch(wanted, self.cache, chosen, into=into, offline=offline)


def story(tmp_path: Path, tell: object) -> None:
    """Run a test's story beside a loopback web server."""

    async def run() -> None:
        async with LoopbackFiles({}) as server:
            await tell(World(tmp_path, server, Cache(tmp_path / "cache")))  # type: ignore[operator]

    asyncio.run(run())


BIG, OLD, NEW = os.urandom(MB), b"old\n" * 5_000, b"new\n" * 5_000


def test_only_changed_files_are_fetched_for_another_version(tmp_path: Path) -> None:
    """Newer after older, and older after newer: what they share moves once and takes its space once."""

    async def tell(world: World) -> None:
        world.publish("1", {"big.bin": BIG, "part.csv": OLD})
        world.publish("2", {"renamed.bin": BIG, "part.csv": NEW})

        newest = await world.get("2")
        older = await world.get("1")

        assert newest.bytes_from_mirrors == MB + len(NEW)
        assert older.bytes_from_mirrors == len(OLD)
        assert older.bytes_reused == MB
        assert (older.root / "part.csv").read_bytes() == OLD
        assert (older.root / "big.bin").samefile(newest.root / "renamed.bin")

    story(tmp_path, tell)


def test_what_is_whole_in_the_cache_is_there_at_once_and_offline(tmp_path: Path) -> None:
    """No question to anybody the second time."""

    async def tell(world: World) -> None:
        world.publish("1", {"a.bin": BIG})
        await world.get("1")
        asked = len(world.server.requests)

        again = await world.get("1", offline=True)

        assert again.was_complete
        assert len(world.server.requests) == asked

    story(tmp_path, tell)


def test_offline_without_the_data_is_said_in_words(tmp_path: Path) -> None:
    """Exit code 12, and what to do."""

    async def tell(world: World) -> None:
        world.publish("1", {"a.bin": BIG})
        with pytest.raises(NoSourceError):
            await world.get("1", offline=True)

    story(tmp_path, tell)


def test_some_files_first_and_the_rest_later(tmp_path: Path) -> None:
    """``--files`` keeps a part; a later fetch of all gets only the rest."""

    async def tell(world: World) -> None:
        world.publish("1", {"big.bin": BIG, "part.csv": OLD})
        await world.get("1", files=("*.csv",))
        part = world.cache.snapshots()[0].kept

        rest = await world.get("1")

        assert (part.is_whole, list(part.sizes)) == (False, ["lakes/part.csv"])
        assert rest.bytes_from_mirrors == MB
        assert world.cache.snapshots()[0].kept.is_whole

    story(tmp_path, tell)


def test_a_folder_of_ones_own_gets_copies_that_may_be_changed(tmp_path: Path) -> None:
    """What a person does with their files does not reach the cache, and nothing is fetched twice for it."""

    async def tell(world: World) -> None:
        world.publish("1", {"a.csv": OLD})
        cached = await world.get("1")
        own = await world.get("1", into=tmp_path / "mine")

        (own.root / "a.csv").write_bytes(b"mine")

        assert own.bytes_from_mirrors == 0
        assert (cached.root / "a.csv").read_bytes() == OLD

    story(tmp_path, tell)


def test_damage_in_the_cache_is_seen_and_mended(tmp_path: Path) -> None:
    """``cache verify`` names the file; a fetch after its removal brings it back."""

    async def tell(world: World) -> None:
        world.publish("1", {"a.bin": BIG, "b.csv": OLD})
        fetched = await world.get("1")
        damaged = fetched.root / "a.bin"
        damaged.chmod(0o644)
        damaged.write_bytes(BIG[:-1] + bytes([BIG[-1] ^ 1]))

        (verdict,) = inspect.verify(world.cache)
        assert verdict.bad_paths == ("lakes/a.bin",)

        world.cache.remove(verdict.snapshot.ref)
        again = await world.get("1")

        assert (again.root / "a.bin").read_bytes() == BIG
        assert all(one.is_good for one in inspect.verify(world.cache))

    story(tmp_path, tell)


def test_a_damaged_content_of_another_version_is_not_passed_on(tmp_path: Path) -> None:
    """What is laid out from the cache is proved like anything that comes from afar."""

    async def tell(world: World) -> None:
        world.publish("1", {"a.bin": BIG})
        world.publish("2", {"a.bin": BIG, "more.csv": OLD})
        first = await world.get("1")
        (first.root / "a.bin").chmod(0o644)
        (first.root / "a.bin").write_bytes(bytes(MB))

        second = await world.get("2")

        assert (second.root / "a.bin").read_bytes() == BIG

    story(tmp_path, tell)


def test_removal_frees_only_what_nobody_else_has(tmp_path: Path) -> None:
    """``cache ls`` says beforehand what ``cache rm`` frees."""

    async def tell(world: World) -> None:
        world.publish("1", {"big.bin": BIG, "part.csv": OLD})
        world.publish("2", {"big.bin": BIG, "part.csv": NEW})
        await world.get("1")
        await world.get("2")
        first = world.cache.snapshots()[0]

        freed = world.cache.remove(first.ref)

        assert freed == first.own_bytes == len(OLD)
        assert [one.ref.version for one in world.cache.snapshots()] == ["2"]

    story(tmp_path, tell)


def test_another_torrent_under_the_right_name_is_passed_by(tmp_path: Path) -> None:
    """The catalogue signs the torrent's hash: the first mirror lies, the second has it."""

    async def tell(world: World) -> None:
        release = world.publish("1", {"a.bin": BIG})
        name = f"torrents/{release.torrent.best_hex}.torrent"
        (tmp_path / "liar" / "torrents").mkdir(parents=True)
        (tmp_path / "liar" / name).write_bytes((tmp_path / name).read_bytes() + b" ")
        wanted = Wanted(release, (f"{tmp_path}/liar/", f"{tmp_path}/"))

        assert (await fetch(wanted, world.cache, OPTIONS)).size_bytes == MB

    story(tmp_path, tell)


def test_a_glob_that_matches_nothing_is_told(tmp_path: Path) -> None:
    """Exit code 10, with names that are there."""

    async def tell(world: World) -> None:
        world.publish("1", {"a.bin": BIG})
        with pytest.raises(NotFoundError, match="no file matches"):
            await world.get("1", files=("*.shp",))

    story(tmp_path, tell)


def test_a_folder_with_other_files_is_not_overwritten(tmp_path: Path) -> None:
    """A person's own file of the same name stays."""

    async def tell(world: World) -> None:
        world.publish("1", {"a.csv": OLD})
        (tmp_path / "mine/lakes").mkdir(parents=True)
        (tmp_path / "mine/lakes/a.csv").write_bytes(b"x" * len(OLD))
        with pytest.raises((DataError, Exception), match=r"a\.csv"):
            await world.get("1", into=tmp_path / "mine")

        assert (tmp_path / "mine/lakes/a.csv").read_bytes() == b"x" * len(OLD)

    story(tmp_path, tell)


def test_a_damaged_copy_is_replaced_from_the_cache(tmp_path: Path) -> None:
    """With --force and without asking anybody: the right bytes are here. A damaged cache is not spread."""

    async def tell(world: World) -> None:
        world.publish("1", {"a.bin": BIG, "b.csv": OLD})
        cached = await world.get("1")
        copy = (await world.get("1", into=tmp_path / "out")).root
        (copy / "a.bin").write_bytes(b"damaged")

        await world.get("1", into=tmp_path / "out", offline=True, replaces=True)
        assert (copy / "a.bin").read_bytes() == BIG

        (cached.root / "b.csv").chmod(0o644)
        (cached.root / "b.csv").write_bytes(b"rot")
        (copy / "b.csv").write_bytes(b"mine")
        with pytest.raises(NoSourceError, match="not all of it"):
            await world.get("1", into=tmp_path / "out", offline=True, replaces=True)
        assert (copy / "b.csv").read_bytes() == b"mine"

    story(tmp_path, tell)


def test_mirrors_of_the_entry_are_asked(tmp_path: Path) -> None:
    """A release whose torrent names a lying web seed comes from a flat mirror of its entry; offline nobody is asked."""

    async def tell(world: World) -> None:
        plain = world.publish("1", {"big.bin": BIG, "parts/a.csv": OLD})
        async with LoopbackFiles({"z/big.bin": BIG, "z/parts__a.csv": OLD}) as elsewhere:
            flat = Mirror("zenodo", f"{elsewhere.url}z/", layout="flat")
            world.releases["1"] = replace(plain, mirrors=(flat,))
            world.server.serve({"1/lakes/big.bin": bytes(MB), "1/lakes/parts/a.csv": bytes(len(OLD))})

            with pytest.raises(NoSourceError):
                await world.get("1", offline=True)
            assert not elsewhere.requests
            fetched = await world.get("1")

        assert (fetched.root / "parts" / "a.csv").read_bytes() == OLD
        by_name = {source.name: source.bytes_good for source in fetched.sources}
        assert by_name[flat.web_seed(is_single_file=False)] == MB + len(OLD)

    story(tmp_path, tell)
