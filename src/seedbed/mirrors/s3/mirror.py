# SPDX-License-Identifier: Apache-2.0
"""Any S3 object store as a mirror: obstore, and botocore for large files.

Small files go in one conditional request, which fails when the key is taken; larger ones in parts, several at once,
and become an object only when the last part was accepted (:mod:`seedbed.mirrors.s3.multipart`). A put that is
interrupted leaves no object; the next put of the same file goes on with the parts that the store has.
"""

from __future__ import annotations

import datetime as dt
import mimetypes
import threading
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import quote

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.exceptions import NotFoundError as NoSuchObject
from obstore.store import S3Store

from seedbed.errors import InputError, NotFoundError
from seedbed.mirrors.base import Checksum, Stored, Traits, failure, taken
from seedbed.mirrors.s3.faults import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from obstore import Attributes, ObjectMeta
    from obstore.store import ClientConfig, S3Credential

    from seedbed.mirrors.content import Stream
    from seedbed.mirrors.s3.login import Login
    from seedbed.mirrors.s3.place import Place
    from seedbed.mirrors.s3.uploads import Uploads

_MAX_FILE_BYTES = 5 << 40
"""S3's largest object (Amazon S3 User Guide, *multipart upload limits*)."""
_MISSING = (NoSuchObject, FileNotFoundError)
_FAILURES = (BaseError, FileNotFoundError)
"""obstore raises Python's own error for a 404, be it the object or the bucket that is not there."""


class S3Mirror:
    """See :class:`seedbed.mirrors.base.Mirror`."""

    traits = Traits(is_writable=True, checksum=Checksum.S3_ETAG, max_file_bytes=_MAX_FILE_BYTES)

    def __init__(self, place: Place, login: Login) -> None:
        self._place, self._login = place, login
        self._lock = threading.Lock()
        self._uploads: Uploads | None = None
        self._is_anonymous = login.is_anonymous
        self._signer = None if login.is_anonymous or login.is_left_to_obstore else _Signer(login)
        self._store = _store(place, self._signer, skip_signature=login.is_anonymous)
        self.name = place.name

    def __repr__(self) -> str:
        return f"S3Mirror({self.name!r})"

    def find(self, key: str) -> Stored | None:
        """What is kept under a key."""
        try:
            meta = obstore.head(self._store, self._place.object_key(key))
        except _MISSING:
            return None
        except _FAILURES as error:
            self._fail(key, error)
        return _stored(key, meta)

    def read(self, key: str, *, start: int, stop: int) -> bytes:
        """A part of a file."""
        object_key = self._place.object_key(key)
        if start == stop:
            return b""
        try:
            data = obstore.get_range(self._store, object_key, start=start, end=stop).to_bytes()
        except _MISSING:
            raise NotFoundError(f"{self.name}: {key}: there is no such file") from None
        except _FAILURES as error:
            self._fail(key, error)
        if len(data) != stop - start:
            raise failure(self.name, key, f"it is short: expected {stop - start:,} bytes, got {len(data):,}")
        return data

    def list(self, *, prefix: str = "") -> Iterator[Stored]:
        """All files, by key. A store lists whole folders: what does not begin with the prefix is left out here."""
        folder = self._place.prefix + prefix.rpartition("/")[0]
        found: list[Stored] = []
        try:
            for chunk in obstore.list(self._store, folder.rstrip("/") or None):
                keys = ((meta["path"].removeprefix(self._place.prefix), meta) for meta in chunk)
                found += [_stored(key, meta) for key, meta in keys if key.startswith(prefix)]
        except _FAILURES as error:
            self._fail("", error)
        return iter(sorted(found, key=lambda stored: stored.key))

    def put(self, key: str, stream: Stream) -> Stored:
        """Keep a file."""
        if stream.size_bytes > stream.part_bytes:
            return self._put_large(key, stream)
        object_key = self._place.object_key(key)
        kind: Attributes = {"Content-Type": _media_type(key)}
        try:
            done = obstore.put(
                self._store, object_key, b"".join(stream), attributes=kind, mode="create", use_multipart=False
            )
        except AlreadyExistsError:
            raise taken(self.name, key) from None
        except _FAILURES as error:
            self._fail(key, error)
        return Stored(key, stream.size_bytes, (done["e_tag"] or "").strip('"'))

    def _put_large(self, key: str, stream: Stream) -> Stored:
        from seedbed.mirrors.s3 import multipart  # noqa: PLC0415  # botocore

        if self.find(key):
            raise taken(self.name, key)
        tag = multipart.put(
            self._open_uploads(),
            key,
            stream,
            media_type=_media_type(key),
            is_there=lambda: self.find(key) is not None,
        )
        return Stored(key, stream.size_bytes, tag)

    def unfinished(self, *, prefix: str = "") -> tuple[str, ...]:
        """Keys of files of which parts are there, and no more."""
        return tuple(sorted({one.key for one in self._open_uploads().all(prefix=prefix)}))

    def abandon(self, key: str) -> None:
        """Drop the parts of a file that was not finished."""
        self._place.object_key(key)
        uploads = self._open_uploads()
        for one in [one for one in uploads.all(prefix=key) if one.key == key]:
            uploads.abort(one)

    def _open_uploads(self) -> Uploads:
        from seedbed.mirrors.s3.uploads import Uploads  # noqa: PLC0415  # botocore

        with self._lock:
            self._uploads = self._uploads or Uploads(self._place, self._login)
            return self._uploads

    def remove(self, key: str) -> None:
        """Delete a file."""
        try:
            obstore.delete(self._store, self._place.object_key(key))
        except _MISSING:
            pass
        except _FAILURES as error:
            self._fail(key, error)

    def public_url(self, key: str) -> str:
        """Where anybody reads a file: as the URL says, or as we do when we do it without credentials."""
        if self._place.public or not self._is_anonymous:
            return self._place.public_url(key)
        return f"{self._place.base_url}/{self._place.bucket}/{quote(self._place.object_key(key))}"

    def close(self) -> None:
        """Close the connections that large files took; obstore pools its own."""
        if self._uploads:
            self._uploads.close()

    def _fail(self, key: str, error: Exception) -> NoReturn:
        """Tell a failure; the original stays behind, for what it may repeat of the request."""
        if self._signer and self._signer.failure:
            raise self._signer.failure from None
        reason = reason_of(str(error), is_anonymous=self._is_anonymous)
        raise failure(self.name, key, reason.what, hint=reason.hint, is_passing=reason.is_passing) from None


