# SPDX-License-Identifier: Apache-2.0
"""Magnet links: a torrent named by its info-hash (BEP 9; web seeds ``ws``, peers ``x.pe``, file choice BEP 53 ``so``).

``xs`` (exact source) and ``as`` (acceptable source) are URLs of the .torrent file itself: with one of them a magnet
starts although its swarm has nobody.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import quote, unquote_plus

from seedbed.core.endpoints import EXAMPLES, Endpoint, read_endpoint
from seedbed.core.ids import V1_LENGTH, V2_LENGTH, InfoHashes
from seedbed.errors import MagnetError

MAX_CHARACTERS = 65_536
"""A link longer than this is refused; 16 web seeds and 100 trackers need a tenth."""
MAX_VALUES = 128
"""Parameters of one kind."""
MAX_SELECTED = 100_000
"""Files that ``so`` may name: as many as a torrent may have."""
_BTIH, _BTMH = "urn:btih:", "urn:btmh:"
_SHA256_MULTIHASH = "1220"


@dataclass(frozen=True, slots=True)
class Magnet:
    """What a magnet link says."""

    info_hashes: InfoHashes
    name: str = ""
    """Display name (``dn``); a hint only."""
    trackers: tuple[str, ...] = ()
    web_seeds: tuple[str, ...] = ()
    exact_sources: tuple[str, ...] = ()
    """URLs of the .torrent (``xs``)."""
    acceptable_sources: tuple[str, ...] = ()
    """Further URLs of the .torrent (``as``)."""
    peers: tuple[tuple[str, int], ...] = ()
    """Host and port (``x.pe``)."""
    select_only: tuple[range, ...] = ()
    """Indices of the files wanted (BEP 53); empty means all."""


def parse(text: str) -> Magnet:
    """Read a magnet link.

    Raises:
        MagnetError: not a magnet link, no info-hash that we know, or over a limit.
    """
    if len(text) > MAX_CHARACTERS:
        raise _refuse(f"expected at most {MAX_CHARACTERS:,} characters, got {len(text):,}")
    scheme, mark, query = text.strip().partition("?")
    if scheme.lower() != "magnet:" or not mark:
        raise _refuse("it does not start with 'magnet:?'")
    values = _values(query)
    return Magnet(
        info_hashes=_info_hashes(values.get("xt", [])),
        name=next(iter(values.get("dn", [])), ""),
        trackers=tuple(values.get("tr", ())),
        web_seeds=tuple(values.get("ws", ())),
        exact_sources=tuple(url for url in values.get("xs", ()) if "://" in url),
        acceptable_sources=tuple(url for url in values.get("as", ()) if "://" in url),
        peers=tuple(_peer(value) for value in values.get("x.pe", ())),
        select_only=tuple(part for value in values.get("so", ()) for part in _ranges(value)),
    )


def render(magnet: Magnet) -> str:
    """The link for a magnet; ``parse(render(m)) == m``."""
    pairs = [("xt", _BTIH + magnet.info_hashes.v1_hex)] if magnet.info_hashes.v1 else []
    if magnet.info_hashes.v2:
        pairs.append(("xt", _BTMH + _SHA256_MULTIHASH + magnet.info_hashes.v2_hex))
    pairs += [("dn", magnet.name)] if magnet.name else []
    pairs += [("xs", url) for url in magnet.exact_sources]
    pairs += [("as", url) for url in magnet.acceptable_sources]
    pairs += [("tr", url) for url in magnet.trackers]
    pairs += [("ws", url) for url in magnet.web_seeds]
    pairs += [("x.pe", str(Endpoint(*peer))) for peer in magnet.peers]
    if magnet.select_only:
        pairs.append(("so", ",".join(_render_range(part) for part in magnet.select_only)))
    return "magnet:?" + "&".join(f"{key}={quote(value, safe=':[],')}" for key, value in pairs)


def _values(query: str) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        kind, _, number = key.lower().rpartition(".")  # "tr.1" is a numbered "tr"
        kind = kind if kind and number.isdigit() else key.lower()
        try:
            values.setdefault(kind, []).append(unquote_plus(value, errors="strict"))
        except UnicodeDecodeError as error:
            raise _refuse(f"the value of {key!r} is not UTF-8") from error
        if len(values[kind]) > MAX_VALUES:
            raise _refuse(f"more than {MAX_VALUES} values of {kind!r}")
    return values


def _info_hashes(topics: list[str]) -> InfoHashes:
    v1 = {_v1(topic[len(_BTIH) :]) for topic in topics if topic.lower().startswith(_BTIH)}
    v2 = {_v2(topic[len(_BTMH) :]) for topic in topics if topic.lower().startswith(_BTMH)}
    if not v1 and not v2:
        raise _refuse("it names no info-hash (xt=urn:btih:… or xt=urn:btmh:1220…)")
    if len(v1) > 1 or len(v2) > 1:
        raise _refuse("it names several different torrents")
    return InfoHashes(next(iter(v1), None), next(iter(v2), None))


def _v1(text: str) -> bytes:
    try:
        value = bytes.fromhex(text) if len(text) == 2 * V1_LENGTH else base64.b32decode(text.upper())
    except (ValueError, binascii.Error) as error:
        raise _refuse(f"info-hash {text!r}: expected 40 hex digits or 32 of base 32") from error
    if len(value) != V1_LENGTH:
        raise _refuse(f"info-hash {text!r}: expected 40 hex digits or 32 of base 32")
    return value


def _v2(text: str) -> bytes:
    try:
        value = bytes.fromhex(text.removeprefix(_SHA256_MULTIHASH))
    except ValueError as error:
        raise _refuse(f"info-hash {text!r}: not hex") from error
    if not text.startswith(_SHA256_MULTIHASH) or len(value) != V2_LENGTH:
        raise _refuse(f"info-hash {text!r}: expected 1220 and 64 hex digits (BEP 52)")
    return value


def _peer(text: str) -> Endpoint:
    peer = read_endpoint(text)
    if peer is None:
        raise _refuse(f"peer {text!r}: expected host:port, like {EXAMPLES}")
    return peer


def _ranges(text: str) -> list[range]:
    parts: list[range] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        numbers = [first, last] if dash else [first]
        if not all(n.isascii() and n.isdigit() and len(n) <= 9 for n in numbers):
            raise _refuse(f"file choice {part!r}: expected a number or first-last (BEP 53)")
        parts.append(range(int(first), int(numbers[-1]) + 1))
        if not parts[-1] or parts[-1].stop > MAX_SELECTED:
            raise _refuse(f"file choice {part!r}: expected an ascending range below {MAX_SELECTED:,}")
    return parts


def _render_range(part: range) -> str:
    return str(part.start) if len(part) == 1 else f"{part.start}-{part.stop - 1}"


def _refuse(what: str) -> MagnetError:
    return MagnetError(f"magnet link: {what}", hint="Copy the whole link; in a shell put it in 'single quotes'.")
