# SPDX-License-Identifier: Apache-2.0
"""The HTTP tracker protocol as bytes: queries in, bencoding out (BEP 3, 7, 23, 24, 31, 48). Pure.

What a client says of its address (``ip=``, ``ipv4=``, ``ipv6=``) is passed over: it could name a victim. Peers' names
(``peer_id=``) are not kept, so answers never hold them, whatever ``no_peer_id=`` says. ``+`` is a plus, as opentracker
has it: this is no form, and clients that sent a space so were mended (anacrolix/torrent #591). Announces are what a
tracker does all day, so answers to them are written by hand; a test compares them with :mod:`seedbed.core.bencode`.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from seedbed.core import bencode
from seedbed.errors import FormatError
from seedbed.tracker.swarm import V4, V6, Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.tracker.swarm import Count

MAX_QUERY_BYTES = 16_384
"""70 hashes with each byte as ``%xx`` are 5,000."""
MAX_SCRAPED = 70
"""As many as in a datagram (:mod:`.udp_wire`); of more the first are answered."""
HASH_BYTES = 20

_EVENTS = {b"started": int(Event.STARTED), b"completed": int(Event.COMPLETED), b"stopped": int(Event.STOPPED)}
_NONE = int(Event.NONE)
_NO_HASH = "info_hash: expected at least one; a scrape of all is not served here"
_MAX_DIGITS = 20
"""Of a number of 64 bits with its sign."""


class HttpAnnounce(NamedTuple):
    """What a client says of itself."""

    info_hash: bytes
    port: int
    """As it was said: perhaps none that peers may be sent to."""
    left: int
    """1 when it is not said: only 0 says that everything is there."""
    event: int
    """A :class:`seedbed.tracker.swarm.Event`; words that we do not know, such as ``paused`` (BEP 21), are none."""
    wanted: int
    """Negative for as many as we give."""
    compact: bool
    """Unless ``compact=0`` asks for a list (BEP 23)."""


def parse_announce(query: bytes) -> HttpAnnounce | str:
    """Read what stands behind ``/announce?``; in words why it cannot be."""
    if len(query) > MAX_QUERY_BYTES:
        return f"query: expected at most {MAX_QUERY_BYTES:,} bytes"
    try:
        return _read(b"&%b&" % query)
    except FormatError as error:
        return str(error)


def parse_scrape(query: bytes) -> tuple[bytes, ...] | str:
    """Read what stands behind ``/scrape?``: at least one hash, at most 70; in words why it cannot be.

    A scrape of everything is refused: it costs a megabyte to whoever sends a line, and is to be had as a file.
    """
    if len(query) > MAX_QUERY_BYTES:
        return f"query: expected at most {MAX_SCRAPED} hashes and {MAX_QUERY_BYTES:,} bytes"
    pairs = [pair.partition(b"=") for pair in query.split(b"&")]
    asked = [value for name, _, value in pairs if name == b"info_hash"][:MAX_SCRAPED]
    try:
        return tuple(dict.fromkeys(_hash(one) for one in asked)) or _NO_HASH
    except FormatError as error:
        return str(error)


def announced(
    answer: tuple[int, int, bytes],
    interval_s: int,
    ip: bytes,
    compact: bool,  # noqa: FBT001
    completed: int | None = None,
) -> bytes:
    """The answer to an announce.

    Args:
        answer: Seeds, leechers, and peers of the family of ``ip``, as :class:`seedbed.tracker.swarm.Answer` has them.
        interval_s: When to come again; a client may at half of it.
        ip: Of whoever asks, packed: it is told its address (BEP 24).
        compact: Whether peers are told in one string (BEP 23; BEP 7 for IPv6), or in a list of dictionaries.
        completed: How often the dataset was got, where that is known.
    """
    seeds, leechers, peers = answer
    if not compact:
        told = b"5:peers%b" % bencode.encode(_as_list(peers, V4 if len(ip) == V4 - 2 else V6))
    elif len(ip) == V4 - 2:
        told = b"5:peers%d:%b" % (len(peers), peers)
    else:  # some programs miss `peers` where there is only the other
        told = b"5:peers0:6:peers6%d:%b" % (len(peers), peers)
    return b"".join((
        b"d8:completei%de" % seeds,
        b"" if completed is None else b"10:downloadedi%de" % completed,
        b"11:external ip%d:%b10:incompletei%de" % (len(ip), ip, leechers),
        _intervals(interval_s),
        told,
        b"e",
    ))  # fmt: skip


def scraped(counts: Mapping[bytes, Count]) -> bytes:
    """The answer to a scrape: numbers by hash (BEP 48)."""
    files: dict[bytes, bencode.Value] = {
        info_hash: {b"complete": one.seeds, b"downloaded": one.completed, b"incomplete": one.leechers}
        for info_hash, one in counts.items()
    }
    return bencode.encode({b"files": files})


def failed(why: str, *, for_good: bool = False) -> bytes:
    """Why there is no other answer.

    Args:
        why: For people.
        for_good: Whether asking again is of no use (BEP 31).
    """
    said: dict[bytes, bencode.Value] = {b"failure reason": why.encode()}
    return bencode.encode(said | {b"retry in": b"never"} if for_good else said)


@lru_cache(maxsize=8)
def _intervals(interval_s: int) -> bytes:
    return b"8:intervali%de12:min intervali%de" % (interval_s, interval_s // 2)


def _read(query: bytes) -> HttpAnnounce:
    """An announce, of a query with ``&`` before and behind it: only what is needed is looked for.

    Raises:
        FormatError: it cannot be one.
    """
    info_hash = _hash(_value(query, b"&info_hash="))
    port, left, wanted = _value(query, b"&port="), _value(query, b"&left="), _value(query, b"&numwant=")
    event, compact = _value(query, b"&event="), _value(query, b"&compact=")
    if not (_is_number(port) and _is_number(left or b"1") and _is_number(wanted or b"-1")):
        raise FormatError("port, left, numwant: expected numbers of 64 bits, and always a port")
    return HttpAnnounce(
        info_hash, int(port), int(left or b"1"), _EVENTS.get(event, _NONE), int(wanted or b"-1"), compact != b"0"
    )


def _value(query: bytes, name: bytes) -> bytes:
    """What a field says; empty when it is not there.

    Raises:
        FormatError: it is given more than once: two readers could take another one each.
    """
    at = query.find(name)
    if at < 0:
        return b""
    at += len(name)
    if query.find(name, at - 1) >= 0:
        raise FormatError(f"{name[1:-1].decode()}: given more than once")
    return query[at : query.find(b"&", at)]


def _hash(value: bytes) -> bytes:
    """An info-hash, with escapes.

    Raises:
        FormatError: it is none.
    """
    found = _unescape(value)
    if found is None:
        raise FormatError("info_hash: expected %xx with two hexadecimal digits")
    if len(found) != HASH_BYTES:
        raise FormatError(f"info_hash: expected {HASH_BYTES} bytes, got {len(found)}")
    return found


def _unescape(value: bytes) -> bytes | None:
    r"""The bytes that are meant (RFC 3986, 2.1); None when an escape is cut off or no hexadecimal number.

    ``%xx`` is read as Python's ``\xxx``, which is as strict, and takes less than half as long as a loop.
    """
    if b"%" not in value:
        return value
    written = value.replace(b"\\", b"\\\\").replace(b"%", b"\\x")
    try:
        return written.decode("unicode_escape").encode("latin-1")
    except UnicodeDecodeError:
        return None


def _is_number(text: bytes) -> bool:
    """Whether a number is meant that fits in 64 bits: Python's own reading takes ``1_0`` and `` 1`` also."""
    return len(text) <= _MAX_DIGITS and text.removeprefix(b"-").isdigit()


def _as_list(peers: bytes, width: int) -> list[bencode.Value]:
    """Peers as BEP 3 has them, without their names."""
    each = [peers[at : at + width] for at in range(0, len(peers), width)]
    return [
        {b"ip": str(ipaddress.ip_address(one[:-2])).encode(), b"port": int.from_bytes(one[-2:], "big")} for one in each
    ]
