# SPDX-License-Identifier: Apache-2.0
"""Datagrams in, datagrams out: BEP 15, and table K of what nobody should send."""

from __future__ import annotations

import ipaddress
import random
import struct
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.tracker import udp_wire
from seedbed.tracker.access import Everything, Listed
from seedbed.tracker.swarm import Count, Limits, Swarms
from seedbed.tracker.tracker import Tracker
from seedbed.tracker.udp_wire import ID_LIFE_S, ConnectionIds

HASH, OTHER = b"h" * 20, b"o" * 20
HOME, AWAY = bytes((11, 22, 33, 44)), bytes((55, 66, 77, 88))
HOME6 = ipaddress.ip_address("2a01:4f8::7").packed
PROTOCOL = 0x41727101980


class Said(NamedTuple):
    """An answer to an announce."""

    interval_s: int
    leechers: int
    seeds: int
    peers: bytes


def tracker(*, listed: bool = False, allows_private: bool = False) -> Tracker:
    """With chance that can be repeated; open, or with one listed hash."""
    swarms = Swarms(Limits(), random.Random(1).randrange)
    access = Listed({HASH: "lakes@1"}) if listed else Everything()
    return Tracker(swarms, access, ConnectionIds(b"key"), allows_private=allows_private)


def connect(one: Tracker, ip: bytes = HOME, now_s: int = 0) -> bytes:
    """A connection id, as a client gets it."""
    answer = one.datagram(struct.pack(">QII", PROTOCOL, 0, 77), ip, now_s)
    assert answer is not None
    assert struct.unpack_from(">II", answer) == (0, 77)
    return answer[8:]


def announce(
    connection: bytes, *, info_hash: bytes = HASH, left: int = 1, event: int = 0, ip: int = 0, wanted: int = -1,
    port: int = 6881,
) -> bytes:  # fmt: skip
    """A datagram as BEP 15 has it."""
    head = struct.pack(">8sII20s20s", connection, 1, 99, info_hash, b"-TR4060-abcdefghijkl")
    return head + struct.pack(">QQQIIIiH", 5, left, 6, event, ip, 1234, wanted, port)


def scrape(connection: bytes, *hashes: bytes) -> bytes:
    """A datagram as BEP 15 has it."""
    return struct.pack(">8sII", connection, 2, 98) + b"".join(hashes)


def said(answer: bytes | None) -> Said:
    """An answer to an announce, taken apart."""
    assert answer is not None
    action, transaction, interval_s, leechers, seeds = struct.unpack_from(">IIIII", answer)
    assert (action, transaction) == (1, 99)
    return Said(interval_s, leechers, seeds, answer[20:])


def reason(answer: bytes | None) -> str:
    """Why it was refused."""
    assert answer is not None
    assert struct.unpack_from(">II", answer) == (3, 99)
    return answer[8:].decode()


@pytest.mark.parametrize(("home", "away"), [(HOME, AWAY), (HOME6, ipaddress.ip_address("2a01:4f8::8").packed)])
def test_two_clients_hear_of_each_other(home: bytes, away: bytes) -> None:
    """Connect, announce, scrape; IPv4 and IPv6."""
    one = tracker()
    one.datagram(announce(connect(one, away), left=0), away, 0)

    answer = said(one.datagram(announce(connect(one, home)), home, 0))

    assert answer == Said(1800, 1, 1, away + (6881).to_bytes(2, "big"))
    numbers = one.datagram(scrape(connect(one, home), HASH, OTHER), home, 0)
    assert numbers == struct.pack(">II6I", 2, 98, 1, 0, 1, 0, 0, 0)
    assert (one.totals.connects, one.totals.announces, one.totals.scrapes) == (3, 2, 1)


def test_options_at_the_end_are_passed_over() -> None:
    """BEP 41: a client sends the rest of the URL after the announce."""
    one = tracker()

    for options in (b"\x02\x09/announce\x00", b"\x02\xff", b"\x01" * 1400):
        assert said(one.datagram(announce(connect(one)) + options, HOME, 0)).leechers == 1


@pytest.mark.parametrize("event", [4, 5, 2**31, 2**32 - 1])
def test_unknown_events_are_none(event: int) -> None:
    """Such as 4, which some use for ``paused``."""
    one = tracker()
    datagram = announce(connect(one), event=event)

    _, _, read, _, _ = udp_wire.read_announce(datagram)

    assert read == 0
    assert said(one.datagram(datagram, HOME, 0)).leechers == 1


@pytest.mark.parametrize("forged", [0, 1, PROTOCOL, 2**64 - 1])
def test_k1_a_forged_connection_id(forged: int) -> None:
    """No answer: whoever sent it may have forged where it came from."""
    one = tracker()

    assert one.datagram(announce(forged.to_bytes(8, "big")), HOME, 0) is None
    assert one.datagram(scrape(forged.to_bytes(8, "big"), HASH), HOME, 0) is None
    assert one.datagram(announce(ConnectionIds(b"other").of(HOME, 0)), HOME, 0) is None
    assert (one.swarms.peers, one.totals.dropped) == (0, 3)


