# SPDX-License-Identifier: Apache-2.0
"""A node whose torrents another client fetches and serves; people and other programs use the same client."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import InputError, SourceError
from seedbed.library.torrents import kept_metainfo
from seedbed.node.clients import probing
from seedbed.node.clients.base import LABEL, PASSWORD, PASSWORD_FILE, Address, password
from seedbed.node.clients.calls import PEACE_S
from seedbed.node.clients.engine import GONE_LOOKS, ClientEngine
from seedbed.node.clients.fetching import AWAY_S, ClientFetch
from seedbed.node.clients.paths import PathMap
from seedbed.node.disk.beginning import open_state
from seedbed.node.holding.claiming import Claims
from seedbed.node.holding.offering import Offering
from seedbed.node.rounds import Rounds
from tests.unit.node.fake_client import FakeClient
from tests.unit.node.stage import DAY_S, Stage, World, damage, play

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from seedbed.testing.datasets import Dataset


@dataclass(slots=True)
class Scene:
    """A node with a client, in a world."""

    world: World
    stage: Stage
    client: FakeClient
    paths: PathMap

    def publish(self, *names: str) -> Dataset:
        """Datasets that the client can fetch; gives the last."""
        self.world.publish(*names)
        for name in names:
            data = self.world.data[f"{name}@1"]
            self.client.data[data.metainfo.info_hashes.best_hex] = data
            self.stage.place.cache.put_torrent(data.metainfo.info_hashes.best_hex, data.torrent)
        return data


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Nothing published yet."""
    world = World(tmp_path)
    return Scene(world, Stage(world), FakeClient(), PathMap())


@contextlib.asynccontextmanager
async def running(scene: Scene) -> AsyncIterator[ClientNode]:
    """The node at work."""
    stage, now_s = scene.stage, lambda: scene.world.passed_s
    with open_state(stage.record, stage.place) as state:
        engine = ClientEngine(scene.client, stage.place, scene.paths, now_s, every_s=0.01)
        async with engine:
            parts = replace(stage.parts(state, engine), fetch=ClientFetch(engine, now_s))  # type: ignore[arg-type]
            claims = Claims(parts, Offering(engine, stage.place.shelf), stage.rules)
            rounds = Rounds(parts, claims, stage.rules)
            watching = asyncio.create_task(claims.watch(engine))
            await rounds.begin()
            yield ClientNode(scene, engine, claims, rounds)
            await rounds.stop()
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


@dataclass(slots=True)
class ClientNode:
    """As :class:`tests.unit.node.stage.Running`."""

    scene: Scene
    engine: ClientEngine
    claims: Claims
    rounds: Rounds

    async def round(self, times: int = 1, *, after_s: float = 3_600.0) -> None:
        """So much later, one round, and what it began."""
        for _ in range(times):
            self.scene.world.pass_time(after_s)
            await self.rounds.once()
            await self.rounds.settle()

    async def look(self, times: int = 2) -> None:
        """Looks at the client, and time for what follows from them."""
        for _ in range(times):
            await self.engine.look()
            await asyncio.sleep(0)
        for _ in range(20):
            await asyncio.sleep(0)

    @property
    def claimed(self) -> set[str]:
        """What it says to others."""
        return set(self.claims.ids)


async def hold(scene: Scene, node: ClientNode) -> Dataset:
    """The client has fetched a dataset, and serves it."""
    data = scene.publish("lakes")
    await node.round(2)
    assert node.claimed == {"lakes@1"}
    return data


def test_the_client_fetches_and_serves_and_the_node_proves(scene: Scene) -> None:
    """Into the node's folder, under our label, and every byte is right."""

    async def tale() -> None:
        async with running(scene) as node:
            seen = scene.client.of(await hold(scene, node))
            assert seen
            assert seen.label == LABEL
            assert not seen.is_stopped
            assert scene.stage.has_all("lakes@1")
            assert [status.is_complete for status in node.engine.statuses()] == [True]
            assert (await node.engine.totals()).received_bytes == 100_000

    play(tale())


def test_wrong_bytes_are_never_claimed(scene: Scene) -> None:
    """The client says that it is complete; our own hashing does not, and it is stopped there."""

    async def tale() -> None:
        async with running(scene) as node:
            data = scene.publish("lakes")
            scene.client.wrong.add(data.metainfo.info_hashes.best_hex)
            await node.round(2)
            assert node.claimed == set()
            assert (seen := scene.client.of(data))
            assert seen.is_stopped

    play(tale())


