# SPDX-License-Identifier: Apache-2.0
"""Which pieces an audit asks for."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from seedbed.auditing.sample import sample
from seedbed.core.layout import Layout

PIECE = 16_384
layouts = st.lists(st.integers(0, 9 * PIECE), max_size=12).map(lambda lengths: Layout.aligned(lengths, PIECE))


@given(layouts, st.integers(0, 100 * PIECE), st.integers(1, 20), st.integers())
def test_samples_are_within_the_budget(layout: Layout, budget_bytes: int, max_pieces: int, seed: int) -> None:
    """Pieces of the torrent, each once, no more bytes than allowed except for a single one; some if there is any."""
    pieces = sample(layout, budget_bytes=budget_bytes, chance=random.Random(seed), max_pieces=max_pieces)

    assert len(set(pieces)) == len(pieces) <= max_pieces
    assert set(pieces) <= set(range(layout.piece_count))
    assert bool(pieces) == bool(layout.total)
    assert len(pieces) <= 1 or sum(map(layout.piece_size, pieces)) <= budget_bytes


@given(layouts, st.integers())
def test_a_large_budget_is_everything(layout: Layout, seed: int) -> None:
    """No piece is out of reach."""
    pieces = sample(layout, budget_bytes=layout.total, chance=random.Random(seed), max_pieces=10**6)

    assert sorted(pieces) == list(range(layout.piece_count))


def test_the_end_of_the_largest_file_comes_first() -> None:
    """And small files are looked at although nearly all bytes are in a large one."""
    layout = Layout.aligned([10, 900 * PIECE, 20, 30], PIECE)

    for seed in range(20):
        pieces = sample(layout, budget_bytes=12 * PIECE, chance=random.Random(seed))
        assert pieces[0] == 900
        assert {0, 901, 902} <= set(pieces)


def test_chance_decides() -> None:
    """Two audits ask for different pieces."""
    layout = Layout.aligned([1000 * PIECE], PIECE)
    first, second = (sample(layout, budget_bytes=9 * PIECE, chance=random.Random(seed)) for seed in (1, 2))

    assert set(first) != set(second)
