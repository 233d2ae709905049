# SPDX-License-Identifier: Apache-2.0
"""A file whose last byte is durable takes its place: hashes into the book, then its own name, then the database.

Each step can be done again: whatever a crash left undone is done when somebody asks for the file next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.creating.create import SHA256_UP_TO_BYTES
from seedbed.portal.uploads import draft_files, hash_book
from seedbed.portal.uploads.hash_book import FileHashes
from seedbed.portal.uploads.receiving.part import state_path
from seedbed.portal.uploads.receiving.state_file import StateFile

if TYPE_CHECKING:
    from seedbed.portal.store.base import Store
    from seedbed.portal.uploads.draft_files import UploadFile
    from seedbed.portal.uploads.quarantine import Den


def finish(den: Den, file: UploadFile, store: Store, *, sha256: str = "") -> None:
    """Put a whole file in its place. Blocks.

    Args:
        den: Of its upload.
        file: All its bytes are durable.
        store: Where it is marked whole.
        sha256: As far as it is known; of a small file it is made here if not.

    Raises:
        OSError: the disk refuses.
    """
    path = den.incoming(file.id)
    state_at = state_path(path)
    if not sha256 and file.length <= SHA256_UP_TO_BYTES:
        sha256 = hash_book.whole_sha256(path)
    state = StateFile.open(state_at)
    try:
        hashes = FileHashes.of(path.stat(), state.piece_length, state.pieces(), sha256)
    finally:
        state.close()
    hash_book.append(den.book, [hash_book.line(file.path, hashes)])
    den.take_in(file.id, file.path)
    with store.begin() as connection:
        draft_files.mark_whole(connection, file.id, sha256)
    state_at.unlink(missing_ok=True)


def was_finished(den: Den, file: UploadFile, store: Store) -> bool:
    """Whether a crash came between a file's taking its place and its being marked; then it is marked. Blocks."""
    path, target = den.incoming(file.id), den.place(file.path)
    if path.exists() or not target.is_file() or target.stat().st_size != file.length:
        return False
    with store.begin() as connection:
        draft_files.mark_whole(connection, file.id, "")
    state_path(path).unlink(missing_ok=True)
    return True
