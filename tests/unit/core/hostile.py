# SPDX-License-Identifier: Apache-2.0
"""Hostile and broken torrents, one for each row of the bad-input table (``docs/threats.md``, T1 to T45)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seedbed.core import bencode, merkle

if TYPE_CHECKING:
    from collections.abc import Callable

PIECE = 16_384


@dataclass(frozen=True, slots=True)
class Case:
    """A bad torrent and the refusal it must meet."""

    row: str
    """Row of the table, with a letter where one row has several inputs."""
    torrent: Callable[[], bytes]
    rule: str
    """``data['rule']`` of the refusal; ``bencode`` for a refusal by the encoding."""


def v1(**changes: Any) -> bytes:
    """A sound v1 torrent of one file of one piece, with changes to its info dictionary."""
    info: dict[bytes, Any] = {
        b"length": 5,
        b"name": b"a.txt",
        b"piece length": PIECE,
        b"pieces": hashlib.sha1(b"hello").digest(),
    }
    return _torrent(info, changes)


def folder(*paths: list[bytes], length: int = 5, **changes: Any) -> bytes:
    """A v1 torrent of several files of equal length."""
    total = length * len(paths)
    info: dict[bytes, Any] = {
        b"files": [{b"length": length, b"path": path} for path in paths],
        b"name": b"ds",
        b"piece length": PIECE,
        b"pieces": b"" if "pieces" in changes else bytes(20) * -(-total // PIECE),
    }
    return _torrent(info, changes)


def v2(tree: dict[bytes, Any] | None = None, **changes: Any) -> bytes:
    """A sound v2 torrent of one file of one block."""
    leaf = {b"": {b"length": 5, b"pieces root": merkle.leaves_of(b"hello")}}
    info: dict[bytes, Any] = {
        b"file tree": {b"a.txt": leaf} if tree is None else tree,
        b"meta version": 2,
        b"name": b"a.txt",
        b"piece length": PIECE,
    }
    return _torrent(info, changes)


def outer(**keys: Any) -> bytes:
    """A sound v1 torrent with more keys beside its info dictionary."""
    torrent = bencode.decode(v1())
    assert isinstance(torrent, dict)
    return bencode.encode(torrent | {key.replace("_", " ").encode(): value for key, value in keys.items()})


def web_seeds(*urls: str) -> bytes:
    """A sound torrent with web seeds."""
    return outer(**{"url-list": [url.encode() for url in urls]})


def _torrent(info: dict[bytes, Any], changes: dict[str, Any]) -> bytes:
    for key, value in changes.items():
        info[key.replace("_", " ").encode()] = value
    return bencode.encode({b"info": {k: v for k, v in info.items() if v is not None}})


def _deep_tree(depth: int) -> dict[bytes, Any]:
    tree: dict[bytes, Any] = {b"": {b"length": 5, b"pieces root": merkle.leaves_of(b"hello")}}
    for _ in range(depth):
        tree = {b"d": tree}
    return tree


def _two_parts(v2_length: int) -> bytes:
    leaf = {b"length": v2_length, b"pieces root": merkle.leaves_of(bytes(v2_length))}
    return v2({b"a.txt": {b"": leaf}}, length=5, pieces=bytes(20))


def _pieces_3m() -> bytes:
    return bencode.encode(
        {b"info": {b"length": 3_000_000, b"name": b"a", b"piece length": 1, b"pieces": bytes(60_000_000)}}
    )


NFD = "cafe\u0301".encode()
NFC = "caf\u00e9".encode()

CASES = [
    Case("T1 dot-dot in a path", lambda: folder([b"..", b"etc", b"passwd"], [b"b"]), "dots"),
    Case("T2 dot-dot inside the name", lambda: v1(name=b"../x"), "characters"),
    Case("T3 absolute path", lambda: folder([b"/etc/passwd"]), "characters"),
    Case("T3b absolute path by an empty component", lambda: folder([b"", b"etc"]), "empty"),
    Case("T4 backslash path", lambda: folder([b"..\\x"]), "characters"),
    Case("T5 NUL in a name", lambda: v1(name=b"a\0b"), "hidden"),
    Case("T6 empty name", lambda: v1(name=b""), "empty"),
    Case("T6b name is a dot", lambda: v1(name=b"."), "dots"),
    Case("T7 name of 5,000 characters", lambda: v1(name=b"a" * 5000), "length"),
    Case("T8 component of 300 characters", lambda: folder([b"a" * 300]), "length"),
    Case("T9 bidi override", lambda: v1(name="report\u202etxt.exe".encode()), "hidden"),
    Case("T10 invalid UTF-8", lambda: v1(name=b"\xff\xfe"), "utf-8"),
    Case("T11 a device name", lambda: v1(name=b"CON"), "device"),
    Case("T11b an alternate stream", lambda: v1(name=b"a.txt:stream"), "characters"),
    Case("T11c a trailing dot and space", lambda: v1(name=b"trail. "), "edges"),
    Case("T12 names equal but for case", lambda: folder([b"Data.csv"], [b"data.csv"]), "twin"),
    Case("T12b folders equal but for case", lambda: folder([b"A", b"x"], [b"a", b"y"]), "twin"),
    Case("T13 one name in two Unicode forms", lambda: folder([NFC], [NFD]), "normal-form"),
    Case("T14 exact duplicate paths", lambda: folder([b"a"], [b"a"]), "twin"),
    Case("T15 file and folder of one name", lambda: folder([b"a"], [b"a", b"b"]), "twin"),
    Case("T16 600 duplicate names", lambda: folder(*[[b"a"]] * 600), "twin"),
    Case("T17 link to an absolute path", lambda: v1(attr=b"l", symlink_path=[b"/", b"etc"]), "link"),
    Case(
        "T18 link to ../..",
        lambda: folder(files=[{b"attr": b"l", b"length": 0, b"path": [b"a"], b"symlink path": [b"..", b".."]}]),
        "link",
    ),
    Case(
        "T19 linked folder, then a file through it",
        lambda: folder(
            files=[
                {b"attr": b"l", b"length": 0, b"path": [b"a"], b"symlink path": [b"b"]},
                {b"length": 5, b"path": [b"a", b"x"]},
            ]
        ),
        "link",
    ),
    Case("T19b link in a v2 tree", lambda: v2({b"a.txt": {b"": {b"attr": b"l", b"length": 0}}}), "link"),
    Case("T20 no pieces", lambda: v1(pieces=None), "pieces"),
    Case("T20b pieces not a multiple of 20", lambda: v1(pieces=bytes(19)), "pieces"),
    Case("T20c too few pieces", lambda: v1(length=PIECE + 1), "pieces"),
    Case("T20d too many pieces", lambda: v1(pieces=bytes(40)), "pieces"),
    Case("T21 negative length", lambda: v1(length=-1), "length"),
    Case("T22 length 2^62", lambda: v1(length=2**62), "length"),
    Case("T22b lengths that add up past 2^62", lambda: folder([b"a"], [b"b"], length=2**61, pieces=b""), "length"),
    Case("T22c v2 lengths that add up past 2^62", lambda: v2(_two_huge_files()), "length"),
    Case("T23 integer beyond 64 bits", lambda: v1().replace(b"i5e", b"i99999999999999999999e"), "bencode"),
    Case("T24 piece length 0", lambda: v1(piece_length=0), "piece-length"),
    Case("T24b piece length 2^30", lambda: v1(piece_length=2**30), "piece-length"),
    Case("T24c piece length 2^31", lambda: v1(piece_length=2**31), "piece-length"),
    Case("T25 piece length 16,383", lambda: v1(piece_length=16_383), "piece-length"),
    Case("T26 3,000,000 pieces of one byte", _pieces_3m, "bencode"),
    Case("T27 100,000 empty files", lambda: folder(*([b"%d" % n] for n in range(100_000)), length=0), "no-data"),
    Case("T27b one byte and 2,000 empty files", lambda: _mostly_empty(2_000), "empty-files"),
    Case("T27c 100,001 files", lambda: folder(*([b"%d" % n] for n in range(100_001)), length=1), "too-many-files"),
    Case("T28 200 folders deep", lambda: folder([b"d"] * 200), "depth"),
    Case("T29 no info", lambda: bencode.encode({b"announce": b"http://a/announce"}), "missing"),
    Case("T29b info is a list", lambda: bencode.encode({b"info": []}), "type"),
    Case("T30 bytes after the end", lambda: v1() + b"x", "bencode"),
    Case("T31 a key twice", lambda: v1().replace(b"4:name5:a.txt", b"4:name5:a.txt4:name5:b.txt"), "bencode"),
    Case(
        "T32 keys out of order",
        lambda: v1().replace(b"6:lengthi5e4:name5:a.txt", b"4:name5:a.txt6:lengthi5e"),
        "bencode",
    ),
    Case("T33 integer with a leading zero", lambda: v1().replace(b"i5e", b"i05e"), "bencode"),
    Case("T33b minus zero", lambda: v1().replace(b"i5e", b"i-0e"), "bencode"),
    Case("T34 1,000,000 nested lists", lambda: b"d4:info" + b"l" * 1_000_000, "bencode"),
    Case("T35 string of 9*10^18 bytes", lambda: b"d9000000000000000000:x", "bencode"),
    Case("T36 4,000,000 values", lambda: b"d4:infol" + b"le" * 4_000_000 + b"ee", "bencode"),
    Case("T37 cut off", lambda: v1()[:-7], "bencode"),
    Case("T37b empty", lambda: b"", "bencode"),
    Case("T37c an HTML page", lambda: b"<!DOCTYPE html><title>404</title>", "bencode"),
    Case("T38 v2 tree 300 deep", lambda: v2(_deep_tree(300)), "bencode"),
    Case("T38b v2 tree 34 deep", lambda: v2(_deep_tree(34)), "depth"),
    Case("T38c meta version 3", lambda: v2(meta_version=3), "meta-version"),
    Case("T39 private", lambda: v1(private=1), "private"),
    Case("T40 v1 and v2 disagree on a length", lambda: _two_parts(6), "parts-disagree"),
    Case("T43 web seed on the local disk", lambda: web_seeds("file:///etc/passwd"), "web-seed-url"),
    Case("T43b FTP web seed", lambda: web_seeds("ftp://example.org/a"), "web-seed-url"),
    Case(
        "T44 1,000 web seeds",
        lambda: web_seeds(*(f"https://{n}.example.org/" for n in range(1000))),
        "too-many-web-seeds",
    ),
]


def _two_huge_files() -> dict[bytes, Any]:
    leaf = {b"": {b"length": 2**61 + 2**60, b"pieces root": bytes(32)}}
    return {b"a": leaf, b"b": leaf}


def _mostly_empty(count: int) -> bytes:
    files = [{b"length": 0, b"path": [b"%d" % n]} for n in range(count)]
    return folder(files=[*files, {b"length": 1, b"path": [b"data"]}], pieces=bytes(20))


PRIVATE_WEB_SEEDS = [
    "http://169.254.169.254/latest/meta-data",
    "http://localhost/x",
    "http://[::1]/x",
    "http://0x7f.1/x",
    "http://2130706433/x",
    "http://127.1/x",
    "http://0177.0.0.1/x",
    "http://[::ffff:127.0.0.1]/x",
    "http://[2002:7f00:1::]/x",
    "http://192.168.1.1/x",
    "http://printer.local/x",
    "http://100.64.0.1/x",
    "http://[fe80::1%25eth0]/x",
    "http://user@10.0.0.1/x",
    "https:///nothing",
]
"""T45: spellings of our own network."""
