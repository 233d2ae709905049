# SPDX-License-Identifier: Apache-2.0
"""Files that a person has already: found, proved, linked, and never changed."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from seedbed.api.home import Home
from seedbed.api.node import NodeHome
from seedbed.api.node_adopting import adopt as adopt_all
from seedbed.api.node_joining import join
from seedbed.catalog import paths
from seedbed.catalog.ids import Ref
from seedbed.catalog.model import FileRow, Site
from seedbed.catalog.table import writer
from seedbed.cli.main import main
from seedbed.errors import StateError
from seedbed.library.cache import is_own
from seedbed.node.disk.adopting import adopt, candidates, scan
from seedbed.node.giving.gift import Gift
from seedbed.node.state import State
from seedbed.testing.datasets import Dataset, make_dataset
from seedbed.testing.releases import release_of
from tests.releases import in_table_order
from tests.unit.node.stage import Stage, World, damage, play

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.catalog.model import Release
    from seedbed.node.disk.adopting import Adopted

LAKES = Ref("lakes", "1")


def person_has(world: World, folder: Path, name: str) -> Path:
    """A copy of a dataset's files, where and as a person keeps things."""
    shutil.copytree(world.folder / "sources" / name, folder / "My Data" / name)
    return folder / "My Data" / name


def take(stage: Stage, *where: Path, name: str = "lakes") -> Adopted:
    """Adopt one."""
    metainfo = stage.world.data[f"{name}@1"].metainfo
    cache = stage.place.cache
    cache.put_torrent(metainfo.info_hashes.best_hex, stage.world.data[f"{name}@1"].torrent)
    return adopt(metainfo, Ref(name, "1"), stage.place, scan(where, [stage.folder]), lambda _: None)


def looks(path: Path) -> tuple[bytes, int, int, int]:
    """What must not change of a person's file."""
    facts = path.stat()
    return path.read_bytes(), facts.st_mode, facts.st_mtime_ns, facts.st_uid


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A node, and a catalogue of one dataset."""
    world = World(tmp_path)
    world.publish("lakes")
    return Stage(world)


def test_linked_proved_served_and_not_fetched(stage: Stage, tmp_path: Path) -> None:
    """No second copy on the disk; the person's files keep their content, mode, time and owner."""
    mine = person_has(stage.world, tmp_path, "lakes")
    before = {path: looks(path) for path in mine.rglob("*.bin")}

    done = take(stage, tmp_path / "My Data")

    async def story() -> None:
        async with stage.running() as node:
            await node.round()
            assert node.claimed == {"lakes@1"}
            assert stage.world.fetched == []

    play(story())
    assert (done.outcome, done.files, done.bytes) == ("adopted", 2, 100_000)
    assert {path: looks(path) for path in before} == before
    assert (mine / "a.bin").samefile(stage.file("lakes@1")) or stage.has_all("lakes@1")


def test_names_may_lie_anywhere_and_the_right_one_is_found(stage: Stage, tmp_path: Path) -> None:
    """Without the folders of the dataset, beside another file of the same name and size."""
    mine = person_has(stage.world, tmp_path, "lakes")
    (tmp_path / "flat/old").mkdir(parents=True)
    (mine / "a.bin").rename(tmp_path / "flat/a.bin")
    (mine / "sub/b.bin").rename(tmp_path / "flat/b.bin")
    (tmp_path / "flat/old/a.bin").write_bytes(bytes(99_900))
    assert take(stage, tmp_path / "flat").outcome == "adopted"
    assert stage.has_all("lakes@1")


def test_part_of_it_is_there(stage: Stage, tmp_path: Path) -> None:
    """What is right is linked, the rest is fetched; the damaged file of the person stays as it is."""
    mine = person_has(stage.world, tmp_path, "lakes")
    damage(mine / "sub/b.bin")
    before = looks(mine / "sub/b.bin")
    assert take(stage, mine)[:4] == ("begun", 1, 2, 99_900)

    async def story() -> None:
        async with stage.running() as node:
            await node.round(2)
            assert node.claimed == {"lakes@1"}
            assert stage.has_all("lakes@1")
            assert (mine / "a.bin").samefile(stage.file("lakes@1")) or stage.has_all("lakes@1")

    play(story())
    assert looks(mine / "sub/b.bin") == before


