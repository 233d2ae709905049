# SPDX-License-Identifier: Apache-2.0
"""The tracker's numbers: a hybrid is one dataset, who is in both swarms is one, and no address is anywhere."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from seedbed.tracker import numbers, server, stats_pages
from seedbed.tracker.access import Everything, Listed
from seedbed.tracker.datasets import REST, Datasets
from seedbed.tracker.http_door import HttpDoor, Page
from seedbed.tracker.lines import LineLimits, Lines
from seedbed.tracker.pages import FILE_EVERY_S, NOTE_EVERY_S, Pages
from seedbed.tracker.pairs import SAMPLED, together
from seedbed.tracker.stats_pages import View
from seedbed.tracker.swarm import Count, Event, Limits, Swarm, Swarms
from seedbed.tracker.tracker import Tracker
from seedbed.tracker.udp_wire import ConnectionIds
from tests.tracker_lines import Clock, FakeLine

if TYPE_CHECKING:
    from seedbed.tracker.access import Access

V1, V2, OTHER = b"1" * 20, b"2" * 20, b"3" * 20
LISTED = Listed({V1: "lakes@1", V2: "lakes@1", OTHER: "<rivers>@1"})
DAY = 86_400


class World:
    """A tracker with its pages, and clocks that stand still."""

    def __init__(self, folder: Path, access: Access = LISTED) -> None:
        self.clock, self.wall = Clock(), Clock()
        self.wall.now_s = 1_800_000_000
        swarms = Swarms(Limits(), random.Random(1).randrange)
        self.tracker = Tracker(swarms, access, ConnectionIds(b"key"), allows_private=True)
        self.record = folder / "tracker.sqlite"
        self.pages = Pages(Datasets(self.tracker, self.clock), self.wall, self.record)

    def come(self, info_hash: bytes, number: int, *, is_seed: bool, ip: str = "203.0.113.77") -> None:
        """A peer announces itself, or says that it is done."""
        packed = ipaddress.ip_address(ip).packed
        event = Event.COMPLETED if is_seed else Event.NONE
        self.tracker.announce(info_hash, packed, 2_000 + number, left=int(not is_seed), event=event, wanted=0, now_s=0)

    def page(self, path: str, query: bytes = b"") -> Page:
        """What a browser gets."""

        async def ask() -> Page:
            found = self.pages.page(path, query)
            return found if isinstance(found, Page) else await found

        return asyncio.run(ask())

    def rows(self) -> dict[str, Count]:
        """Of the page for programs."""
        found = json.loads(self.page("/stats.json").body)["datasets"]
        return {name: Count(**one) for name, one in found.items()}

    def hour(self) -> None:
        """Time passes, and the tracker keeps house."""
        self.clock.now_s += NOTE_EVERY_S
        self.wall.now_s += NOTE_EVERY_S
        asyncio.run(self.pages.keep_up())


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two datasets, one of them hybrid."""
    return World(tmp_path)


def test_who_is_in_both_swarms_is_one(world: World) -> None:
    """Whoever is a seed in one and a leecher in the other is a seed; completions are not counted twice."""
    for number in range(4):
        world.come(V1, number, is_seed=False)
        world.come(V2, number, is_seed=False)
    world.come(V1, 0, is_seed=True)
    world.come(V2, 0, is_seed=True)
    world.come(V1, 1, is_seed=True)
    world.come(V1, 8, is_seed=False)
    world.come(V2, 9, is_seed=True, ip="2001:db8::9")

    rows = world.rows()

    assert rows["lakes@1"] == Count(seeds=3, completed=2, leechers=3)
    assert rows["<rivers>@1"] == Count(0, 0, 0)


