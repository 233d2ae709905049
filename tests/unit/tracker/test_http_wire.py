# SPDX-License-Identifier: Apache-2.0
"""HTTP announces and scrapes: what clients send, what nobody should, and what is answered."""

from __future__ import annotations

import ipaddress
import random
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core import bencode
from seedbed.tracker import http_wire
from seedbed.tracker.access import Everything, Listed
from seedbed.tracker.http_wire import HttpAnnounce, parse_announce, parse_scrape
from seedbed.tracker.swarm import Answer, Event, Limits, Swarms
from seedbed.tracker.tracker import Tracker
from seedbed.tracker.udp_wire import ConnectionIds

HASH, OTHER = bytes(range(0, 200, 10)), b"o" * 20
HOME4, HOME6 = bytes((11, 22, 33, 44)), ipaddress.ip_address("2a01:4f8::7").packed


def tracker(*, listed: bool = False, keys: frozenset[str] = frozenset()) -> Tracker:
    """With chance that can be repeated; open, or with one listed hash."""
    swarms = Swarms(Limits(), random.Random(1).randrange)
    access = Listed({HASH: "lakes@1"}) if listed else Everything()
    return Tracker(swarms, access, ConnectionIds(b"key"), keys=keys)


def query(info_hash: bytes = HASH, **fields: object) -> bytes:
    """As a client writes it."""
    said = {"peer_id": "-TR4060-abcdefghijkl", "port": 6881, "left": 1, "compact": 1} | fields
    rest = "&".join(f"{name}={value}" for name, value in said.items())
    return f"info_hash={quote_from_bytes(info_hash)}&{rest}".encode()