class _Signer:
    """Gives obstore credentials whenever those it has run out, and remembers why it could not."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self.failure: InputError | None = None

    def __call__(self) -> S3Credential:
        self.failure = None
        try:
            found = self._login.credentials()
        except InputError as error:
            self.failure = error
            raise
        return {
            "access_key_id": found.access_key_id,
            "secret_access_key": found.secret_access_key,
            "token": found.session_token or None,
            "expires_at": found.expires_at,
        }


def _store(place: Place, signer: _Signer | None, *, skip_signature: bool) -> S3Store:
    options: ClientConfig = {
        "allow_http": place.endpoint.startswith("http://"),
        "timeout": "120s",
        "connect_timeout": "15s",
    }
    return S3Store(
        place.bucket,
        endpoint=place.base_url,
        region=place.region,
        virtual_hosted_style_request=False,
        skip_signature=skip_signature,
        client_options=options,
        credential_provider=signer,
        retry_config={"max_retries": 3, "retry_timeout": dt.timedelta(seconds=60)},
    )


def _media_type(key: str) -> str:
    """What a file is; a packed one is an archive: as an encoding it would be unpacked on the way, and break ranges."""
    kind, encoding = mimetypes.guess_type(key, strict=False)
    packed = f"application/{encoding}" if encoding in {"gzip", "zstd"} else ""
    return packed or (kind if kind and not encoding else "application/octet-stream")


def _stored(key: str, meta: ObjectMeta) -> Stored:
    return Stored(key, meta["size"], (meta["e_tag"] or "").strip('"'))
