# SPDX-License-Identifier: Apache-2.0
"""A dataset's versions: immutable bytes, one latest, neighbours that know each other."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from seedbed.catalog import versions
from seedbed.catalog.model import FileRow, Release, TorrentFacts
from seedbed.errors import InputError, NotFoundError

DAY_ONE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def release(version: str, *, content: str = "") -> Release:
    """A release whose info-hash comes from its content."""
    number = (content or version).encode().hex().zfill(40)[:40]
    return Release(
        dataset="lakes",
        version=version,
        title="Lakes",
        description="Lakes of the world",
        license="CC0-1.0",
        torrent=TorrentFacts("lakes", 16_384, info_hash_v1=number),
        size_bytes=10,
        file_count=1,
        datetime=DAY_ONE,
        created=DAY_ONE,
        updated=DAY_ONE,
        published=DAY_ONE,
    )


def grown(*names: str) -> list[Release]:
    """A dataset with these versions."""
    known: dict[str, Release] = {}
    for name in names:
        known |= {one.version: one for one in versions.add(list(known.values()), release(name))}
    return versions.in_order(list(known.values()))


def test_versions_form_a_chain_with_one_latest() -> None:
    """Each knows the one before and the one after."""
    first, second, third = grown("1", "2", "3")

    assert [one.version_seq for one in (first, second, third)] == [1, 2, 3]
    assert [one.latest for one in (first, second, third)] == [False, False, True]
    assert (first.predecessor, second.predecessor, third.predecessor) == ("", "1", "2")
    assert (first.successor, second.successor, third.successor) == ("2", "3", "")


def test_only_the_new_one_and_its_neighbour_change() -> None:
    """So a catalogue's change file stays small."""
    known = grown("1", "2")

    assert [one.version for one in versions.add(known, release("3"))] == ["2", "3"]


def test_a_published_version_never_changes() -> None:
    """Other bytes under a known name are refused."""
    with pytest.raises(InputError, match="never changes"):
        versions.add(grown("1"), release("1", content="other"))


def test_the_same_version_again_is_nothing_new() -> None:
    """Publishing twice does no harm."""
    assert versions.add(grown("1"), release("1")) == ()


def test_the_same_bytes_under_another_name_are_refused() -> None:
    """Two names for one content would hide that nothing changed."""
    with pytest.raises(InputError, match="published as lakes@1"):
        versions.add(grown("1"), release("2", content="1"))


def test_a_version_is_withdrawn_with_a_reason_and_stays() -> None:
    """Its row remains, so that those who hold it learn why."""
    (changed,) = versions.set_status(grown("1", "2"), "1", "withdrawn", reason="wrong year", now=DAY_ONE)

    assert (changed.status, changed.status_reason, changed.latest) == ("withdrawn", "wrong year", False)
    with pytest.raises(InputError, match="needs a reason"):
        versions.set_status(grown("1"), "1", "deprecated", reason=" ", now=DAY_ONE)
    with pytest.raises(NotFoundError):
        versions.set_status(grown("1"), "9", "deprecated", reason="x", now=DAY_ONE)


def test_a_file_is_shared_by_its_content_whatever_its_name() -> None:
    """``pieces_root`` is a file's identity (BEP 52)."""
    before = [FileRow("lakes@1", "a.csv", 5, pieces_root="aa"), FileRow("lakes@1", "empty", 0)]
    after = [
        replace(before[0], path="b.csv"),
        FileRow("lakes@2", "empty", 0),
        FileRow("lakes@2", "c", 7, pieces_root="cc"),
    ]

    assert versions.shared_with(before, after) == (1, 5)
