# SPDX-License-Identifier: Apache-2.0
"""Reading a .torrent: bytes in, a sound :class:`Metainfo` or a refusal out.

Order of checks: size, bencoding, outer keys, info dictionary, v2 file tree, v1 file list, agreement of both, names,
piece layers, web seeds. Each refusal carries ``data['rule']``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.core import bencode, file_tree, names
from seedbed.core.bencode import DEFAULT_LIMITS, Limits
from seedbed.core.fields import Fields, refuse
from seedbed.core.file_list import check_pieces, read_file_list
from seedbed.core.hosts import is_private_url
from seedbed.core.ids import V1_LENGTH, V2_LENGTH, InfoHashes
from seedbed.core.layout import Layout
from seedbed.core.metainfo import (
    DEFAULT_RULES,
    MAX_PIECE_LENGTH,
    MIN_PIECE_LENGTH,
    File,
    Metainfo,
    Rules,
    V1Entry,
)
from seedbed.errors import BencodeError, DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.core.bencode import Value

_META_VERSION_2 = 2
_WEB_SEED_SCHEMES = ("https://", "http://")
_TRACKER_SCHEMES = ("https://", "http://", "udp://", "wss://", "ws://")


def parse(data: bytes, *, rules: Rules = DEFAULT_RULES, limits: Limits = DEFAULT_LIMITS) -> Metainfo:
    """Read a .torrent file.

    Args:
        data: The whole file.
        rules: Bounds on what the torrent may say.
        limits: Bounds on its encoding.

    Raises:
        BencodeError: not canonical bencoding, or over a limit.
        TorrentError: bencoding, but not a torrent that we accept.
        NameRefusedError: a file name that is not safe on every system.
    """
    if data[:1] != b"d" and len(data) <= limits.max_bytes:
        shown = data[:24].decode("utf-8", "replace") or "an empty file"
        raise BencodeError(f"not a torrent: expected a bencoded dictionary, got {shown!r}", offset=0)
    outer = Fields("torrent", bencode.decode(data, limits))
    if "info" not in outer:
        raise refuse("missing", "it has no 'info' dictionary")
    metainfo = _parse_info(Fields("info", outer.value[b"info"]), outer, rules)
    if metainfo.info_hashes.v2:
        file_tree.check_layers(metainfo, required=rules.require_piece_layers)
    return metainfo


def parse_info(info: bytes, *, rules: Rules = DEFAULT_RULES, limits: Limits = DEFAULT_LIMITS) -> Metainfo:
    """Read an info dictionary alone, as peers send it for a magnet link (BEP 9); it brings no piece layers.

    Raises:
        BencodeError: as :func:`parse`, and TorrentError and NameRefusedError.
    """
    value = bencode.decode(info, limits)
    return _parse_info(Fields("info", value), Fields("torrent", {b"info": value}), rules)


def _parse_info(info: Fields, outer: Fields, rules: Rules) -> Metainfo:
    if info.integer("private", 0):
        raise refuse(
            "private",
            "the torrent is private, which forbids DHT and peer exchange: open data cannot be",
        )
    piece_length = _piece_length(info)
    name = info.text("name", None)
    names.check_component(name)
    has_v2, has_v1 = _is_v2(info), "pieces" in info
    if not has_v1 and not has_v2:
        raise refuse("pieces", "it has neither v1 'pieces' nor a v2 'file tree'")
    tree = file_tree.read(info, rules) if has_v2 else ()
    entries = read_file_list(info, name, rules) if has_v1 else ()
    listed = _v1_files(info, entries) if has_v1 else ()
    if has_v2 and has_v1:
        _check_agreement(tree, entries, name, piece_length)
    files = tuple(map(_with_md5sum, tree, listed)) if has_v2 and has_v1 else tree or listed
    _check_files(files, rules)
    encoded = bencode.encode(info.value)
    metainfo = Metainfo(
        name=name,
        piece_length=piece_length,
        files=files,
        is_single_file=_is_single(info, files, name, has_v1=has_v1),
        info=encoded,
        info_hashes=InfoHashes.of(encoded, v1=has_v1, v2=has_v2),
        pieces=check_pieces(info, entries, piece_length) if has_v1 else b"",
        v1_entries=entries,
        piece_layers=outer.hashes("piece layers"),
        **_sources(outer, info, rules),  # type: ignore[arg-type]  # one typed dictionary of optional fields
    )
    if Layout.of(metainfo).piece_count > rules.max_pieces:
        raise refuse("too-many-pieces", f"expected at most {rules.max_pieces:,} pieces, got more")
    return metainfo


def _piece_length(info: Fields) -> int:
    length = info.integer("piece length")
    if not MIN_PIECE_LENGTH <= length <= MAX_PIECE_LENGTH or length & (length - 1):
        raise refuse(
            "piece-length",
            f"piece length: expected a power of two from 16 KiB to 16 MiB, got {length:,}",
        )
    return length


def _is_v2(info: Fields) -> bool:
    version = info.integer("meta version", 1)
    if version not in (1, _META_VERSION_2):
        raise refuse("meta-version", f"meta version: expected 1 or 2, got {version}")
    if (version == _META_VERSION_2) != ("file tree" in info):
        raise refuse("meta-version", "'file tree' and 'meta version' 2 go together, one of them is missing")
    return version == _META_VERSION_2


def _v1_files(info: Fields, entries: tuple[V1Entry, ...]) -> tuple[File, ...]:
    sums = [Fields("file", item).text("md5sum") for item in info.items("files")]
    sums = sums or [info.text("md5sum")]
    return tuple(
        File(entry.path, entry.length, md5sum=md5sum)
        for entry, md5sum in zip(entries, sums, strict=True)
        if not entry.is_pad
    )


def _with_md5sum(file: File, listed: File) -> File:
    return replace(file, md5sum=listed.md5sum) if listed.md5sum else file


def _check_agreement(tree: tuple[File, ...], entries: tuple[V1Entry, ...], name: str, piece_length: int) -> None:
    """The v1 list must tell of the same files as the v2 tree, at the same places (BEP 52, *upgrade path*)."""
    starts = Layout.listed(entries, piece_length).starts
    v1 = [(entry.path, entry.length) for entry in entries if not entry.is_pad]
    v2 = [(file.path, file.length) for file in tree]
    layout = Layout.aligned((file.length for file in tree), piece_length)
    aligned = all(a == b for a, b, file in zip(starts, layout.starts, tree, strict=False) if file.length)
    if v1 != v2 or not aligned:
        raise refuse("parts-disagree", f"{name!r}: the v1 and the v2 part describe different files")


def _is_single(info: Fields, files: tuple[File, ...], name: str, *, has_v1: bool) -> bool:
    return "length" in info if has_v1 else len(files) == 1 and files[0].path == (name,)


def _check_files(files: tuple[File, ...], rules: Rules) -> None:
    if sum(file.length for file in files) <= 0:
        raise refuse("no-data", "all files are empty")
    empty = sum(not file.length for file in files)
    if empty > max(rules.max_empty_files, rules.max_empty_share * len(files)):
        raise refuse("empty-files", f"{empty:,} of {len(files):,} files are empty")
    for file in files:
        names.check_path(file.path)
    names.check_unique(file.path for file in files)


def _sources(outer: Fields, info: Fields, rules: Rules) -> dict[str, object]:
    return {
        "trackers": _trackers(outer, rules),
        "web_seeds": _web_seeds(outer, rules),
        "comment": outer.text("comment"),
        "created_by": outer.text("created by"),
        "creation_date": outer.integer("creation date") if "creation date" in outer else None,
        "source": info.text("source"),
        "similar": _similar(info, outer),
        "outer": outer.value,
    }


def _trackers(outer: Fields, rules: Rules) -> tuple[tuple[str, ...], ...]:
    tiers = [outer.texts_of(tier, "announce-list") for tier in outer.items("announce-list")]
    if not any(tiers):
        announce = outer.text("announce")
        tiers = [(announce,)] if announce else []
    if sum(map(len, tiers)) > rules.max_trackers:
        raise refuse("too-many-trackers", f"expected at most {rules.max_trackers} trackers")
    for url in (url for tier in tiers for url in tier):
        if not url.lower().startswith(_TRACKER_SCHEMES):
            raise refuse("tracker-url", f"tracker {url!r}: expected an http, https, udp, ws or wss URL")
    return tuple(tier for tier in tiers if tier)


def _web_seeds(outer: Fields, rules: Rules) -> tuple[str, ...]:
    value = outer.value.get(b"url-list", b"")
    items: list[Value] = value if isinstance(value, list) else [value]
    urls = tuple(dict.fromkeys(url for url in outer.texts_of(items, "url-list") if url))
    if len(urls) > rules.max_web_seeds:
        raise refuse(
            "too-many-web-seeds",
            f"expected at most {rules.max_web_seeds} web seeds, got {len(urls):,}",
        )
    for url in urls:
        if not url.lower().startswith(_WEB_SEED_SCHEMES):
            raise refuse("web-seed-url", f"web seed {url!r}: expected an http or https URL")
        if not rules.allow_private_hosts and is_private_url(url):
            raise refuse("private-host", f"web seed {url!r}: it is on a private network")
    return urls


def _similar(info: Fields, outer: Fields) -> tuple[bytes, ...]:
    values = info.items("similar") + outer.items("similar")
    hashes = [v for v in values if isinstance(v, bytes) and len(v) in (V1_LENGTH, V2_LENGTH)]
    if len(hashes) != len(values):
        raise refuse("similar", "'similar' holds something that is not an info-hash (BEP 38)")
    return tuple(dict.fromkeys(hashes))


def require(metainfo: Metainfo, expected: InfoHashes) -> None:
    """Check that a torrent is the one that was asked for.

    Raises:
        DataError: an info-hash that both know differs, or they share none.
    """
    if not metainfo.info_hashes.agrees_with(expected):
        raise DataError(
            f"torrent {metainfo.name!r}: it is another one: expected {expected}, got {metainfo.info_hashes}",
            expected=expected.best_hex,
            got=metainfo.info_hashes.best_hex,
        )


def sources_within(metainfo: Metainfo, *, trackers: set[str], web_seeds: set[str]) -> Mapping[bytes, Value]:
    """The outer dictionary with only the trackers and web seeds that a catalogue lists."""
    outer = {k: v for k, v in metainfo.outer.items() if k not in (b"announce", b"announce-list", b"url-list")}
    tiers = [[u.encode() for u in tier if u in trackers] for tier in metainfo.trackers]
    kept = [tier for tier in tiers if tier]
    urls = [url.encode() for url in metainfo.web_seeds if url in web_seeds]
    return {
        **outer,
        **({b"announce": kept[0][0], b"announce-list": kept} if kept else {}),  # type: ignore[dict-item]
        **({b"url-list": urls} if urls else {}),  # type: ignore[dict-item]
    }
