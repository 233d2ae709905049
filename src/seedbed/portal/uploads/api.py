# SPDX-License-Identifier: Apache-2.0
"""Uploads for programs: JSON under ``/api/v1/uploads``; the bytes come by tus (``receiving.tus``)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from seedbed.portal.accounts.forms import check_texts
from seedbed.portal.uploads import describing, draft_files, drafts, flow, wishes
from seedbed.portal.uploads.asking import uploader
from seedbed.portal.uploads.states import State
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.requests import Request

    from seedbed.portal.accounts.person import Person
    from seedbed.portal.uploads.checker import Checker
    from seedbed.portal.uploads.draft_files import UploadFile
    from seedbed.portal.uploads.drafts import Upload
    from seedbed.portal.uploads.receiving.desk import Desk

MAX_BODY_BYTES = 64 << 20
"""A list of 100,000 paths is some 10 MB."""


class Api:
    """Answers for one portal.

    Args:
        desk: Of its files.
        checker: Checks what is handed in.
    """

    def __init__(self, desk: Desk, checker: Checker) -> None:
        self._desk = desk
        self._checker = checker

    async def uploads(self, request: Request) -> Response:
        """``GET``: the person's uploads. ``POST``: a new one.

        Raises:
            SeedbedError: as an answer; 400, 401, 403, 413, 429.
        """
        person = uploader(request)
        if request.method == "GET":
            return JSONResponse({"uploads": await run_in_threadpool(self._mine, person)})
        value = await _body(request)
        return await run_in_threadpool(self._begin, person, value)

    async def upload(self, request: Request) -> Response:
        """``GET``: one upload, with its files. ``DELETE``: withdraw it.

        Raises:
            SeedbedError: as an answer; 401, 403, 404, 409.
        """
        person, upload_id = uploader(request), request.path_params["upload"]
        if request.method == "DELETE":
            await run_in_threadpool(flow.withdraw, self._desk, person, upload_id)
            return Response(None, 204)
        return JSONResponse(await run_in_threadpool(self._whole, person, upload_id))

    async def metadata(self, request: Request) -> Response:
        """``PUT``: what is said of an upload; answered with what is wrong with it.

        Raises:
            SeedbedError: as an answer; 400, 401, 403, 404, 409, 413.
        """
        person, value = uploader(request), await _body(request)
        if not isinstance(value, dict):
            raise RefusedError("expected an object of fields and their values")
        faults = await run_in_threadpool(flow.describe, self._desk, person, request.path_params["upload"], value)
        told = [{"field": one.field, "problem": one.problem, "rule": one.rule} for one in faults]
        return JSONResponse({"findings": told})

    async def submit(self, request: Request) -> Response:
        """``POST``: hand it in. Checked and reviewed from here on; the state tells how far it is.

        Raises:
            SeedbedError: as an answer; 400 with every fault, 401, 403, 404, 409.
        """
        return await self._moved(request, flow.submit)

    async def check(self, request: Request) -> Response:
        """``POST``: have the data looked at, without handing it in.

        Raises:
            SeedbedError: as an answer; 401, 403, 404, 409.
        """
        return await self._moved(request, flow.check)

    async def reopen(self, request: Request) -> Response:
        """``POST``: make a draft of it again.

        Raises:
            SeedbedError: as an answer; 401, 403, 404, 409.
        """
        return await self._moved(request, flow.take_back)

    async def _moved(self, request: Request, step: Callable[[Desk, Person, str], Upload]) -> Response:
        person = uploader(request)
        upload = await run_in_threadpool(step, self._desk, person, request.path_params["upload"])
        if upload.state is State.CHECKING:
            self._checker.start(upload.id)
        return JSONResponse(self._shown(upload), 202)

    def _begin(self, person: Person, value: Any) -> Response:
        upload = flow.begin(self._desk, person, wishes.read(value))
        if upload.metadata:
            flow.describe(self._desk, person, upload.id, upload.metadata)
        return JSONResponse(self._whole(person, upload.id), 201, {"Location": f"/api/v1/uploads/{upload.id}"})

    def _mine(self, person: Person) -> list[dict[str, Any]]:
        with self._desk.portal.store.read() as connection:
            found = drafts.of_person(connection, person.id, person.organisations)
        return [self._shown(one) for one in found]

    def _whole(self, person: Person, upload_id: str) -> dict[str, Any]:
        upload = self._desk.upload(upload_id, person)
        if upload.state is State.CHECKING:
            self._checker.start(upload.id)
        with self._desk.portal.store.read() as connection:
            files = draft_files.of(connection, upload_id)
            events = drafts.events_of(connection, upload_id)
        return {
            **self._shown(upload),
            "metadata": dict(upload.metadata),
            "found": dict(upload.found),
            "findings": [dict(one) for one in upload.findings],
            "remarks": list(upload.remarks),
            "urls": list(upload.places),
            "files": self._files(upload, files),
            "events": [{key: one[key] for key in ("at_s", "before", "after", "reason")} for one in events],
        }

    def _files(self, upload: Upload, files: Sequence[UploadFile]) -> list[dict[str, Any]]:
        return [
            {
                "path": file.path,
                "length": file.length,
                "offset": self._desk.offset(file) if upload.state is State.DRAFT else file.length,
                "url": f"/api/v1/uploads/{upload.id}/files/{file.id}",
                "sha256": file.sha256,
            }
            for file in files
        ]

    def _copies(self, upload: Upload) -> int | None:
        """Independent copies of what was published; None while nobody has counted them."""
        health = self._desk.portal.health.of(upload.item_id) if upload.item_id else None
        return health.copies.peers + health.copies.good_mirrors if health else None

    def _shown(self, upload: Upload) -> dict[str, Any]:
        dataset, version, _ = describing.for_publishing(upload)
        return {
            "id": upload.id,
            "kind": upload.kind,
            "state": upload.state.value,
            "reason": upload.reason,
            "name": upload.name,
            "title": upload.title,
            "dataset": dataset,
            "version": version,
            "size_bytes": upload.size_bytes,
            "file_count": upload.file_count,
            "piece_length": upload.piece_length,
            "md5": upload.md5,
            "item_id": upload.item_id,
            "copies": self._copies(upload),
            "organisation": upload.organisation_id,
            "made_s": upload.made_s,
            "changed_s": upload.changed_s,
            "expires_s": upload.expires_s,
            "url": f"/api/v1/uploads/{upload.id}",
            "files_url": f"/api/v1/uploads/{upload.id}/files",
            "page": self._desk.portal.url(f"/uploads/{upload.id}"),
        }


async def _body(request: Request) -> Any:
    """A request's JSON.

    Raises:
        RefusedError: it is none, or too long.
    """
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BODY_BYTES:
            raise RefusedError(f"expected at most {MAX_BODY_BYTES:,} bytes", status=413)
    try:
        value: Mapping[str, Any] = json.loads(bytes(data) or b"null")
        check_texts(value)
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"the body is not JSON: {error!s:.100}") from error
    return value
