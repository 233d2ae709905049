# SPDX-License-Identifier: Apache-2.0
"""What people may say of a dataset: each fault is found and named by its field."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from seedbed.catalog import checks
from seedbed.catalog.model import Column, Contents, Mirror, Provider, Translation
from seedbed.catalog.stac.times import from_text, to_text
from tests.releases import NOW, file_rows, release


def test_a_plain_release_has_no_findings() -> None:
    """Nothing is wrong with plain values."""
    assert checks.findings(release()) == []
    assert checks.file_findings(file_rows(release())[0]) == []


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("dataset", {"dataset": "Rivers of Mexico"}),
        ("version", {"version": "a b"}),
        ("collection", {"collection": ""}),
        ("title", {"title": " "}),
        ("title", {"title": "x" * 501}),
        ("description", {"description": "bell \x07"}),
        ("license", {"license": ""}),
        ("license", {"license": "Creative Commons"}),
        ("doi", {"doi": "https://doi.org/10.5281/zenodo.1"}),
        ("language", {"language": "Spanish!"}),
        ("media_type", {"media_type": "csv"}),
        ("keywords[0]", {"keywords": ("",)}),
        ("keywords", {"keywords": ("a",) * 101}),
        ("providers[0].name", {"providers": (Provider(""),)}),
        ("providers[0].roles", {"providers": (Provider("A", ("owner",)),)}),
        ("providers[0].url", {"providers": (Provider("A", (), "javascript:alert(1)"),)}),
        ("translations[0].language", {"translations": (Translation("", "Rivières"),)}),
        ("columns", {"contents": Contents(columns=(Column("a"),) * 5_001)}),
        ("shape", {"contents": Contents(shape=(1, 2, 3))}),
        ("transform", {"contents": Contents(transform=(1.0, 2.0))}),
        ("bbox", {"bbox": (0.0, 0.0, 1.0, 95.0)}),
        ("geometry", {"geometry": {"type": "Polygon", "coordinates": []}}),
        ("mirrors[0].key", {"mirrors": (Mirror("ftp", "https://a.example/"),)}),
        ("mirrors[1].key", {"mirrors": (Mirror("own", "https://a.example/"), Mirror("own", "https://b.example/"))}),
        ("mirrors[0].href", {"mirrors": (Mirror("own", "file:///etc/passwd"),)}),
        ("mirrors[0].href", {"mirrors": (Mirror("own", "https://a.example/{path}"),)}),
        ("mirrors[0].layout", {"mirrors": (Mirror("own", "https://a.example/", layout="round"),)}),  # type: ignore[arg-type]  # that is the fault
        (
            "mirrors[0].layout",
            {
                "mirrors": (Mirror("zenodo", "https://a.example/x.csv", layout="flat"),),
                "torrent": replace(release().torrent, is_single_file=True),
            },
        ),
        ("web_seeds[0]", {"torrent": replace(release().torrent, web_seeds=("https://a.example/{flat}",))}),
        ("status_reason", {"status": "withdrawn"}),
        ("version_seq", {"version_seq": 0}),
        ("reused_files", {"reused_files": 4}),
        ("sha256", {"sha256": "abc"}),
        ("size_bytes", {"size_bytes": -1}),
        ("size_bytes", {"size_bytes": 1 << 63}),
    ],
)
def test_each_fault_is_named_by_its_field(field: str, changes: dict[str, Any]) -> None:
    """One wrong value, one finding, under the name that people write."""
    assert [finding.field for finding in checks.findings(release(**changes))] == [field]


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("torrent", {"info_hash_v1": "", "info_hash_v2": ""}),
        ("info_hash_v1", {"info_hash_v1": "x" * 40}),
        ("info_hash_v2", {"info_hash_v2": "A" * 64}),
        ("torrent.piece_length", {"piece_length": 0}),
        ("torrent.length", {"length": -1}),
        ("torrent.name", {"name": "../etc"}),
        ("web_seeds[0]", {"web_seeds": ("ftp://a.example/",)}),
        ("web_seeds", {"web_seeds": ("https://a.example/",) * 17}),
        ("trackers[0]", {"trackers": ("gopher://a.example",)}),
    ],
)
def test_each_fault_of_a_torrent_is_named(field: str, changes: dict[str, Any]) -> None:
    """The same for what is said of the torrent."""
    plain = release()

    found = checks.findings(replace(plain, torrent=replace(plain.torrent, **changes)))

    assert [finding.field for finding in found] == [field]


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("time", {"datetime": None}),
        ("time", {"start_datetime": NOW}),
        ("time", {"start_datetime": NOW, "end_datetime": NOW - dt.timedelta(1)}),
        ("end_datetime", {"start_datetime": NOW, "end_datetime": dt.datetime(9999, 12, 31, tzinfo=dt.UTC)}),
        ("datetime", {"datetime": dt.datetime(2024, 1, 1)}),  # noqa: DTZ001  # the fault itself
        ("created", {"created": NOW.replace(microsecond=1)}),
    ],
)
def test_c32_bad_times_are_refused(field: str, changes: dict[str, Any]) -> None:
    """Year 9999, no zone, an end before the start."""
    found = checks.findings(release(**changes))

    assert [(finding.field, finding.rule) for finding in found] == [(field, "C32")]


@pytest.mark.parametrize(
    "text",
    ["0000-01-01T00:00:00Z", "2016-12-31T23:59:60Z", "2024-01-01T00:00:00", "2024-02-30T00:00:00Z", "2024-01-01", "",
     "0001-01-01T00:00:00+10:00"],
)  # fmt: skip
def test_c32_moments_that_no_calendar_has(text: str) -> None:
    """Year 0, a leap second, no zone, February 30."""
    with pytest.raises(ValueError, match=r"calendar|expected a moment"):
        from_text(text)


@pytest.mark.parametrize("text", ["2024-05-01T00:00:00Z", "0099-05-01T23:59:59.125Z", "2024-05-01T00:00:00.000001Z"])
def test_moments_come_back_as_they_were(text: str) -> None:
    """Written and read, they are the same."""
    assert to_text(from_text(text)) == text


def test_c33_text_that_steers_a_terminal_is_told() -> None:
    """Escape sequences and texts of ten million characters have no place in a title; plain HTML is only text."""
    assert [finding.rule for finding in checks.findings(release(title="\x1b[31mred"))] == ["C33"]
    assert [finding.rule for finding in checks.findings(release(title="x" * 10_000_000))] == ["C33"]
    assert checks.findings(release(title="<script>alert(1)</script>")) == []


def test_file_rows_are_checked_too() -> None:
    """A path that leaves its folder, a size below nothing, a hash that is none."""
    row = replace(file_rows(release())[0], path="../x", size_bytes=-1, md5="?")

    assert {finding.field for finding in checks.file_findings(row)} == {"path", "size_bytes", "md5"}
