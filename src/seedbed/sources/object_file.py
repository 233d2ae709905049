# SPDX-License-Identifier: Apache-2.0
"""A file in an S3 object store, pinned to one version, read in ranges; and what is below a prefix (obstore).

Behind the URL may stand ``endpoint`` (any S3 service), ``region`` and ``public`` (where anybody reads over HTTP what
the URL names). What is left out, and credentials, come from the usual variables (``AWS_ACCESS_KEY_ID``, ``AWS_REGION``,
``AWS_ENDPOINT_URL``, …). Without credentials requests are not signed, as public buckets want it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, PreconditionError
from obstore.exceptions import NotFoundError as NoSuchObject
from obstore.store import S3Store

from seedbed.core.url_options import read_options
from seedbed.errors import InputError, NotFoundError, SourceError
from seedbed.sources import public_only
from seedbed.sources.http_answer import changed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from obstore import GetOptions

_SIGNS_OF_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_DEFAULT_ENDPOINT = "https://s3.amazonaws.com"


_DEFAULT_REGION = "us-east-1"
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_OPTIONS = frozenset(("endpoint", "region", "public"))


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, and how it is reached."""

    name: str
    endpoint: str = ""
    """Base URL; empty for Amazon's own."""
    region: str = ""

    def store(self) -> S3Store:
        """What is asked."""
        more: dict[str, Any] = {"endpoint": self.endpoint} if self.endpoint else {}
        if self.region:
            more["region"] = self.region
        return S3Store(
            self.name,
            skip_signature=_is_anonymous(),
            client_options={
                "allow_http": self.endpoint.startswith("http://"), "timeout": "120s", "connect_timeout": "15s",
            },
            **more,
        )  # fmt: skip

    def public_url(self, key: str) -> str:
        """Where anybody can read an object over HTTP; empty when it takes credentials."""
        return f"{self.endpoint or _DEFAULT_ENDPOINT}/{self.name}/{quote(key)}" if _is_anonymous() else ""


@dataclass(frozen=True, slots=True)
class ObjectFile:
    """See :class:`seedbed.sources.remote_files.RemoteFile`."""

    url: str
    """For people, without options."""
    bucket: Bucket
    key: str
    length: int
    etag: str
    public_url: str = ""
    """Where anybody can read it over HTTP; empty where nobody can."""
    has_ranges: bool = True

    @property
    def identity(self) -> str:
        """Changes when the object does."""
        return f"{self.url}\0{self.length}\0{self.etag}"

    def open(self) -> OpenObject:
        """Start to read."""
        return OpenObject(self)


def find(url: str) -> ObjectFile:
    """Ask what is behind an ``s3://bucket/key`` URL.

    Raises:
        InputError: there is no bucket or key in it, or an unknown option.
        NotFoundError: there is no such object.
        SourceError: the store does not answer, or does not let us.
    """
    bucket, key, public = _read_url(url)
    if not key:
        raise InputError(f"{_shown(url)}: expected s3://bucket/key")
    try:
        meta = obstore.head(bucket.store(), key)
    except (NoSuchObject, FileNotFoundError) as error:
        raise NotFoundError(f"{_shown(url)}: there is no such object") from error
    except BaseError as error:
        raise SourceError(f"{_shown(url)}: {_first_line(error)}", hint=_hint()) from error
    where = public or bucket.public_url(key)
    return ObjectFile(_shown(url), bucket, key, meta["size"], meta["e_tag"] or "", where)


def find_all(url: str) -> dict[str, ObjectFile]:
    """What is below an ``s3://bucket/prefix/`` URL, by the rest of the key.

    Raises:
        InputError: an unknown option.
        NotFoundError: nothing is there.
        SourceError: the store does not answer, or does not let us list.
    """
    bucket, key, public = _read_url(url)
    prefix = f"{key.rstrip('/')}/" if key.strip("/") else ""
    base = f"{public.rstrip('/')}/" if public else ""
    found = {}
    try:
        listed = [meta for chunk in obstore.list(bucket.store(), prefix.rstrip("/") or None) for meta in chunk]
    except BaseError as error:
        raise SourceError(f"{_shown(url)}: it cannot be listed: {_first_line(error)}", hint=_hint()) from error
    for meta in listed:
        path = meta["path"]
        if path.startswith(prefix):  # a marker for the folder itself, which some programs leave, is none of it
            where = f"{base}{quote(path.removeprefix(prefix))}" if base else bucket.public_url(path)
            one = ObjectFile(f"s3://{bucket.name}/{path}", bucket, path, meta["size"], meta["e_tag"] or "", where)
            found[path.removeprefix(prefix)] = one
    if not found:
        raise NotFoundError(f"{_shown(url)}: nothing is there")
    return found


def _read_url(url: str) -> tuple[Bucket, str, str]:
    """Bucket, key, and the public URL if one is named.

    Raises:
        InputError: it cannot be used; nothing of its options is repeated.
    """
    parts = urlsplit(url)
    options, wrong = read_options(parts.query, _OPTIONS)
    if not parts.netloc or "@" in parts.netloc:
        raise InputError(f"{_shown(url)}: expected s3://bucket/key")
    if wrong:
        raise InputError(f"{_shown(url)}: {wrong}")
    if public_only.is_asked():
        return _public_bucket(parts.netloc, options), unquote(parts.path).lstrip("/"), ""
    endpoint = (
        options.get("endpoint") or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    )
    bucket = Bucket(parts.netloc, endpoint.rstrip("/"), options.get("region", ""))
    return bucket, unquote(parts.path).lstrip("/"), options.get("public", "")


def _public_bucket(name: str, options: Mapping[str, str]) -> Bucket:
    """A stranger's: at Amazon, whatever our own variables say; and never with our own credentials.

    Raises:
        InputError: another endpoint is named, which nobody judged.
    """
    if options.get("endpoint"):
        raise InputError(f"s3://{name}: an endpoint of its own cannot be named here")
    region = options.get("region") or _DEFAULT_REGION
    if not _REGION.fullmatch(region):
        raise InputError(f"s3://{name}: {region[:40]!r} is no region")
    return Bucket(name, f"https://s3.{region}.amazonaws.com", region)


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return f"s3://{parts.netloc.rpartition('@')[2]}{parts.path}"


class OpenObject:
    """One object, being read by one thread."""

    def __init__(self, file: ObjectFile) -> None:
        self._file = file
        self._store = file.bucket.store()

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


def _is_anonymous() -> bool:
    asked = os.environ.get("AWS_SKIP_SIGNATURE", "").lower() in {"1", "true", "yes"}
    return public_only.is_asked() or asked or not any(os.environ.get(name) for name in _SIGNS_OF_CREDENTIALS)


def _hint() -> str:
    return "Without AWS_ACCESS_KEY_ID requests are not signed." if _is_anonymous() else ""


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
