# SPDX-License-Identifier: Apache-2.0
"""A node that runs is asked and told things over its socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from seedbed.engine.memory_engine import MemoryEngine
from seedbed.errors import NoSourceError, SeedbedError, StateError
from seedbed.node.control import asking, wire
from seedbed.node.control.happenings import QUEUED, Happenings
from seedbed.node.disk.beginning import open_state
from seedbed.node.doors import Doors
from seedbed.node.node import Node
from tests.unit.node.stage import Stage, World, play

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from seedbed.node.giving.gift import Gift


@dataclass(slots=True)
class Talk:
    """A node that rests for ever between its rounds, unless somebody asks."""

    world: World
    stage: Stage
    path: Path
    told: list[str] = field(default_factory=list)
    rested: asyncio.Event = field(default_factory=asyncio.Event)

    def save(self, gift: Gift) -> None:
        """As the file of a real node."""
        self.stage.gift = gift

    async def ask(self, what: str, **facts: Any) -> dict[str, Any] | None:
        """As a command does: it blocks, so in a thread."""
        return await asyncio.to_thread(lambda: asking.ask(self.path, what, timeout_s=5, **facts))

    async def raw(self, *lines: bytes) -> bytes:
        """Bytes sent as they are; what comes back until the node hangs up, or until it has answered each."""
        reader, writer = await asyncio.open_unix_connection(str(self.path))
        writer.writelines(lines)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        found = await reader.readline()
        writer.close()
        return found


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    """Its world has one dataset that it will hold."""
    world = World(tmp_path)
    return Talk(world, Stage(world), tmp_path / "control.sock")


@contextlib.asynccontextmanager
async def running(talk: Talk) -> AsyncIterator[Talk]:
    """The node at work, after its first round."""
    stop = asyncio.Event()

    async def rest(stop: asyncio.Event, _pause_s: float, /) -> None:
        talk.world.pass_time(3_600)
        talk.rested.set()
        await stop.wait()

    with open_state(talk.stage.record, talk.stage.place) as state:
        parts = talk.stage.parts(state, MemoryEngine(talk.world.network))
        parts = replace(parts, rest=rest, doors=Doors(talk.path, talk.save))
        work = asyncio.create_task(Node(parts).run(stop, lambda what, _: talk.told.append(what)))
        waiting = asyncio.create_task(talk.rested.wait())
        await asyncio.wait({work, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        try:
            yield talk
        finally:
            stop.set()
            await work


async def held(talk: Talk) -> dict[str, Any]:
    """Rounds until it serves something; what it says then."""
    while True:
        facts = await talk.ask("status")
        assert facts
        if any(unit["now"].get("doing") == "serving" for unit in facts["units"]):
            return facts
        await talk.ask("round", wait=True)


def test_status_of_a_node_that_runs(talk: Talk) -> None:
    """What is held, what that protects, and what is served now."""

    async def tale() -> None:
        talk.world.publish("lakes", collection="water")
        talk.world.publish("roads", others=9, collection="ways")
        async with running(talk):
            facts = await held(talk)
        assert facts["is_running"]
        assert facts["collections"] == [{
            "collection": "water", "held": 1, "of": 1, "held_bytes": 100_000, "bytes": 100_000, "percent": 100.0,
            "only_here": 1, "parts": 0,
        }]  # fmt: skip
        unit = facts["units"][0]
        assert (unit["id"], unit["copies"], unit["target"], unit["is_only_copy"]) == ("lakes@1", 1, 3, True)
        assert unit["now"]["doing"] == "serving"
        assert not facts["now"]["trouble"]

    play(tale())


def test_a_round_when_it_is_asked_for(talk: Talk) -> None:
    """The node's rest ends at once; who waits is told how the round went, also when it ended early."""

    async def tale() -> None:
        async with running(talk):
            assert talk.told == ["ready", "round"]
            assert await talk.ask("round", wait=True) == {
                "event": "round", "units": 0, "held": 0, "fetching": 0, "leaving": 0,
            }  # fmt: skip
            talk.stage.folder.rename(talk.stage.folder.with_name("away"))
            told = await talk.ask("round", wait=True)
            assert told
            assert told["event"] == "trouble"
            assert "mounted" in told["why"]
            facts = await talk.ask("status")
            assert facts
            assert "mounted" in facts["now"]["trouble"]
            assert (facts["now"]["rounds"], facts["now"]["rounds_failed"]) == (2, 1)

    play(tale())


