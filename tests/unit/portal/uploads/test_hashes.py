# SPDX-License-Identifier: Apache-2.0
"""Hashes made while bytes come in: the same as those of ``torrent create``, whatever interrupts, and taken up later."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from seedbed.core.merkle import BLOCK_LENGTH
from seedbed.creating import like
from seedbed.creating.create import Wish, plan_torrent, wanted_hashes
from seedbed.creating.journal import open_journal
from seedbed.creating.scan import scan
from seedbed.hashing.job import Threads, hash_dataset
from seedbed.hashing.memory import Memory
from seedbed.hashing.plain import HashlibEngine
from seedbed.hashing.threads import default_workers
from seedbed.portal.uploads import hash_book
from seedbed.portal.uploads.handing_over import hand_over
from seedbed.portal.uploads.hash_book import FileHashes
from seedbed.portal.uploads.quarantine import Den
from seedbed.portal.uploads.receiving.part import Part, state_path
from seedbed.portal.uploads.receiving.state_file import StateFile

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from seedbed.hashing.job import Hashes

ENGINE = HashlibEngine()
PIECE = 2 * BLOCK_LENGTH
SIZES = [0, 1, BLOCK_LENGTH - 1, BLOCK_LENGTH, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 5 * PIECE + 7]
FILE_ID = "f" * 22


def bytes_of(length: int) -> bytes:
    """The same ones each time."""
    return random.Random(length).randbytes(length)


def send(part: Part, data: bytes) -> None:
    """One request's bytes."""
    memory = Memory(4 * BLOCK_LENGTH)
    filled = old = part.catch_up(memory)
    at = 0
    while at < len(data):
        count = min(len(data) - at, memory.length - filled)
        memory.view[filled : filled + count] = data[at : at + count]
        part.take(memory, old, filled + count)
        at, filled, old = at + count, 0, 0
        if at < len(data) or count:
            filled = old = part.catch_up(memory)
    part.sync()


def received(den: Den, path: str, data: bytes, cuts: Iterable[int] = ()) -> None:
    """A file that came in, in parts, and was put in its place."""
    part = Part.create(den.incoming(FILE_ID), ENGINE, length=len(data), piece_length=PIECE)
    at = 0
    for stop in [*cuts, len(data)]:
        send(part, data[at:stop])
        assert part.durable == stop
        at = stop
    assert part.is_whole
    with_hashes(den, part, path)


def with_hashes(den: Den, part: Part, path: str) -> None:
    """Put a whole file in its place, and its line into the book."""
    part.close()
    state = StateFile.open(state_path(part.path))
    target = den.take_in(FILE_ID, path)
    sha256 = hash_book.whole_sha256(target)
    hash_book.append(den.book, [hash_book.line(path, FileHashes.of(target.stat(), PIECE, state.pieces(), sha256))])
    state.close()
    state_path(part.path).unlink()


def den_at(folder: Path) -> Den:
    """An empty one."""
    den = Den.of(folder, "u" * 22)
    den.make()
    return den


def oracle(den: Den) -> Hashes:
    """What ``seedbed publish`` finds by reading everything."""
    plan = plan_torrent(like.renamed(scan(str(den.data)), "set"), Wish(piece_length=PIECE))
    wanted = wanted_hashes(plan, workers=default_workers())
    return hash_dataset(wanted, plan.dataset.source, Threads(ENGINE, 1))


class Nobody:
    """An executor that must not be given work."""

    def run(self, batches: Iterable[object], *_rest: object) -> Iterable[object]:
        """Any batch that is not known is a fault."""
        assert list(batches) == []
        return iter(())


def taken_up(den: Den, name: str = "set") -> Hashes:
    """What ``seedbed publish`` finds without reading anything."""
    handed = hand_over(den, name, PIECE)
    assert handed.known_bytes == handed.size_bytes
    dataset = scan(str(handed.source))
    if handed.name:
        dataset = like.renamed(dataset, handed.name)
    plan = plan_torrent(dataset, Wish(piece_length=handed.piece_length))
    wanted = wanted_hashes(plan, workers=default_workers())
    journal = open_journal(dataset, wanted, folder=handed.cache / "seedbed" / "hashing", at_least=0)
    assert journal is not None
    with journal:
        return hash_dataset(wanted, dataset.source, Nobody(), journal=journal)  # type: ignore[arg-type]


