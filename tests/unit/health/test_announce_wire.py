# SPDX-License-Identifier: Apache-2.0
"""Asking a tracker who has a torrent: the question as trackers know it, and of an answer only what can be true."""

from __future__ import annotations

import random
import struct
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core import bencode
from seedbed.health.probes import announce_wire as wire
from seedbed.health.probes.announce_wire import Peer, Who
from seedbed.health.scrape.counted import Unanswered
from seedbed.tracker import http_wire
from seedbed.tracker.access import Everything
from seedbed.tracker.swarm import Limits, Swarms
from seedbed.tracker.tracker import Tracker
from seedbed.tracker.udp_wire import ConnectionIds

WHO = Who(bytes(range(20)), b"-SB0001-\0\xff&=%#+/?abc", 6881)
SEED = bytes((11, 22, 33, 44))


def tracker() -> Tracker:
    """Ours, with one seed of the torrent."""
    made = Tracker(Swarms(Limits(), random.Random(1).randrange), Everything(), ConnectionIds(b"k" * 32))
    made.announce(WHO.info_hash, SEED, 7000, left=0, event=0, wanted=0, now_s=0)
    return made


@pytest.mark.parametrize("announce", ["http://t.example.org/announce", "http://t.example.org/announce?key=1"])
def test_the_question_over_http(announce: str) -> None:
    """As our own tracker reads it; whoever it names is read back, and nobody fetches there afterwards."""
    made, asks = tracker(), bytes((55, 66, 77, 88))
    parts = urlsplit(wire.url(announce, WHO, wire.STARTED))
    assert parse_qs(parts.query, encoding="latin-1")["peer_id"] == [WHO.peer_id.decode("latin-1")]
    answer = made.http("/announce", parts.query.encode(), asks, 1)
    assert answer
    assert wire.read(answer) == [Peer(SEED, 7000)]
    assert made.count(WHO.info_hash).leechers == 1
    made.http("/announce", urlsplit(wire.url(announce, WHO, wire.STOPPED)).query.encode(), asks, 2)
    assert made.count(WHO.info_hash)[::2] == (1, 0)


def test_the_question_over_udp() -> None:
    """The same."""
    made, asks = tracker(), bytes((55, 66, 77, 88))
    connection = made.ids.of(asks, 1)
    for event, leechers in ((wire.STARTED, 1), (wire.STOPPED, 0)):
        answer = made.datagram(wire.datagram(int.from_bytes(connection), 7, WHO, event), asks, 1)
        assert answer
        assert made.count(WHO.info_hash)[::2] == (1, leechers)
        if event == wire.STARTED:
            assert wire.read_datagram(answer, is_ipv6=False) == [Peer(SEED, 7000)]


def test_peers_of_ipv6() -> None:
    """BEP 7."""
    one = bytes(range(16)) + (7000).to_bytes(2)
    assert wire.read(bencode.encode({b"peers6": one})) == [Peer(bytes(range(16)), 7000)]
    assert wire.read_datagram(struct.pack(">IIIII", 1, 7, 0, 0, 0) + one, is_ipv6=True)[0].port == 7000


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"le", http_wire.failed("no")],
)
def test_what_is_no_answer_over_http(body: bytes) -> None:
    """Or one that says why there is none."""
    with pytest.raises(Unanswered):
        wire.read(body)


@pytest.mark.parametrize("body", [{b"peers": 3}, {b"peers": b"xyz"}, {b"peers": [b"x"]}, {}, {b"peers": bytes(6)}])
def test_an_answer_without_peers(body: dict[bytes, bencode.Value]) -> None:
    """Odd ones name nobody, and port 0 is nowhere."""
    assert wire.read(bencode.encode(body)) == []


def test_too_many_peers() -> None:
    """More than were asked for: some of them."""
    assert len(wire.read(bencode.encode({b"peers": b"abcdef" * 5_000}))) == wire.MAX_PEERS


@pytest.mark.parametrize("data", [b"", b"\0\0\0\1", struct.pack(">II", 3, 7) + b"no", bytes(19), bytes(40)])
def test_what_is_no_answer_over_udp(data: bytes) -> None:
    """Cut short, another kind, or a failure in words."""
    with pytest.raises(Unanswered):
        wire.read_datagram(data, is_ipv6=False)


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    """Peers, or a reason; never another exception."""
    for read in (wire.read, lambda body: wire.read_datagram(body, is_ipv6=False)):
        try:
            found = read(data)
        except Unanswered:
            continue
        assert all(len(one.ip) in {4, 16} and 0 < one.port < 65_536 for one in found)