@pytest.mark.parametrize("count", [3, 200, 3 * SAMPLED])
def test_two_swarms_together(count: int) -> None:
    """As sets of addresses say; of large ones to two percent."""
    chance, swarms = random.Random(count), Swarms(Limits(), random.Random(1).randrange)
    kinds: list[dict[bytes, bool]] = [{}, {}]
    for info_hash, kind in ((V1, kinds[0]), (V2, kinds[1])):
        for _ in range(count):
            address = (chance.randrange(2 * count) * 0x9E37_79B9_7F4B % (1 << 48)).to_bytes(6)
            kind[address] = chance.random() < 0.5
            swarms.announce(info_hash, address, is_seed=kind[address], event=0, wanted=0, now_s=0)
    seeds = {address for kind in kinds for address, is_seed in kind.items() if is_seed}
    everybody = kinds[0].keys() | kinds[1].keys()

    found = together(*(swarm for _, swarm in swarms.each()))

    off = 0 if count < SAMPLED else 0.03 * len(everybody)
    assert abs(found.seeds - len(seeds)) <= off
    assert abs(found.leechers - len(everybody - seeds)) <= off
    assert together(Swarm(), Swarm()) == (0, 0)


def test_counting_is_done_again_only_after_a_rest(world: World) -> None:
    """Twenty times as long as it took: whoever asks all the time has a twentieth of the server."""
    datasets, counted = world.pages.datasets, 0
    each = world.tracker.swarms.each

    def slow() -> object:
        nonlocal counted
        counted += 1
        world.clock.now_s += 0.5
        return each()

    world.tracker.swarms.each = slow  # type: ignore[method-assign, assignment]
    for _ in range(200):
        datasets.rows()
        world.clock.now_s += 0.2

    assert counted == 1 + (200 * 0.2) // (0.5 * REST + 0.5)


def test_the_page_has_a_search_and_an_order() -> None:
    """By the query alone; what is not understood is passed over; names are no markup."""
    rows = {f"set-{number:04}": Count(number % 7, number, 0) for number in range(1_000)} | {"<b>": Count(0, 0, 9)}
    whole = dict.fromkeys(numbers.HEADS, 3)

    def shown(query: bytes) -> str:
        return stats_pages.stats_page(whole, rows, View.of(query)).decode()

    assert "1,001 of 1,001 datasets, page 1 of 11" in shown(b"")
    assert "&lt;b&gt;" in shown(b"")
    assert "<b></a>" not in shown(b"")
    assert "1 of 1,001 datasets" in shown(b"q=SET+0077")
    assert shown(b"sort=completed").index("set-0999") < shown(b"sort=completed").index("set-0998")
    assert "page 11 of 11" in shown(b"page=999&sort=nonsense")
    assert "set-0000" in shown(b"sort=fewest")
    assert 'value="&lt;script&gt;"' in shown(b"q=%3Cscript%3E")
    assert View.of(b"page=%00&q=\xff&sort=%FF") == View("%FF".replace("%FF", "\ufffd"), "peers", 1)


def test_history_is_shown(world: World) -> None:
    """Hour by hour, of both swarms together; as a plot without script, and as JSON."""
    world.come(V1, 1, is_seed=True)
    world.come(V2, 1, is_seed=True)
    world.hour()
    for number in range(2, 6):
        world.come(V1, number, is_seed=False)
        world.hour()

    page = world.page("/stats/lakes%401").body.decode()
    found = json.loads(world.page("/stats/lakes@1.json", b"days=7").body)

    assert [(one["seeds"], one["leechers"]) for one in found["history"]] == [(1, number) for number in range(1, 5)]
    assert (found["dataset"], found["leechers"]) == ("lakes@1", 4)
    assert page.count("<svg") == 2
    assert "<script" not in page
    assert world.page("/stats/nothing").status == 404
    assert "Nothing is known yet" in world.page("/stats/%3Crivers%3E@1").body.decode()
    assert world.page(f"/stats/{'44' * 20}").status == 404


def test_an_hour_is_reckoned_from_the_last_row_over_a_restart(tmp_path: Path) -> None:
    """A tracker that is started often notes all the same."""
    world = World(tmp_path)
    world.come(V1, 1, is_seed=True)
    world.hour()
    world.hour()
    again = World(tmp_path)
    again.wall.now_s = world.wall.now_s + 1_000
    again.come(V1, 1, is_seed=True)
    asyncio.run(again.pages.keep_up())
    again.clock.now_s = NOTE_EVERY_S - 1_000
    again.wall.now_s += NOTE_EVERY_S - 1_000
    asyncio.run(again.pages.keep_up())

    assert len(json.loads(again.page("/stats/lakes@1.json", b"days=7").body)["history"]) == 2


