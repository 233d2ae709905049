# SPDX-License-Identifier: Apache-2.0
"""What a mirror is: a place that keeps published files under keys, and gives them to anybody.

Rules for whoever writes a back-end (:mod:`seedbed.testing.mirror_suite` checks them):

- A key names one file for good. :meth:`Mirror.put` never puts other bytes over what is there.
- A file is there whole or not at all, whatever stops a put half-way.
- Methods are called by several threads at once, and block.
- Failures are ``SourceError`` by :func:`failure`; third-party exceptions end at the back-end.
- Credentials are in no name, error, log line or ``repr``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from urllib.parse import urlsplit

from seedbed.core import names
from seedbed.core.url_options import read_options
from seedbed.errors import InputError, SeedbedError, SourceError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from seedbed.mirrors.content import Stream


class Checksum(Enum):
    """What a mirror says of a file's bytes without sending them."""

    NONE = "none"
    """Nothing but the length: to know more, read the file."""
    MD5 = "md5"
    """Of the whole file, in hex."""
    S3_ETAG = "s3-etag"
    """MD5 in hex; of a file sent in parts, the MD5 of the parts' MD5s, a dash, and their number."""
    SHA256 = "sha256"
    """Of the whole file, in hex."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What can be expected of a mirror."""

    is_writable: bool
    can_list: bool = True
    has_folders: bool = True
    """Whether keys may have slashes; otherwise files lie side by side and only single-file torrents fit (BEP 19)."""
    serves_ranges: bool = True
    """Whether any part of a file can be asked for."""
    is_immutable: bool = False
    """Whether the service itself refuses to change a file; where not, only we do."""
    checksum: Checksum = Checksum.NONE
    max_file_bytes: int | None = None
    """None where no limit is known; the same for ``max_files``."""
    max_files: int | None = None
    max_total_bytes: int | None = None
    """Of all files of one version together."""
    mints_dois: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that a mirror has."""

    key: str
    size_bytes: int
    checksum: str = ""
    """Of the kind in :attr:`Traits.checksum`; empty where the mirror does not tell it for this file."""


class Mirror(Protocol):
    """A place that keeps files. Keys are relative paths with ``/``, checked by :func:`check_key`."""

    @property
    def name(self) -> str:
        """Where it is, for people: a URL without secrets."""
        ...

    @property
    def traits(self) -> Traits:
        """What can be expected of it."""
        ...

    def find(self, key: str) -> Stored | None:
        """What is kept under a key; None when nothing is.

        Raises:
            SourceError: it cannot be known.
        """
        ...

    def read(self, key: str, *, start: int, stop: int) -> bytes:
        """Bytes ``start`` to ``stop`` of a file, exactly so many.

        Raises:
            NotFoundError: nothing is kept under the key.
            SourceError: they do not come.
        """
        ...

    def list(self, *, prefix: str = "") -> Iterator[Stored]:
        """All files whose keys start with ``prefix``, by key.

        Raises:
            SourceError: the list does not come, or the mirror cannot list.
        """
        ...

    def put(self, key: str, stream: Stream) -> Stored:
        """Keep a file under a key that is free. The stream may be iterated again for another attempt.

        Raises:
            FileChangedError: the stream is not what it should be; nothing is kept then.
            InputError: the key is taken.
            SourceError: the mirror fails, or only reads.
        """
        ...

    def remove(self, key: str) -> None:
        """Take back what a failed push left; nothing happens when nothing is there.

        Raises:
            SourceError: the mirror fails, or only reads.
        """
        ...

    def public_url(self, key: str) -> str:
        """Where anybody reads the file by HTTP; empty where nobody can."""
        ...

    def close(self) -> None:
        """Give back what is held open."""
        ...


@runtime_checkable
class HoldsParts(Protocol):
    """A mirror that takes large files in parts, and keeps the parts of those that were never completed."""

    def unfinished(self, *, prefix: str = "") -> tuple[str, ...]:
        """Keys of which only parts are there, each once.

        Raises:
            SourceError: it cannot be known.
        """
        ...

    def abandon(self, key: str) -> None:
        """Delete the parts of a file that is not complete; nothing happens when there are none.

        Raises:
            SourceError: the mirror fails.
        """
        ...


def check_key(key: str) -> None:
    """Check a key by the rule for file names (:mod:`seedbed.core.names`).

    Raises:
        NameRefusedError: it is not good on every system, or leads out of the mirror.
    """
    names.check_path(key.split("/"))


def failure(
    mirror: str, key: str, what: str, *, is_passing: bool = False, retry_after_s: float = 0.0, hint: str = ""
) -> SourceError:
    """The error for a mirror that fails.

    Args:
        mirror: Its name.
        key: The file it was about; empty for all.
        what: What went wrong, in its own words where they hold no secrets.
        is_passing: Whether it may be gone when asked again.
        retry_after_s: How long it wants to be left alone.
        hint: What the person can do.
    """
    thing = f"{mirror}: {key}" if key else mirror
    return SourceError(
        f"{thing}: {what}", hint=hint, mirror=mirror, key=key, is_passing=is_passing, retry_after_s=retry_after_s
    )


def is_passing(error: SeedbedError) -> bool:
    """Whether a failure may be gone when the mirror is asked again."""
    return error.data.get("is_passing") is True


def read_only(mirror: str, key: str) -> SourceError:
    """The error for a put or remove where only reading is possible."""
    return failure(mirror, key, "it cannot be written to", hint="Push to a folder (file:) or an object store (s3:).")


def taken(mirror: str, key: str) -> InputError:
    """The error for a key under which other bytes are kept."""
    return InputError(
        f"{mirror}: {key}: a file with other bytes is there",
        hint="Published files never change: publish the new bytes as a new version.",
        mirror=mirror,
        key=key,
        rule="taken",
    )


def bad_url(shown: str, what: str) -> InputError:
    """The error for a mirror's URL that cannot be used."""
    return InputError(f"mirror {shown}: {what}", hint="docs/mirrors.md lists the forms.")


def options_of(query: str, known: Collection[str], shown: str) -> dict[str, str]:
    """The options of a mirror's URL.

    Args:
        query: What stands behind the question mark.
        known: Names that there are.
        shown: The URL for people.

    Raises:
        InputError: one is unknown; its value is not repeated.
    """
    options, wrong = read_options(query, known)
    if wrong:
        raise bad_url(shown, wrong)
    return options


def check_address(name: str, url: str, shown: str) -> None:
    """Do nothing when an option's value is a web address without secrets.

    Args:
        name: Of the option.
        url: Its value.
        shown: The mirror's URL for people.

    Raises:
        InputError: it is none; it is not repeated.
    """
    address = urlsplit(url)
    if address.scheme not in {"http", "https"} or not address.hostname or "@" in address.netloc or address.query:
        raise bad_url(shown, f"option {name}: expected an http or https URL without password and query")