def ask(one: Tracker, path: str, asked: bytes, ip: bytes = HOME4) -> dict[bytes, bencode.Value]:
    """The answer, decoded."""
    answer = one.http(path, asked, ip, 0)
    assert answer is not None
    decoded = bencode.decode(answer)
    assert isinstance(decoded, dict)
    return decoded


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param(
            b"info_hash=%a2%a1U7T%2b%22%92Z%d1%04%86%bfz%8b*%9cB%f0%d1&peer_id=-qB31A0-!I_EUqrSvcsd&port=6881&uploaded=0"
            b"&downloaded=0&left=1091506387&corrupt=0&redundant=0&compact=1&numwant=0&key=c60fff68&no_peer_id=1"
            b"&supportcrypto=1&event=stopped",
            HttpAnnounce(
                bytes.fromhex("a2a15537542b22925ad10486bf7a8b2a9c42f0d1"), 6881, 1091506387, 3, 0, compact=True
            ),
            id="qbittorrent",
        ),
        pytest.param(
            b"info_hash=%BFk%EA%EF%B62%F1%87%D4%BEA%84%B4%03%CBx9%01%EC%A6&peer_id=-TR4060-abcdefghijkl&port=51413"
            b"&uploaded=0&downloaded=0&left=0&numwant=80&key=1f&compact=1&supportcrypto=1&event=started&ipv6=%3A%3A1",
            HttpAnnounce(bytes.fromhex("bf6beaefb632f187d4be4184b403cb783901eca6"), 51413, 0, 2, 80, compact=True),
            id="transmission",
        ),
        pytest.param(
            b"numwant=50&uploaded=0&downloaded=0&left=16384&event=started&compact=1&info_hash=%A2%A1U7T%2B%22%92Z%D1%04%86"
            b"%BFz%8B%2A%9CB%F0%D1&peer_id=-WW0201-aaaaaaaaaaaa&port=6881",
            HttpAnnounce(bytes.fromhex("a2a15537542b22925ad10486bf7a8b2a9c42f0d1"), 6881, 16384, 2, 50, compact=True),
            id="bittorrent-tracker",
        ),
        pytest.param(
            b"info_hash=aaaaaaaaaaaaaaaaaa++&port=1024&compact=0&event=&",
            HttpAnnounce(b"a" * 18 + b"++", 1024, 1, 0, -1, compact=False),
            id="a plus is a plus",
        ),
        pytest.param(
            b"info_hash=%5c\\x41%5C%2541%25aaaaaaaa%ff%00&port=1024",
            HttpAnnounce(b"\\\\x41\\%41%aaaaaaaa\xff\x00", 1024, 1, 0, -1, compact=True),
            id="backslashes are nothing special",
        ),
        pytest.param(
            b"passkey=x&passkey=y&info_hash=" + b"a" * 20 + b"&port=1024&event=paused&left=-1&numwant=&flag",
            HttpAnnounce(b"a" * 20, 1024, -1, 0, -1, compact=True),
            id="odd, and plain enough",
        ),
    ],
)
def test_what_clients_send(sent: bytes, expected: HttpAnnounce) -> None:
    """Orders, escapes and fields of several programs."""
    assert parse_announce(sent) == expected


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        pytest.param(b"", "info_hash: expected 20 bytes, got 0", id="nothing"),
        pytest.param(query(b"a" * 19), "info_hash: expected 20 bytes, got 19", id="19 bytes"),
        pytest.param(query(b"a" * 21), "info_hash: expected 20 bytes, got 21", id="21 bytes"),
        pytest.param(b"info_hash=" + b"%61" * 21 + b"&port=6881", "got 21", id="21 bytes with escapes"),
        pytest.param(b"info_hash=" + b"a" * 19 + b"%6&port=6881", "hexadecimal", id="escape cut off"),
        pytest.param(b"info_hash=" + b"a" * 19 + b"%&port=6881", "hexadecimal", id="escape of nothing"),
        pytest.param(b"info_hash=" + b"a" * 19 + b"%zz&port=6881", "hexadecimal", id="escape of letters"),
        pytest.param(b"info_hash=" + b"a" * 19 + b"% 1&port=6881", "hexadecimal", id="escape with a space"),
        pytest.param(b"info_hash=" + b"a" * 19 + b"%+1&port=6881", "hexadecimal", id="escape with a sign"),
        pytest.param(b"info_hash=" + b"a" * 19 + b"%%61&port=6881", "hexadecimal", id="escape of an escape"),
        pytest.param(query() + b"&info_hash=" + b"b" * 20, "info_hash: given more than once", id="two hashes"),
        pytest.param(query() + b"&port=7000", "port: given more than once", id="two ports"),
        pytest.param(b"info_hash=" + b"a" * 20, "port", id="no port"),
        pytest.param(query(port=""), "port", id="empty port"),
        pytest.param(query(port="--1"), "port", id="two signs of a port"),
        pytest.param(query(port="6_881"), "port", id="port as Python would read it"),
        pytest.param(query(port="\u0661"), "port", id="Arabic digits"),
        pytest.param(query(port="1" * 5000), "port", id="endless port"),
        pytest.param(query(left="many"), "left", id="left in words"),
        pytest.param(query(left="--1"), "left", id="two signs"),
        pytest.param(query(left="9" * 30), "left", id="left beyond 64 bits"),
        pytest.param(query(numwant="0x10"), "numwant", id="hexadecimal numwant"),
        pytest.param(query(numwant="-"), "numwant", id="sign only"),
        pytest.param(query(key="x" * 1_000_000), "at most 16,384 bytes", id="a megabyte"),
        pytest.param(b"&" * 1_000_000, "at most 16,384 bytes", id="a megabyte of nothing"),
        pytest.param(b"=" * 16_000, "info_hash", id="equal signs"),
    ],
)
def test_k9_bad_announces_are_answered_in_words(sent: bytes, why: str) -> None:
    """And nobody is noted."""
    found = parse_announce(sent)
    assert isinstance(found, str)
    assert why in found

    one = tracker()
    assert ask(one, "/announce", sent)[b"failure reason"] == found.encode()
    assert one.swarms.peers == 0


@pytest.mark.parametrize("wanted", ["-1", "-2147483648", "2147483648", "18446744073709551616"])
def test_k9_numwant_beyond_reason_is_what_we_give(wanted: str) -> None:
    """80 at most."""
    one = tracker()
    for number in range(200):
        ask(one, "/announce", query(port=2000 + number))

    peers = ask(one, "/announce", query(numwant=wanted))[b"peers"]

    assert isinstance(peers, bytes)
    assert len(peers) == 80 * 6


@pytest.mark.parametrize("port", [-1, 0, 22, 1023, 65_536, 10**19])
def test_k5_ports_that_nobody_is_sent_to(port: int) -> None:
    """Refused in words."""
    one = tracker()

    assert (
        b"expected one from 1024 to 65535" in str(ask(one, "/announce", query(port=port))[b"failure reason"]).encode()
    )
    assert (one.swarms.peers, one.totals.refused) == (0, 1)