def test_what_came_in_is_published_without_reading_it_again(tmp_path: Path) -> None:
    """Files of every size around a block and a piece: the journal gives what a second read would give."""
    den = den_at(tmp_path)
    for number, size in enumerate(SIZES):
        received(den, f"sub/{number}.bin", bytes_of(size))

    assert taken_up(den) == oracle(den)


def test_a_single_file_is_published_as_one(tmp_path: Path) -> None:
    """The only file's last piece is not filled up."""
    den = den_at(tmp_path)
    received(den, "only.bin", bytes_of(5 * PIECE + 7), [PIECE + 3, 2 * PIECE])

    hashes = taken_up(den)

    plan = plan_torrent(scan(str(den.data / "only.bin")), Wish(piece_length=PIECE))
    wanted = wanted_hashes(plan, workers=1)
    assert hashes == hash_dataset(wanted, plan.dataset.source, Threads(ENGINE, 1))


@pytest.mark.parametrize("cut", [1, BLOCK_LENGTH - 1, BLOCK_LENGTH, PIECE, PIECE + 5, 3 * PIECE + BLOCK_LENGTH])
def test_work_goes_on_after_a_crash_at_any_byte(tmp_path: Path, cut: int) -> None:
    """A part that is opened again from its state alone gives the same hashes; unacknowledged bytes are forgotten."""
    den, data = den_at(tmp_path), bytes_of(5 * PIECE + 7)
    part = Part.create(den.incoming(FILE_ID), ENGINE, length=len(data), piece_length=PIECE)
    send(part, data[:cut])
    part.close()
    with den.incoming(FILE_ID).open("ab") as file:
        file.write(b"never acknowledged")

    part = Part.open(den.incoming(FILE_ID), ENGINE)
    assert part.durable == part.position == cut
    send(part, data[cut:])

    with_hashes(den, part, "a.bin")
    received(den, "b.bin", bytes_of(7))
    assert taken_up(den) == oracle(den)


def test_a_torn_state_costs_one_turn(tmp_path: Path) -> None:
    """When the slot written last is torn, the one before counts; a torn record of a piece is not there."""
    path = tmp_path / "a"
    part = Part.create(path, ENGINE, length=4 * PIECE, piece_length=PIECE)
    for number in range(3):
        send(part, bytes_of(PIECE) if number < 2 else bytes_of(7))
    part.close()
    data = bytearray(state_path(path).read_bytes())
    newest = max((0, 64), key=lambda at: int.from_bytes(data[at + 8 : at + 16], "little"))
    data[newest + 20] ^= 1
    data[128 + 5] ^= 1
    state_path(path).write_bytes(data)

    state = StateFile.open(state_path(path))

    assert (state.offset, state.pieces()) == (2 * PIECE, [])
    state.close()


def test_a_state_without_a_whole_slot_is_an_error(tmp_path: Path) -> None:
    """Nothing is guessed."""
    (tmp_path / "a.state").write_bytes(bytes(200))
    with pytest.raises(OSError, match="slots"):
        StateFile.open(tmp_path / "a.state")


def test_a_file_that_changed_is_hashed_again(tmp_path: Path) -> None:
    """Hashes count only for the very file that came in."""
    den = den_at(tmp_path)
    received(den, "a.bin", bytes_of(3 * PIECE))
    received(den, "b.bin", bytes_of(PIECE))
    (den.data / "a.bin").write_bytes(bytes(3 * PIECE))

    handed = hand_over(den, "set", PIECE)

    assert handed.known_bytes < handed.size_bytes


def test_bytes_with_a_wrong_checksum_are_forgotten(tmp_path: Path) -> None:
    """After a step back the hashes are those of what was sent again."""
    den, data = den_at(tmp_path), bytes_of(4 * PIECE + 9)
    part = Part.create(den.incoming(FILE_ID), ENGINE, length=len(data), piece_length=PIECE)
    send(part, data[: PIECE + 100])
    memory = Memory(2 * PIECE)
    old = part.catch_up(memory)
    memory.view[old : old + PIECE] = bytes(PIECE)
    part.take(memory, old, old + PIECE)

    part.rewind(part.durable)
    send(part, data[PIECE + 100 :])

    with_hashes(den, part, "a.bin")
    received(den, "b.bin", bytes_of(7))
    assert taken_up(den) == oracle(den)
