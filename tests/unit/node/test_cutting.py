# SPDX-License-Identifier: Apache-2.0
"""A version is cut into parts alike by everybody, at the borders of files where that can be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seedbed.core.layout import Layout
from seedbed.core.metainfo import V1Entry
from seedbed.node.choosing.cutting import cut, part_bytes_of

PIECE = 16


def test_files_stay_whole_and_are_put_together() -> None:
    """Three small files fit into one part, a fourth begins the next."""
    layout = Layout.aligned([40, 30, 10, 60], PIECE)

    assert cut(layout, 6 * PIECE) == [range(6), range(6, 10)]


def test_a_file_larger_than_a_part_is_cut_evenly() -> None:
    """Ten pieces in parts of at most four: 3, 3, 4; the small files around it stay whole."""
    layout = Layout.aligned([PIECE, 10 * PIECE, PIECE], PIECE)

    assert cut(layout, 4 * PIECE) == [range(1), range(1, 4), range(4, 7), range(7, 11), range(11, 12)]


def test_where_files_share_pieces_a_part_ends_with_the_piece() -> None:
    """v1 without padding: the piece that two files share belongs to the earlier part."""
    layout = Layout.listed([V1Entry((f"{at}",), 40) for at in range(4)], PIECE)

    assert cut(layout, 3 * PIECE) == [range(3), range(3, 5), range(5, 8), range(8, 10)]


@given(
    st.lists(st.integers(0, 500), min_size=1, max_size=30).filter(any),
    st.integers(1, 400),
    st.booleans(),
)
def test_parts_are_all_pieces_once(lengths: list[int], part_bytes: int, is_aligned: bool) -> None:  # noqa: FBT001
    """Whatever the files: together all pieces, none empty, none much larger than asked, all bytes counted once."""
    entries = [V1Entry((f"{at}",), length) for at, length in enumerate(lengths)]
    layout = Layout.aligned(lengths, PIECE) if is_aligned else Layout.listed(entries, PIECE)

    parts = cut(layout, part_bytes)

    assert [piece for part in parts for piece in part] == list(range(layout.piece_count))
    assert all(1 <= len(part) <= max(part_bytes // PIECE, 1) for part in parts)
    assert sum(part_bytes_of(layout, part) for part in parts) == sum(lengths)
