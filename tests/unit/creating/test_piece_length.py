# SPDX-License-Identifier: Apache-2.0
"""The piece length fits the files, and what a person asks for is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core.layout import Layout
from seedbed.creating.piece_length import candidate, check, choose
from seedbed.errors import InputError

if TYPE_CHECKING:
    from seedbed.core.metainfo import Format

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


@pytest.mark.parametrize(
    ("lengths", "format_", "expected"),
    [
        ([1], "hybrid", 256 * KIB),
        ([500_000_000], "hybrid", 256 * KIB),
        ([4 * GIB], "hybrid", 2 * MIB),
        ([4 * GIB + 1], "v1", 4 * MIB),
        ([1000 * GIB], "hybrid", 16 * MIB),
        ([100_000] * 20_000, "hybrid", 256 * KIB),
        ([100_000] * 20_000, "v1", 1 * MIB),
        ([100_000] * 20_000, "v2", 1 * MIB),
        ([50 * MIB] * 100, "hybrid", 4 * MIB),
    ],
)
def test_choice(lengths: list[int], format_: Format, expected: int) -> None:
    """At most 2,048 pieces for big data, short pieces for hybrids of small files."""
    choice = choose(lengths, format_)

    assert choice.piece_length == expected
    assert choice.why
    assert [row.piece_length for row in choice.table] == [(256 * KIB) << n for n in range(7)]


@given(lengths=st.lists(st.integers(0, 3 * MIB), min_size=1, max_size=20), power=st.integers(14, 20))
def test_table_tells_the_truth(lengths: list[int], power: int) -> None:
    """Pieces and padding are those of the torrent's real layout."""
    row = candidate(lengths, "hybrid", 1 << power)

    layout = Layout.aligned(lengths, 1 << power)
    assert row.pieces == layout.piece_count
    assert row.padding_bytes == layout.total - sum(lengths)


@pytest.mark.parametrize(
    ("piece_length", "format_", "is_good"),
    [
        (16 * KIB, "hybrid", True),
        (16 * MIB, "v2", True),
        (8 * KIB, "hybrid", False),
        (32 * MIB, "hybrid", False),
        (48 * KIB, "hybrid", False),
        (48 * KIB, "v1", True),
        (50_000, "v1", False),
    ],
)
def test_what_a_person_asks_for(piece_length: int, format_: Format, is_good: bool) -> None:  # noqa: FBT001
    """BEP 52 allows powers of two from 16 KiB; v1 any multiple of it."""
    if is_good:
        check(piece_length, format_)
    else:
        with pytest.raises(InputError, match="piece length"):
            check(piece_length, format_)