def test_k2_an_expired_connection_id() -> None:
    """Good for two minutes at least, and four at most."""
    one = tracker()
    connection = connect(one, now_s=1000)

    for now_s in (1000, 1001, 1000 + ID_LIFE_S):
        assert one.datagram(announce(connection), HOME, now_s) is not None
    for now_s in (1000 + 2 * ID_LIFE_S, 10**6, 10**9):
        assert one.datagram(announce(connection), HOME, now_s) is None


def test_k3_a_connection_id_of_another_address() -> None:
    """No answer; another port of the same address is the same client."""
    one = tracker()
    connection = connect(one, HOME)

    assert one.datagram(announce(connection), AWAY, 0) is None
    assert one.datagram(announce(connection), HOME6, 0) is None
    assert one.datagram(announce(connection, port=7000), HOME, 0) is not None


def test_k4_the_address_of_a_victim_is_passed_over() -> None:
    """Others are told where the datagram came from."""
    one = tracker()
    one.datagram(announce(connect(one), ip=int.from_bytes(AWAY, "big")), HOME, 0)

    assert said(one.datagram(announce(connect(one, AWAY)), AWAY, 0)).peers == HOME + (6881).to_bytes(2, "big")


@pytest.mark.parametrize("port", [0, 22, 1023])
def test_k5_ports_that_nobody_is_sent_to(port: int) -> None:
    """Refused in words: the connection id was good. 65536 has no form in a datagram."""
    one = tracker()

    assert "expected one from 1024 to 65535" in reason(one.datagram(announce(connect(one), port=port), HOME, 0))
    assert (one.swarms.peers, one.totals.refused) == (0, 1)


@pytest.mark.parametrize(
    "ip", ["10.0.0.1", "127.0.0.1", "192.168.1.1", "224.0.0.1", "0.0.0.0", "::1", "fe80::1", "ff02::1"]
)
def test_k6_addresses_that_nobody_reaches(ip: str) -> None:
    """Refused in words, but for a tracker of one's own network."""
    packed = ipaddress.ip_address(ip).packed
    one, own = tracker(), tracker(allows_private=True)

    assert "private network" in reason(one.datagram(announce(connect(one, packed)), packed, 0))
    assert one.swarms.peers == 0
    assert said(own.datagram(announce(connect(own, packed)), packed, 0)).leechers == 1


@pytest.mark.parametrize("count", [10_000, pytest.param(1_000_000, marks=[pytest.mark.slow, pytest.mark.timeout(200)])])
def test_k7_what_is_not_listed_gets_no_answer_and_no_memory(count: int) -> None:
    """However many of them are asked for; what is listed is served after it."""
    one = tracker(listed=True)
    connection = connect(one)

    for number in range(count):
        assert one.datagram(announce(connection, info_hash=number.to_bytes(20, "big")), HOME, 0) is None

    assert (len(one.swarms), one.totals.refused) == (0, count)
    assert one.datagram(announce(connection), HOME, 0) is not None


@pytest.mark.parametrize(("wanted", "given"), [(-1, 80), (-(2**31), 80), (2**31 - 1, 80), (0, 0), (7, 7)])
def test_k9_numbers_beyond_reason(wanted: int, given: int) -> None:
    """As many as we give, at most."""
    one = tracker()
    for number in range(100):
        one.datagram(announce(connect(one), port=2000 + number), HOME, 0)

    assert len(said(one.datagram(announce(connect(one), wanted=wanted), HOME, 0)).peers) == 6 * given


@pytest.mark.parametrize("length", [0, 1, 15, 17, 35, 36, 95, 96, 97])
def test_k9_datagrams_cut_off(length: int) -> None:
    """An announce has 98 bytes; the first 16 are no connect."""
    one = tracker()

    assert one.datagram(announce(connect(one))[:length], HOME, 0) is None


@pytest.mark.parametrize(("rest", "count"), [(0, 0), (19, 0), (20, 1), (39, 1), (40, 2), (70 * 20 - 1, 69)])
def test_k9_scrapes_with_part_of_a_hash(rest: int, count: int) -> None:
    """What is left over is passed over."""
    one = tracker()

    answer = one.datagram(scrape(connect(one), b"h" * rest), HOME, 0)

    assert answer is None if count == 0 else len(answer or b"") == 8 + 12 * count


def test_k10_a_scrape_of_a_thousand_is_a_scrape_of_seventy() -> None:
    """So an answer is shorter than its question."""
    one = tracker()
    question = scrape(connect(one), *(number.to_bytes(20, "big") for number in range(1000)))

    answer = one.datagram(question, HOME, 0)

    assert answer is not None
    assert len(answer) == 8 + 12 * 70


