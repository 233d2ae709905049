# SPDX-License-Identifier: Apache-2.0
"""Real trackers are scraped over both wires, and faulty ones are survived: whatever they do is told in one word."""

from __future__ import annotations

import asyncio
import struct
import time
from typing import TYPE_CHECKING, Any

import pytest

from seedbed.api import scraping
from seedbed.health.scrape import over_http, over_udp
from seedbed.health.scrape.counted import Asked, Numbers, Subject, Unanswered
from seedbed.testing.loopback_dht import LoopbackDht
from seedbed.tracker.http_wire import failed
from tests.e2e.clients.base import LOOPBACK, free_port
from tests.e2e.test_tracker import tracking
from tests.trackers import announce, has_ipv6, http_says, npm_tracker, opentracker, udp_says

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from seedbed.health.scrape.counted import Counted, Report
    from tests.persons import Person

pytestmark = pytest.mark.timeout(60)
HASHES = [bytes([number]) * 20 for number in range(1, 101)]
A, B = HASHES[:2]


def count(folder: Path, *subjects: Subject, **more: Any) -> Report:
    """Ask, as a program on this machine."""
    return asyncio.run(scraping.count(subjects, folder / "scrapes.sqlite", allows_private=True, **more))


def counted_by(url: str, folder: Path) -> dict[str, Numbers]:
    """What a tracker says of a hundred torrents, of which two have peers."""
    report = count(folder, *(Subject(one.hex()[:2], (one,), (url,)) for one in HASHES))
    assert report.troubles == ()
    told = {name: found[0].numbers for name, found in report.counted.items() if found}
    return {name: numbers for name, numbers in told.items() if numbers.peers}


def populate(url: str) -> None:
    """Two seeds and a leecher of one torrent, a leecher of another."""
    announce(url, A, 5001)
    announce(url, A, 5002)
    announce(url, A, 5003, left=1)
    announce(url, B, 5004, left=1)


@pytest.mark.parametrize("wire", ["http", "udp"])
def test_ours(wire: str, tmp_path: Path) -> None:
    """A hundred hashes in two questions."""
    with tracking(tmp_path, "--open") as tracker:
        populate(tracker.http)
        found = counted_by(getattr(tracker, wire), tmp_path)

        assert found == {"01": Numbers(2, 1, 0), "02": Numbers(0, 1, 0)}
        assert tracker.numbers()["scrapes"] == 2


@pytest.mark.skipif(not has_ipv6(), reason="loopback has no IPv6")
def test_ours_over_ipv6(tmp_path: Path) -> None:
    """UDP and HTTP."""
    with tracking(tmp_path, "--open", "--udp", "[::1]:0", "--http", "[::1]:0") as tracker:
        populate(tracker.http)
        for url in (url for url in tracker.urls if "[::1]" in url):
            assert counted_by(url, tmp_path) == {"01": Numbers(2, 1, 0), "02": Numbers(0, 1, 0)}


def test_opentracker(tmp_path: Path) -> None:
    """Its answers are in the order of the question, and over UDP it answers 70 at most."""
    with opentracker(tmp_path, HASHES) as port:
        populate(f"http://{LOOPBACK}:{port}/announce")
        over_http = counted_by(f"http://{LOOPBACK}:{port}/announce", tmp_path)
        over_udp_ = counted_by(f"udp://{LOOPBACK}:{port}/announce", tmp_path)

    assert over_http == over_udp_ == {"01": Numbers(2, 1, 0), "02": Numbers(0, 1, 0)}


def test_the_package_of_npm(tmp_path: Path) -> None:
    """It counts completions in its own way."""
    with npm_tracker(tmp_path) as port:
        populate(f"http://{LOOPBACK}:{port}/announce")
        over_http = counted_by(f"http://{LOOPBACK}:{port}/announce", tmp_path)
        over_udp_ = counted_by(f"udp://{LOOPBACK}:{port}", tmp_path)

    for found in (over_http, over_udp_):
        assert {name: (one.seeds, one.leechers) for name, one in found.items()} == {"01": (2, 1), "02": (0, 1)}


