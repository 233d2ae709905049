# SPDX-License-Identifier: Apache-2.0
"""How many copies there were: kept day by day, read from trackers with care, and drawn in a line."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.errors import StateError
from seedbed.health.history import KEPT_DAYS, Day, History, of_tracker, plot, together

if TYPE_CHECKING:
    from pathlib import Path

TODAY = dt.date(2026, 11, 21)


def ago(days: int) -> dt.date:
    """A day before today."""
    return TODAY - dt.timedelta(days=days)


def test_days_are_kept(tmp_path: Path) -> None:
    """The last look of each, the oldest first, of each dataset by itself."""
    with History(tmp_path / "health.sqlite") as kept:
        kept.note([("a@1", Day(ago(1), 3, 1)), ("b@1", Day(ago(1), 9, 0))])
        kept.note([("a@1", Day(TODAY, 4, 1))])
        kept.note([("a@1", Day(TODAY, 5, 2))])
        assert kept.days("a@1") == [Day(ago(1), 3, 1), Day(TODAY, 5, 2)]
        assert kept.days("c@1") == []


def test_old_days_go(tmp_path: Path) -> None:
    """After more than two years."""
    with History(tmp_path / "health.sqlite") as kept:
        kept.note([("a@1", Day(ago(KEPT_DAYS + 1), 3, 1)), ("a@1", Day(ago(KEPT_DAYS + 1), 3, 1))])
        kept.note([("a@1", Day(TODAY, 4, 1))])
        assert [one.day for one in kept.days("a@1")] == [TODAY]


def test_a_damaged_file(tmp_path: Path) -> None:
    """It is told."""
    (tmp_path / "health.sqlite").write_bytes(b"x" * 5_000)
    with pytest.raises(StateError):
        History(tmp_path / "health.sqlite")


def rows(*points: tuple[Any, Any]) -> bytes:
    """As a tracker tells them."""
    return json.dumps({"dataset": "a@1", "history": [{"at": at, "seeds": seeds} for at, seeds in points]}).encode()


def test_what_a_tracker_remembers() -> None:
    """The mean of each day."""
    noon = int(dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC).timestamp())
    assert of_tracker(rows((noon - 86_400, 1), (noon, 2), (noon + 3_600, 6))) == [Day(ago(1), 1), Day(TODAY, 4)]


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"[]", b"{}", b'{"history": 3}', b'{"history": [3]}', rows(("a", 1)), rows((1, None)), rows((1e300, 1)),
     rows((1, -5)), b'{"history": [{"at": 1}]}', b"[" * 100_000],
)  # fmt: skip
def test_what_no_tracker_of_ours_says(body: bytes) -> None:
    """Nothing is read of it."""
    assert of_tracker(body) == []


@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    """Never an error."""
    of_tracker(body)


def test_ours_and_theirs() -> None:
    """What we saw ourselves counts."""
    found = together([Day(TODAY, 5, 1)], [Day(ago(1), 9), Day(TODAY, 9)])
    assert found == [Day(ago(1), 9), Day(TODAY, 5, 1)]


def test_a_plot() -> None:
    """Highest at its highest; days without a number are blank; one day is no history."""
    days = [Day(ago(3), 0), Day(ago(2), 4), Day(TODAY, 8)]
    assert plot(days, TODAY) == "▁▅ █  8 now, 8 at most"
    assert plot(days[-1:], TODAY) == ""
    assert plot([Day(ago(100), 1), Day(ago(99), 1)], TODAY) == ""
    assert plot([Day(ago(1), 0), Day(TODAY, 0)], TODAY) == "▁▁  0 now, 1 at most"