def test_given_up_in_two_phases(scene: Scene) -> None:
    """Stopped in the client first; removed there only when its data lies in the trash."""

    async def tale() -> None:
        async with running(scene) as node:
            data = await hold(scene, node)
            await node.claims.disclaim("lakes@1")
            assert (seen := scene.client.of(data))
            assert seen.is_stopped
            await node.look()
            assert scene.client.of(data)
            assert scene.stage.has_all("lakes@1")
            await asyncio.to_thread(scene.stage.place.shelf.copy("lakes@1").discard)
            await node.look()
            assert scene.client.of(data) is None
            assert scene.stage.place.shelf.discarded() == ["lakes@1"]

    play(tale())


def test_kept_after_all(scene: Scene) -> None:
    """What the node stopped itself goes on at once."""

    async def tale() -> None:
        async with running(scene) as node:
            data = await hold(scene, node)
            await node.claims.disclaim("lakes@1")
            await node.look()
            await node.claims.claim(["lakes@1"])
            assert (seen := scene.client.of(data))
            assert not seen.is_stopped
            assert node.claimed == {"lakes@1"}

    play(tale())


def test_removed_in_the_clients_own_window(scene: Scene) -> None:
    """Claimed no longer at the next look; as long as nobody evicts it, it is put back and proved."""

    async def tale() -> None:
        async with running(scene) as node:
            data = await hold(scene, node)
            scene.client.listed.clear()
            await node.look(GONE_LOOKS)
            assert node.claimed == set()
            await node.round(2)
            assert node.claimed == {"lakes@1"}
            assert (seen := scene.client.of(data))
            assert seen.downloaded_bytes == 0, "its files were here"

    play(tale())


def test_a_client_that_was_just_started(scene: Scene) -> None:
    """It lists its torrents one by one: nothing is fetched again for that."""

    async def tale() -> None:
        async with running(scene) as node:
            scene.publish("lakes", "roads", "trees")
            for _ in range(4):
                await node.round()
            assert len(node.claimed) == 3
            listed, scene.client.listed = scene.client.listed, {}
            await node.look(GONE_LOOKS + 5)
            assert len(node.claimed) == 3
            scene.client.listed = listed
            await node.look()
            assert len(node.claimed) == 3
            assert not any("withdrawn" in one.what for one in node.rounds._parts.state.events())

    play(tale())


def test_removed_with_its_data(scene: Scene) -> None:
    """As above, and it is fetched again."""

    async def tale() -> None:
        async with running(scene) as node:
            data = await hold(scene, node)
            scene.client.listed.clear()
            scene.stage.file("lakes@1").unlink()
            await node.look(GONE_LOOKS)
            assert node.claimed == set()
            await node.round(2)
            assert node.claimed == {"lakes@1"}
            assert scene.stage.has_all("lakes@1")
            assert scene.client.of(data)

    play(tale())


def test_stopped_in_the_clients_own_window(scene: Scene) -> None:
    """A person's wish: claimed no longer, and not started by us; started there, it is claimed again."""

    async def tale() -> None:
        async with running(scene) as node:
            data = await hold(scene, node)
            scene.client.seen(data, is_stopped=True)
            await node.look()
            await node.round()
            assert node.claimed == set()
            assert (seen := scene.client.of(data))
            assert seen.is_stopped
            scene.client.seen(data, is_stopped=False)
            await node.look()
            await node.round()
            assert node.claimed == {"lakes@1"}

    play(tale())


def test_the_client_cannot_read_its_files(scene: Scene) -> None:
    """Claimed no longer; what is wrong is fetched again."""

    async def tale() -> None:
        async with running(scene) as node:
            data = await hold(scene, node)
            await asyncio.to_thread(damage, scene.stage.file("lakes@1"))
            scene.client.seen(data, error="its files are missing", is_complete=False)
            await node.look()
            assert node.claimed == set()
            scene.client.listed.clear()
            await node.round(3)
            assert node.claimed == {"lakes@1"}
            assert scene.stage.has_all("lakes@1")

    play(tale())


def test_a_look_while_it_is_started(scene: Scene) -> None:
    """What ran for nobody at the last looks, and is just being started, is not stopped behind that."""

    async def tale() -> None:
        async with running(scene) as node:
            data = await hold(scene, node)
            await node.claims.disclaim("lakes@1")
            scene.client.seen(data, is_stopped=False)
            await node.look()
            scene.world.pass_time(DAY_S)
            hashes, folder = data.metainfo.info_hashes, scene.stage.place.folder
            await asyncio.gather(node.engine.look(), node.engine.run(data.torrent, hashes, folder))
            await node.look()
            assert (seen := scene.client.of(data))
            assert not seen.is_stopped

    play(tale())


