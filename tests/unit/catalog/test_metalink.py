# SPDX-License-Identifier: Apache-2.0
"""A version as a Metalink: every file, its hashes, and each place where it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.catalog.metalink import MAX_FILES, NAMESPACE, copies, is_made, render
from seedbed.catalog.model import FileRow, Mirror, Provider, Release
from tests.releases import digest, file_rows, release, releases

OWN = Mirror("own", "https://o.example/rivers/1/rivers-1/")
FLAT = Mirror("zenodo", "https://z.example/files/", layout="flat")
OTHER = Mirror("other", "https://x.example/rivers/")


def tree(data: bytes) -> list[ET.Element]:
    """The files of a Metalink."""
    root = ET.fromstring(data)  # noqa: S314  # our own text
    assert root.tag == f"{{{NAMESPACE}}}metalink"
    return root.findall(f"{{{NAMESPACE}}}file")


def texts(file: ET.Element, name: str) -> list[str]:
    """What elements of a name say."""
    return [one.text or "" for one in file.findall(f"{{{NAMESPACE}}}{name}")]


def seeded(**changes: Any) -> Release:
    """A release with a web seed and mirrors."""
    one = release(mirrors=(FLAT, OTHER, OWN), **changes)
    return replace(one, torrent=replace(one.torrent, web_seeds=("https://w.example/seed/",)))


def test_each_file_has_all_its_places_best_first() -> None:
    """The torrent's web seeds, then mirrors, then services that count requests; names as the torrent has them."""
    first, *rest = tree(render(seeded(), file_rows(release())))

    assert first.get("name") == "rivers-1/tables/part-000.csv"
    assert texts(first, "size") == ["1000"]
    assert texts(first, "url") == [
        "https://w.example/seed/rivers-1/tables/part-000.csv",
        "https://o.example/rivers/1/rivers-1/tables/part-000.csv",
        "https://x.example/rivers/tables/part-000.csv",
        "https://z.example/files/tables__part-000.csv",
    ]
    hashes = {one.get("type"): one.text for one in first.findall(f"{{{NAMESPACE}}}hash")}
    row = file_rows(release())[0]
    assert hashes == {"sha-256": row.sha256, "md5": row.md5}
    assert [one.get("priority") for one in first.findall(f"{{{NAMESPACE}}}url")] == ["1", "2", "3", "4"]
    assert len(rest) == 2


def test_a_single_file_has_its_own_name() -> None:
    """No folder before it; an address that is named twice stands there once."""
    one = release(mirrors=(Mirror("own", "https://o.example/1/a%20b.csv"),))
    facts = replace(one.torrent, is_single_file=True, name="a b.csv", web_seeds=("https://o.example/1/",))
    (file,) = tree(render(replace(one, torrent=facts), [FileRow(one.id, "a b.csv", 5, sha256=digest("a"))]))

    assert file.get("name") == "a b.csv"
    assert texts(file, "url") == ["https://o.example/1/a%20b.csv"]


@pytest.mark.parametrize(
    ("offsets", "has_v1", "is_named"),
    [((0, 1000), True, True), ((0, 16_384), True, False), ((0, 1000), False, False)],
)
def test_the_torrent_is_named_where_old_programs_can_use_it(
    offsets: tuple[int, int], *, has_v1: bool, is_named: bool
) -> None:
    """Padding between files, or v2 alone: then a download manager would wait for ever."""
    one = seeded()
    one = one if has_v1 else replace(one, torrent=replace(one.torrent, info_hash_v1=""))
    rows = [FileRow(one.id, f"{at}", 1000, offset_bytes=at) for at in offsets]

    found = tree(render(one, rows, torrent_url="https://c.example/t.torrent"))[0].find(f"{{{NAMESPACE}}}metaurl")

    assert (found is not None) == is_named
    if found is not None:
        assert (found.get("mediatype"), found.get("name")) == ("torrent", "rivers-1/0")


def test_what_is_said_of_the_version_is_there() -> None:
    """Title, dataset, version, licence and who made it, with whatever characters they have."""
    one = seeded(
        title='<Rivers> & "lakes"\ufffe', providers=(Provider("Ü & Co", ("producer",), "https://u.example/?a&b"),)
    )
    file = tree(render(one, file_rows(one)))[0]

    assert texts(file, "description") == ['<Rivers> & "lakes"\N{REPLACEMENT CHARACTER}']
    assert texts(file, "identity") + texts(file, "version") == ["rivers", "1"]
    assert texts(file, "copyright") == ["Licence: CC-BY-4.0"]
    publisher = file.find(f"{{{NAMESPACE}}}publisher")
    assert publisher is not None
    assert publisher.attrib == {"name": "Ü & Co", "url": "https://u.example/?a&b"}


def test_who_gets_one() -> None:
    """Versions that web servers have, and that are no endless lists."""
    assert is_made(seeded())
    assert not is_made(release())
    assert not is_made(seeded(file_count=MAX_FILES + 1))


@settings(max_examples=40, deadline=None)
@given(releases(), st.text(min_size=1, max_size=10))
def test_any_release_gives_xml_and_the_same_twice(one: Release, name: str) -> None:
    """Whatever the words are."""
    rows = [FileRow(one.id, name, 5)]

    data = render(one, rows, torrent_url="https://c.example/?a=1&b=2")

    assert data == render(one, rows, torrent_url="https://c.example/?a=1&b=2")
    assert len(texts(tree(data)[0], "url")) <= len(copies(one))
