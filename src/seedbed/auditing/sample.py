# SPDX-License-Identifier: Apache-2.0
"""Which pieces of a torrent are asked of a copy, so that few bytes find most of what can be wrong. Pure.

The last piece of the largest file comes first: it is wrong or missing in every copy that was cut short. Then, in turn,
a piece of a file that was not looked at yet, and any piece: small files are looked at too, and large ones more than
once. Which ones is left to chance, so that no server can keep just those right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from seedbed.core.layout import Layout

MAX_PIECES = 64
"""Each piece is a request: archives allow some hundred a minute."""


def sample(
    layout: Layout, *, budget_bytes: int, chance: random.Random, max_pieces: int = MAX_PIECES
) -> tuple[int, ...]:
    """Choose pieces; at least one where there is any.

    Args:
        layout: Of the torrent.
        budget_bytes: Bytes of pieces, together; the first is chosen whatever its size.
        chance: What is left to chance.
        max_pieces: At most so many.

    Returns:
        The pieces, each once, in the order in which they are worth asking for.
    """
    chosen: dict[int, None] = {}
    left_bytes = budget_bytes
    for piece in _worth_asking(layout, chance):
        size_bytes = layout.piece_size(piece)
        if piece in chosen or (chosen and size_bytes > left_bytes):
            continue
        chosen[piece] = None
        left_bytes -= size_bytes
        if left_bytes <= 0 or len(chosen) >= max_pieces:
            break
    return tuple(chosen)


def _worth_asking(layout: Layout, chance: random.Random) -> Iterator[int]:
    files = [index for index, length in enumerate(layout.lengths) if length]
    if not files:
        return
    largest = max(files, key=lambda index: layout.lengths[index])
    yield layout.file_pieces(largest)[-1]
    chance.shuffle(files)
    for index in files:
        yield chance.choice(layout.file_pieces(index))
        yield chance.randrange(layout.piece_count)
    pieces = list(range(layout.piece_count))
    chance.shuffle(pieces)
    yield from pieces