def test_a_torrent_of_somebody_else(scene: Scene, tmp_path: Path) -> None:
    """Its files are shared and claimed; whatever the node does later, that torrent and its files are left alone."""

    async def tale() -> None:
        data = scene.publish("lakes")
        theirs = data.parent
        before = (theirs / "lakes/a.bin").stat().st_mode
        scene.client.has(data, theirs)
        async with running(scene) as node:
            await node.round(2)
            assert node.claimed == {"lakes@1"}
            assert scene.stage.file("lakes@1").samefile(theirs / "lakes/a.bin")
            await node.claims.disclaim("lakes@1")
            await asyncio.to_thread(scene.stage.place.shelf.copy("lakes@1").discard)
            scene.world.pass_time(DAY_S)
            await node.look()
        assert scene.client.of(data) == replace(scene.client.of(data), label="", is_stopped=False)  # type: ignore[type-var]
        assert not [call for call in scene.client.calls[4:] if call], "nothing was asked of the client but a look"
        assert data.is_at(theirs)
        assert (theirs / "lakes/a.bin").stat().st_mode == before

    play(tale())


def test_somebody_else_is_still_fetching_it(scene: Scene) -> None:
    """It is waited for, and not touched."""

    async def tale() -> None:
        data = scene.publish("lakes")
        scene.client.has(data, data.parent)
        scene.client.seen(data, is_complete=False)
        async with running(scene) as node:
            await node.round(2)
            assert node.claimed == set()
        assert not [call for call in scene.client.calls[4:] if call]

    play(tale())


def test_what_runs_there_for_nobody_is_stopped(scene: Scene) -> None:
    """As after a kill of the node: our label, in our folder, and not to be claimed; not at once, for it may be soon."""

    async def tale() -> None:
        async with running(scene) as node:
            data = await hold(scene, node)
            node.claims.is_silent = True
            await node.engine.calls.call(lambda: None)
            await node.look()  # it is claimed: what a look saw before that counts no more
            scene.world.pass_time(3_600)
            node.engine._claimed.clear()  # a look of the engine's own may come at any moment from now on
            await node.look()
            assert (seen := scene.client.of(data))
            assert not seen.is_stopped
            scene.world.pass_time(61)
            await node.look()
            assert (seen := scene.client.of(data))
            assert seen.is_stopped

    play(tale())


def test_another_nodes_torrents_in_the_same_client(scene: Scene, tmp_path: Path) -> None:
    """The same label, another folder: they are not ours to stop or remove."""

    async def tale() -> None:
        data = scene.publish("lakes")
        scene.client.has(data, tmp_path / "elsewhere/snapshots/lakes/1/data")
        scene.client.seen(data, label=LABEL, is_complete=True)
        async with running(scene) as node:
            scene.world.pass_time(3_600)
            for _ in range(3):
                await node.look()
            assert (seen := scene.client.of(data))
            assert not seen.is_stopped

    play(tale())


def test_a_label_that_was_lost_or_changed(scene: Scene) -> None:
    """Transmission 3 forgets labels: in our folder it is ours all the same; a person who gives it another takes it."""

    async def tale() -> None:
        async with running(scene) as node:
            data = await hold(scene, node)
            scene.client.seen(data, label="")
            await node.look()
            assert node.engine.is_ours(scene.client.listed[data.metainfo.info_hashes.best_hex])
            scene.client.seen(data, label="mine")
            await node.look()
            await node.claims.disclaim("lakes@1")
            assert (seen := scene.client.of(data))
            assert not seen.is_stopped

    play(tale())


def test_the_client_is_away_for_a_while(scene: Scene) -> None:
    """Rounds go on; when it is back, all is as before."""

    async def tale() -> None:
        async with running(scene) as node:
            data = await hold(scene, node)
            scene.client.fault = SourceError("nobody answers")
            scene.publish("roads")
            with pytest.raises(SourceError):
                await node.engine.look()
            scene.world.pass_time(3_600)
            await node.rounds.once()
            assert node.engine.calls.trouble == "nobody answers"
            scene.world.pass_time(AWAY_S + 1)
            await node.rounds.settle()
            scene.client.fault = None
            await node.look()
            await node.round(2)
            assert node.claimed == {"lakes@1", "roads@1"}
            assert scene.client.of(data)

    play(tale())


def test_a_client_that_lets_us_not_in_is_left_in_peace(scene: Scene) -> None:
    """Programs ban an address after some wrong passwords: it is asked once, and again after ten minutes."""

    async def tale() -> None:
        async with running(scene) as node:
            scene.client.fault = InputError("wrong password")
            for _ in range(5):
                with pytest.raises(InputError):
                    await node.engine.look()
            scene.client.fault = None
            with pytest.raises(InputError):
                await node.engine.look()
            scene.world.pass_time(PEACE_S + 1)
            await node.engine.look()

    play(tale())


