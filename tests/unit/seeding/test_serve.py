# SPDX-License-Identifier: Apache-2.0
"""Serving, with the memory engine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from seedbed.engine.base import Addition, FileError, TrackerFailed
from seedbed.engine.memory_engine import MemoryEngine
from seedbed.engine.memory_network import MemoryNetwork
from seedbed.engine.settings import Settings, network_around
from seedbed.seeding.offers import find_offers
from seedbed.seeding.serve import Copied, Ready, Report, Served, Tick, Trouble, serve
from seedbed.testing.datasets import Dataset, make_dataset
from seedbed.testing.engine_stories import fetch, run

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.core.endpoints import Endpoint
    from seedbed.seeding.offers import Offer

SIZES = {"a": 70_000, "sub/c": 100}


def offer(data: Dataset) -> Offer:
    """The dataset, verified."""
    offers, _ = find_offers({"x": data.metainfo}, data.parent, progress=lambda *_: None)
    return offers[0]


class Stage:
    """A seeder that runs as a task, and its reports."""

    def __init__(self, **settings: bool) -> None:
        self.network = MemoryNetwork()
        self.engine = MemoryEngine(self.network, Settings.loopback(report_copies=True, **settings))
        self.stop = asyncio.Event()
        self.reports: list[Report] = []
        self.ready = asyncio.Event()

    def take(self, report: Report) -> None:
        """Note a report."""
        self.reports.append(report)
        if isinstance(report, Ready):
            self.ready.set()

    async def serve(self, *offers: Offer, copies: int = 0, peers: tuple[Endpoint, ...] = ()) -> Served:
        """Serve until stopped."""
        async with self.engine as engine:
            return await serve(
                engine, offers, stop=self.stop, report=self.take, copies_wanted=copies, peers=peers, tick_s=0.01
            )


def test_it_ends_when_every_torrent_was_fetched_often_enough(tmp_path: Path) -> None:
    """One of two torrents is not enough; two copies of each are."""
    sets = [make_dataset(tmp_path / "a", SIZES, name=name) for name in ("one", "two")]

    async def story() -> None:
        stage = Stage()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(stage.serve(*map(offer, sets), copies=2))
            await stage.ready.wait()
            for copy in range(2):
                for data in sets:
                    assert not task.done()
                    async with MemoryEngine(stage.network) as fetcher:
                        to = tmp_path / f"{copy}"
                        await fetch(fetcher, Addition(data.torrent, to, peers=stage.engine.endpoints))
            served = await task
        assert set(served.copies.values()) == {2}
        assert served.uploaded_bytes >= 4 * sets[0].metainfo.size_bytes
        copied = [report.copies for report in stage.reports if isinstance(report, Copied)]
        assert copied == [1, 1, 2, 2]

    run(story())


def test_it_ends_when_told(tmp_path: Path) -> None:
    """And says how it went about every tick."""
    data = make_dataset(tmp_path / "a", SIZES)

    async def story() -> None:
        stage = Stage()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(stage.serve(offer(data)))
            await stage.ready.wait()
            await asyncio.sleep(0.05)
            stage.stop.set()
            served = await task
        assert served.copies == {offer(data).torrent: 0}
        assert any(isinstance(report, Tick) for report in stage.reports)

    run(story())


def test_named_peers_are_dialled(tmp_path: Path) -> None:
    """Those who never dial us get the data all the same."""
    data = make_dataset(tmp_path / "a", SIZES)

    async def story() -> None:
        stage = Stage()
        async with MemoryEngine(stage.network) as fetcher:
            await fetcher.add(Addition(data.torrent, tmp_path / "b"))
            served = await stage.serve(offer(data), copies=1, peers=fetcher.endpoints)
        assert set(served.copies.values()) == {1}

    run(story())
    assert data.is_at(tmp_path / "b")


def test_trouble_with_a_tracker_is_reported_and_not_the_end(tmp_path: Path) -> None:
    """It is trouble, but no data is lost."""
    data = make_dataset(tmp_path / "a", SIZES)

    async def story() -> None:
        stage = Stage()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(stage.serve(offer(data)))
            await stage.ready.wait()
            torrent = offer(data).torrent
            stage.engine._hub.publish(TrackerFailed(torrent, "http://t/announce", "no answer"))
            stage.engine._hub.publish(FileError(torrent, "/data/a", "Input/output error", is_no_space=False))
            await asyncio.sleep(0.05)
            stage.stop.set()
            served = await task
        troubles = [report for report in stage.reports if isinstance(report, Trouble)]
        assert [trouble.is_lost for trouble in troubles] == [False, True]
        assert served.lost == troubles[1:]

    run(story())


@pytest.mark.parametrize(
    ("host", "network", "alone"),
    [
        ("127.0.0.1", "127.0.0.0/8", "127.0.0.1"),
        ("localhost", "127.0.0.0/8", "127.0.0.1"),
        ("192.168.7.9", "192.168.0.0/16", "192.168.7.9"),
        ("::1", "::1/128", "::1"),
        ("0.0.0.0", "", ""),
        ("::", "", ""),
        ("8.8.8.8", "", ""),
        ("seed.example", "", ""),
    ],
)
def test_the_network_around_an_address(host: str, network: str, alone: str) -> None:
    """What --listen and --peer allow."""
    assert network_around(host) == network
    assert network_around(host, alone=True) == alone