@pytest.mark.parametrize("ip", ["10.0.0.1", "127.0.0.1", "192.168.1.1", "169.254.1.1", "224.0.0.1", "::1", "fe80::1"])
def test_k6_private_addresses(ip: str) -> None:
    """Refused in words."""
    one = tracker()

    assert b"failure reason" in ask(one, "/announce", query(), ipaddress.ip_address(ip).packed)
    assert one.swarms.peers == 0


def test_k4_the_address_of_a_victim_is_passed_over() -> None:
    """Whatever a client says of its address: others are told where it came from."""
    one = tracker()
    ask(one, "/announce", query(ip="93.184.216.34", ipv4="93.184.216.34:80", ipv6="2606:2800:220:1::1"))

    answer = ask(one, "/announce", query(), bytes((11, 22, 33, 55)))

    assert answer[b"peers"] == HOME4 + (6881).to_bytes(2, "big")


def test_an_answer_has_all_that_the_standards_say() -> None:
    """BEP 3, 23, 24, and how often the dataset was got."""
    one = tracker()
    ask(one, "/announce", query(port=7001))
    ask(one, "/announce", query(port=7001, left=0, event="completed"))
    ask(one, "/announce", query(port=7002))

    answer = ask(one, "/announce", query(port=7003))

    peers = answer.pop(b"peers")
    assert isinstance(peers, bytes)
    assert {peers[at : at + 6] for at in (0, 6)} == {HOME4 + p.to_bytes(2, "big") for p in (7001, 7002)}
    assert answer == {
        b"complete": 1, b"incomplete": 2, b"downloaded": 1, b"interval": 1800, b"min interval": 900,
        b"external ip": HOME4,
    }  # fmt: skip


def test_ipv6_clients_hear_of_ipv6_peers() -> None:
    """BEP 7: in a field of their own; the other one is empty."""
    one = tracker()
    ask(one, "/announce", query(port=7001))
    ask(one, "/announce", query(port=7002), HOME6)

    answer = ask(one, "/announce", query(), HOME6)

    assert answer[b"peers6"] == HOME6 + (7002).to_bytes(2, "big")
    assert (answer[b"peers"], answer[b"external ip"]) == (b"", HOME6)


@pytest.mark.parametrize(("ip", "text"), [(HOME4, b"11.22.33.44"), (HOME6, b"2a01:4f8::7")])
def test_a_list_for_those_who_want_one(ip: bytes, text: bytes) -> None:
    """BEP 3, as ``compact=0`` asks; without the peers' names, which nobody keeps."""
    one = tracker()
    ask(one, "/announce", query(port=7001), ip)

    answer = ask(one, "/announce", query(compact=0, no_peer_id=0), ip)

    assert answer[b"peers"] == [{b"ip": text, b"port": 7001}]
    assert b"peers6" not in answer


@given(
    answer=st.builds(
        lambda seeds, leechers, peers: Answer(seeds, leechers, bytes(18) * peers),
        st.integers(0, 2**31), st.integers(0, 2**31), st.integers(0, 80),
    ),
    ip=st.sampled_from([HOME4, HOME6]), compact=st.booleans(), completed=st.none() | st.integers(0, 2**31),
)  # fmt: skip
def test_answers_written_by_hand_are_bencoding(
    *, answer: Answer, ip: bytes, compact: bool, completed: int | None
) -> None:
    """And hold what they were told."""
    written = http_wire.announced(answer, 1800, ip, compact=compact, completed=completed)

    told = bencode.decode(written)
    assert isinstance(told, dict)
    assert bencode.encode(told) == written
    assert (told[b"complete"], told[b"incomplete"], told.get(b"downloaded")) == (*answer[:2], completed)
    found = told[b"peers"] if not compact or ip == HOME4 else told[b"peers6"]
    if isinstance(found, list):
        assert len(found) == len(answer.peers) // (len(ip) + 2)
    else:
        assert found == answer.peers


