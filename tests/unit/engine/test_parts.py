# SPDX-License-Identifier: Apache-2.0
"""Small parts of the engine: streams, waits, pace, fsync, settings."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from pathlib import Path

import pytest

from seedbed.core.endpoints import Endpoint
from seedbed.engine import base
from seedbed.engine.base import Finished, TorrentId
from seedbed.engine.durable import sync_files
from seedbed.engine.libtorrent_engine.waits import Waits
from seedbed.engine.pace import Pace
from seedbed.engine.settings import Settings
from seedbed.engine.stream import EventHub
from seedbed.errors import InputError, StateError
from seedbed.testing.engine_stories import run

ONE, TWO = TorrentId("1" * 40), TorrentId("2" * 40)


def test_a_slow_reader_hears_how_much_it_missed() -> None:
    """The oldest are kept, the newest counted, and then it goes on."""

    async def story() -> None:
        hub = EventHub()
        with hub.listen(length=2) as stream:
            for _ in range(5):
                hub.publish(Finished(ONE))
            assert [await anext(stream) for _ in range(3)] == [Finished(ONE), Finished(ONE), base.EventsLost(None, 3)]
            hub.publish(Finished(TWO))
            assert await anext(stream) == Finished(TWO)

    run(story())


def test_a_closed_stream_ends_after_what_is_queued() -> None:
    """And a stream that is opened on a closed hub ends at once."""

    async def story() -> None:
        hub = EventHub()
        stream = hub.listen(ONE)
        hub.publish(Finished(TWO))
        hub.publish(Finished(ONE))
        hub.close()
        hub.publish(Finished(ONE))
        assert [event async for event in stream] == [Finished(ONE)]
        assert [event async for event in hub.listen()] == []

    run(story())


def test_every_question_has_a_limit() -> None:
    """No answer in time is an error that names the question."""

    async def story() -> None:
        waits = Waits(0.01)
        with pytest.raises(StateError, match=r"did not answer within 0.01 s: peers"):
            await waits.ask("peers", lambda: None)
        assert not waits.is_waiting("peers")

    run(story())


def test_answers_go_to_all_or_to_the_first() -> None:
    """``answer`` settles everybody, ``answer_next`` who has waited longest; an exception is raised there."""

    async def story() -> None:
        waits = Waits(5)
        async with asyncio.TaskGroup() as group:
            both = [group.create_task(waits.ask("a", lambda: None)) for _ in range(2)]
            turns = [group.create_task(waits.ask("b", lambda: None)) for _ in range(2)]
            await asyncio.sleep(0)
            waits.answer("a", 7)
            waits.answer_next("b", 1)
            waits.answer_next("b", 2)
        assert [task.result() for task in both + turns] == [7, 7, 1, 2]
        with pytest.raises(StateError, match="closing"):
            await waits.ask("c", lambda: waits.fail_all(StateError("closing")))

    run(story())


def test_an_answer_that_comes_during_the_call_is_heard() -> None:
    """The question is noted before it is put."""

    async def story() -> None:
        waits = Waits(5)
        assert await waits.ask("a", lambda: waits.answer("a", 3)) == 3

    run(story())


def test_a_pace_spreads_a_burst() -> None:
    """The first goes at once, the others one interval after another."""

    async def story() -> None:
        pace, loop = Pace(100), asyncio.get_running_loop()
        begin_s = loop.time()
        await asyncio.gather(*(pace.wait() for _ in range(6)))
        assert loop.time() - begin_s >= 0.045
        begin_s = loop.time()
        await asyncio.gather(*(Pace(0).wait() for _ in range(1000)))
        assert loop.time() - begin_s < 1

    run(story())


def test_files_and_their_folders_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files first, then folders from the deepest to the root; a file that is not there is left out."""
    (tmp_path / "set/sub").mkdir(parents=True)
    (tmp_path / "set/sub/a").touch()
    synced: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
    )
    sync_files(tmp_path, [tmp_path / "set/sub/a", tmp_path / "set/b"])
    expected = ["set/sub/a", "set/sub", "set", ""]
    assert synced == [str(tmp_path / name) for name in expected]


def test_a_failed_fsync_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not tried again: the system reports it once."""

    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    (tmp_path / "a").touch()
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output error") as caught:
        sync_files(tmp_path, [tmp_path / "a"])
    assert caught.value.filename == str(tmp_path / "a")


def test_every_setting_is_described() -> None:
    """With a unit where it is a number."""
    for field in dataclasses.fields(Settings):
        assert field.metadata["description"].endswith("."), field.name
        is_number = isinstance(field.default, int | float) and not isinstance(field.default, bool)
        assert bool(field.metadata["unit"]) == is_number, field.name


def test_loopback_looks_for_nobody() -> None:
    """Nothing in a test may reach the world."""
    settings = Settings.loopback(report_copies=True)
    assert settings.listen == ("127.0.0.1:0",)
    assert not any((settings.enable_dht, settings.enable_lsd, settings.enable_port_mapping))
    assert settings.report_copies


def test_networks_are_checked() -> None:
    """An address is a network of one; anything else is the person's error."""
    assert Settings().allowing("10.1.2.3", "192.168.0.0/16").allowed_networks == ("10.1.2.3/32", "192.168.0.0/16")
    with pytest.raises(InputError, match="expected an address or address/bits"):
        Settings().allowing("lan")


def test_endpoints_are_written_as_in_urls() -> None:
    """IPv6 stands in brackets."""
    assert [str(Endpoint(host, 1)) for host in ("127.0.0.1", "::1")] == ["127.0.0.1:1", "[::1]:1"]
