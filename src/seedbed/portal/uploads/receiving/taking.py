# SPDX-License-Identifier: Apache-2.0
"""Files of a plain form become files of a draft; either all of them do, or nothing stays. Blocks."""

from __future__ import annotations

import contextlib
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seedbed.portal.uploads import draft_files, drafts, hash_book, quotas
from seedbed.portal.uploads.receiving.transfer import disk_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from seedbed.portal.accounts.person import Person
    from seedbed.portal.uploads.receiving.desk import Desk
    from seedbed.portal.uploads.receiving.form import FormFile

_SMALL_BYTES = 16 << 20


@contextmanager
def waiting_room(desk: Desk) -> Iterator[Path]:
    """A folder in quarantine for one form; gone afterwards, with what was not taken.

    Raises:
        NoSpaceError: the disk is full.
        StateError: the disk fails.
    """
    folder = desk.portal.settings.quarantine / drafts.new_id()
    try:
        folder.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise disk_error(error) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def room_left(desk: Desk, person: Person) -> int:
    """Bytes that a person may still give, in the name of whoever has the most room; at most the largest upload."""
    with desk.portal.store.read() as connection:
        rooms = [
            quotas.left(connection, desk.quota_of(connection, person.id, one), person.id, one)
            for one in ("", *person.organisations)
        ]
    return min(max(rooms), desk.portal.settings.max_upload_bytes)


def take(desk: Desk, person: Person, upload_id: str, files: Sequence[FormFile]) -> None:
    """Put the files of a form into a draft.

    Raises:
        NotFoundError: there is no such upload of theirs.
        RefusedError: a file is there already (409), or there is no room (413).
        NameRefusedError: a path is not good on every system.
        NoSpaceError: the disk is full.
        StateError: the disk fails.
    """
    begun: list[draft_files.UploadFile] = []
    try:
        for file in files:
            made = desk.begin(upload_id, person, file.path.replace("\\", "/"), file.length)
            begun.append(made)
            _place(desk, made, file.at)
    except OSError as error:
        _undo(desk, person, begun)
        raise disk_error(error) from error
    except BaseException:
        _undo(desk, person, begun)
        raise


def _place(desk: Desk, made: draft_files.UploadFile, at: Path) -> None:
    den = desk.den(made.upload_id)
    coming = den.incoming(made.id)
    at.replace(coming)
    sha256 = hash_book.whole_sha256(coming) if made.length <= _SMALL_BYTES else ""
    den.take_in(made.id, made.path)
    with desk.portal.store.begin() as connection:
        draft_files.mark_whole(connection, made.id, sha256)
    coming.with_name(coming.name + ".state").unlink(missing_ok=True)


def _undo(desk: Desk, person: Person, begun: Sequence[draft_files.UploadFile]) -> None:
    for made in begun:
        with contextlib.suppress(Exception):
            desk.remove(made.upload_id, made.id, person)