PAGES: list[tuple[int, bytes, str]] = [
    (403, b"<html>Attention Required!</html>", "refused"),
    (200, b"<!DOCTYPE html><title>Just a moment</title>", "refused"),
    (404, b"not found", "no-scrape"),
    (200, b"d5:filesi1ee", "nonsense"),
    (200, b"\xff" * 100, "nonsense"),
    (400, b"bad request", "nonsense"),
    (500, b"", "nonsense"),
    (503, b"", "timeout"),
    (200, failed("Invalid info_hash (0 - )"), "failure"),
]


@pytest.mark.parametrize(("status", "body", "kind"), PAGES)
def test_refusals_over_http(status: int, body: bytes, kind: str, tmp_path: Path) -> None:
    """Each has its word, and the other tracker's numbers are told."""
    with http_says(lambda _: (status, body)) as url, tracking(tmp_path, "--open") as ours:
        announce(ours.http, A, 5001)
        report = count(tmp_path, Subject("a", (A,), (url, ours.udp)))

    assert [(one.source, one.kind) for one in report.troubles] == [(url, kind)]
    assert [one.numbers for one in report.counted["a"]] == [Numbers(1, 0, 0)]


async def no_pause(_seconds: float) -> None:
    """Nobody is to be spared."""


def test_errors_for_several_hashes() -> None:
    """A tracker that answers one hash, and HTTP's 400 or 414 to more, is asked one at a time."""

    def answer(path: str) -> tuple[int, bytes]:
        if path.count("info_hash") != 1:
            return 414, b"<h1>URI too long</h1>"
        return 200, b"d5:filesd20:%bd8:completei1e10:incompletei2eeee" % (A if "%01" in path else B)

    async def ask(url: str) -> Asked:
        limits = over_http.rules(allows_private=True)
        return await over_http.OverHttp(url, lambda page: over_http.get(page, limits), no_pause).ask([A, B])

    with http_says(answer) as announce_url:
        done = asyncio.run(ask(announce_url.replace("announce", "scrape")))

    assert (done.found, done.way) == (dict.fromkeys((A, B), Numbers(1, 2)), "one")


def scraped(*numbers: int) -> bytes:
    """What follows the transaction of a UDP answer, the action before it."""
    return struct.pack(f">I{len(numbers)}I", 2, *numbers)


UDP: list[tuple[Callable[[bytes], bytes | None], str | Numbers]] = [
    (lambda _: scraped(0xFFFFFFFF, 1, 1), ""),
    (lambda _: struct.pack(">I", 3) + b"access denied\0", "failure"),
    (lambda _: scraped(), "nonsense"),
    (lambda _: struct.pack(">I", 9), "nonsense"),
    (lambda _: None, "timeout"),
    (lambda _: scraped(4, 5, 6), Numbers(4, 6, 5)),
]


@pytest.mark.parametrize(("answer", "expected"), UDP)
def test_refusals_over_udp(answer: Callable[[bytes], bytes | None], expected: str | Numbers) -> None:
    """Errors in words, short and silent answers, numbers that cannot be."""
    with udp_says(answer) as url:
        try:
            found = asyncio.run(over_udp.ask(url, [A], allows_private=True, patience_s=(0.1, 0.1))).found
        except Unanswered as fault:
            assert fault.kind == expected
        else:
            assert found == ({A: expected} if isinstance(expected, Numbers) else {})


def ask_udp(answer: Callable[[bytes], bytes | None], hashes: Sequence[bytes]) -> Asked:
    """Ask a small tracker."""
    with udp_says(answer) as url:
        return asyncio.run(over_udp.ask(url, hashes, allows_private=True, patience_s=(0.2, 0.2)))


