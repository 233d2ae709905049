# SPDX-License-Identifier: Apache-2.0
"""Pieces, spans of files and web-seed URLs agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core import metainfo_reader
from seedbed.core.layout import (
    Layout,
    Span,
    expanded,
    flat_name,
    flat_names,
    is_template,
    web_seed_base,
    web_seed_url,
)
from seedbed.core.metainfo import V1Entry
from seedbed.errors import NameRefusedError
from tests.unit.core.hostile import folder, v1

if TYPE_CHECKING:
    from seedbed.core.metainfo import Format

lengths = st.lists(st.sampled_from([0, 1, 7, 8, 9, 16, 17, 30]), min_size=1, max_size=8).filter(any)


@given(lengths)
def test_aligned_spans_cover_each_file_once(sizes: list[int]) -> None:
    """The spans of all pieces give back every byte of every file, in order; each file starts a piece."""
    layout = Layout.aligned(sizes, 8)
    seen = [0] * len(sizes)
    at = 0
    for index in range(layout.piece_count):
        spans = layout.piece_spans(index)
        assert sum(span.length for span in spans) == layout.piece_size(index)
        for span in spans:
            if span.file_index is not None:
                assert span.start == seen[span.file_index]
                assert at % 8 == 0 or span.start > 0
                assert index in layout.file_pieces(span.file_index)
                seen[span.file_index] = span.stop
            at += span.length
    assert seen == sizes
    assert at == layout.total


def test_v1_files_follow_each_other() -> None:
    """In a v1 torrent a piece may span files."""
    layout = Layout.of(metainfo_reader.parse(folder([b"a"], [b"b"], [b"c"])))

    assert layout.piece_spans(0) == (Span(0, 0, 5), Span(1, 0, 5), Span(2, 0, 5))
    assert list(layout.file_pieces(1)) == [0]


def test_v1_with_explicit_pads() -> None:
    """Pad files of a v1 torrent are gaps of zeros (BEP 47)."""
    files = [
        {b"length": 5, b"path": [b"a"]},
        {b"attr": b"p", b"length": 16_379, b"path": [b".pad", b"16379"]},
        {b"length": 5, b"path": [b"b"]},
        {b"attr": b"p", b"length": 3, b"path": [b".pad", b"3"]},
    ]
    layout = Layout.of(metainfo_reader.parse(folder(files=files, pieces=bytes(40))))

    assert layout.piece_spans(0) == (Span(0, 0, 5), Span(None, 0, 16_379))
    assert layout.piece_spans(1) == (Span(1, 0, 5), Span(None, 0, 3))


def test_empty_files_have_no_pieces() -> None:
    """An empty file takes part in no piece."""
    layout = Layout.aligned([0, 5, 0], 8)
    assert not layout.file_pieces(0)
    assert not layout.file_pieces(2)


@pytest.mark.parametrize(
    ("torrent", "base", "url"),
    [
        (v1(), "https://h.example/other.name", "https://h.example/other.name"),
        (v1(), "https://h.example/dir/", "https://h.example/dir/a.txt"),
        (folder([b"d", "é #?.csv".replace("?", "%").encode()]), "https://h.example/x", "https://h.example/x/ds/d/%C3%A9%20%23%25.csv"),
        (folder([b"a"]), "https://h.example/x/", "https://h.example/x/ds/a"),
    ],
)  # fmt: skip
def test_web_seed_urls(torrent: bytes, base: str, url: str) -> None:
    """BEP 19: the file itself, or below URL and name; percent-encoded UTF-8."""
    assert web_seed_url(base, metainfo_reader.parse(torrent), 0) == url


@pytest.mark.parametrize(
    ("url", "is_single_file", "format_", "base"),
    [
        ("https://h.example/data", False, "hybrid", "https://h.example/data/"),
        ("https://h.example/data/", False, "v2", "https://h.example/data/"),
        ("https://h.example/data/", True, "hybrid", "https://h.example/data/a%20b.tif"),
        ("https://h.example/other.tif", True, "v1", "https://h.example/other.tif"),
        ("https://h.example/data/a%20b.tif", True, "v2", "https://h.example/data/"),
        ("https://h.example/other.tif", True, "v2", "https://h.example/other.tif"),
        ("https://h.example/get?file=", True, "v1", "https://h.example/get?file="),
    ],
)
def test_web_seed_spelling(url: str, is_single_file: bool, format_: Format, base: str) -> None:  # noqa: FBT001
    """A web seed is written in the form that every client reads alike."""
    assert web_seed_base(url, "a b.tif", is_single_file=is_single_file, format_=format_) == base


@pytest.mark.parametrize(
    ("torrent", "template", "url"),
    [
        (v1(), "https://h.example/r/{path}", "https://h.example/r/a.txt"),
        (v1(), "https://h.example/r/{flat}?download=1", "https://h.example/r/a.txt?download=1"),
        (folder([b"d e", b"f#.csv"]), "https://h.example/x/{path}", "https://h.example/x/d%20e/f%23.csv"),
        (folder([b"d e", b"f#.csv"]), "http://h.example:8/x?k={flat}", "http://h.example:8/x?k=d%20e__f%23.csv"),
        (folder([b"{path}", b"{flat}"]), "https://h.example/{path}", "https://h.example/%7Bpath%7D/%7Bflat%7D"),
    ],
)  # fmt: skip
def test_templates(torrent: bytes, template: str, url: str) -> None:
    """A template becomes the address of each file; the torrent's own name is in it only if somebody wrote it there."""
    assert is_template(template)
    assert web_seed_url(template, metainfo_reader.parse(torrent), 0) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://h.example/x/",
        "https://{path}/",
        "https://{flat}",
        "https://h.{path}.example/",
        "https://h.example/{name}/",
        "https://h.example/{path}{flat}",
        "https://h.example/{path",
        "ftp://h.example/{path}",
        "https://h.example?{path}",
        "https://h.example/{path}\n",
    ],
)
def test_no_templates(url: str) -> None:
    """A file's name never becomes a part of the host; what is not exactly a template is a URL as in BEP 19."""
    assert not is_template(url)
    assert web_seed_url(url, metainfo_reader.parse(folder([b"a"])), 0).endswith("/ds/a")


def test_flat_names_are_one_to_one() -> None:
    """Without folders a slash is two underscores; two files that would become one are refused, and both named."""
    assert flat_names([("a", "b.csv"), ("a__b", "c"), ("d",)]) == ("a__b.csv", "a__b__c", "d")

    with pytest.raises(NameRefusedError, match=r"'a__b/c' and 'a/b__c'") as caught:
        flat_names([("a__b", "c"), ("a", "b__c")])
    assert caught.value.data["rule"] == "flat-twin"


@given(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=4))
def test_templates_agree(parts: list[str]) -> None:
    """``{flat}`` is ``{path}`` of the flat name; no brace, slash or space of a name is left in the address."""
    flat = expanded("https://h.example/{flat}", parts)

    assert flat == expanded("https://h.example/{path}", [flat_name(parts)])
    assert not set(flat.removeprefix("https://h.example/")) & set("{}/ ?#")


def test_padding_counts_in_a_torrents_list() -> None:
    """As libtorrent counts files (BEP 53): a pad before each file that would not start a piece otherwise."""
    assert Layout.aligned([10, 0, 16, 16, 5, 1], 16).list_places == (0, 1, 3, 4, 5, 7)
    assert Layout.aligned([], 16).list_places == ()
    unpadded = [V1Entry((), 10), V1Entry((), 3)]
    assert Layout.listed(unpadded, 16).list_places == (0, 1)
