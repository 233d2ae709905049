# SPDX-License-Identifier: Apache-2.0
"""When a copy is withdrawn from the catalogue, and when it is put back."""

from __future__ import annotations

import datetime as dt

import pytest

from seedbed.health.judgement import judge
from seedbed.health.record import Noted
from seedbed.health.rounds import due

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
LETTERS = {"g": "good", "a": "awkward", "b": "bad", "u": "unknown", "w": "bad"}


def audits(text: str) -> list[Noted]:
    """``w0 g5``: wrong bytes now, good five hours ago."""
    return [
        Noted("d@1", "https://x/", NOW - dt.timedelta(hours=float(word[1:])), LETTERS[word[0]],  # type: ignore[arg-type]
              ("wrong-bytes",) if word[0] == "w" else ("missing",) if word[0] == "b" else ())
        for word in text.split()
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("history", "is_withdrawn", "others_are_good", "expected"),
    [
        ("", False, True, "keep"),
        ("g0", False, True, "keep"),
        ("a0 a200", False, True, "keep"),
        ("w0", False, False, "withdraw"),
        ("w0 g5", False, True, "withdraw"),
        ("b0", False, True, "keep"),
        ("b0 b2", False, True, "keep"),
        ("b0 b4", False, True, "withdraw"),
        ("b0 g1 b4", False, True, "keep"),
        ("b0 u2 b4", False, True, "keep"),
        ("u0 u100", False, True, "keep"),
        ("u0 u100 u169", False, True, "withdraw"),
        ("u0 u100 u169", False, False, "keep"),
        ("u0 g100 u169", False, True, "keep"),
        ("g0 b4 b8", True, True, "restore"),
        ("g0 w4", True, True, "keep"),
        ("g0 g4 w5", True, True, "restore"),
        ("b0", True, True, "keep"),
        ("u0 u200", True, True, "keep"),
    ],
)
def test_judgement(history: str, is_withdrawn: bool, others_are_good: bool, expected: str) -> None:  # noqa: FBT001
    """By what audits found, the newest first."""
    assert judge(audits(history), is_withdrawn=is_withdrawn, others_are_good=others_are_good) == expected


def test_who_is_looked_at() -> None:
    """Never looked at first, then who has waited longest; the doubtful sooner than the others."""
    hours = {"new": None, "old": 300, "fresh": 5, "ill": 5, "just": 1}
    looked = {name: NOW - dt.timedelta(hours=since) for name, since in hours.items() if since is not None}

    assert due(hours, looked, ["ill", "just"], NOW) == ["new", "old", "ill"]
