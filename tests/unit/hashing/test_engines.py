# SPDX-License-Identifier: Apache-2.0
"""Both engines give hashlib's answers, whatever the number and lengths of the messages."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.errors import InputError, MissingProgramError
from seedbed.hashing import choice, ipsec_mb
from seedbed.hashing.choice import choose_engine, prove_right
from seedbed.hashing.memory import Memory
from seedbed.hashing.multi_buffer import LANES, MultiBufferHasher, Rates
from seedbed.hashing.plain import HashlibHasher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.hashing.base import Algorithm, Hasher

MEMORY_BYTES = 1 << 20
ALGORITHMS: tuple[Algorithm, ...] = ("sha1", "sha256")


@pytest.fixture(scope="module", params=["hashlib", "multi_buffer"])
def hasher(request: pytest.FixtureRequest) -> Hasher:
    """A hasher of each engine."""
    try:
        return choose_engine(request.param).hasher()
    except MissingProgramError as error:
        pytest.skip(f"{error.message} (Debian: apt-get install libipsec-mb1)")


@pytest.fixture(scope="module")
def memory() -> Memory:
    """A megabyte of random bytes."""
    filled = Memory(MEMORY_BYTES)
    filled.view[:] = random.Random(3).randbytes(MEMORY_BYTES)
    return filled


def expected(algorithm: Algorithm, memory: Memory, messages: Sequence[tuple[int, int]]) -> bytes:
    """hashlib's digests of (start, length)."""
    return b"".join(hashlib.new(algorithm, memory.view[at : at + size]).digest() for at, size in messages)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 127, 128, 129, 300])
def test_any_number_of_equal_messages(hasher: Hasher, memory: Memory, algorithm: Algorithm, count: int) -> None:
    """Around the number of lanes and the library's longest burst."""
    starts = [16 * n for n in range(count)]

    digests = hasher.digests(algorithm, memory, starts, [16_384] * count)

    assert digests == expected(algorithm, memory, [(at, 16_384) for at in starts])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("length", [64, 16_384, 100_001])
@pytest.mark.parametrize("count", [0, 1, 5, 16, 130])
def test_messages_side_by_side(hasher: Hasher, memory: Memory, algorithm: Algorithm, length: int, count: int) -> None:
    """Equal messages, each where the one before ends."""
    count = min(count, (MEMORY_BYTES - 7) // length)

    digests = hasher.even_digests(algorithm, memory, 7, count, length)

    assert digests == expected(algorithm, memory, [(7 + n * length, length) for n in range(count)])


@settings(max_examples=60, deadline=None)
@given(
    messages=st.lists(st.tuples(st.integers(0, 9_000), st.one_of(st.integers(0, 200), st.integers(0, 200_000)))),
    algorithm=st.sampled_from(ALGORITHMS),
)
def test_any_lengths(memory: Memory, messages: list[tuple[int, int]], algorithm: Algorithm) -> None:
    """Messages of unequal length come back in the order in which they were given."""
    for name in ("hashlib", "auto"):
        found = choose_engine(name).hasher().digests(
            algorithm, memory, [at for at, _ in messages], [size for _, size in messages]
        )  # fmt: skip

        assert found == expected(algorithm, memory, messages)


def test_pieces_longer_than_16_bit_counters(hasher: Hasher) -> None:
    """5 MiB is more than 65,535 blocks of 64 bytes, where other versions of the library would wrap."""
    memory = Memory(LANES * 5 << 20)
    memory.view[::4096] = bytes(range(256)) * (memory.length // 4096 // 256)
    messages = [(n * (5 << 20), 5 << 20) for n in range(LANES)]

    digests = hasher.digests("sha1", memory, [at for at, _ in messages], [size for _, size in messages])

    assert digests == expected("sha1", memory, messages)


def test_messages_outside_the_memory_are_refused() -> None:
    """The C library would read whatever is there."""
    try:
        lanes = ipsec_mb.Lanes(ipsec_mb.load())
    except MissingProgramError as error:
        pytest.skip(error.message)
    memory = Memory(100)

    for starts, lengths in (([90], [11]), ([-1], [5]), ([0], [-5]), ([0, 1], [5])):
        with pytest.raises(ValueError, match=r"expected as many|outside"):
            lanes.digests("sha256", memory, starts, lengths)
    for start, count, length in ((0, 101, 1), (-1, 1, 5), (0, 1, 0), (0, -1, 5), (90, 2, 6)):
        with pytest.raises(ValueError, match="outside"):
            lanes.even_digests("sha256", memory, start, count, length)


def test_wrong_digests_are_noticed() -> None:
    """A library that answers wrong is not used."""

    class Liar(HashlibHasher):
        def digests(self, algorithm: Algorithm, memory: Memory, starts: Sequence[int], lengths: Sequence[int]) -> bytes:
            digests = HashlibHasher().digests(algorithm, memory, starts, lengths)
            return digests[:-1] + bytes([digests[-1] ^ 1])

    memory = Memory(1 << 19)

    prove_right(HashlibHasher(), "sha1", memory)
    with pytest.raises(MissingProgramError, match="wrong sha1 digests"):
        prove_right(Liar(), "sha1", memory)


def test_missing_library_means_hashlib(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silently by default; an error with a hint when the engine was asked for by name."""

    def nothing() -> None:
        raise MissingProgramError("libIPSec_MB.so.1: not found")

    monkeypatch.setattr(ipsec_mb, "load", nothing)

    assert choose_engine().name == "hashlib"
    with pytest.raises(MissingProgramError) as caught:
        choose_engine("multi_buffer")
    assert "libipsec-mb1" in caught.value.hint


def test_unknown_version_is_not_touched() -> None:
    """A library that is there but is not the one is refused before any of its structures is read."""
    with pytest.raises(MissingProgramError):
        ipsec_mb.load("libc.so.6")
    with pytest.raises(MissingProgramError):
        ipsec_mb.load("libthere-is-none.so")


def test_choice_by_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """``SEEDBED_HASH_ENGINE`` decides; an unknown name is the person's mistake."""
    monkeypatch.setenv(choice.ENGINE_VARIABLE, "hashlib")
    assert choose_engine().name == "hashlib"

    monkeypatch.setenv(choice.ENGINE_VARIABLE, "abacus")
    with pytest.raises(InputError, match="abacus"):
        choose_engine()


@pytest.mark.parametrize(
    ("total", "longest", "wins"),
    [(16, 1, True), (1, 1, False), (3, 1, False), (5, 1, True), (100, 50, False), (100, 20, True)],
)
def test_lanes_only_where_they_win(total: int, longest: int, wins: bool) -> None:  # noqa: FBT001
    """With lanes four times as fast, fewer than four messages, or one long one, are hashlib's."""
    assert Rates(lanes=4.0, plain=1.0).lanes_win(total, longest) is wins


def test_one_long_message_does_not_hold_up_the_lanes(memory: Memory) -> None:
    """It goes to hashlib, the rest to the lanes; the order of the digests does not change."""
    try:
        library = ipsec_mb.load()
    except MissingProgramError as error:
        pytest.skip(error.message)
    hasher = MultiBufferHasher(library, dict.fromkeys(ALGORITHMS, Rates(lanes=4.0, plain=1.0)))
    messages = [(n, 1_000) for n in range(40)] + [(5, 500_000)] + [(n, 3_000) for n in range(40)]

    digests = hasher.digests("sha256", memory, [at for at, _ in messages], [size for _, size in messages])

    assert digests == expected("sha256", memory, messages)
