# SPDX-License-Identifier: Apache-2.0
"""A plain HTML form with files, for browsers without scripts: read as a stream (RFC 7578), written as it comes.

Who attacks: whoever sends ten thousand parts, a header of a megabyte, a body that never ends (U25 to U30). What it
costs them: a refusal; nothing of a form that is refused stays. It cannot be resumed: larger files come by tus.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from seedbed.portal.uploads.receiving.transfer import QUIET_BYTES, QUIET_S, disk_error
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from starlette.requests import Request

MAX_PARTS = 1_000
"""Files and fields of one form."""
MAX_HEADER_BYTES = 16 << 10
"""Of one part's headers: a path of 1,000 bytes, and what browsers say besides."""
MAX_FIELD_BYTES = 64 << 10
BUFFER_BYTES = 4 << 20
"""Kept in memory before it is written."""


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file that came."""

    field: str
    path: str
    """As the browser names it."""
    at: Path
    """Where it lies."""
    length: int


@dataclass(slots=True)
class Form:
    """What came."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[FormFile] = field(default_factory=list)

    def one(self, name: str) -> str:
        """A field's text; empty where it is missing."""
        return (self.fields.get(name) or [""])[0].strip()


@dataclass(slots=True)
class _Part:
    name: str = ""
    path: str | None = None
    value: bytearray = field(default_factory=bytearray)
    at: Path | None = None
    length: int = 0


class FormReader:
    """Reads one form into a folder.

    Args:
        folder: Is there, and empty; files are called 0, 1, 2 …
        boundary: From the header.
        max_bytes: Of all files together.
    """

    def __init__(self, folder: Path, boundary: bytes, max_bytes: int) -> None:
        self.form = Form()
        self._folder = folder
        self._max_bytes = max_bytes
        self._parts = self._taken = 0
        self._header_bytes = 0
        self._name, self._value = bytearray(), bytearray()
        self._headers: dict[str, bytes] = {}
        self._part: _Part | None = None
        self._waiting: list[tuple[Path, bytes]] = []
        self._is_whole = False
        self._parser = MultipartParser(boundary, self._callbacks(), max_header_size=MAX_HEADER_BYTES)  # type: ignore[arg-type]  # as it documents them

    @property
    def waiting_bytes(self) -> int:
        """In memory, not written yet."""
        return sum(len(data) for _, data in self._waiting)

    def feed(self, data: bytes) -> None:
        """Read on.

        Raises:
            RefusedError: it is no form, or over a limit (400, 413, 431).
        """
        try:
            self._parser.write(data)
        except FormParserError as error:
            if "header" in str(error).lower() and "maximum" in str(error).lower():
                raise _long_header() from error
            raise RefusedError(f"the form cannot be read: {error!s:.100}", hint="Send it again.") from error

    def write(self) -> None:
        """Write what waits. Blocks.

        Raises:
            OSError: the disk refuses.
        """
        waiting, self._waiting = self._waiting, []
        for path, data in waiting:
            with path.open("ab", buffering=0) as file:
                done = 0
                while done < len(data):
                    done += file.write(data[done:]) or 0

    def end(self) -> Form:
        """The form, which has come.

        Raises:
            RefusedError: its last boundary is missing (U27).
            OSError: the disk refuses.
        """
        if not self._is_whole:
            raise RefusedError(
                "the form breaks off before its end", hint="Send it again; larger files with scripts on."
            )
        self.write()
        for file in self.form.files:
            with file.at.open("rb") as opened:
                os.fsync(opened.fileno())
        return self.form

    def _callbacks(self) -> dict[str, Callable[..., None]]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._part_end,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise RefusedError(
                f"expected at most {MAX_PARTS:,} parts",
                hint="Pack the files into a zip, or use a browser with scripts.",
            )
        self._headers, self._header_bytes, self._part = {}, 0, _Part()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._value += data[start:end]

    def _count_header(self, count: int) -> None:
        self._header_bytes += count
        if self._header_bytes > MAX_HEADER_BYTES:
            raise _long_header()

    def _header_end(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = bytes(self._value)
        self._name, self._value = bytearray(), bytearray()

    def _headers_finished(self) -> None:
        part = self._part or _Part()
        _, options = parse_options_header(self._headers.get("content-disposition", b""))
        part.name = _text(options.get(b"name", b""))
        if b"filename" in options:
            part.path = _text(options[b"filename"])
            part.at = self._folder / str(len(self.form.files))
            self._waiting.append((part.at, b""))

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self._part or _Part()
        part.length += end - start
        if part.at is None:
            part.value += data[start:end]
            if len(part.value) > MAX_FIELD_BYTES:
                raise RefusedError(f"{part.name[:40]}: expected at most {MAX_FIELD_BYTES:,} bytes", status=413)
            return
        self._taken += end - start
        if self._taken > self._max_bytes:
            raise RefusedError(f"expected at most {self._max_bytes:,} bytes", status=413)
        self._waiting.append((part.at, data[start:end]))

    def _part_end(self) -> None:
        part = self._part or _Part()
        if part.at is None:
            self.form.fields.setdefault(part.name, []).append(part.value.decode("utf-8", "replace"))
        elif part.path:
            self.form.files.append(FormFile(part.name, part.path, part.at, part.length))
        else:  # a file's field that nobody filled in
            self._waiting = [one for one in self._waiting if one[0] != part.at]
        self._part = None

    def _end(self) -> None:
        self._is_whole = True


async def read_form(request: Request, folder: Path, *, max_bytes: int, quiet_s: float = QUIET_S) -> Form:
    """Read a form with files.

    Args:
        request: Its body.
        folder: Is there, and empty; the caller deletes it.
        max_bytes: Of all files together.
        quiet_s: So long the sender may need for some bytes.

    Raises:
        RefusedError: it is no form, too much, or comes too slowly (400, 408, 413, 415, 431).
        NoSpaceError: the disk is full.
        StateError: the disk fails.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise RefusedError("expected a form with files (multipart/form-data)", status=415)
    reader = FormReader(folder, boundary, max_bytes)
    try:
        async for chunk in _patiently(request.stream(), quiet_s):
            reader.feed(chunk)
            if reader.waiting_bytes >= BUFFER_BYTES:
                await run_in_threadpool(reader.write)
        return await run_in_threadpool(reader.end)
    except OSError as error:
        raise disk_error(error) from error
    except ClientDisconnect as error:
        raise RefusedError("the connection broke before the form was whole") from error


async def _patiently(chunks: AsyncIterator[bytes], quiet_s: float) -> AsyncIterator[bytes]:
    """Chunks, while enough of them come."""
    loop = asyncio.get_running_loop()
    since_s, few = loop.time(), 0
    try:
        while True:
            async with asyncio.timeout_at(since_s + quiet_s):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            few += len(chunk)
            if few >= QUIET_BYTES:
                since_s, few = loop.time(), 0
            yield chunk
    except TimeoutError as error:
        raise RefusedError(f"fewer than {QUIET_BYTES:,} bytes came in {quiet_s:.0f} s", status=408) from error


def _long_header() -> RefusedError:
    return RefusedError(f"a part's headers are longer than {MAX_HEADER_BYTES:,} bytes", status=431)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