def test_a_client_that_sees_other_files(scene: Scene) -> None:
    """Refused at the start, and nothing is left behind; a wrong path map is told from a right one."""
    scene.client.is_blind = True

    async def tale() -> None:
        engine = ClientEngine(scene.client, scene.stage.place, scene.paths, clock(scene))
        with pytest.raises(InputError, match="does not see the node's folder") as caught:
            await engine.__aenter__()
        assert "--client-path" in caught.value.hint
        assert not scene.client.listed
        assert not list((scene.stage.folder / "client-probe").iterdir())

    play(tale())


def clock(scene: Scene) -> Callable[[], float]:
    """One that goes on at each look."""

    def now_s() -> float:
        scene.world.passed_s += probing.WITHIN_S / 3
        return scene.world.passed_s

    return now_s


def test_a_client_in_a_container(scene: Scene) -> None:
    """It has other names for the same folder."""
    scene.paths = PathMap.read(f"{scene.stage.folder}=/there")
    scene.client.prefix = "/there", str(scene.stage.folder)

    async def tale() -> None:
        async with running(scene) as node:
            seen = scene.client.of(await hold(scene, node))
            assert seen
            assert seen.folder == "/there/snapshots/lakes/1/data"

    play(tale())


def test_a_client_that_knows_no_version_2(scene: Scene) -> None:
    """Hybrids are not given to it: the reason is said, and no room is booked for them."""
    scene.client.knows_v2 = False

    async def tale() -> None:
        async with running(scene) as node:
            data = scene.publish("lakes")
            await node.round(2)
            assert scene.client.of(data) is None
            assert node.claimed == set()

    play(tale())


def test_the_cache_still_knows_its_torrents(scene: Scene) -> None:
    """What a client fetched can be served by the built-in engine afterwards, and the other way round."""

    async def tale() -> None:
        async with running(scene) as node:
            data = await hold(scene, node)
        assert kept_metainfo(scene.stage.place.cache, data.metainfo.info_hashes.best_hex)
        async with scene.stage.running() as own:
            assert own.claimed == {"lakes@1"}
        async with running(scene) as node:
            assert node.claimed == {"lakes@1"}

    play(tale())


def test_what_was_held_before_the_client_came(scene: Scene) -> None:
    """It is given to the client as it lies there, one list for all, and started whatever its queue is."""

    async def tale() -> None:
        async with scene.stage.running() as own:
            scene.publish("lakes", "roads", "trees")
            await own.rounds_until(lambda: len(own.claimed) == 3)
        async with running(scene) as node:
            assert len(node.claimed) == 3
            await node.look()
            assert sum(call.startswith("start") for call in scene.client.calls) == 3
            assert all(one.downloaded_bytes == 0 for one in scene.client.listed.values())
            assert len(node.engine.statuses()) == 3

    play(tale())


@pytest.mark.parametrize(("text", "said"), [
    ("transmission:http://me@host:9091/rpc", Address("transmission", "http://host:9091/rpc", "me")),
    ("qbittorrent:https://host", Address("qbittorrent", "https://host")),
    ("qbittorrent:http://[::1]:8080/qb/", Address("qbittorrent", "http://[::1]:8080/qb")),
])  # fmt: skip
def test_addresses(text: str, said: Address) -> None:
    """Of both programs."""
    assert Address.read(text) == said


@pytest.mark.parametrize("text", [
    "", "transmission", "transmission:", "rtorrent:http://host", "qbittorrent:ftp://host", "qbittorrent:http://host:x",
    "http://host:9091", "qbittorrent:http://me:secret@host",
])  # fmt: skip
def test_no_addresses(text: str) -> None:
    """A password among them is refused, and not repeated."""
    with pytest.raises(InputError) as caught:
        Address.read(text)
    assert "secret" not in caught.value.message + caught.value.hint


def test_passwords(tmp_path: Path) -> None:
    """From the environment, or from a file that it names."""
    (tmp_path / "secret").write_text("from file\n")
    assert password({}) == ""
    assert password({PASSWORD: "x"}) == "x"
    assert password({PASSWORD: "x", PASSWORD_FILE: str(tmp_path / "secret")}) == "from file"
    with pytest.raises(InputError, match="cannot be read"):
        password({PASSWORD_FILE: str(tmp_path / "none")})


def test_path_maps() -> None:
    """Both ways; what lies elsewhere keeps its name."""
    paths = PathMap.read("/srv/seedbed/=/downloads")
    assert paths.to_client(Path("/srv/seedbed/a")) == "/downloads/a"
    assert paths.to_client(Path("/srv/seedbed2/a")) == "/srv/seedbed2/a"
    assert paths.from_client("/downloads/a") == Path("/srv/seedbed/a")
    assert paths.from_client("/elsewhere") == Path("/elsewhere")
    for text in ("", "/a", "a=b", "/a=b", "=/b"):
        with pytest.raises(InputError):
            PathMap.read(text)
