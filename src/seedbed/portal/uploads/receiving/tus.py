# SPDX-License-Identifier: Apache-2.0
"""tus 1.0.0 for the files of a draft: ``/api/v1/uploads/{upload}/files``.

Each file is an upload of tus; its path stands in ``Upload-Metadata`` as ``path``, ``relativePath`` or ``filename``.
"""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from seedbed.errors import SeedbedError
from seedbed.portal.uploads.asking import uploader
from seedbed.portal.uploads.drafts import KEEP_S, check_draft
from seedbed.portal.uploads.receiving import tus_wire as wire
from seedbed.portal.uploads.receiving.transfer import Transfer
from seedbed.portal.uploads.states import State
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from seedbed.portal.accounts.person import Person
    from seedbed.portal.uploads.draft_files import UploadFile
    from seedbed.portal.uploads.drafts import Upload
    from seedbed.portal.uploads.receiving.desk import Desk
    from seedbed.portal.uploads.receiving.holding import Held

HEARD_S, HEARD_BYTES = 5.0, 512 << 20
"""So long, and so much, a client is heard out that is refused."""
_PATH_KEYS = ("path", "relativePath", "filename", "name")
"""What clients call it, the most exact first; browsers say ``null`` where a file is in no folder."""


class Tus:
    """Answers for one portal.

    Args:
        desk: Of its files.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def files(self, request: Request) -> Response:
        """``OPTIONS`` and ``POST`` of an upload's files (*core*, *creation*, *creation-with-upload*).

        Raises:
            SeedbedError: as an answer; 400, 401, 403, 404, 409, 412, 413, 507.
        """
        if request.method == "OPTIONS":
            return Response(None, 204, headers=wire.abilities(self._desk.portal.settings.max_upload_bytes))
        person = uploader(request)
        wire.check_version(request.headers)
        length = wire.read_number(request.headers, "Upload-Length")
        if length is None:
            raise RefusedError("Upload-Length is missing", hint="Files of unknown length cannot be given.")
        path = _path(wire.read_metadata(request.headers.get("upload-metadata", "")))
        file = await run_in_threadpool(self._desk.begin, request.path_params["upload"], person, path, length)
        headers = {"Location": _url(file), "Upload-Expires": wire.expires(self._desk.now_s() + KEEP_S)}
        offset = 0
        if _has_bytes(request) or not length:
            offset = await self._receive(request, file, 0)
        return _answer(201, offset, **headers)

    async def file(self, request: Request) -> Response:
        """``HEAD``, ``PATCH`` and ``DELETE`` of one file (*core*, *checksum*, *termination*, *expiration*).

        Raises:
            SeedbedError: as an answer; 400, 401, 403, 404, 408, 409, 412, 413, 415, 423, 460, 507.
        """
        if request.method == "OPTIONS":
            return Response(None, 204, headers=wire.abilities(self._desk.portal.settings.max_upload_bytes))
        person = uploader(request)
        wire.check_version(request.headers)
        if request.method == "HEAD":
            return await self._head(request, person)
        if request.method == "DELETE":
            return await self._delete(request, person)
        return await self._patch(request, person)

    async def _head(self, request: Request, person: Person) -> Response:
        upload, file = await self._find(request, person)
        offset = await run_in_threadpool(self._desk.offset, file)
        metadata = wire.render_metadata({"path": file.path})
        extra = {"Upload-Length": str(file.length), "Upload-Metadata": metadata, "Cache-Control": "no-store"}
        if upload.state is State.DRAFT:
            extra["Upload-Expires"] = wire.expires(upload.expires_s)
        return _answer(200, offset, **extra)

    async def _patch(self, request: Request, person: Person) -> Response:
        kind = request.headers.get("content-type", "")
        if kind != wire.BODY_TYPE:
            raise RefusedError(f"Content-Type: expected {wire.BODY_TYPE}, got {kind[:60]!r}", status=415)
        offset = wire.read_number(request.headers, "Upload-Offset")
        if offset is None:
            raise RefusedError("Upload-Offset is missing", hint="Ask how far the file is (HEAD).")
        async with _hearing_out(request):
            return await self._take(request, person, offset)

    async def _take(self, request: Request, person: Person, offset: int) -> Response:
        upload, file = await self._find(request, person)
        if file.is_whole:
            raise RefusedError(
                "the file is whole, and nothing can be added", hint="Delete it to send another one.", status=403
            )
        check_draft(upload)
        done = await self._receive(request, file, offset)
        return _answer(204, done, **{"Upload-Expires": wire.expires(upload.expires_s)})

    async def _delete(self, request: Request, person: Person) -> Response:
        params = request.path_params
        async with self._desk.holdings.hold(params["file"]):
            await run_in_threadpool(self._desk.remove, params["upload"], params["file"], person)
        return Response(None, 204, headers={"Tus-Resumable": wire.VERSION})

    async def _receive(self, request: Request, file: UploadFile, offset: int) -> int:
        """Take a request's bytes; returns how many of the file are durable."""
        text = request.headers.get("upload-checksum")
        checksum = wire.read_checksum(text) if text else None
        desk = self._desk
        async with desk.holdings.hold(file.id) as held:
            if await run_in_threadpool(desk.offset, file) == file.length and file.length:
                raise RefusedError("the file is whole, and nothing can be added", status=403)
            part = await run_in_threadpool(desk.open, file)
            try:
                _check_offset(offset, part.durable)
                transfer = Transfer(part, desk.pool, checksum)
                await transfer.run(_chunks(request, held))
            finally:
                await asyncio.shield(run_in_threadpool(desk.end, file, part))
            return part.durable

    async def _find(self, request: Request, person: Person) -> tuple[Upload, UploadFile]:
        params = request.path_params
        return await run_in_threadpool(self._desk.find, params["upload"], params["file"], person)


