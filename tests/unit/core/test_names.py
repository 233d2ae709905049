# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  # tables of examples read best in few rows
"""The portable-name rule refuses what some system cannot keep, and nothing else."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core import names
from seedbed.errors import NameRefusedError

GOOD = [
    "data.csv", "Carte des forêts.tif", "データ.csv", "ca-ab_red_deer-2024A00054808011.pmtiles", ".zenodo.json",
    "a..b", "console.txt", "COM10", "aux1", "100%.txt", "it's [ok] {yes} (no); a=b,c+d&e~f^g#h@i!$", "-dash", "ñ",
]  # fmt: skip
BAD = {
    "": "empty", ".": "dots", "..": "dots", "a/b": "characters", "a\\b": "characters", "C:": "characters",
    "a*": "characters", 'a"b': "characters", "a<b": "characters", "what?": "characters", "a|b": "characters",
    "\x1b[31mred": "hidden", "tab\there": "hidden", "line\nbreak": "hidden", "zero\u200bwidth": "hidden",
    "\ufeffbom": "hidden", "soft\u00adhyphen": "hidden", "a\u2028b": "hidden", "\ud800": "hidden",
    " lead": "edges", "trail ": "edges", "trail.": "edges", "nul": "device", "Con.txt": "device", "LPT9.tar.gz": "device",
    "com1 .txt": "device", "cafe\u0301": "normal-form", "é" * 121: "length", "a" * 241: "length",
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_good(name: str) -> None:
    """Names that every system can keep pass."""
    names.check_component(name)


@pytest.mark.parametrize("name", BAD)
def test_bad(name: str) -> None:
    """Each bad name is refused by its rule."""
    with pytest.raises(NameRefusedError) as refusal:
        names.check_component(name)
    assert refusal.value.data["rule"] == BAD[name]


@given(st.text(max_size=30))
def test_any_text(name: str) -> None:
    """Any text passes or raises our error; what passes is one name, in NFC, printable."""
    try:
        names.check_component(name)
    except NameRefusedError:
        return
    assert unicodedata.is_normalized("NFC", name)
    assert not set(name) & set('/\\:*?"<>|\0')
    assert name.isprintable() or "\u3000" in name or not name.isascii()


@given(st.lists(st.lists(st.sampled_from(["a", "A", "b", "ß", "ss"]), min_size=1, max_size=3).map(tuple), max_size=6))
def test_unique(paths: list[tuple[str, ...]]) -> None:
    """What passes can be written on a file system that folds case, file by file, nothing hidden."""
    try:
        names.check_unique(paths)
    except NameRefusedError:
        return
    disk: dict[str, str] = {}
    for path in paths:
        for depth in range(1, len(path) + 1):
            spelled = "/".join(path[:depth]) + ("/" if depth < len(path) else "")
            assert disk.setdefault("/".join(path[:depth]).casefold(), spelled) == spelled
    assert len(set(paths)) == len(paths)


def test_unique_is_fast_enough_for_the_largest_torrent() -> None:
    """100,000 files in deep folders take no quadratic time (the test's time-out would tell)."""
    names.check_unique((*("d" * 3,) * 20, f"f{n}") for n in range(100_000))


def test_depth_and_path_length() -> None:
    """Deep and long paths are refused."""
    for path in (["d"] * 33, ["a" * 200] * 6, []):
        with pytest.raises(NameRefusedError):
            names.check_path(path)
