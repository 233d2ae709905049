# SPDX-License-Identifier: Apache-2.0
"""``import seedbed``: what a person at a notebook may give, and what is told when it cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import seedbed
from seedbed.errors import InputError, NoSourceError
from tests import followers

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue's folder with one dataset."""
    keeper = followers.keeper(tmp_path_factory.mktemp("keeper"))
    followers.publish(keeper, "rivers", "1")
    return keeper.folder


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        ({"bbox": (1, 2, 3)}, "bbox: expected four numbers"),
        ({"bbox": "1,2,3,4"}, "bbox: expected four numbers"),
        ({"bbox": (50, 100, 10, 120)}, "bbox: expected degrees"),
        ({"start": "2020-01-01"}, "start: expected a datetime"),
        ({"status": "gone"}, "status: expected one of"),
        ({"words": None}, "words: expected text"),
        ({"words": "x" * 5_000}, "words of at most 200 characters"),
    ],
)
def test_a_search_that_cannot_be_is_told(published: Path, conditions: dict[str, Any], told: str) -> None:
    """In the words of the caller, and not as a fault from deep below."""
    with pytest.raises(InputError, match=told):
        seedbed.search(catalog=published, **conditions)


def test_the_bounds_of_a_table_are_a_box(published: Path) -> None:
    """``geodataframe.total_bounds`` is an array."""
    numpy = pytest.importorskip("numpy")

    assert seedbed.search(catalog=published, bbox=numpy.array([-180.0, -90, 180, 90]))


def test_an_unknown_condition_is_told_with_those_there_are(published: Path) -> None:
    """As Python does it, and with the names of the function that was called."""
    with pytest.raises(TypeError, match=r"search\(\) has no condition 'since'; it has bbox, start"):
        seedbed.search("rivers", catalog=published, since=1)


def test_what_was_found_can_be_fetched(published: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A release as it is, and one glob as text."""
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path))
    (found,) = seedbed.search("rivers", catalog=published)

    with pytest.raises(NoSourceError, match="rivers@1: not in the cache"):
        seedbed.fetch(found, catalog=published, files="*.csv", offline=True)
    with pytest.raises(TypeError, match="expected a dataset's name such as 'lakes@2', got NoneType"):
        seedbed.fetch(None, catalog=published)  # type: ignore[arg-type]  # what a notebook may give
