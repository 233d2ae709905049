# SPDX-License-Identifier: Apache-2.0
"""What a dataset's copies are worth: more never makes it worse, invented ones make it hardly better."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.health.risk import WORDS, Copies, risk, score, word

_counts = st.integers(0, 12)
_copies = st.builds(
    Copies, proved=_counts, unproved=_counts, has_registry=st.just(value=True), good_mirrors=_counts,
    unknown_mirrors=_counts, countries=st.just(0),
)  # fmt: skip


@pytest.mark.parametrize(
    ("copies", "expected"),
    [
        (Copies(), "lost"),
        (Copies(has_registry=True), "lost"),
        (Copies(proved=1, has_registry=True), "last copy"),
        (Copies(unproved=1), "last copy"),
        (Copies(good_mirrors=1), "last copy"),
        (Copies(unknown_mirrors=1), "last copy"),
        (Copies(unproved=1_000, has_registry=True), "at risk"),
        (Copies(proved=1, unproved=1_000, has_registry=True), "at risk"),
        (Copies(proved=2, has_registry=True), "at risk"),
        (Copies(unproved=2), "at risk"),
        (Copies(proved=3, has_registry=True), "thin"),
        (Copies(proved=1, good_mirrors=1, has_registry=True), "thin"),
        (Copies(unproved=5), "thin"),
        (Copies(proved=5, has_registry=True), "safe"),
        (Copies(proved=3, good_mirrors=1, has_registry=True), "safe"),
        (Copies(good_mirrors=2), "safe"),
    ],
)
def test_words(copies: Copies, expected: str) -> None:
    """As people read them."""
    assert word(copies) == expected


def test_scores() -> None:
    """The two ends, and something between."""
    assert score(Copies()) == 100
    assert score(Copies(proved=100, has_registry=True)) == 0
    assert 0 < score(Copies(proved=3, has_registry=True)) < score(Copies(proved=1, has_registry=True)) < 100


def test_one_country() -> None:
    """Ten copies in one country are as safe as the country; a web server elsewhere, or a second one, helps."""
    ten = Copies(proved=10, has_registry=True, countries=1)
    assert risk(ten) > risk(replace(ten, countries=2)) == risk(replace(ten, countries=0))
    assert risk(replace(ten, good_mirrors=1)) < risk(ten)


@given(_copies, st.sampled_from(["proved", "unproved", "good_mirrors", "unknown_mirrors"]))
def test_more_is_never_worse(copies: Copies, what: str) -> None:
    """Of anything."""
    more = replace(copies, **{what: getattr(copies, what) + 1})
    assert risk(more) <= risk(copies)
    assert WORDS.index(word(more)) >= WORDS.index(word(copies))


@given(_copies)
def test_bounds(copies: Copies) -> None:
    """A risk is one, and a score too."""
    assert 0 < risk(copies) <= 1
    assert 0 <= score(copies) <= 100
