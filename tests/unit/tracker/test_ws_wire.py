# SPDX-License-Identifier: Apache-2.0
"""Messages of browsers: what the npm packages send, what nobody should, and any JSON at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.tracker import ws_wire
from seedbed.tracker.swarm import Count, Event
from seedbed.tracker.ws_wire import Malformed, Offer, WsAnnounce, WsAnswer, WsScrape, parse

HASH = bytes(range(0, 200, 10))
TEXT = HASH.decode("latin-1")
ME, YOU = "-WW0201-abcdefghi\x00\x80\xff", "-WW0201-zyxwvutsrqpo"


def offer(number: int) -> dict[str, object]:
    """As a client writes it; the id has bytes of any kind."""
    return {"offer": {"type": "offer", "sdp": f"v=0 {number}\r\n"}, "offer_id": chr(number) * 20}


def announce(**fields: object) -> str:
    """As a client writes it."""
    return json.dumps({"action": "announce", "info_hash": TEXT, "peer_id": ME} | fields)


def test_an_announce_of_webtorrent() -> None:
    """With all that the npm package sends."""
    text = announce(numwant=5, uploaded=0, downloaded=0, left=None, event="started", offers=[offer(1), offer(200)])

    assert parse(text) == WsAnnounce(
        HASH, ME, None, Event.STARTED, (Offer("\x01" * 20, "v=0 1\r\n"), Offer("\xc8" * 20, "v=0 200\r\n"))
    )
    assert parse(json.dumps(json.loads(text), ensure_ascii=False)) == parse(text)


@pytest.mark.parametrize(
    ("fields", "is_seed", "event", "offers"),
    [
        ({}, None, Event.NONE, 0),
        ({"left": 0, "event": "completed"}, True, Event.COMPLETED, 0),
        ({"left": 0.0, "event": "update"}, True, Event.NONE, 0),
        ({"left": 7, "event": "stopped", "offers": None}, False, Event.STOPPED, 0),
        ({"left": "0", "event": ""}, False, Event.NONE, 0),
        ({"left": False, "event": None}, False, Event.NONE, 0),
        ({"left": 10**30, "numwant": 10**30, "offers": [offer(1)]}, False, Event.NONE, 1),
        ({"offers": [offer(n) for n in range(12)]}, None, Event.NONE, 10),
        ({"offers": [offer(n) for n in range(12)], "numwant": 3}, None, Event.NONE, 3),
        ({"offers": [offer(1)], "numwant": -1}, None, Event.NONE, 0),
        ({"offers": [offer(1)], "numwant": "5", "answer": None, "trackerid": "x"}, None, Event.NONE, 1),
    ],
)
def test_announces_of_others(fields: dict[str, object], is_seed: bool | None, event: Event, offers: int) -> None:  # noqa: FBT001
    """Odd, and plain enough."""
    found = parse(announce(**fields))

    assert isinstance(found, WsAnnounce)
    assert (found.is_seed, found.event, len(found.offers)) == (is_seed, event, offers)


def test_an_answer() -> None:
    """It names whose offer it answers, and says nothing of what its sender has."""
    text = announce(answer={"type": "answer", "sdp": "v=0"}, to_peer_id=YOU, offer_id="\xff" * 20)

    assert parse(text) == WsAnswer(HASH, ME, YOU, "\xff" * 20, "v=0")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (TEXT, (HASH,)),
        ([TEXT, "b" * 20, TEXT], (HASH, b"b" * 20)),
        ([f"{number:020}" for number in range(1000)], tuple(b"%020d" % number for number in range(70))),
    ],
    ids=["one", "many", "K10: a thousand"],
)
def test_scrapes(asked: object, expected: tuple[bytes, ...]) -> None:
    """One, many, too many."""
    assert parse(json.dumps({"action": "scrape", "info_hash": asked})) == WsScrape(expected)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("", "JSON", id="nothing"),
        pytest.param("{", "JSON", id="cut off"),
        pytest.param("[" * 60_000, "JSON", id="deep"),
        pytest.param('{"a":' * 10_000, "JSON", id="deep objects"),
        pytest.param("1" * 60_000, "JSON", id="endless number"),
        pytest.param("[]", "JSON object", id="list"),
        pytest.param("null", "JSON object", id="null"),
        pytest.param("{}", "action", id="no action"),
        pytest.param('{"action":["announce"]}', "action", id="a list of actions"),
        pytest.param('{"action":"dance"}', "action", id="another action"),
        pytest.param(" " * 70_000, "65,536", id="a long message"),
        pytest.param(announce(info_hash="a" * 19), "info_hash", id="19 bytes"),
        pytest.param(announce(info_hash="a" * 21), "info_hash", id="21 bytes"),
        pytest.param(announce(info_hash="a" * 19 + "\u0100"), "info_hash", id="no byte"),
        pytest.param(announce(info_hash="a" * 19 + "\ud800"), "JSON", id="half a character"),
        pytest.param(announce(info_hash=5), "info_hash", id="a number for a hash"),
        pytest.param(announce(peer_id=None), "peer_id", id="no peer id"),
        pytest.param(announce(peer_id=["a"] * 20), "peer_id", id="a list of 20"),
        pytest.param(announce(event="dance"), "event", id="another event"),
        pytest.param(announce(event=[]), "event", id="a list of events"),
        pytest.param(announce(event=2), "event", id="a number for an event"),
        pytest.param(announce(offers=5), "offers", id="a number of offers"),
        pytest.param(announce(offers={"0": offer(1)}), "offers", id="an object of offers"),
        pytest.param(announce(offers=[5]), "offers", id="a number for an offer"),
        pytest.param(announce(offers=[offer(1) | {"offer": "v=0"}]), "offer", id="only text"),
        pytest.param(announce(offers=[offer(1) | {"offer": {"type": "answer", "sdp": "v=0"}}]), "offer", id="kind"),
        pytest.param(announce(offers=[offer(1) | {"offer": {"type": "offer", "sdp": ""}}]), "offer", id="empty"),
        pytest.param(announce(offers=[offer(1) | {"offer": {"type": "offer", "sdp": "x" * 20_000}}]), "sdp", id="long"),
        pytest.param(announce(offers=[{"offer": {"type": "offer", "sdp": "v=0"}}]), "offer_id", id="no offer id"),
        pytest.param(announce(answer="yes"), "to_peer_id", id="an answer to nobody"),
        pytest.param(announce(answer="yes", to_peer_id=YOU, offer_id="a" * 20), "answer", id="an answer of text"),
        pytest.param('{"action":"scrape"}', "info_hash", id="scrape of all"),
        pytest.param('{"action":"scrape","info_hash":[]}', "at least one", id="scrape of nothing"),
        pytest.param('{"action":"scrape","info_hash":[["a"]]}', "info_hash", id="scrape of lists"),
    ],
)  # fmt: skip
def test_k9_bad_messages_are_answered_in_words(text: str, why: str) -> None:
    """No exception; with action and hash where they were understood."""
    found = parse(text)

    assert isinstance(found, Malformed)
    assert why in found.why
    told = json.loads(ws_wire.failed(*found))
    assert told["failure reason"] == found.why


def test_a_refusal_names_what_it_is_about() -> None:
    """Without its hash the npm package takes it for a fault of the connection, and closes it."""
    found = parse(announce(event="dance"))

    assert isinstance(found, Malformed)
    assert json.loads(ws_wire.failed(*found)) == {
        "action": "announce", "info_hash": TEXT, "failure reason": found.why,
    }  # fmt: skip


def test_what_is_told() -> None:
    """As the npm package reads it."""
    answer = WsAnswer(HASH, ME, YOU, "i" * 20, "v=1")

    assert json.loads(ws_wire.announced(HASH, 120, 3, 4)) == {
        "action": "announce", "info_hash": TEXT, "interval": 120, "complete": 3, "incomplete": 4,
    }  # fmt: skip
    assert [json.loads(one) for one in ws_wire.offered(HASH, ME, [Offer("i" * 20, "v=0")])] == [{
        "action": "announce", "info_hash": TEXT, "peer_id": ME, "offer_id": "i" * 20,
        "offer": {"type": "offer", "sdp": "v=0"},
    }]  # fmt: skip
    assert json.loads(ws_wire.answered(answer)) == {
        "action": "announce", "info_hash": TEXT, "peer_id": ME, "offer_id": "i" * 20,
        "answer": {"type": "answer", "sdp": "v=1"},
    }  # fmt: skip
    assert json.loads(ws_wire.scraped({HASH: Count(1, 2, 3)})) == {
        "action": "scrape", "files": {TEXT: {"complete": 1, "downloaded": 2, "incomplete": 3}},
    }  # fmt: skip


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=25)
    | st.sampled_from([TEXT, ME, "offer"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["sdp", "type", "offer", "offer_id"]), inner)
    ),
    max_leaves=4,
)
NAMES = ["info_hash", "peer_id", "to_peer_id", "offer_id", "offers", "answer", "left", "event", "numwant"]


@settings(max_examples=60)
@given(
    st.fixed_dictionaries(
        {"action": st.sampled_from(["announce", "scrape"]) | ANY_JSON}, optional=dict.fromkeys(NAMES, ANY_JSON)
    )
)
def test_any_json_is_a_message_or_refused(said: dict[str, object]) -> None:
    """Nothing else happens, and nothing half understood comes through."""
    found = parse(json.dumps(said))
    if isinstance(found, WsAnnounce | WsAnswer):
        assert (len(found.info_hash), len(found.peer_id)) == (20, 20)


@given(
    st.builds(
        WsAnswer, st.binary(min_size=20, max_size=20),
        *[st.binary(min_size=20, max_size=20).map(lambda one: one.decode("latin-1"))] * 3, st.text(min_size=1),
    )
)  # fmt: skip
def test_what_is_written_is_read(answer: WsAnswer) -> None:
    """Any ids, any text."""
    told = json.loads(ws_wire.answered(answer)) | {"to_peer_id": answer.to_peer_id}

    assert parse(json.dumps(told)) == answer


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """Most of it is no JSON."""
    assert isinstance(parse(text), Malformed)