def _url(file: UploadFile) -> str:
    return f"/api/v1/uploads/{file.upload_id}/files/{file.id}"


def _answer(status: int, offset: int, **headers: str) -> Response:
    return Response(None, status, headers={"Tus-Resumable": wire.VERSION, "Upload-Offset": str(offset), **headers})


def _path(metadata: dict[str, str]) -> str:
    found = next((metadata[key] for key in _PATH_KEYS if metadata.get(key) not in (None, "", "null")), "")
    if not found:
        raise RefusedError("Upload-Metadata: it names no path", hint="path, and its value in base64.", field="path")
    return found


def _has_bytes(request: Request) -> bool:
    """Whether bytes come with a POST (*creation-with-upload*)."""
    return request.headers.get("content-type", "") == wire.BODY_TYPE


def _check_offset(asked: int, durable: int) -> None:
    if asked != durable:
        where = "beyond" if asked > durable else "behind"
        raise RefusedError(
            f"Upload-Offset: {asked:,} is {where} what is there: expected {durable:,}",
            hint="Ask how far the file is (HEAD), and go on from there.",
            status=409,
        )


@asynccontextmanager
async def _hearing_out(request: Request) -> AsyncIterator[None]:
    """Let a client that is refused send on for a moment: most read no answer before they have sent everything."""
    try:
        yield
    except SeedbedError:
        with contextlib.suppress(TimeoutError, ClientDisconnect, RuntimeError):
            async with asyncio.timeout(HEARD_S):
                heard = 0
                async for chunk in request.stream():
                    heard += len(chunk)
                    if heard > HEARD_BYTES:
                        break
        raise


async def _chunks(request: Request, held: Held) -> AsyncIterator[bytes]:
    """A request's bytes; it ends where they end, or where the connection broke."""
    loop = asyncio.get_running_loop()
    try:
        async for chunk in request.stream():
            held.heard_s = loop.time()
            if chunk:
                yield chunk
    except ClientDisconnect:
        return
