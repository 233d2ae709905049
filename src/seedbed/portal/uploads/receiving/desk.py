# SPDX-License-Identifier: Apache-2.0
"""Files of drafts as a receiver sees them: begun, opened, ended, whatever protocol brings the bytes. Blocks."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.hashing.choice import choose_engine
from seedbed.hashing.threads import default_workers
from seedbed.portal.accounts import organisations
from seedbed.portal.uploads import draft_files, drafts, quotas
from seedbed.portal.uploads.asking import check_owner
from seedbed.portal.uploads.quarantine import Den
from seedbed.portal.uploads.receiving import finishing
from seedbed.portal.uploads.receiving.holding import Holdings
from seedbed.portal.uploads.receiving.part import Part, state_path
from seedbed.portal.uploads.receiving.state_file import DamagedStateError, StateFile
from seedbed.portal.uploads.receiving.transfer import disk_error
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import sqlalchemy as sa

    from seedbed.hashing.base import Engine
    from seedbed.portal.accounts.person import Person
    from seedbed.portal.portal import Portal
    from seedbed.portal.uploads.draft_files import UploadFile
    from seedbed.portal.uploads.drafts import Upload


def _pool() -> Executor:
    return ThreadPoolExecutor(2 * default_workers() + 2, "seedbed-receive")


@dataclass(slots=True)
class Desk:
    """Of one portal in one process."""

    portal: Portal
    holdings: Holdings = field(default_factory=Holdings)
    pool: Executor = field(default_factory=_pool)
    """Its threads write, hash and flush."""
    _engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """Hashes; chosen when the first file comes."""
        if self._engine is None:
            self._engine = choose_engine()
        return self._engine

    def now_s(self) -> float:
        """The time."""
        return self.portal.now().timestamp()

    def den(self, upload_id: str) -> Den:
        """Where an upload lies.

        Raises:
            NotFoundError: not an id.
        """
        return Den.of(self.portal.settings.quarantine, upload_id)

    def upload(self, upload_id: str, person: Person) -> Upload:
        """One of a person's uploads.

        Raises:
            NotFoundError: there is none, or it is not theirs.
        """
        with self.portal.store.read() as connection:
            found = drafts.find(connection, upload_id)
        check_owner(found, person)
        return found

    def quota(self, connection: sa.Connection, upload: Upload) -> int:
        """Bytes that whoever an upload belongs to may give."""
        return self.quota_of(connection, upload.person_id, upload.organisation_id)

    def quota_of(self, connection: sa.Connection, person_id: str, organisation_id: str) -> int:
        """Bytes that a person or an organisation may give."""
        return organisations.quota_bytes(connection, self.portal.settings, person_id, organisation_id)

    def begin(self, upload_id: str, person: Person, path: str, length: int) -> UploadFile:
        """A new file of a draft.

        Raises:
            NotFoundError: there is no such upload of theirs.
            RefusedError: it may not have this file (409, 413).
            NameRefusedError: the path is not good on every system.
            NoSpaceError: the disk is full.
            StateError: the disk fails.
        """
        settings = self.portal.settings
        den = self.den(upload_id)
        with self.portal.store.begin() as connection:
            upload = drafts.find(connection, upload_id)
            check_owner(upload, person)
            size = max(upload.size_bytes + length, upload.declared_bytes)
            free = quotas.left(connection, self.quota(connection, upload), upload.person_id, upload.organisation_id)
            quotas.check_size(settings, size, free - (size - upload.declared_bytes))
            file_id = draft_files.add(connection, upload, path, length, now_s=self.now_s())
            file = draft_files.find(connection, upload_id, file_id)
            upload = drafts.find(connection, upload_id)
            self._make_part(den, file, upload.piece_length)
        return file

    def _make_part(self, den: Den, file: UploadFile, piece_length: int) -> None:
        try:
            den.make()
            quotas.check_disk(den.folder, file.length)
            Part.create(den.incoming(file.id), self.engine, length=file.length, piece_length=piece_length).close()
        except OSError as error:
            raise disk_error(error) from error

    def find(self, upload_id: str, file_id: str, person: Person) -> tuple[Upload, UploadFile]:
        """A file, and its upload.

        Raises:
            NotFoundError: there is none, or it is not theirs.
        """
        with self.portal.store.read() as connection:
            upload = drafts.find(connection, upload_id)
            check_owner(upload, person)
            return upload, draft_files.find(connection, upload_id, file_id)

    def open(self, file: UploadFile) -> Part:
        """Go on with a file; from its beginning where a crash left nothing of it, because nothing was acknowledged.

        Raises:
            NotFoundError: its upload is gone.
            RefusedError: another process of this server receives it (423).
            StateError: the disk fails.
        """
        den = self.den(file.upload_id)
        path = den.incoming(file.id)
        try:
            with contextlib.suppress(FileNotFoundError, DamagedStateError):
                return Part.open(path, self.engine)
            with self.portal.store.read() as connection:
                upload = drafts.find(connection, file.upload_id)
            state_path(path).unlink(missing_ok=True)
            den.make()
            return Part.create(path, self.engine, length=file.length, piece_length=upload.piece_length)
        except BlockingIOError as error:
            raise RefusedError("another program of the server receives this file", status=423) from error
        except OSError as error:
            raise disk_error(error) from error

    def offset(self, file: UploadFile) -> int:
        """Bytes of a file that are durable.

        Raises:
            StateError: the disk fails.
        """
        den = self.den(file.upload_id)
        if file.is_whole or finishing.was_finished(den, file, self.portal.store):
            return file.length
        try:
            state = StateFile.open(state_path(den.incoming(file.id)))
        except (FileNotFoundError, DamagedStateError):
            return 0  # nothing of it was acknowledged
        except OSError as error:
            raise disk_error(error) from error
        state.close()
        return state.offset

    def end(self, file: UploadFile, part: Part) -> None:
        """After a request: a file that is whole takes its place, and the draft lives on.

        Raises:
            NoSpaceError: the disk is full.
            StateError: the disk fails.
        """
        den = self.den(file.upload_id)
        whole, sha256 = part.is_whole, part.sha256
        part.close()
        try:
            if whole:
                finishing.finish(den, file, self.portal.store, sha256=sha256)
        except OSError as error:
            raise disk_error(error) from error
        self._touch(file.upload_id)

    def _touch(self, upload_id: str) -> None:
        now_s = self.now_s()
        with self.portal.store.read() as connection:
            changed_s = drafts.find(connection, upload_id).changed_s
        if now_s - changed_s >= TOUCH_S:
            with self.portal.store.begin() as connection:
                drafts.change(connection, upload_id, now_s=now_s)

    def remove(self, upload_id: str, file_id: str, person: Person) -> None:
        """Forget a file and its bytes.

        Raises:
            NotFoundError: there is none, or it is not theirs.
            RefusedError: the upload is no draft any more (409).
        """
        den = self.den(upload_id)
        with self.portal.store.begin() as connection:
            upload = drafts.find(connection, upload_id)
            check_owner(upload, person)
            file = draft_files.find(connection, upload_id, file_id)
            draft_files.remove(connection, upload, file, now_s=self.now_s())
        den.forget_file(file.id, file.path)
        state_path(den.incoming(file.id)).unlink(missing_ok=True)


TOUCH_S = 3600
"""A draft's life is prolonged at most so often: a folder of 100,000 files needs not 100,000 writes more."""
