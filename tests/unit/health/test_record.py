# SPDX-License-Identifier: Apache-2.0
"""What audits found is kept, with what was done."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import StateError
from seedbed.health.record import Done, HealthRecord, Noted

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


def noted(hours: float, url: str = "https://a/") -> Noted:
    """An audit some hours ago."""
    return Noted("d@1", url, NOW - dt.timedelta(hours=hours), "bad", ("missing", "redirects"), 17)


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    """The newest first, also from another program."""
    with HealthRecord(tmp_path / "x/h.sqlite") as record:
        record.note([noted(2), noted(1), noted(3, "https://b/")])

    with HealthRecord(tmp_path / "x/h.sqlite") as record:
        assert record.audits("d@1") == {"https://a/": [noted(1), noted(2)], "https://b/": [noted(3, "https://b/")]}
        assert record.audits("d@2") == {}
        assert record.last_looked() == {"d@1": NOW - dt.timedelta(hours=1)}


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    """An hourly audit does not fill the disk."""
    with HealthRecord(tmp_path / "h.sqlite") as record:
        record.note([noted(hours) for hours in range(150, 0, -1)])

        kept = record.audits("d@1")["https://a/"]

    assert kept == [noted(hours) for hours in range(1, 101)]


def test_what_is_withdrawn_now(tmp_path: Path) -> None:
    """The last deed counts."""
    with HealthRecord(tmp_path / "h.sqlite") as record:
        record.do([Done("d@1", "https://a/", NOW, "withdrawn", "missing", "{}")])
        record.do([Done("d@1", "https://b/", NOW, "withdrawn", "missing", "{}")])
        record.do([Done("d@1", "https://b/", NOW, "restored", "it is good again", "{}")])

        assert list(record.withdrawn("d@1")) == ["https://a/"]
        assert [one.deed for one in record.deeds("d@1")] == ["restored", "withdrawn", "withdrawn"]


def test_a_damaged_record_is_told(tmp_path: Path) -> None:
    """With its path."""
    (tmp_path / "h.sqlite").write_bytes(b"no database at all, but long enough to be looked at" * 20)

    with pytest.raises(StateError, match=r"h\.sqlite: the health record cannot be used"):
        HealthRecord(tmp_path / "h.sqlite")