def test_pause_and_resume(talk: Talk) -> None:
    """They are written down, and hold from the round that they cause."""

    async def tale() -> None:
        async with running(talk):
            assert await talk.ask("pause") == {"is_paused": True}
            talk.world.publish("lakes")
            await talk.ask("round", wait=True)
            assert talk.stage.gift.is_paused
            facts = await talk.ask("status")
            assert facts
            assert not facts["units"]
            assert await talk.ask("resume") == {"is_paused": False}
            assert await held(talk)

    play(tale())


def test_plan_and_why(talk: Talk) -> None:
    """The same as from its files; what is not listed is said to be so."""

    async def tale() -> None:
        talk.world.publish("lakes", others=9)
        async with running(talk):
            assert await talk.ask("plan") == {"adds": [], "drops": []}
            found = await talk.ask("why", id="lakes@1")
            assert found
            assert (found["stage"], found["reason"]) == ("not here", "safe")
            with pytest.raises(SeedbedError, match="no-such@1: the catalogue does not list it"):
                await talk.ask("why", id="no-such@1")

    play(tale())


def test_what_happens_is_told(talk: Talk) -> None:
    """To each who listens, from then on, until the node ends."""

    async def tale() -> None:
        heard: list[str] = []
        listening = asyncio.Event()
        loop = asyncio.get_running_loop()

        def listen() -> None:
            for one in asking.events(talk.path, timeout_s=10):
                heard.append(one["event"])
                loop.call_soon_threadsafe(listening.set)

        async with running(talk):
            task = asyncio.create_task(asyncio.to_thread(listen))
            await listening.wait()
            await talk.ask("round", wait=True)
        await task
        assert heard == ["listening", "round"]

    play(tale())


@pytest.mark.parametrize("said", [
    b"\n", b"hello\n", b"[]\n", b"{}\n", b'{"do": "dance"}\n', b'{"do": ["status"]}\n', b"\xff\xfe\n",
    b"[" * 9_000 + b"\n", b'{"do": "' + b"x" * 100_000 + b'"}\n',
], ids=["empty", "words", "list", "nothing", "unknown", "no-word", "bytes", "deep", "long"])  # fmt: skip
def test_garbage_is_answered(talk: Talk, said: bytes) -> None:
    """In words; the node goes on."""

    async def tale() -> None:
        async with running(talk):
            assert "expected" in json.loads(await talk.raw(said))["error"]
            assert await talk.ask("status")

    play(tale())


def test_who_hangs_up_or_says_nothing(talk: Talk) -> None:
    """Many who open the socket and are silent keep nobody else's answer, and not the node's end."""

    async def tale() -> None:
        async with running(talk):
            silent = [await asyncio.open_unix_connection(str(talk.path)) for _ in range(10)]
            silent[0][1].write(b'{"do": "stat')
            silent[1][1].close()
            assert await talk.ask("status")
            for _, writer in silent:
                writer.close()

    play(tale())


def test_only_its_owner_opens_it_and_it_goes_with_the_node(talk: Talk) -> None:
    """Mode 0600 from the first moment on; nothing stays behind."""

    async def tale() -> None:
        async with running(talk):
            assert talk.path.stat().st_mode & 0o777 == 0o600
        assert [one.name for one in talk.path.parent.glob("control.sock*")] == []
        assert await talk.ask("status") is None

    play(tale())


def leave_stale(path: Path) -> None:
    """As a killed node does."""
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(path))


