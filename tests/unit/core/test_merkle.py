# SPDX-License-Identifier: Apache-2.0
"""Merkle trees: roots, piece layers and proofs (BEP 52)."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core import merkle
from seedbed.errors import DataError


def leaf_rows(count: int) -> bytes:
    """Distinct leaf hashes."""
    return b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(count))


def slow_root(leaves: bytes) -> bytes:
    """The root by the words of BEP 52: pad to a power of two with zero hashes, then hash pairs."""
    row = [leaves[at : at + 32] for at in range(0, len(leaves), 32)]
    while len(row) & (len(row) - 1):
        row.append(bytes(32))
    while len(row) > 1:
        row = [hashlib.sha256(row[at] + row[at + 1]).digest() for at in range(0, len(row), 2)]
    return row[0]


@given(st.integers(1, 70))
def test_root(count: int) -> None:
    """The root equals the one made by padding first."""
    assert merkle.root_of(leaf_rows(count)) == slow_root(leaf_rows(count))


@given(st.integers(1, 70), st.integers(0, 5))
def test_piece_layer_leads_to_the_root(count: int, level: int) -> None:
    """A file of more than one piece has the same root by its piece layer and by its leaves."""
    piece_length = merkle.BLOCK_LENGTH << level
    leaves = leaf_rows(count)

    layer = merkle.piece_layer(leaves, piece_length)

    assert len(layer) // 32 == -(-count // 2**level)
    if count > 2**level:
        assert merkle.root_from_layer(layer, piece_length) == merkle.root_of(leaves)


@given(st.integers(1, 70), st.integers(0, 4), st.data())
def test_piece_hash_is_its_place_in_the_layer(count: int, level: int, data: st.DataObject) -> None:
    """Each piece's leaves hash to the layer's entry, or to the root for a file of one piece."""
    piece_length, per_piece = merkle.BLOCK_LENGTH << level, 1 << level
    leaves, file_length = leaf_rows(count), count * merkle.BLOCK_LENGTH
    layer = merkle.piece_layer(leaves, piece_length)
    index = data.draw(st.integers(0, len(layer) // 32 - 1))

    of_piece = leaves[index * per_piece * 32 : (index + 1) * per_piece * 32]
    got = merkle.piece_hash(of_piece, piece_length, file_length=file_length)

    expected = merkle.root_of(leaves) if count <= per_piece else layer[index * 32 : index * 32 + 32]
    assert got == expected


@pytest.mark.parametrize("length", [0, 1, 16_383, 16_384, 16_385, 40_000])
def test_leaves(length: int) -> None:
    """A leaf is the hash of a block; the last block may be short."""
    data = bytes(range(256)) * 200
    leaves = merkle.leaves_of(data[:length])
    assert len(leaves) // 32 == merkle.block_count(length)
    if length:
        assert leaves[:32] == hashlib.sha256(data[: min(length, 16_384)]).digest()


ranges = st.integers(1, 70).flatmap(
    lambda count: st.tuples(st.just(count), st.integers(0, count - 1)).flatmap(
        lambda pair: st.tuples(st.just(pair[0]), st.just(pair[1]), st.integers(pair[1] + 1, pair[0]))
    )
)


@given(ranges)
def test_proof_of_any_range(where: tuple[int, int, int]) -> None:
    """A range of blocks is proved by its uncles, and by nothing else."""
    count, start, stop = where
    leaves = leaf_rows(count)
    root, length = merkle.root_of(leaves), count * merkle.BLOCK_LENGTH
    proof = merkle.prove(leaves, start, stop)
    blocks = leaves[start * 32 : stop * 32]

    merkle.check(proof, blocks, root=root, file_length=length)
    assert len(proof.uncles) <= 2 * count.bit_length()

    wrong = bytes([blocks[0] ^ 1]) + blocks[1:]
    for bad, its_blocks in (
        (proof, wrong),
        (proof, blocks + bytes(32)),
        (replace(proof, uncles=(*proof.uncles, bytes(32))), blocks),
        (replace(proof, uncles=proof.uncles[:-1]), blocks) if proof.uncles else (proof, wrong),
        (replace(proof, start=proof.start + 1, stop=proof.stop + 1), blocks),
        (replace(proof, uncles=tuple(u + b"x" for u in proof.uncles)), blocks) if proof.uncles else (proof, wrong),
    ):
        with pytest.raises(DataError):
            merkle.check(bad, its_blocks, root=root, file_length=length)


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (2, 1), (-1, 1), (0, 5)])
def test_prove_refuses_empty_and_outside_ranges(start: int, stop: int) -> None:
    """A caller's mistake is a ValueError."""
    with pytest.raises(ValueError, match="blocks"):
        merkle.prove(leaf_rows(4), start, stop)
