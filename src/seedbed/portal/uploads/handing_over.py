# SPDX-License-Identifier: Apache-2.0
"""What was hashed while it came in, written as the journal of an interrupted run: ``seedbed publish`` goes on from it.

So publication hashes nothing again. Whoever publishes runs with ``XDG_CACHE_HOME`` at the upload's cache folder, on the
path and with the piece length that are told here. A file that changed since counts as unknown: its stamp differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.creating import like
from seedbed.creating.create import SHA256_UP_TO_BYTES, Wish, plan_torrent, wanted_hashes
from seedbed.creating.journal import open_journal
from seedbed.creating.scan import scan
from seedbed.hashing.batch import BatchResult
from seedbed.hashing.threads import default_workers
from seedbed.portal.uploads import hash_book

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from seedbed.creating.create import Plan
    from seedbed.hashing.plan import Batch
    from seedbed.portal.uploads.hash_book import FileHashes
    from seedbed.portal.uploads.quarantine import Den

_CACHE = ("seedbed", "hashing")
"""Where ``creating.journal`` looks below the cache folder."""


@dataclass(frozen=True, slots=True)
class Handed:
    """What a publication is to be run on."""

    source: Path
    """The file or folder."""
    name: str
    """``--name``; empty for a single file, which has its own."""
    piece_length: int
    """``--piece-length``."""
    cache: Path
    """``XDG_CACHE_HOME``."""
    known_bytes: int
    """That need not be hashed again."""
    size_bytes: int


def hand_over(den: Den, name: str, piece_length: int) -> Handed:
    """Write the journal. Blocks; reads no data.

    Args:
        den: Of the upload; all its files are whole.
        name: Of the folder, as a torrent's name.
        piece_length: That its files were hashed with; 0 chooses.

    Raises:
        InputError: there are no files, or they cannot become a torrent.
    """
    plan = planned(den, name, piece_length)
    source, dataset = source_of(den), plan.dataset
    wanted = wanted_hashes(plan, workers=default_workers())
    known = _known(den, plan)
    done = 0
    journal = open_journal(dataset, wanted, folder=den.cache.joinpath(*_CACHE), at_least=0)
    if journal:
        with journal:
            for batch in wanted.shape.batches():
                if batch.segments and all(part.file_index in known for part in batch.segments):
                    result = _result(plan, known, batch)
                    journal.record(batch, result)
                    done += result.bytes_done
    return Handed(source, name if source == den.data else "", plan.piece_length, den.cache, done, dataset.size_bytes)


def planned(den: Den, name: str, piece_length: int) -> Plan:
    """The torrent that an upload is to become; reads no data.

    Args:
        den: Of the upload; all its files are whole.
        name: Of the folder, as a torrent's name.
        piece_length: Bytes; 0 chooses.

    Raises:
        InputError: there are no files, or they cannot become a torrent.
    """
    source = source_of(den)
    dataset = scan(str(source))
    if source == den.data:
        dataset = like.renamed(dataset, name)
    return plan_torrent(dataset, Wish(piece_length=piece_length))


def source_of(den: Den) -> Path:
    """What is published: the only file, or the folder."""
    entries = list(den.data.iterdir())
    return entries[0] if len(entries) == 1 and entries[0].is_file() else den.data


def _known(den: Den, plan: Plan) -> dict[int, FileHashes]:
    """File index -> hashes, of files that are the very ones that were hashed, with this piece length."""
    book = hash_book.read(den.book)
    known: dict[int, FileHashes] = {}
    for index, item in enumerate(plan.dataset.items):
        path = "/".join(item.path)
        found = book.get(path)
        if found is None or found.piece_length != plan.piece_length:
            continue
        is_same = found.stamp == hash_book.stamp_of(den.place(path).stat())
        if is_same and (found.sha256 or item.length > SHA256_UP_TO_BYTES):
            known[index] = found
    return known


def _result(plan: Plan, known: Mapping[int, FileHashes], batch: Batch) -> BatchResult:
    lengths, last = plan.layout.lengths, _last_file(plan)
    pieces, layer, digests, files = bytearray(), bytearray(), [], 0
    for part in batch.segments:
        hashes, length = known[part.file_index], lengths[part.file_index]
        first, stop = part.start // plan.piece_length, -(-(part.start + part.length) // plan.piece_length)
        own = hashes.pieces[first * 20 : stop * 20]
        ends = part.start + part.length == length
        pieces += own[:-20] + hashes.last if ends and part.file_index == last else own
        layer += hashes.layer[first * 32 : stop * 32]
        files += ends
        if part.length == length <= SHA256_UP_TO_BYTES:
            digests.append((part.file_index, bytes.fromhex(hashes.sha256), b""))
    return BatchResult(
        batch.first_piece,
        bytes(pieces),
        bytes(layer),
        tuple(digests),
        sum(part.length for part in batch.segments),
        files,
    )


def _last_file(plan: Plan) -> int:
    """The last file with bytes: nothing stands behind it, so its last piece is not filled up."""
    return max((index for index, length in enumerate(plan.layout.lengths) if length), default=-1)