def test_a_tracker_that_answers_few_at_a_time_over_udp() -> None:
    """Its measure is taken over."""
    sizes = []

    def answer(data: bytes) -> bytes:
        sizes.append((len(data) - 16) // 20)
        return scraped(*(1, 0, 0) * min(sizes[-1], 10))

    done = ask_udp(answer, HASHES[:35])

    assert len(done.found) == 35
    assert sizes == [35, 10, 10, 5]


def test_a_tracker_that_answers_one_at_a_time_over_udp() -> None:
    """Several are an error to it."""
    done = ask_udp(
        lambda data: scraped(1, 0, 0) if len(data) == 36 else struct.pack(">I", 3) + b"one please", HASHES[:3]
    )

    assert done.found == dict.fromkeys(HASHES[:3], Numbers(1, 0, 0))


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("udp://no-such-host.invalid:6969/announce", "dns"),
        ("http://no-such-host.invalid/announce", "dns"),
        ("http://127.0.0.1:PORT/announce", "connection"),
        ("udp://127.0.0.1:PORT/announce", "connection"),
        ("http://127.0.0.1:PORT/", "no-scrape"),
        ("wss://127.0.0.1:PORT/announce", "no-scrape"),
        ("udp://127.0.0.1/announce", "nonsense"),
    ],
)
def test_nobody_there(url: str, kind: str, tmp_path: Path) -> None:
    """Names that lead nowhere, ports where nobody listens, addresses without a scrape."""
    report = count(tmp_path, Subject("a", (A,), (url.replace("PORT", str(free_port())),)))

    assert [one.kind for one in report.troubles] == [kind]


@pytest.mark.parametrize("scheme", ["http", "udp"])
def test_nobody_sends_us_into_our_own_network(scheme: str, tmp_path: Path) -> None:
    """A torrent may name any tracker."""
    subject = Subject("a", (A,), (f"{scheme}://127.0.0.1:{free_port()}/announce",))

    report = asyncio.run(scraping.count([subject], tmp_path / "s.sqlite"))

    assert [one.kind for one in report.troubles] == ["private-address"]


@pytest.mark.slow
def test_the_table_counts_peers(tmp_path: Path) -> None:
    """libtorrent's nodes tell of two peers, one of them a seed, by their filters; the record has no address."""
    found: tuple[Counted, ...] = ()
    with LoopbackDht() as table:
        deadline = time.monotonic() + 20
        while not found or found[0].numbers[:2] != (1, 1):
            assert time.monotonic() < deadline, found
            table.sessions[0].dht_announce(_sha1(A), 6001, 1)  # 1: as a seed (libtorrent's dht::announce)
            table.sessions[1].dht_announce(_sha1(A), 6002, 0)  # again, while the nodes get to know each other
            (tmp_path / "scrapes.sqlite").unlink(missing_ok=True)
            found = count(tmp_path, Subject("a", (A,)), dht_nodes=table.nodes[-1:]).counted["a"]

    assert found[0].is_estimate
    assert b"127.0.0.1" not in (tmp_path / "scrapes.sqlite").read_bytes()


def _sha1(info_hash: bytes) -> Any:
    import libtorrent  # noqa: PLC0415

    return libtorrent.sha1_hash(info_hash)


def test_the_command(person: Person, tmp_path: Path) -> None:
    """A torrent, named twice, at a tracker that is named; once more from the record; nobody there is an error."""
    hashes, _ = person.run("torrent", "create", "lakes")
    with tracking(tmp_path, "--open") as tracker:
        announce(tracker.http, bytes.fromhex(hashes["infohash_v2"])[:20], 5001)
        command = ("scrape", "lakes.torrent", hashes["infohash_v1"], "--tracker", tracker.http, "--lan")
        found, _ = person.run(*command)
        again = person.start(*command)
        text = again.communicate(timeout=30)[0]
        asked = tracker.numbers()["scrapes"]
    nobody, said = person.run("scrape", "0" * 40, "--tracker", f"udp://{LOOPBACK}:{free_port()}", "--lan", code=12)

    assert [(one["seeds"], one["leechers"]) for one in found["datasets"]] == [(1, 0)]
    assert "now" in text
    assert asked == 1
    assert nobody["troubles"][0]["kind"] == "connection"
    assert "nobody told" in said
