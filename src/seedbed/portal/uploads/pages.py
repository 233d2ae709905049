# SPDX-License-Identifier: Apache-2.0
"""Pages on which people give data: what to give, how far it is, what is said of it. They work without scripts."""

from __future__ import annotations

import contextlib
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from seedbed.errors import MetadataError, SeedbedError
from seedbed.portal.accounts import organisations
from seedbed.portal.accounts.forms import Fields, posted
from seedbed.portal.uploads import describing, draft_files, drafts, flow, wishes
from seedbed.portal.uploads.asking import uploader
from seedbed.portal.uploads.receiving import taking
from seedbed.portal.uploads.receiving.form import read_form
from seedbed.portal.uploads.states import State
from seedbed.portal.web.failures import RefusedError, status_of
from seedbed.publishing import licenses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from seedbed.portal.accounts.person import Person
    from seedbed.portal.portal import Portal
    from seedbed.portal.uploads.checker import Checker
    from seedbed.portal.uploads.drafts import Upload
    from seedbed.portal.uploads.receiving.desk import Desk
    from seedbed.portal.uploads.receiving.form import Form

FORM_FIELDS = (
    "title", "description", "license", "license_url", "keywords", "providers", "language", "collection", "bbox", "time",
    "jurisdiction", "source_url", "doi", "citation", "dataset", "version", "embargo",
)  # fmt: skip
"""In the order of the page."""
STEPS = (State.DRAFT, State.CHECKED, State.IN_REVIEW, State.APPROVED, State.PUBLISHED)
"""What an upload goes through, as people are shown it."""
_REACHED = {
    State.DRAFT: 0, State.CHECKING: 0, State.REFUSED: 2, State.CHECKED: 1, State.IN_REVIEW: 2, State.APPROVED: 3,
    State.PUBLISHING: 3, State.PUBLISHED: 4, State.WITHDRAWN: -1,
}  # fmt: skip
_ACTIONS = {"check": flow.check, "submit": flow.submit, "reopen": flow.take_back}


