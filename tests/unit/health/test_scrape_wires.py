# SPDX-License-Identifier: Apache-2.0
"""Scrapes as bytes: any bytes are read or refused; what our own tracker answers is read back."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core import bencode
from seedbed.health.scrape import http_wire, loose_bencode, udp_wire
from seedbed.health.scrape.counted import Numbers, Unanswered
from seedbed.tracker import http_wire as our_http
from seedbed.tracker import udp_wire as our_udp
from seedbed.tracker.swarm import Count

A, B = b"a" * 20, b"b" * 20
HASHES = st.lists(st.binary(min_size=20, max_size=20), min_size=1, max_size=200, unique=True)
COUNTS = st.builds(Count, *[st.integers(0, 10_000_000)] * 3)


@pytest.mark.parametrize(
    ("announce", "scrape"),
    [
        ("http://t.example/announce", "http://t.example/scrape"),
        ("http://t.example/x/announce", "http://t.example/x/scrape"),
        ("http://t.example/announce.php", "http://t.example/scrape.php"),
        ("http://t.example/announce?x2%0644", "http://t.example/scrape?x2%0644"),
        ("http://t.example/a", None),
        ("http://t.example/announce?x=2/4", "http://t.example/scrape?x=2/4"),
        ("http://t.example/x%064announce", None),
        ("http://t.example", None),
        ("http://[t/announce", None),
    ],
)
def test_where_to_scrape(announce: str, scrape: str | None) -> None:
    """As the examples of BEP 48 have it."""
    assert http_wire.scrape_url(announce) == scrape


@given(HASHES, st.sampled_from(["http://t.example/scrape", "http://t.example/scrape?key=1"]))
def test_questions_hold_every_hash_once(hashes: list[bytes], scrape: str) -> None:
    """In URLs that servers take; our own tracker reads them."""
    asked: list[bytes] = []
    for url, batch in http_wire.questions(scrape, hashes):
        assert len(url) <= http_wire.MAX_URL_BYTES
        query = urlsplit(url).query.encode()
        assert our_http.parse_scrape(query) == batch
        assert [unquote_to_bytes(v) for k, v in parse_qsl(query.decode(), encoding="latin-1") if k == "info_hash"]
        asked += batch

    assert asked == hashes


@given(st.dictionaries(st.binary(min_size=20, max_size=20), COUNTS, min_size=1, max_size=10))
def test_our_own_answers_are_read(counts: dict[bytes, Count]) -> None:
    """Over HTTP and UDP alike."""
    expected = {one: Numbers(count.seeds, count.leechers, count.completed) for one, count in counts.items()}

    assert http_wire.read(our_http.scraped(counts), list(counts)).found == expected
    assert udp_wire.read_scraped(our_udp.scraped(b"7777", list(counts.values())), list(counts)) == expected


def test_our_tracker_understands_our_questions() -> None:
    """Connect, then scrape."""
    connect, scrape = udp_wire.connect(5), udp_wire.scrape(9, 6, [A, B])
    assert (our_udp.kind_of(connect), our_udp.kind_of(scrape)) == (our_udp.CONNECT, our_udp.SCRAPE)
    assert our_udp.read_scrape(scrape) == [A, B]
    assert our_udp.connection_of(scrape) == (9).to_bytes(8, "big")
    assert udp_wire.read_connected(our_udp.connected(our_udp.transaction_of(connect), (77).to_bytes(8, "big"))) == 77
    with pytest.raises(Unanswered, match="not today"):
        udp_wire.read_scraped(our_udp.refused(b"6666", "not today"), [A])


@given(st.binary(max_size=200) | st.recursive(st.integers() | st.binary(max_size=5), st.lists).map(str).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Nobody can make a reader fail."""
    loose_bencode.read(data)
    for read in (
        lambda: http_wire.read(data, [A]),
        lambda: udp_wire.read_scraped(data, [A]),
        lambda: udp_wire.read_connected(data),
    ):
        try:
            read()
        except Unanswered:
            pass


VALUES = st.recursive(
    st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.binary(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_loose_reading_agrees_with_the_strict_one(value: bencode.Value) -> None:
    """On all that is canonical and not deep; a rest behind it does not matter."""
    data = bencode.encode(value)
    deep = sum(character in b"ld" for character in data) > loose_bencode.MAX_DEPTH

    assert deep or loose_bencode.read(data + b"\r\n") == value


def test_depth_is_bounded() -> None:
    """A megabyte of brackets is refused, and does not end the program."""
    assert loose_bencode.read(b"l" * 1_000_000) is None


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<!doctype html><title>Just a moment</title>", "refused"),
        (b"\n <html>", "refused"),
        (b"404", "nonsense"),
        (b"", "nonsense"),
        (b"le", "nonsense"),
        (b"d8:intervali1800ee", "nonsense"),
    ],
)
def test_what_is_no_answer(body: bytes, kind: str) -> None:
    """A page for people is a firewall's."""
    with pytest.raises(Unanswered) as caught:
        http_wire.read(body, [A])

    assert caught.value.kind == kind


def test_unsorted_and_unasked() -> None:
    """opentracker answers in the order of the question; hashes that nobody asked for are passed over."""
    body = b"d5:filesd20:%bd8:completei2e10:incompletei1ee20:%bd8:completei3eee5:flagsdee" % (B, A)

    assert http_wire.read(body, [A]).found == {A: Numbers(3, None)}
    assert http_wire.read(body, [B, A]).found == {B: Numbers(2, 1), A: Numbers(3, None)}


@pytest.mark.parametrize("count", [b"-1", b"4294967295", b"99999999999999999999", b"1_0", b"ten"])
def test_numbers_that_cannot_be_are_none(count: bytes) -> None:
    """Nobody has minus one seed, or four thousand million."""
    body = b"d5:filesd20:%bd8:completei%be10:downloadedi-7e10:incompletei4eeee" % (A, count)
    try:
        found = http_wire.read(body, [A]).found
    except Unanswered as fault:
        assert fault.kind == "nonsense"
    else:
        assert found == {A: Numbers(None, 4)}


def test_wrong_numbers_over_udp() -> None:
    """-1 in 32 bits is not believed; a short answer is of the first hashes."""
    data = our_udp.scraped(b"1111", [Count(0xFFFFFFFF, 1, 1), Count(1, 0xFFFFFFFF, 2)])

    assert udp_wire.read_scraped(data, [A, B, b"c" * 20]) == {A: None, B: Numbers(1, 2)}


def test_words_instead_of_numbers() -> None:
    """A failure reason is told."""
    assert http_wire.read(http_wire_failure(), [A]).failure.startswith("not here")


def http_wire_failure() -> bytes:
    """What a tracker says of a hash that it does not serve."""
    return our_http.failed("not here, ever")
