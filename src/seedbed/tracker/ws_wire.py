# SPDX-License-Identifier: Apache-2.0
"""The WebTorrent tracker protocol as text: what browsers say over a WebSocket, and are told. Pure.

No standard tells it; this is what the npm packages ``bittorrent-tracker`` and ``webtorrent`` do. Messages are JSON.
Hashes and ids are strings whose characters are bytes (U+0000 to U+00FF). A browser cannot be called, so it hands the
tracker offers of a connection (WebRTC, RFC 8829), which go to others, one each, and their answers come back.

Who attacks: anybody with a web page. So nothing is passed on but what is understood: of an offer its text, not the
object that it came in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import orjson

from seedbed.errors import FormatError
from seedbed.tracker.swarm import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from seedbed.tracker.swarm import Count

MAX_TEXT = 65_536
"""Bytes of a message: ten offers of 3,000, and room."""
MAX_OFFERS = 10
"""In one message: programs send five; of more the first are taken."""
MAX_SCRAPED = 70
"""As over UDP and HTTP; of more the first are answered."""
MAX_SDP = 16_384
"""Characters of an offer or answer: those of data channels have 400 to 3,000."""
_EVENTS = {
    None: Event.NONE, "": Event.NONE, "update": Event.NONE, "empty": Event.NONE, "paused": Event.NONE,
    "started": Event.STARTED, "completed": Event.COMPLETED, "stopped": Event.STOPPED,
}  # fmt: skip


class Offer(NamedTuple):
    """A connection that a peer would have with whoever answers."""

    offer_id: str
    """20 characters."""
    sdp: str


class WsAnnounce(NamedTuple):
    """What a client says of itself."""

    info_hash: bytes
    peer_id: str
    """20 characters."""
    is_seed: bool | None
    """None when it says nothing of it."""
    event: Event
    offers: tuple[Offer, ...]
    """For as many others."""


class WsAnswer(NamedTuple):
    """The answer to an offer that the tracker passed on."""

    info_hash: bytes
    peer_id: str
    to_peer_id: str
    offer_id: str
    sdp: str


class WsScrape(NamedTuple):
    """A client asks for numbers."""

    info_hashes: tuple[bytes, ...]


class Malformed(NamedTuple):
    """A message that is none, and as much of it as the refusal has to name."""

    why: str
    action: str = ""
    info_hash: bytes | None = None


Message: TypeAlias = WsAnnounce | WsAnswer | WsScrape | Malformed


def parse(text: bytes | str) -> Message:
    """Read a message, in UTF-8. Never raises."""
    if len(text) > MAX_TEXT:
        return Malformed(f"message: expected at most {MAX_TEXT:,} bytes")
    try:
        said = orjson.loads(text)
    except ValueError:
        return Malformed("message: expected JSON")
    return _read(said) if isinstance(said, dict) else Malformed("message: expected a JSON object")


def announced(info_hash: bytes, interval_s: int, seeds: int, leechers: int) -> bytes:
    """The answer to :class:`WsAnnounce`; peers come as offers and answers."""
    return b'{"action":"announce","info_hash":%b,"interval":%d,"complete":%d,"incomplete":%d}' % (
        orjson.dumps(info_hash.decode("latin-1")),
        interval_s,
        seeds,
        leechers,
    )


def offered(info_hash: bytes, peer_id: str, offers: Iterable[Offer]) -> list[bytes]:
    """Offers of one peer, each for another one."""
    begin = _begin(info_hash, peer_id)
    return [_passed_on(begin, b"offer", one.offer_id, one.sdp) for one in offers]


def answered(answer: WsAnswer) -> bytes:
    """An answer, for the peer whose offer it was."""
    return _passed_on(_begin(answer.info_hash, answer.peer_id), b"answer", answer.offer_id, answer.sdp)


def scraped(counts: Mapping[bytes, Count]) -> bytes:
    """The answer to :class:`WsScrape`."""
    files = {
        info_hash.decode("latin-1"): {"complete": one.seeds, "incomplete": one.leechers, "downloaded": one.completed}
        for info_hash, one in counts.items()
    }
    return orjson.dumps({"action": "scrape", "files": files})


def failed(why: str, action: str = "", info_hash: bytes | None = None) -> bytes:
    """Why there is no other answer; with action and hash, where they were understood, clients stay connected."""
    said = {"failure reason": why}
    if action:
        said["action"] = action
    if info_hash is not None:
        said["info_hash"] = info_hash.decode("latin-1")
    return orjson.dumps(said)


def _read(said: dict[str, object]) -> Message:
    action, info_hash = said.get("action"), None
    if action not in ("announce", "scrape"):
        return Malformed("action: expected announce or scrape")
    try:
        if action == "scrape":
            return _scrape(said.get("info_hash"))
        info_hash = _text20(said, "info_hash").encode("latin-1")
        return _answer(said, info_hash) if said.get("answer") else _announce(said, info_hash)
    except FormatError as error:
        return Malformed(str(error), str(action), info_hash)


def _begin(info_hash: bytes, peer_id: str) -> bytes:
    return b'{"action":"announce","info_hash":%b,"peer_id":%b,"offer_id":' % (
        orjson.dumps(info_hash.decode("latin-1")),
        orjson.dumps(peer_id),
    )


def _passed_on(begin: bytes, kind: bytes, offer_id: str, sdp: str) -> bytes:
    """By hand: this is most of what a tracker of browsers does. Only what was read is written, each string anew."""
    return b'%b%b,"%b":{"type":"%b","sdp":%b}}' % (begin, orjson.dumps(offer_id), kind, kind, orjson.dumps(sdp))


def _announce(said: dict[str, object], info_hash: bytes) -> WsAnnounce:
    event = said.get("event")
    if not (event is None or isinstance(event, str)) or event not in _EVENTS:
        raise FormatError("event: expected started, completed, stopped or update")
    offers = said.get("offers") or []
    if not isinstance(offers, list):
        raise FormatError("offers: expected a list")
    wanted = said.get("numwant")
    count = min(MAX_OFFERS, max(wanted, 0)) if isinstance(wanted, int) else MAX_OFFERS
    read = tuple(_offer(one) for one in offers[:count])
    return WsAnnounce(info_hash, _text20(said, "peer_id"), _is_seed(said), _EVENTS[event], read)


def _answer(said: dict[str, object], info_hash: bytes) -> WsAnswer:
    peer_id, to_peer_id, offer_id = [_text20(said, name) for name in ("peer_id", "to_peer_id", "offer_id")]
    return WsAnswer(info_hash, peer_id, to_peer_id, offer_id, _sdp(said, "answer"))


def _scrape(asked: object) -> WsScrape:
    each = asked[:MAX_SCRAPED] if isinstance(asked, list) else [asked]
    hashes = tuple(dict.fromkeys(_text20({"info_hash": one}, "info_hash").encode("latin-1") for one in each))
    if not hashes:
        raise FormatError("info_hash: expected at least one; a scrape of all is not served here")
    return WsScrape(hashes)


def _is_seed(said: dict[str, object]) -> bool | None:
    """Infinity, for "I do not know yet", is null in JSON."""
    left = said.get("left")
    if left is None:
        return None
    return not isinstance(left, bool) and left == 0


def _offer(said: object) -> Offer:
    if not isinstance(said, dict):
        raise FormatError("offers: expected objects")
    return Offer(_text20(said, "offer_id"), _sdp(said, "offer"))


def _sdp(said: dict[str, object], kind: str) -> str:
    """The text of an offer or answer, which is an object with its kind and text."""
    described = said.get(kind)
    sdp = described.get("sdp") if isinstance(described, dict) and described.get("type") == kind else None
    if not isinstance(sdp, str) or not 0 < len(sdp) <= MAX_SDP:
        raise FormatError(f"{kind}: expected type {kind} and sdp of at most {MAX_SDP:,} characters")
    return sdp


def _text20(said: dict[str, object], name: str) -> str:
    """A string of 20 characters that are bytes."""
    value = said.get(name)
    if isinstance(value, str) and len(value) == 20 and (value.isascii() or _is_of_bytes(value)):
        return value
    raise FormatError(f"{name}: expected a string of 20 characters from U+0000 to U+00FF")


def _is_of_bytes(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