def test_a_file_for_researchers(world: World) -> None:
    """All that is listed, also what nobody has; not for an open tracker."""
    assert world.page("/scrape.parquet").status == 404
    world.come(V2, 1, is_seed=True)
    asyncio.run(world.pages.keep_up())

    page = world.page("/scrape.parquet")
    rows = pq.read_table(world.record.parent / "scrape.parquet").to_pylist()

    assert [(row["id"], row["info_hash"], row["seeds"]) for row in rows] == [
        ("lakes@1", V1.hex(), 1), ("<rivers>@1", OTHER.hex(), 0)
    ]  # fmt: skip
    assert page.body == (world.record.parent / "scrape.parquet").read_bytes()
    assert rows[0]["time"].timestamp() == world.wall.now_s
    world.come(V2, 2, is_seed=True)
    world.clock.now_s += FILE_EVERY_S
    asyncio.run(world.pages.keep_up())
    assert world.page("/scrape.parquet").tag != page.tag
    world.tracker.access = Everything()
    world.clock.now_s += FILE_EVERY_S
    asyncio.run(world.pages.keep_up())
    assert world.page("/scrape.parquet").status == 404


def test_the_file_is_not_sent_to_whoever_has_it(world: World) -> None:
    """By its entity tag (RFC 9110, 13.1.2)."""
    asyncio.run(world.pages.keep_up())
    page = world.page("/scrape.parquet")
    lines = Lines(LineLimits(), clock=world.clock)
    door = HttpDoor(lambda *_: page, lines)

    def ask(fields: bytes) -> bytes:
        line = FakeLine(lines, door)
        line.talk.received(b"GET /scrape.parquet HTTP/1.1\r\n%b\r\n\r\n" % fields)
        return line.sent

    assert ask(b"Host: x").startswith(b"HTTP/1.1 200 OK")
    assert b"Last-Modified: Fri, 15 Jan 2027 08:00:00 GMT\r\n" in ask(b"Host: x")
    known = ask(b"If-None-Match: " + page.tag)
    assert known.startswith(b"HTTP/1.1 304 Not Modified")
    assert known.endswith(b"\r\n\r\n")


def test_no_address_is_kept_or_shown(world: World) -> None:
    """Of neither family, in no form, on no page and in no file."""
    for number in range(50):
        world.come(V1, number, is_seed=False)
        world.come(V1, number, is_seed=True)
        world.come(V2, number, is_seed=False, ip="2001:db8:77::4d")
    world.hour()
    world.hour()
    paths = ("/", "/stats", "/stats.json", "/metrics", "/scrape.parquet", "/stats/lakes@1", "/stats/lakes@1.json")
    told = b"".join(world.page(path).body for path in paths)
    kept = b"".join(path.read_bytes() for path in world.record.parent.iterdir())

    for ip in ("203.0.113.77", "2001:db8:77::4d"):
        address = ipaddress.ip_address(ip)
        for form in (ip.encode(), address.exploded.encode(), address.packed, address.packed.hex().encode()):
            assert form not in told + kept
    assert b"lakes@1" in told


@pytest.mark.parametrize("jump_s", [3_600, -3_600, 40 * 365 * DAY, -40 * 365 * DAY])
def test_k13_the_wall_clock_jumps(world: World, jump_s: int) -> None:
    """Nobody is forgotten: peers expire by a clock that never jumps; the history goes on where the clock is right."""
    world.come(V1, 1, is_seed=True)
    world.hour()
    world.hour()
    world.wall.now_s += jump_s
    world.hour()
    assert world.rows()["lakes@1"].seeds == 1
    world.wall.now_s -= jump_s
    world.hour()

    history = json.loads(world.page("/stats/lakes@1.json", b"days=7").body)["history"]

    assert len(history) >= 2
    assert [one["at"] for one in history] == sorted(one["at"] for one in history)
    assert max(one["at"] for one in history) <= world.wall.now_s


def test_only_pages_and_records_know_the_wall_clock() -> None:
    """In the tracker's own code it is asked for in one place, and passed on."""
    folder = Path(server.__file__).parent

    found = {path.name for path in folder.glob("*.py") if "time.time" in path.read_text("utf-8")}

    assert found <= {"server.py"}
