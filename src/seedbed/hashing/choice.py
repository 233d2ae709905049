# SPDX-License-Identifier: Apache-2.0
"""Which engine hashes on this machine: proved right first, then measured.

``SEEDBED_HASH_ENGINE`` overrides: ``multi_buffer`` (an error where it cannot be had), ``hashlib``, or ``auto``.
A library that is missing, of an unknown version, wrong in the self-test or slower than hashlib leads to hashlib,
silently but for a debug line: results are the same, only the time differs.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from typing import TYPE_CHECKING, Literal, TypeAlias

from seedbed.errors import InputError, MissingProgramError
from seedbed.hashing import ipsec_mb
from seedbed.hashing.memory import Memory
from seedbed.hashing.multi_buffer import LANES, MultiBufferEngine, Rates
from seedbed.hashing.plain import HashlibEngine, HashlibHasher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.hashing.base import Algorithm, Engine, Hasher

EngineName: TypeAlias = Literal["auto", "multi_buffer", "hashlib"]

ENGINE_VARIABLE = "SEEDBED_HASH_ENGINE"
_ALGORITHMS: tuple[Algorithm, ...] = ("sha1", "sha256")
_TEST_LENGTHS = (*range(131), 4_095, 16_383, 16_384, 16_385, 65_535, 65_536, 131_072, 262_144)
"""Around the padding borders of a 64-byte block, a block of BEP 52, and 16-bit counters."""
_TEST_BYTES = 262_144
_SAMPLE_LENGTH = 16_384
_log = logging.getLogger(__name__)


def choose_engine(name: str = "") -> Engine:
    """The engine for this machine; takes about 10 ms.

    Args:
        name: An :data:`EngineName`; empty means what the environment says, else ``auto``.

    Raises:
        InputError: there is no engine of this name.
        MissingProgramError: ``multi_buffer`` was asked for by name and cannot be had.
    """
    name = name or os.environ.get(ENGINE_VARIABLE, "auto")
    if name == "hashlib":
        return HashlibEngine()
    if name not in {"auto", "multi_buffer"}:
        raise InputError(f"hash engine: expected auto, multi_buffer or hashlib, got {name!r}")
    try:
        return _multi_buffer()
    except MissingProgramError as error:
        if name == "multi_buffer":
            error.hint = "Install libipsec-mb1 (Debian, Ubuntu; x86-64), or leave the choice to seedbed."
            raise
        _log.debug("hashing with hashlib: %s", error.message)
        return HashlibEngine()


def _multi_buffer() -> Engine:
    library = ipsec_mb.load()
    memory = Memory(_TEST_BYTES + LANES)
    memory.view[:] = _test_data(memory.length)
    lanes = ipsec_mb.Lanes(library)
    for algorithm in _ALGORITHMS:
        prove_right(lanes, algorithm, memory)
    return MultiBufferEngine(library, {algorithm: _rates(lanes, algorithm, memory) for algorithm in _ALGORITHMS})


def prove_right(hasher: Hasher, algorithm: Algorithm, memory: Memory) -> None:
    """Compare a hasher with hashlib on messages of many lengths.

    Raises:
        MissingProgramError: an answer is wrong.
    """
    starts = [index % LANES for index in range(len(_TEST_LENGTHS))]
    try:
        got = hasher.digests(algorithm, memory, starts, _TEST_LENGTHS)
    except RuntimeError as error:
        raise MissingProgramError(f"{ipsec_mb.LIBRARY}: {error}") from error
    if got != HashlibHasher().digests(algorithm, memory, starts, _TEST_LENGTHS):
        raise MissingProgramError(f"{ipsec_mb.LIBRARY}: wrong {algorithm} digests in the self-test")


def _rates(lanes: ipsec_mb.Lanes, algorithm: Algorithm, memory: Memory) -> Rates:
    """Measure both ways on 16 blocks; the best of three, so that a busy neighbour matters little."""
    starts = range(0, LANES * _SAMPLE_LENGTH, _SAMPLE_LENGTH)
    lengths = [_SAMPLE_LENGTH] * LANES
    return Rates(
        _best_rate(lanes, algorithm, memory, starts, lengths),
        _best_rate(HashlibHasher(), algorithm, memory, starts, lengths),
    )


def _best_rate(
    hasher: Hasher, algorithm: Algorithm, memory: Memory, starts: Sequence[int], lengths: Sequence[int]
) -> float:
    best_s = float("inf")
    for _ in range(3):
        start_s = time.perf_counter()
        hasher.digests(algorithm, memory, starts, lengths)
        best_s = min(best_s, time.perf_counter() - start_s)
    return sum(lengths) / best_s


def _test_data(length: int) -> bytes:
    """The same bytes each time, without a pattern that a lane mix-up could hide in."""
    return hashlib.shake_128(b"seedbed").digest(length)
