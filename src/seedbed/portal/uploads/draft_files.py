# SPDX-License-Identifier: Apache-2.0
"""Files of uploads as they are remembered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from seedbed.core import names
from seedbed.creating import piece_length
from seedbed.errors import NotFoundError
from seedbed.portal.uploads.drafts import change, check_draft, new_id
from seedbed.portal.uploads.quarantine import check_id
from seedbed.portal.uploads.tables import upload_files, uploads
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.portal.uploads.drafts import Upload

MAX_FILES = 100_000
"""Of one upload: as many as a torrent may have."""


@dataclass(frozen=True, slots=True)
class UploadFile:
    """A row of ``upload_files``."""

    id: str
    upload_id: str
    path: str
    folded: str
    length: int
    is_whole: bool
    sha256: str
    made_s: float


def add(connection: sa.Connection, upload: Upload, path: str, length: int, *, now_s: float) -> str:
    """A file that is to come; returns its id.

    Args:
        connection: In a transaction that may write.
        upload: Whose.
        path: Below the upload's folder.
        length: Bytes.
        now_s: When.

    Raises:
        NameRefusedError: the path is not good on every system.
        RefusedError: it is there (409), there are too many (413), or the upload is no draft any more (409).
    """
    names.check_path(path.split("/"))
    check_draft(upload)
    if upload.file_count >= MAX_FILES:
        raise RefusedError(
            f"expected at most {MAX_FILES:,} files, got one more", hint="Give a second upload.", status=413
        )
    folded, file_id = names.folded(path), new_id()
    where = (upload_files.c.upload_id == upload.id) & (upload_files.c.folded == folded)
    known = connection.execute(sa.select(upload_files.c.path).where(where)).scalar()
    if known is not None:
        raise RefusedError(
            f"{path!r}: the upload has {known!r} already",
            hint="Go on with that one (GET the upload lists its files), or delete it first.",
            status=409,
            field="path",
        )
    connection.execute(
        sa.insert(upload_files).values(
            id=file_id, upload_id=upload.id, path=path, folded=folded, length=length, is_whole=False, sha256="",
            made_s=now_s,
        )
    )  # fmt: skip
    total = uploads.c.size_bytes + length
    declared = sa.case((total > uploads.c.declared_bytes, total), else_=uploads.c.declared_bytes)
    change(
        connection,
        upload.id,
        now_s=now_s,
        file_count=uploads.c.file_count + 1,
        size_bytes=total,
        declared_bytes=declared,
        piece_length=upload.piece_length or piece_length.choose([length], "hybrid").piece_length,
    )
    return file_id


def find(connection: sa.Connection, upload_id: str, file_id: str) -> UploadFile:
    """A file of an upload.

    Raises:
        NotFoundError: there is none.
    """
    where = (upload_files.c.id == check_id(file_id)) & (upload_files.c.upload_id == upload_id)
    row = connection.execute(sa.select(upload_files).where(where)).mappings().first()
    if row is None:
        raise NotFoundError("there is no such file in this upload")
    return UploadFile(**row)


def of(connection: sa.Connection, upload_id: str) -> list[UploadFile]:
    """All files of an upload, by path."""
    asked = sa.select(upload_files).where(upload_files.c.upload_id == upload_id).order_by(upload_files.c.path)
    return [UploadFile(**row) for row in connection.execute(asked).mappings()]


def mark_whole(connection: sa.Connection, file_id: str, sha256: str) -> None:
    """All of a file is there."""
    connection.execute(sa.update(upload_files).where(upload_files.c.id == file_id).values(is_whole=True, sha256=sha256))


def remove(connection: sa.Connection, upload: Upload, file: UploadFile, *, now_s: float) -> None:
    """Forget a file.

    Raises:
        RefusedError: the upload is no draft any more (409).
    """
    check_draft(upload)
    gone = connection.execute(sa.delete(upload_files).where(upload_files.c.id == file.id)).rowcount
    total = uploads.c.size_bytes - file.length * gone
    change(
        connection,
        upload.id,
        now_s=now_s,
        file_count=uploads.c.file_count - gone,
        size_bytes=total,
        declared_bytes=total,
    )


def replace(connection: sa.Connection, upload_id: str, paths: Mapping[str, int], *, now_s: float) -> None:
    """Other files take the place of those that are there: what was in an archive.

    Args:
        connection: In a transaction that may write.
        upload_id: Whose.
        paths: Path -> bytes; they are whole.
        now_s: When.
    """
    connection.execute(sa.delete(upload_files).where(upload_files.c.upload_id == upload_id))
    rows = [
        {
            "id": new_id(), "upload_id": upload_id, "path": path, "folded": names.folded(path), "length": length,
            "is_whole": True, "sha256": "", "made_s": now_s,
        }
        for path, length in sorted(paths.items())
    ]  # fmt: skip
    connection.execute(sa.insert(upload_files), rows)
    total = sum(paths.values())
    change(connection, upload_id, now_s=now_s, file_count=len(rows), size_bytes=total, declared_bytes=total)