@given(st.binary(min_size=20, max_size=20), st.integers(0, 65_535), st.integers(0, 2**63), st.integers(-1, 2**31))
def test_what_is_written_is_read(info_hash: bytes, port: int, left: int, wanted: int) -> None:
    """Any hash, with escapes where they must be, or everywhere."""
    everywhere = b"info_hash=" + b"".join(b"%%%02x" % one for one in info_hash)
    rest = b"&port=%d&left=%d&numwant=%d" % (port, left, wanted)
    expected = HttpAnnounce(info_hash, port, left, Event.NONE, wanted, compact=True)

    assert parse_announce(everywhere + rest) == expected
    assert parse_announce(b"info_hash=" + quote_from_bytes(info_hash, safe="+/*!;:").encode() + rest) == expected
    assert parse_scrape(everywhere) == (info_hash,)


@given(
    st.binary()
    | st.lists(
        st.sampled_from(
            [b"info_hash=", b"&", b"=", b"%", b"%6", b"a" * 20, b"port=1", b"left=", b"-", b"&info_hash=%61"]
        )
    ).map(b"".join)
)
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    """Nothing else happens."""
    announce, hashes = parse_announce(data), parse_scrape(data)
    assert isinstance(announce, str) or len(announce.info_hash) == 20
    assert isinstance(hashes, str) or all(len(one) == 20 for one in hashes)


def test_a_scrape_of_many() -> None:
    """BEP 48; a hash that is asked for twice is told once."""
    one = tracker()
    ask(one, "/announce", query(left=0))

    answer = ask(one, "/scrape", b"&".join(b"info_hash=" + quote_from_bytes(h).encode() for h in (HASH, OTHER, HASH)))

    none = {b"complete": 0, b"downloaded": 0, b"incomplete": 0}
    assert answer == {b"files": {HASH: none | {b"complete": 1}, OTHER: none}}


def test_k10_a_scrape_of_a_thousand_is_a_scrape_of_seventy() -> None:
    """Or refused, when it is written at length."""
    hashes = [number.to_bytes(20, "big") for number in range(1000)]
    short = b"&".join(b"info_hash=%d" % (10**19 + number) for number in range(400))
    long = b"&".join(b"info_hash=" + quote_from_bytes(one).encode() for one in hashes)
    one = tracker()

    files = ask(one, "/scrape", short)[b"files"]

    assert isinstance(files, dict)
    assert len(files) == 70
    assert b"at most 70 hashes" in str(ask(one, "/scrape", long)[b"failure reason"]).encode()


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"", b"a scrape of all"),
        (b"foo=bar", b"a scrape of all"),
        (b"info_hash=", b"20 bytes, got 0"),
        (b"info_hash=" + b"a" * 20 + b"&info_hash=" + b"a" * 21, b"got 21"),
        (b"info_hash=%", b"hexadecimal"),
    ],
)
def test_k9_bad_scrapes_are_answered_in_words(sent: bytes, why: bytes) -> None:
    """No crash, and no list of everything."""
    reason = ask(tracker(), "/scrape", sent)[b"failure reason"]
    assert isinstance(reason, bytes)
    assert why in reason


def test_k7_what_is_not_listed() -> None:
    """Is refused, and takes no room; not for good (BEP 31): it may be published in a moment."""
    one = tracker(listed=True)

    for number in range(1000):
        answer = ask(one, "/announce", query(number.to_bytes(20, "big")))
        assert answer.keys() == {b"failure reason"}

    assert len(one.swarms) == 0
    assert ask(one, "/scrape", b"info_hash=" + OTHER).keys() == {b"failure reason"}
    both = ask(one, "/scrape", b"info_hash=" + OTHER + b"&info_hash=" + quote_from_bytes(HASH).encode())[b"files"]
    assert isinstance(both, dict)
    assert list(both) == [HASH]


@pytest.mark.parametrize(
    "path", ["/", "", "announce", "/announce/", "/announce.php", "/key/announce", "/a/b/scrape", "//"]
)
def test_other_pages_are_not_ours(path: str) -> None:
    """Whoever has the sockets answers 404; keys lead nowhere where nobody has one."""
    assert tracker().http(path, query(), HOME4, 0) is None


def test_keys() -> None:
    """With keys nobody else is served, under any name."""
    one = tracker(keys=frozenset({"emma", "juan"}))

    assert b"peers" in ask(one, "/emma/announce", query())
    assert b"files" in ask(one, "/juan/scrape", b"info_hash=" + OTHER)
    for path in ("/announce", "/scrape", "/otto/announce", "//announce", "/x/emma/announce"):
        assert ask(one, path, query())[b"retry in"] == b"never"
    assert one.http("/emma/", query(), HOME4, 0) is None
    assert one.totals.refused == 5