def test_k11_a_flood_of_connects_is_not_made_larger_and_not_remembered() -> None:
    """16 bytes for 16 bytes; ids are reckoned, not kept."""
    one = tracker()
    question = struct.pack(">QII", PROTOCOL, 0, 77)

    for number in range(150_000):
        answer = one.datagram(question, number.to_bytes(4, "big"), 0)
        assert answer is not None
        assert len(answer) <= len(question)

    assert one.ids.remembered <= 200_001


def test_k17_flipped_bits() -> None:
    """Whatever is damaged: no crash, and no answer when the connection id is."""
    one = tracker(listed=True)
    connection = connect(one)
    for good in (announce(connection), scrape(connection, HASH, OTHER)):
        for bit in range(len(good) * 8):
            bad = bytearray(good)
            bad[bit // 8] ^= 1 << bit % 8
            answer = one.datagram(bytes(bad), HOME, 0)
            if bit < 96:  # connection id and action
                assert answer is None


def test_k17_a_hundred_thousand_random_datagrams() -> None:
    """No crash, no answer, no memory."""
    random_datagrams(100_000)


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_k17_a_million_random_datagrams() -> None:
    """The same for longer."""
    random_datagrams(1_000_000)


def random_datagrams(count: int) -> None:
    """Half of them with an action that there is, so that more of the reader is reached."""
    one, chance = tracker(), random.Random(17)
    for number in range(count):
        data = chance.randbytes(chance.choice((0, 8, 16, 36, 98, 120, 1472)))
        if number % 2:
            data = data[:8] + bytes((0, 0, 0, number // 2 % 4)) + data[12:]
        assert one.datagram(data, HOME, number // 1000) is None
    assert (one.totals.dropped, len(one.swarms), one.totals.refused) == (count, 0, 0)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_a_request_or_none(data: bytes, knows: bool) -> None:  # noqa: FBT001  # hypothesis passes it
    """Only connects are answered to those whose id is not good."""
    one = tracker()
    if knows:
        data = connect(one) + data

    answer = one.datagram(data, HOME, 0)

    is_connect = len(data) >= 16 and data[:12] == struct.pack(">QI", PROTOCOL, 0)
    assert answer is None or knows or is_connect


@given(
    st.binary(min_size=8, max_size=8), st.binary(min_size=20, max_size=20), st.sampled_from([0, 1, 2**64 - 1]),
    st.integers(0, 3), st.integers(-(2**31), 2**31 - 1), st.integers(0, 65_535),
)  # fmt: skip
def test_what_is_written_is_read(  # noqa: PLR0917
    connection: bytes, info_hash: bytes, left: int, event: int, wanted: int, port: int
) -> None:
    """Announces and scrapes of any numbers."""
    question = announce(connection, info_hash=info_hash, left=left, event=event, wanted=wanted, port=port)
    more = scrape(connection, info_hash, HASH)

    assert (udp_wire.kind_of(question), udp_wire.kind_of(more)) == (udp_wire.ANNOUNCE, udp_wire.SCRAPE)
    assert udp_wire.connection_of(question) == udp_wire.connection_of(more) == connection
    assert udp_wire.transaction_of(question) == (99).to_bytes(4, "big")
    assert udp_wire.read_announce(question) == (info_hash, left == 0, event, max(-1, min(wanted, 255)), port)
    assert udp_wire.read_scrape(more) == [info_hash, HASH]


@given(st.integers(0, 2**32 - 1), st.lists(st.tuples(*[st.integers(0, 2**32 - 1)] * 3), max_size=70))
def test_answers_have_the_form_of_the_standard(transaction: int, counts: list[tuple[int, int, int]]) -> None:
    """Read as a client would."""
    numbers, word = [Count(*one) for one in counts], transaction.to_bytes(4, "big")

    answer = udp_wire.scraped(word, numbers)
    told = udp_wire.announced(word, 1800, 4, transaction, b"peers6")

    assert struct.unpack_from(">II", answer) == (2, transaction)
    assert list(struct.iter_unpack(">III", answer[8:])) == counts
    assert told == struct.pack(">IIIII", 1, transaction, 1800, 4, transaction) + b"peers6"
    assert udp_wire.refused(word, "no") == struct.pack(">II", 3, transaction) + b"no"


@given(st.integers(0, 10**9), st.integers(0, 10**4), st.sampled_from([HOME, AWAY, HOME6]))
def test_connection_ids_are_good_for_a_while(now_s: int, later_s: int, ip: bytes) -> None:
    """For their life always, and never for longer than twice of it."""
    ids = ConnectionIds(b"key")
    connection = ids.of(ip, now_s)

    is_good = ids.is_good(connection, ip, now_s + later_s)

    assert is_good or later_s > ID_LIFE_S
    assert not is_good or later_s < 2 * ID_LIFE_S