def test_nothing_right_is_there(stage: Stage, tmp_path: Path) -> None:
    """Same names and sizes, other bytes: nothing is linked."""
    mine = person_has(stage.world, tmp_path, "lakes")
    for path in mine.rglob("*.bin"):
        damage(path)
    assert take(stage, mine).outcome == "wrong"
    assert not stage.place.cache.data(LAKES).exists()


def test_its_owner_edits_a_file_later(stage: Stage, tmp_path: Path) -> None:
    """The node notices, serves it no longer, and mends with a file of its own; the person's edit stays."""
    mine = person_has(stage.world, tmp_path, "lakes")
    take(stage, mine)
    linked = (mine / "a.bin").samefile(stage.file("lakes@1"))

    async def story() -> None:
        async with stage.running() as node:
            await node.round()
            assert node.claimed == {"lakes@1"}
            with (mine / "a.bin").open("r+b") as file:
                file.write(b"my own")
            await node.rounds.once()
            if linked:
                assert "lakes@1" not in node.claimed
            await node.rounds.settle()
            await node.round(2)
            assert node.claimed == {"lakes@1"}
            assert stage.has_all("lakes@1")

    play(story())
    assert (mine / "a.bin").read_bytes()[:6] == b"my own"


@pytest.mark.parametrize("format_", ["v1", "v2", "hybrid"])
@pytest.mark.parametrize("sizes", [40_000, {"a": 40_000, "b/c": 1, "empty": 0}])
def test_every_kind_of_torrent(tmp_path: Path, format_: str, sizes: dict[str, int] | int) -> None:
    """Single files, empty ones, and v1, which the node proves as a whole."""
    data = make_dataset(tmp_path / "mine", sizes, name="lakes", format=format_)  # type: ignore[arg-type]
    stage = Stage(World(tmp_path))
    stage.world.data["lakes@1"] = data
    assert take(stage, tmp_path / "mine").outcome == "adopted"
    assert data.is_at(stage.place.cache.data(LAKES))
    assert stage.place.shelf.copy("lakes@1").prove(lambda _: None).is_good


def test_of_v1_all_must_be_there(tmp_path: Path) -> None:
    """Its pieces cross the borders of files."""
    data = make_dataset(tmp_path / "mine", {"a": 40_000, "b": 40_000}, name="lakes", format="v1")
    (tmp_path / "mine/lakes/b").unlink()
    stage = Stage(World(tmp_path))
    stage.world.data["lakes@1"] = data
    assert take(stage, tmp_path / "mine").outcome == "incomplete"
    assert not stage.place.cache.data(LAKES).exists()


def test_links_are_not_followed_and_own_folders_not_scanned(stage: Stage, tmp_path: Path) -> None:
    """A link to a file is not a file; what cannot be read is told."""
    mine = person_has(stage.world, tmp_path, "lakes")
    (tmp_path / "links").mkdir()
    (tmp_path / "links/a.bin").symlink_to(mine / "a.bin")
    assert not scan([tmp_path / "links"], []).offers
    assert not scan([mine], [mine]).offers or not scan([tmp_path / "My Data"], [mine]).offers
    with pytest.raises(StateError, match="cannot be read"):
        scan([tmp_path / "none"], [])


def test_another_file_system_is_told(stage: Stage, tmp_path: Path) -> None:
    """Nothing is copied to make up for it."""
    elsewhere = next((one for one in ("/dev/shm", "/run") if os.access(one, os.W_OK)), "")  # noqa: S108
    if not elsewhere or os.stat(elsewhere).st_dev == tmp_path.stat().st_dev:  # noqa: PTH116
        pytest.skip("there is only one file system here")
    from pathlib import Path as Paths  # noqa: PLC0415

    mine = Paths(elsewhere) / f"seedbed-test-{os.getpid()}"
    try:
        shutil.copytree(stage.world.folder / "sources/lakes", mine)
        done = take(stage, mine)
    finally:
        shutil.rmtree(mine, ignore_errors=True)
    assert done.outcome == "far"
    assert not list(stage.place.cache.data(LAKES).rglob("*.bin"))


