# SPDX-License-Identifier: Apache-2.0
"""What is built is read back, and reading raises nothing but our errors."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core import bencode, merkle, metainfo_reader, metainfo_writer
from seedbed.core.layout import Layout
from seedbed.core.metainfo import Draft, File, Format, Metainfo, Rules
from seedbed.errors import BencodeError, NameRefusedError, TorrentError
from tests.unit.core.hostile import CASES, outer, v1, v2

PIECE = 32_768
BIG: dict[tuple[str, ...], bytes] = {("big",): b"x" * (3 * PIECE)}
names = st.text("abcdé-", min_size=1, max_size=6)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
urls = st.integers(0, 99).map(lambda n: f"https://{n}.example.org/x")
contents = st.sampled_from([0, 1, 16_384, 16_385, PIECE, PIECE + 1, 3 * PIECE]).map(lambda n: b"x" * n)


def draft_of(tree: dict[tuple[str, ...], bytes], format_: Format, **options: object) -> Draft:
    """A draft for real contents, hashed the slow way."""
    files, layers = [], {}
    for path in sorted(tree, key=lambda path: [part.encode() for part in path]):
        leaves = merkle.leaves_of(tree[path])
        root = merkle.root_of(leaves) if tree[path] and format_ != "v1" else None
        if root and len(tree[path]) > PIECE:
            layers[root] = merkle.piece_layer(leaves, PIECE)
        files.append(File(path, len(tree[path]), root))
    draft = Draft("ds", PIECE, tuple(files), is_single_file=False, format=format_, piece_layers=layers)
    return replace(draft, pieces=_pieces(draft, tree), **options)  # type: ignore[arg-type]  # options of Draft


def _pieces(draft: Draft, tree: dict[tuple[str, ...], bytes]) -> bytes:
    if draft.format == "v2":
        return b""
    row = b""
    aligned = Layout.aligned((file.length for file in draft.files), PIECE)
    for file, start in zip(draft.files, aligned.starts, strict=True):
        row += bytes(start - len(row)) if draft.format == "hybrid" else b""
        row += tree[file.path]
    return b"".join(hashlib.sha1(row[at : at + PIECE]).digest() for at in range(0, len(row), PIECE))


trees = st.dictionaries(st.lists(names, min_size=1, max_size=3).map(tuple), contents, min_size=1, max_size=5).filter(
    lambda tree: any(tree.values()) and not any(path[:n] in tree for path in tree for n in range(1, len(path)))
)


@given(
    trees,
    st.sampled_from(["v1", "v2", "hybrid"]),
    st.fixed_dictionaries(
        {
            "trackers": st.lists(st.lists(urls, min_size=1, max_size=2).map(tuple), max_size=2).map(tuple),
            "web_seeds": st.lists(urls, max_size=3, unique=True).map(tuple),
            "comment": texts,
            "created_by": texts,
            "creation_date": st.none() | st.integers(0, 2**40),
            "source": texts,
            "similar": st.lists(st.binary(min_size=20, max_size=20), max_size=2, unique=True).map(tuple),
        }
    ),
)
def test_parse_undoes_build(tree: dict[tuple[str, ...], bytes], format_: Format, options: dict[str, object]) -> None:
    """A torrent says what its draft said, in all three formats."""
    draft = draft_of(tree, format_, **options)

    metainfo = metainfo_reader.parse(metainfo_writer.build(draft))

    for key in ("name", "piece_length", "files", "is_single_file", "format", "pieces", "piece_layers", *options):
        assert getattr(metainfo, key) == getattr(draft, key), key
    assert metainfo.info_hashes.v1 == (None if format_ == "v2" else hashlib.sha1(metainfo.info).digest())
    assert metainfo.info_hashes.v2 == (None if format_ == "v1" else hashlib.sha256(metainfo.info).digest())


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    """Any bytes raise our error."""
    with pytest.raises((BencodeError, TorrentError, NameRefusedError)):
        metainfo_reader.parse(data)


SOUND = [v1(), v2(), outer(comment=b"c", **{"url-list": b"https://a.example/"})]


@given(st.sampled_from(SOUND), st.data())
def test_damaged_torrents(sound: bytes, data: st.DataObject) -> None:
    """A torrent with one value replaced is read or refused, never a crash."""
    tree = bencode.decode(sound)
    assert isinstance(tree, dict)
    table = data.draw(st.sampled_from([tree, tree[b"info"]]))
    assert isinstance(table, dict)
    key = data.draw(st.sampled_from(sorted(table)))
    replacement: st.SearchStrategy[Any] = (
        st.integers(-5, 2**40)
        | st.binary(max_size=40)
        | st.lists(st.binary(max_size=3), max_size=3)
        | st.just({b"": {}})
    )
    table[key] = data.draw(replacement)

    try:
        metainfo_reader.parse(bencode.encode(tree))
    except (BencodeError, TorrentError, NameRefusedError):
        pass


def test_unknown_keys_are_kept() -> None:
    """Keys that we do not know stay, outside and inside the info dictionary."""
    metainfo = metainfo_reader.parse(v1(x_future=b"y"))
    assert bencode.encode(dict(metainfo.outer)) == v1(x_future=b"y")
    assert b"x future1:y" in metainfo.info


def _broken_layers() -> dict[str, bytes]:
    sound = bencode.decode(metainfo_writer.build(draft_of(BIG, "v2")))
    assert isinstance(sound, dict)
    layers = sound[b"piece layers"]
    assert isinstance(layers, dict)
    ((root, layer),) = layers.items()
    assert isinstance(layer, bytes)
    variants: dict[str, bencode.Value] = {
        "missing": {},
        "short": {root: layer[:-32]},
        "false": {root: bytes(32) + layer[32:]},
        "extra": {root: layer, bytes(32): bytes(32)},
        "ragged": {root: layer[:-1]},
        "no-bytes": {root: 5},
        "short-key": {root[:-1]: layer},
    }
    return {name: bencode.encode(sound | {b"piece layers": value}) for name, value in variants.items()}


@pytest.mark.parametrize("damage", _broken_layers())
def test_piece_layers_are_proved(damage: str) -> None:
    """A piece layer that is missing, short, false or nobody's is refused."""
    with pytest.raises(TorrentError) as refusal:
        metainfo_reader.parse(_broken_layers()[damage])
    assert refusal.value.data["rule"] == "piece-layers"