def leave_file(path: Path) -> None:
    """Somebody's."""
    path.write_bytes(b"x")


@pytest.mark.parametrize("leave", [leave_stale, leave_file])
def test_what_lies_there_is_replaced(talk: Talk, leave: Callable[[Path], None]) -> None:
    """A killed node's socket says nothing; a command does not wait for it either."""

    async def tale() -> None:
        leave(talk.path)
        assert await talk.ask("status") is None
        async with running(talk):
            assert await talk.ask("status")

    play(tale())


def test_a_socket_that_cannot_be_made(talk: Talk) -> None:
    """A folder lies there: data is kept alive all the same, and nothing of the folder is touched."""

    async def tale() -> None:
        talk.path.mkdir()
        talk.world.publish("lakes", others=9)
        async with running(talk):
            assert talk.told == ["ready", "round"]
        assert talk.path.is_dir()

    play(tale())


def test_a_second_node_of_the_same_home(talk: Talk, tmp_path: Path) -> None:
    """Its own folder, the same socket: the first one keeps it."""

    async def tale() -> None:
        async with running(talk):
            other = Talk(World(tmp_path / "other"), Stage(World(tmp_path / "other"), "other"), talk.path)
            async with running(other):
                assert other.told == ["ready", "round"]
                await talk.ask("round", wait=True)
            assert talk.told == ["ready", "round", "round"]
            assert other.told == ["ready", "round"]

    play(tale())


def test_a_home_deep_in_a_tree(talk: Talk) -> None:
    """Its path has more than the 108 bytes of a socket's address."""
    deep = talk.path.parent.joinpath(*["a-folder-with-a-long-name"] * 6)
    deep.mkdir(parents=True)
    talk.path = deep / "control.sock"

    async def tale() -> None:
        async with running(talk):
            assert await talk.ask("status")

    play(tale())


def test_a_node_that_does_not_answer(tmp_path: Path) -> None:
    """Whoever asks is not kept waiting."""
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(path))
        mute.listen()
        with pytest.raises(StateError, match="in time"):
            asking.ask(path, "status", timeout_s=0.05)


def test_an_answer_that_is_cut_off() -> None:
    """It is none."""
    with pytest.raises(SeedbedError, match="cut off"):
        wire.read_answer(b'{"held": 1')


def test_a_fault_of_our_own_is_answered(talk: Talk) -> None:
    """Nobody waits for an answer that never comes; the next question is answered."""

    async def tale() -> None:
        async with running(talk):
            gift, talk.stage.gift = talk.stage.gift, None  # type: ignore[assignment]  # that is the fault
            with pytest.raises(SeedbedError, match="fault in seedbed"):
                await talk.ask("status")
            talk.stage.gift = gift
            assert await talk.ask("status")

    play(tale())


def test_who_listens_too_slowly_is_let_go() -> None:
    """What it missed it cannot know; so it is told that this is the end."""

    async def tale() -> None:
        happenings = Happenings()
        with happenings.heard() as queue:
            for _ in range(QUEUED + 5):
                happenings.tell("round", {})
            found = [queue.get_nowait() for _ in range(queue.qsize())]
            assert found[-1] is None
            assert len(found) == QUEUED

    play(tale())


def test_asked_before_there_is_a_catalogue(talk: Talk) -> None:
    """It says so."""

    async def tale() -> None:
        begun = asyncio.Event()
        asked: list[str] = []

        def catalog() -> Any:
            try:
                asking.ask(talk.path, "status", timeout_s=5)
            except SeedbedError as error:
                asked.append(error.message)
            begun.set()
            raise NoSourceError("no way leads there")

        with open_state(talk.stage.record, talk.stage.place) as state:
            parts = talk.stage.parts(state, MemoryEngine(talk.world.network))
            parts = replace(parts, catalog=catalog, doors=Doors(talk.path))
            with pytest.raises(NoSourceError):
                await Node(parts).run(asyncio.Event())
        assert "only just begun" in asked[0]

    play(tale())