def test_versions_with_the_most_bytes_come_first(tmp_path: Path) -> None:
    """Empty files are no sign of anything."""
    for name, size in (("a", 5), ("b", 9), ("empty", 0)):
        (tmp_path / name).write_bytes(bytes(size))
    rows = [
        ("small@1", "x/a", 5),
        ("large@1", "x/b", 9),
        ("large@1", "a", 5),
        ("none@1", "y/empty", 0),
        ("n@1", "a", 6),
    ]
    assert candidates(rows, scan([tmp_path], [])) == ["large@1", "small@1"]


def published(tmp_path: Path, *data: Dataset) -> list[Release]:
    """A catalogue's folder with these datasets."""
    releases = [release_of(one.metainfo.name, one) for one in data]
    site = tmp_path / "site"
    (site / "torrents").mkdir(parents=True)
    writer.write_catalog(site / paths.CATALOG, in_table_order(releases), Site("site"))
    rows = [
        FileRow(f"{one.metainfo.name}@1", "/".join(file.path), file.length, pieces_root=(file.pieces_root or b"").hex())
        for one in data for file in one.metainfo.files
    ]  # fmt: skip
    writer.write_files(site / paths.FILES, sorted(rows, key=writer.file_order))
    for one in data:
        where = site / paths.torrent(one.metainfo.info_hashes.best_hex)
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes(one.torrent)
    return releases


def test_what_a_person_is_told(tmp_path: Path) -> None:
    """A row for each version of which something was found; a second time it is here already."""
    sets = [make_dataset(tmp_path / "mine", {"x.csv": 50_000, f"{name}.txt": 9}, name=name)
            for name in ("lakes", "roads", "big", "half")]  # fmt: skip
    (tmp_path / "mine/half/half.txt").unlink()
    published(tmp_path, *sets)
    home = Home(tmp_path / "data", tmp_path / "cache")
    gift = Gift(str(tmp_path / "site"), str(tmp_path / "given"), 10**9, without=("roads",))
    join(home, gift)

    rows = adopt_all(home, [tmp_path / "mine"])

    assert {row.id: row.outcome for row in rows} == {
        "lakes@1": "adopted", "roads@1": "unwanted", "big@1": "adopted", "half@1": "begun",
    }  # fmt: skip
    with State(NodeHome.of(home).state) as state:
        units = state.units()
        assert {item: unit.stage for item, unit in units.items()} == {
            "lakes@1": "held", "big@1": "held", "half@1": "fetching",
        }  # fmt: skip
        assert units["lakes@1"].verified_s
        assert state.events("lakes@1")[0].what == "adopted"
    assert {row.outcome for row in adopt_all(home, [tmp_path / "mine"])} == {"here", "unwanted"}


def test_the_command_tells_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a person's own language; and what to do next."""
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    published(tmp_path, make_dataset(tmp_path / "mine", 50_000, name="lakes"))
    join(Home.of_environment(), Gift(str(tmp_path / "site"), str(tmp_path / "given"), 10**9))

    told = CliRunner().invoke(main, ["node", "adopt", str(tmp_path / "mine")], catch_exceptions=False).stdout

    assert "lakes@1" in told
    assert "vérifiés et liés" in told
    assert "1 versions taken over" in told
    assert "next start" in told


def test_parts_do_not_share_a_persons_file(tmp_path: Path) -> None:
    """Files of parts grow in place: a person's file, which they may edit, is no content for them."""
    (tmp_path / "own").write_bytes(b"x")
    (tmp_path / "own").chmod(0o444)
    (tmp_path / "theirs").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "own")
    assert [is_own(tmp_path / name) for name in ("own", "theirs", "link", "none")] == [True, False, False, False]
