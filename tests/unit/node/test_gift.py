# SPDX-License-Identifier: Apache-2.0
"""What a volunteer gives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import InputError, NotFoundError, StateError
from seedbed.node.giving.gift import Gift, refusal
from seedbed.testing.datasets import make_dataset
from seedbed.testing.releases import release_of

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.catalog.model import Release

GIFT = Gift("ortho", "/srv/x", 500_000_000_000, only=("imagery",), licenses=("CC-BY-*",), rate_up=5)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    """All of it, below folders that are made."""
    GIFT.save(tmp_path / "a/gift.json")
    assert Gift.load(tmp_path / "a/gift.json") == GIFT


def test_no_gift_yet(tmp_path: Path) -> None:
    """The person is told how to give."""
    with pytest.raises(NotFoundError, match="no smartnode") as caught:
        Gift.load(tmp_path / "gift.json")
    assert "node join" in caught.value.hint


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"catalog": "x"}', b"null", b"7"])
def test_a_file_that_is_no_gift(tmp_path: Path, body: bytes) -> None:
    """It is named, and not believed."""
    (tmp_path / "gift.json").write_bytes(body)
    with pytest.raises(StateError, match=r"gift\.json"):
        Gift.load(tmp_path / "gift.json")


def test_a_strange_key_is_named(tmp_path: Path) -> None:
    """A person edited it, and mistyped: what they meant is not ignored."""
    text = {"catalog": "x", "folder": "/x", "storage_bytes": 10**9, "onyl": ["lakes"]}
    (tmp_path / "gift.json").write_text(json.dumps(text))
    with pytest.raises(StateError, match="onyl") as caught:
        Gift.load(tmp_path / "gift.json")
    assert "only, operator" in caught.value.message


@pytest.mark.parametrize(
    "change",
    [
        {"storage_bytes": 0}, {"storage_bytes": -1}, {"rate_up": -1}, {"rate_down": -5}, {"storage_bytes": "500G"},
        {"storage_bytes": None}, {"storage_bytes": 1.5e9}, {"rate_up": "fast"}, {"only": "lakes"}, {"only": [1]},
        {"is_paused": "no"}, {"folder": 3}, {"storage_bytes": True},
    ],
)  # fmt: skip
def test_numbers_and_words_that_make_no_sense(tmp_path: Path, change: dict[str, object]) -> None:
    """A wrong kind of value is told at once, and never works half."""
    text = {"catalog": "x", "folder": "/x", "storage_bytes": 10**9} | change
    (tmp_path / "gift.json").write_text(json.dumps(text))
    with pytest.raises((InputError, StateError)):
        Gift.load(tmp_path / "gift.json")


@pytest.fixture
def lakes(tmp_path: Path) -> Release:
    """A release with something to choose by."""
    data = make_dataset(tmp_path, 10, name="lakes")
    return release_of("lakes", data, collection="Water", keywords=("Hydro", "ice"), license="CC-BY-4.0")


@pytest.mark.parametrize(
    ("gift", "reason"),
    [
        ({}, None),
        ({"only": ("water",)}, None),
        ({"only": ("la*",)}, None),
        ({"only": ("lakes@1",)}, None),
        ({"only": ("HYDRO",)}, None),
        ({"only": ("roads", "ice")}, None),
        ({"only": ("roads",)}, "not-chosen"),
        ({"without": ("lakes@1",)}, "unwanted"),
        ({"without": ("lakes@2",)}, None),
        ({"only": ("lakes",), "without": ("i?e",)}, "unwanted"),
        ({"licenses": ("CC0-*", "cc-by-*")}, None),
        ({"licenses": ("CC0-*",)}, "license"),
    ],
)
def test_what_is_taken(lakes: Release, gift: dict[str, tuple[str, ...]], reason: str | None) -> None:
    """By collection, dataset, version or keyword, in any case; what is not wanted goes before what is."""
    found = refusal(Gift("x", "/x", 10**9, **gift), lakes)  # type: ignore[arg-type]
    assert (found[0] if found else None) == reason


def test_what_was_withdrawn_is_never_taken(tmp_path: Path) -> None:
    """Whatever the person wants."""
    gone = release_of("lakes", make_dataset(tmp_path, 10, name="lakes"), status="withdrawn", status_reason="wrong")
    assert refusal(Gift("x", "/x", 10**9, only=("lakes",)), gone) == ("withdrawn-by-catalog", {"why": "wrong"})


def test_n27_an_older_program_reads_what_it_can_do(tmp_path: Path) -> None:
    """After a downgrade the old version still starts: the file has no names but of what the volunteer asked for."""
    Gift("x", "/x", 10**9, rate_up=5).save(tmp_path / "gift.json")

    assert json.loads((tmp_path / "gift.json").read_text()) == {
        "catalog": "x", "folder": "/x", "storage_bytes": 10**9, "rate_up": 5,
    }  # fmt: skip
