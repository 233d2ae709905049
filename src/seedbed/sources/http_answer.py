# SPDX-License-Identifier: Apache-2.0
"""What an HTTP answer says about the file it carries (RFC 9110: ranges, validators, conditions)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from seedbed.errors import FileChangedError, NotFoundError, SourceError

_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", re.IGNORECASE)
_MAX_HEADERS = 200
"""More lines than any honest server sends; a flood would only fill memory."""
PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))
"""Statuses that may be gone a moment later."""


@dataclass(slots=True)
class Answer:
    """Status and headers of the last answer of a transfer; earlier ones were redirects."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    def take_line(self, raw: bytes) -> None:
        """Take one header line, as curl hands it over."""
        line = raw.decode("latin-1").strip()
        if line.startswith("HTTP/"):
            parts = line.split(None, 2)
            self.status = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0
            self.headers = {}
        elif ":" in line and len(self.headers) < _MAX_HEADERS:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()

    @property
    def total(self) -> int | None:
        """Bytes of the whole file, where the answer says it."""
        if match := _CONTENT_RANGE.fullmatch(self.headers.get("content-range", "")):
            return int(match[3]) if match[3] != "*" else None
        length = self.headers.get("content-length", "")
        return int(length) if self.status == 200 and length.isdigit() else None

    @property
    def range_start(self) -> int | None:
        """Offset of the first byte of a partial answer."""
        match = _CONTENT_RANGE.fullmatch(self.headers.get("content-range", ""))
        return int(match[1]) if match and match[1] else None

    @property
    def version(self) -> Version:
        """Which version of the file this is of."""
        return Version(self.headers.get("etag", ""), self.headers.get("last-modified", ""))


@dataclass(frozen=True, slots=True)
class Version:
    """What names one version of a file behind a URL."""

    etag: str = ""
    last_modified: str = ""

    @property
    def condition(self) -> str:
        """A request header by which a server refuses to serve another version; empty where none can be made.

        ``If-Match`` compares strongly, so a weak tag (``W/``) would never match.
        """
        if self.etag and not self.etag.startswith("W/"):
            return f"If-Match: {self.etag}"
        return f"If-Unmodified-Since: {self.last_modified}" if self.last_modified else ""

    def may_be(self, other: Version) -> bool:
        """Whether an answer's version can be this one; what an answer leaves out is not held against it."""
        same_tag = not (self.etag and other.etag) or self.etag == other.etag
        return same_tag and (bool(self.etag) or not other.last_modified or self.last_modified == other.last_modified)


def refuse(answer: Answer, url: str) -> None:
    """Raise what a failing status means for good.

    Raises:
        NotFoundError: 404 or 410.
        FileChangedError: 412, another version is there now.
        SourceError: any other status that is not 200 or 206.
    """
    if answer.status in {200, 206}:
        return
    if answer.status in {404, 410}:
        raise NotFoundError(f"{url}: the server has no such file (status {answer.status})")
    if answer.status == 412:
        raise changed(url)
    raise SourceError(f"{url}: expected status 200 or 206, got {answer.status}", status=answer.status)


def changed(url: str) -> FileChangedError:
    """The error for a file that is another now."""
    return FileChangedError(
        f"{url}: it changed on the server while it was read", hint="Start again when it holds still."
    )
