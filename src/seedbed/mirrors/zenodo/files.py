# SPDX-License-Identifier: Apache-2.0
"""A record's files as a mirror: side by side, written while it is a draft, read by the API until it is public."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from seedbed.errors import NotFoundError, SeedbedError
from seedbed.mirrors.base import Checksum, Stored, Traits, check_key, failure, is_passing, taken
from seedbed.mirrors.rest import Ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from seedbed.mirrors.content import Stream
    from seedbed.mirrors.zenodo.records import Records

TRAITS = Traits(
    is_writable=True,
    has_folders=False,
    is_immutable=True,
    checksum=Checksum.MD5,
    max_file_bytes=50_000_000_000,
    max_files=100,
    max_total_bytes=50_000_000_000,
    mints_dois=True,
)
"""Zenodo's limits for a record (``RDM_FILES_DEFAULT_QUOTA_SIZE``, ``APP_RDM_DEPOSIT_FORM_QUOTA`` in its configuration);
more can be asked for there, and another InvenioRDM may have others, which it then tells itself."""


class _Listing:
    """What a record has, asked once for all files: each request counts towards Zenodo's hundred a minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[str, Mapping[str, Any]] | None = None

    def get(self, load: Callable[[], Iterable[Mapping[str, Any]]]) -> dict[str, Mapping[str, Any]]:
        """By key; asked for when it is not known."""
        with self._lock:
            if self._files is None:
                self._files = {str(one["key"]): one for one in load()}
            return self._files

    def forget(self) -> None:
        """Ask again next time."""
        with self._lock:
            self._files = None


@dataclass(frozen=True, slots=True)
class RecordFiles:
    """See :class:`seedbed.mirrors.base.Mirror`.

    Args:
        records: The service.
        web: Its base URL.
        record_id: Whose files.
        asks_public: Whether the record is public by now.
    """

    records: Records
    web: str
    record_id: str
    asks_public: Callable[[], bool]
    traits: Traits = TRAITS
    _listing: _Listing = field(default_factory=_Listing, repr=False)

    @property
    def name(self) -> str:
        """The service's, and the record."""
        return f"{self.records.rest.name} record {self.record_id}"

    def find(self, key: str) -> Stored | None:
        """What is kept under a key, as it was when the files were listed; an upload that is not complete is nothing."""
        check_key(key)
        found = self._files().get(key)
        return _stored(found) if found and _is_complete(found) else None

    def _files(self) -> dict[str, Mapping[str, Any]]:
        return self._listing.get(lambda: self.records.files(self.record_id, is_public=self.asks_public()))

    def read(self, key: str, *, start: int, stop: int) -> bytes:
        """A part of a file; of a draft's everything before it is read too, as the API has no ranges."""
        check_key(key)
        part = self.records.rest.read(self._content(key), start=start, stop=stop)
        if start == stop and self.find(key) is None:
            raise NotFoundError(f"{self.name}: {key}: there is no such file")
        return part

    def list(self, *, prefix: str = "") -> Iterator[Stored]:
        """All files as they are now, by key."""
        self._listing.forget()
        found = self._files().values()
        stored = sorted((_stored(one) for one in found if _is_complete(one)), key=lambda one: one.key)
        return iter([one for one in stored if one.key.startswith(prefix)])

    def put(self, key: str, stream: Stream) -> Stored:
        """Keep a file. What an interrupted upload left under its name is taken away first."""
        check_key(key)
        if self.asks_public():
            raise failure(self.name, key, "the record is public, so its files are as they are")
        if self.find(key):
            raise taken(self.name, key)
        try:
            self._begin(key)
            stored = self._send(key, stream)
        except SeedbedError:
            self._listing.forget()
            raise
        self._files()[key] = stored
        return _stored(stored)

    def _begin(self, key: str) -> None:
        if key in self._files():
            self.records.remove(self.record_id, key)
        try:
            self.records.begin_upload(self.record_id, key)
        except SeedbedError as error:
            self._listing.forget()
            if error.data.get("status") == 400 and self.find(key) is not None:  # another push was faster
                raise taken(self.name, key) from None
            raise

    def _send(self, key: str, stream: Stream) -> Mapping[str, Any]:
        try:
            return self.records.upload(self.record_id, key, stream)
        except SeedbedError as error:
            if not is_passing(error):  # otherwise the next attempt clears it, when the service is back
                with contextlib.suppress(SeedbedError):
                    self.records.remove(self.record_id, key)
            raise

    def remove(self, key: str) -> None:
        """Delete a draft's file."""
        check_key(key)
        self._listing.forget()
        self.records.remove(self.record_id, key)

    def public_url(self, key: str) -> str:
        """Where anybody reads the file once the record is public: this URL has ranges, the API's has none."""
        check_key(key)
        return f"{self.web}/records/{self.record_id}/files/{quote(key, safe='')}"

    def close(self) -> None:
        """The depository closes the connections."""

    def _content(self, key: str) -> Ask:
        if self.asks_public():
            return Ask("GET", self.public_url(key), "read the file", key, is_open=True)
        return Ask(
            "GET", f"/api/records/{self.record_id}/draft/files/{quote(key, safe='')}/content", "read the file", key
        )


def _is_complete(said: Mapping[str, Any]) -> bool:
    return said.get("status", "completed") == "completed" and said.get("size") is not None


def _stored(said: Mapping[str, Any]) -> Stored:
    return Stored(str(said["key"]), int(said["size"]), str(said.get("checksum") or "").removeprefix("md5:"))