class UploadPages:
    """Answers for one portal.

    Args:
        desk: Of its files.
        checker: Checks what is handed in.
    """

    def __init__(self, desk: Desk, checker: Checker) -> None:
        self._desk = desk
        self._checker = checker
        self.act = posted(self._act)

    @property
    def _portal(self) -> Portal:
        return self._desk.portal

    def give(self, request: Request) -> Response:
        """What somebody wants to give."""
        return self._give(request, uploader(request))

    def _give(self, request: Request, person: Person, wrong: SeedbedError | None = None) -> Response:
        with self._portal.store.read() as connection:
            groups = [organisations.find(connection, one) for one in person.organisations]
        status = status_of(wrong) if wrong else 200
        return self._portal.pages.render(
            request,
            "uploads/give.html",
            status=status,
            groups=groups,
            wrong=wrong,
            left=self._left(person),
            licenses=licenses.KNOWN,
            wrong_field=getattr(wrong, "field", ""),
        )

    def _left(self, person: Person) -> int:
        return taking.room_left(self._desk, person)

    async def begin(self, request: Request) -> Response:
        """A form with files, or addresses, becomes a draft."""
        person = uploader(request)
        try:
            upload_id = await self._begun(request, person)
        except SeedbedError as error:
            return await run_in_threadpool(self._give, request, person, error)
        return RedirectResponse(f"/uploads/{upload_id}", 303)

    async def _begun(self, request: Request, person: Person) -> str:
        left = await run_in_threadpool(taking.room_left, self._desk, person)
        with taking.waiting_room(self._desk) as folder:
            form = await read_form(request, folder, max_bytes=left)
            return await run_in_threadpool(self._take_form, person, form)

    def _take_form(self, person: Person, form: Form) -> str:
        """Either a draft with all that came, or nothing."""
        kind = form.one("kind") or "files"
        urls = form.one("urls").split()
        if not form.files and not urls:
            raise RefusedError("nothing was chosen", hint="Choose files, or name addresses.", field=kind)
        name = form.one("name") or (form.files[0].path.rpartition("/")[2] if len(form.files) == 1 else "")
        if kind == "files" and form.one("unpack") and name.lower().endswith(".zip"):
            kind = "zip"
        wish = wishes.read({"kind": kind, "name": name, "organisation": form.one("organisation"), "urls": urls})
        upload = flow.begin(self._desk, person, wish)
        said = {"title": form.one("title") or name, "license": form.one("license")} if kind == "package" else {}
        try:
            flow.describe(self._desk, person, upload.id, said)
            taking.take(self._desk, person, upload.id, form.files)
        except SeedbedError:
            flow.withdraw(self._desk, person, upload.id, "the form was refused")
            raise
        if kind == "package":
            self._hand_in(person, upload.id)
        return upload.id

    def _hand_in(self, person: Person, upload_id: str) -> None:
        """At once, where nothing is missing; else the page of the upload says what is."""
        with contextlib.suppress(MetadataError):
            self._checker.start(flow.submit(self._desk, person, upload_id).id)

    def mine(self, request: Request) -> Response:
        """All that a person gives or gave."""
        person = uploader(request)
        with self._portal.store.read() as connection:
            found = drafts.of_person(connection, person.id, person.organisations)
        return self._portal.pages.render(request, "uploads/mine.html", uploads=found, left=self._left(person))

    def upload(self, request: Request) -> Response:
        """One upload: how far it is, what is said of it, what is wrong."""
        return self._shown(request, uploader(request), request.path_params["upload"])

    def _shown(
        self, request: Request, person: Person, upload_id: str, *, wrong: SeedbedError | None = None
    ) -> Response:
        upload = self._desk.upload(upload_id, person)
        if upload.state is State.CHECKING:
            self._checker.start(upload.id)
        with self._portal.store.read() as connection:
            files = draft_files.of(connection, upload_id)
            events = drafts.events_of(connection, upload_id)
        faults = {one["field"].partition("[")[0]: one["problem"] for one in upload.findings}
        for one in _findings_of(wrong):
            faults.setdefault(one["field"].partition("[")[0], one["problem"])
        values = {
            key: _plain(value, is_line=key == "keywords") for key, value in {**upload.found, **upload.metadata}.items()
        }
        dataset, _, _ = describing.for_publishing(upload)
        return self._portal.pages.render(
            request,
            "uploads/upload.html",
            status=status_of(wrong) if wrong else 200,
            upload=upload,
            state=upload.state.value,
            steps=[one.value for one in STEPS],
            reached=_REACHED[upload.state],
            files=files,
            missing=[file for file in files if not file.is_whole],
            events=events,
            values=values,
            shown_fields=[key for key in FORM_FIELDS if values.get(key)],
            faults=faults,
            read_fields=[key for key in upload.found if key not in upload.metadata and key != "tables"],
            tables=upload.found.get("tables", ()),
            proposed=dataset,
            collections=self._collections(),
            licenses=licenses.KNOWN,
            health=self._portal.health.of(upload.item_id) if upload.item_id else None,
            wrong=wrong,
            has_marks=any(key in FORM_FIELDS for key in faults),
        )

    def _collections(self) -> list[Any]:
        try:
            return list(self._portal.shelf.site.collections)
        except SeedbedError:  # a portal that has no catalogue yet
            return []

    async def more(self, request: Request) -> Response:
        """More files for a draft, by a plain form."""
        person, upload_id = uploader(request), request.path_params["upload"]
        try:
            left = await run_in_threadpool(taking.room_left, self._desk, person)
            with taking.waiting_room(self._desk) as folder:
                form = await read_form(request, folder, max_bytes=left)
                await run_in_threadpool(taking.take, self._desk, person, upload_id, form.files)
        except SeedbedError as error:
            return await run_in_threadpool(partial(self._shown, request, person, upload_id, wrong=error))
        return RedirectResponse(f"/uploads/{upload_id}", 303)

    def _act(self, request: Request, fields: Fields) -> Response:
        """A button of the page, with what is said in its form."""
        person, upload_id = uploader(request), request.path_params["upload"]
        action = fields.one("action")
        try:
            if self._desk.upload(upload_id, person).is_editable and "title" in fields:
                flow.describe(self._desk, person, upload_id, said_in(fields))
            self._step(person, upload_id, action, fields)
        except SeedbedError as error:
            return self._shown(request, person, upload_id, wrong=error)
        return RedirectResponse(f"/uploads/{upload_id}" if action != "withdraw" else "/uploads", 303)

    def _step(self, person: Person, upload_id: str, action: str, fields: Fields) -> None:
        if action == "withdraw":
            flow.withdraw(self._desk, person, upload_id, fields.one("reason"))
        elif action.startswith("delete:"):
            self._desk.remove(upload_id, action.partition(":")[2], person)
        elif step := _ACTIONS.get(action):
            upload: Upload = step(self._desk, person, upload_id)
            if upload.state is State.CHECKING:
                self._checker.start(upload.id)


def _findings_of(wrong: SeedbedError | None) -> Sequence[Mapping[str, str]]:
    """As ``catalog.findings`` tells them."""
    found = wrong.data.get("findings") if isinstance(wrong, MetadataError) else None
    return found if isinstance(found, list) else ()


def said_in(fields: Fields) -> dict[str, Any]:
    """What a form says; providers are one for each line."""
    said: dict[str, Any] = {name: fields.one(name) for name in FORM_FIELDS if fields.one(name)}
    if "providers" in said:
        said["providers"] = [one.strip() for one in said["providers"].splitlines() if one.strip()]
    return said


def _plain(value: Any, *, is_line: bool = False) -> str:
    """A value as a form shows it."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, int | float) for one in value):
        return ",".join(map(str, value))
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return (", " if is_line else "\n").join(value)
    if isinstance(value, list):
        return "\n".join(_provider(one) for one in value if isinstance(one, dict))
    return json.dumps(value, ensure_ascii=False)


def _provider(value: Mapping[str, Any]) -> str:
    url, roles = value.get("url", ""), ", ".join(value.get("roles", ()))
    return f"{value.get('name', '')}{f' <{url}>' if url else ''}{f' ({roles})' if roles else ''}"