@pytest.mark.parametrize("format_", ["v1", "hybrid"])
def test_md5sums_come_back(format_: Format) -> None:
    """The MD5 of each file is read in hybrids as in v1 torrents."""
    draft = draft_of({("a",): b"x", ("b",): b"y"}, format_)
    summed = replace(draft, files=tuple(replace(file, md5sum=32 * file.path[0]) for file in draft.files))

    assert metainfo_reader.parse(metainfo_writer.build(summed)).files == summed.files


def test_info_alone_needs_no_layers() -> None:
    """Metadata from peers comes without piece layers."""
    whole = metainfo_reader.parse(metainfo_writer.build(draft_of(BIG, "v2")))

    alone = metainfo_reader.parse_info(whole.info)

    assert (alone.info_hashes, alone.files) == (whole.info_hashes, whole.files)
    assert not alone.piece_layers


def test_build_refuses_unsorted_files() -> None:
    """The caller sorts; a v2 torrent with unsorted files would have another hash elsewhere."""
    draft = draft_of({("b",): b"x", ("a",): b"y"}, "v2")
    with pytest.raises(ValueError, match="sorted"):
        metainfo_writer.build(replace(draft, files=draft.files[::-1]))


def test_rules_can_be_tightened() -> None:
    """A caller may ask for less than the defaults allow."""
    with pytest.raises(TorrentError) as refusal:
        metainfo_reader.parse(v1(length=PIECE, pieces=bytes(40)), rules=Rules(max_pieces=1))
    assert refusal.value.data["rule"] == "too-many-pieces"


def test_case_rows_are_the_tables() -> None:
    """Rows T1 to T40 and T43, T44 have cases (T41, T42 and T45 have tests of their own)."""
    rows = {int("".join(c for c in case.row.split()[0] if c.isdigit())) for case in CASES}
    assert rows == {*range(1, 41), 43, 44}


def test_properties() -> None:
    """Sizes count data, not padding."""
    metainfo: Metainfo = metainfo_reader.parse(metainfo_writer.build(draft_of({("a",): b"x", ("b",): b"y"}, "hybrid")))
    assert (metainfo.size_bytes, metainfo.padding_bytes, metainfo.format) == (2, PIECE - 1, "hybrid")
    assert metainfo.info_hashes.announced == (metainfo.info_hashes.v1, (metainfo.info_hashes.v2 or b"")[:20])
