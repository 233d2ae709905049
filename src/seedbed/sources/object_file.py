# SPDX-License-Identifier: Apache-2.0
"""A file in an S3 object store, pinned to one version, read in ranges (obstore).

Credentials, region and endpoint come from the usual variables (``AWS_ACCESS_KEY_ID``, ``AWS_REGION``,
``AWS_ENDPOINT_URL``, …). Without credentials requests are not signed, as public buckets want it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, PreconditionError
from obstore.exceptions import NotFoundError as NoSuchObject
from obstore.store import S3Store

from seedbed.errors import InputError, NotFoundError, SourceError
from seedbed.sources.http_answer import changed

if TYPE_CHECKING:
    from obstore import GetOptions

_SIGNS_OF_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_DEFAULT_ENDPOINT = "https://s3.amazonaws.com"


@dataclass(frozen=True, slots=True)
class ObjectFile:
    """See :class:`seedbed.sources.remote_files.RemoteFile`."""

    url: str
    bucket: str
    key: str
    length: int
    etag: str
    has_ranges: bool = True

    @property
    def identity(self) -> str:
        """Changes when the object does."""
        return f"{self.url}\0{self.length}\0{self.etag}"

    @property
    def public_url(self) -> str:
        """Where anybody can read the object over HTTP; empty when it takes credentials."""
        if not _is_anonymous():
            return ""
        endpoint = os.environ.get("AWS_ENDPOINT_URL", _DEFAULT_ENDPOINT).rstrip("/")
        return f"{endpoint}/{self.bucket}/{quote(self.key)}"

    def open(self) -> OpenObject:
        """Start to read."""
        return OpenObject(self)


def find(url: str) -> ObjectFile:
    """Ask what is behind an ``s3://bucket/key`` URL.

    Raises:
        InputError: there is no bucket or key in it.
        NotFoundError: there is no such object.
        SourceError: the store does not answer, or does not let us.
    """
    parts = urlsplit(url)
    key = unquote(parts.path).lstrip("/")
    if not parts.netloc or not key:
        raise InputError(f"{url}: expected s3://bucket/key")
    try:
        meta = obstore.head(_store(parts.netloc), key)
    except (NoSuchObject, FileNotFoundError) as error:
        raise NotFoundError(f"{url}: there is no such object") from error
    except BaseError as error:
        raise SourceError(f"{url}: {_first_line(error)}", hint=_hint()) from error
    return ObjectFile(url, parts.netloc, key, meta["size"], meta["e_tag"] or "")


class OpenObject:
    """One object, being read by one thread."""

    def __init__(self, file: ObjectFile) -> None:
        self._file = file
        self._store = _store(file.bucket)

    def close(self) -> None:
        """Nothing to give back: obstore pools connections itself."""

    def read_into(self, start: int, view: memoryview) -> int:
        """Fill ``view``; obstore itself repeats requests that failed.

        Raises:
            FileChangedError: another version is there now.
            SourceError: the store fails us.
        """
        stop = min(start + len(view), self._file.length)
        options: GetOptions = {"range": (start, stop)}
        if self._file.etag:
            options["if_match"] = self._file.etag
        try:
            data = memoryview(obstore.get(self._store, self._file.key, options=options).bytes())
        except (PreconditionError, NoSuchObject, FileNotFoundError) as error:
            raise changed(self._file.url) from error
        except BaseError as error:
            raise SourceError(f"{self._file.url}: {_first_line(error)}", hint=_hint()) from error
        if len(data) != stop - start:
            raise SourceError(f"{self._file.url}: expected {stop - start:,} bytes, got {len(data):,}")
        view[: len(data)] = data
        return len(data)


def _store(bucket: str) -> S3Store:
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    return S3Store(
        bucket,
        skip_signature=_is_anonymous(),
        client_options={"allow_http": endpoint.startswith("http://"), "timeout": "120s", "connect_timeout": "15s"},
    )


def _is_anonymous() -> bool:
    asked = os.environ.get("AWS_SKIP_SIGNATURE", "").lower() in {"1", "true", "yes"}
    return asked or not any(os.environ.get(name) for name in _SIGNS_OF_CREDENTIALS)


def _hint() -> str:
    return "Without AWS_ACCESS_KEY_ID requests are not signed." if _is_anonymous() else ""


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
