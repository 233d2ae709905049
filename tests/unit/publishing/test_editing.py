# SPDX-License-Identifier: Apache-2.0
"""What is said of a published version changes; its data does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from seedbed.catalog.model import Column, Contents
from seedbed.publishing.editing import edited
from seedbed.publishing.reading import read
from seedbed.publishing.said import Said
from tests.releases import release, releases

if TYPE_CHECKING:
    from typing import Any

    from seedbed.catalog.model import Release


def test_words_change_and_nothing_else() -> None:
    """Only what was said is another, and it is told what."""
    one = release(doi="", title="Rivers", datetime_default=True, contents=Contents(columns=(Column("a"), Column("b"))))

    after, changed = edited(
        one, read({"doi": "10.1234/X", "title": "Rivers", "time": "2020", "columns": {"b": "B"}})[0]
    )

    assert set(changed) == {"doi", "datetime", "start_datetime", "end_datetime", "datetime_default", "contents"}
    assert (after.doi, after.start_datetime and after.start_datetime.year) == ("10.1234/x", 2020)
    assert after.contents.columns == (Column("a"), Column("b", "", "B"))
    assert (after.torrent, after.version_seq, after.published) == (one.torrent, one.version_seq, one.published)


@given(releases())
def test_silence_changes_nothing(one: Release) -> None:
    """Who says nothing changes nothing."""
    assert edited(one, Said()) == (one, ())


@pytest.mark.parametrize(
    ("said", "license_url"),
    [
        ({"license": "MIT"}, ""),
        ({"license": "other", "license_url": "https://b.example/"}, "https://b.example/"),
        ({"title": "x"}, "https://a.example/"),
    ],
)
def test_a_licence_and_its_text_belong_together(said: dict[str, Any], license_url: str) -> None:
    """An SPDX identifier needs no link, and the old one does not stay."""
    one = release(license="other", license_url="https://a.example/")

    assert edited(one, read(said)[0])[0].license_url == license_url
