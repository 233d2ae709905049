# SPDX-License-Identifier: Apache-2.0
"""Who gives data to a portal in tests: tus, JSON and forms, as one of a few people."""

from __future__ import annotations

import base64
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from seedbed.errors import SeedbedError
from seedbed.portal.accounts.person import Person
from seedbed.portal.opening import opened
from seedbed.portal.settings import Settings
from seedbed.portal.uploads import draft_files, drafts
from seedbed.portal.uploads.quarantine import Den
from seedbed.portal.uploads.routes import routes
from seedbed.portal.web.failures import failed
from tests.portals import URL, Clock, small_catalog

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from seedbed.portal.portal import Portal

TUS = {"Tus-Resumable": "1.0.0"}
BODY = {"Content-Type": "application/offset+octet-stream"}
PEOPLE = {
    "ann": Person("ann", "Ann", frozenset(("uploader",)), ("town",)),
    "ben": Person("ben", "Ben", frozenset(("uploader", "reviewer"))),
    "cat": Person("cat", "Cat"),
}
GOOD = {"title": "Lakes of the town", "license": "CC-BY-4.0", "description": "Outlines.", "language": "en"}
"""A description without faults."""


class WhoAsks:
    """In place of the accounts: the header ``X-Person`` names who asks."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http":
            name = dict(scope["headers"]).get(b"x-person", b"").decode()
            scope.setdefault("state", {})["person"] = PEOPLE.get(name, Person())
        await self._app(scope, receive, send)


def application(portal: Portal) -> Starlette:
    """Only the part that takes data."""
    app = Starlette(
        routes=routes(portal),
        middleware=[Middleware(WhoAsks)],
        exception_handlers={SeedbedError: failed, HTTPException: failed},
    )
    app.state.portal = portal
    return app


@dataclass(frozen=True, slots=True)
class Giver:
    """A person before a portal."""

    portal: Portal
    web: TestClient
    clock: Clock

    @classmethod
    @contextmanager
    def open(cls, folder: Path, *, now: dt.datetime, **settings: Any) -> Iterator[Giver]:
        """Ann, in a server's folder."""
        small_catalog(folder / "catalog")
        clock = Clock(now)
        made = replace(Settings(folder, URL, title="Town data"), **settings)
        with opened(made, now=clock) as portal:
            portal.shelf.refresh()
            app, headers = application(portal), {"X-Person": "ann"}
            with TestClient(app, base_url=URL, follow_redirects=False, headers=headers) as web:
                yield cls(portal, web, clock)

    def begin(self, **wish: Any) -> dict[str, Any]:
        """A new upload."""
        answer = self.web.post("/api/v1/uploads", json=wish)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def create(self, upload: dict[str, Any], path: str, length: int, data: bytes | None = None) -> Response:
        """A file of it, by tus."""
        headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": f"path {b64(path)}"}
        if data is not None:
            headers |= BODY
        return self.web.post(upload["files_url"], headers=headers, content=data or b"")

    def patch(self, url: str, offset: int, data: bytes, **headers: str) -> Response:
        """More of a file."""
        return self.web.patch(url, headers={**TUS, **BODY, "Upload-Offset": str(offset), **headers}, content=data)

    def head(self, url: str) -> int:
        """How far a file is."""
        answer = self.web.head(url, headers=TUS)
        assert answer.status_code == 200
        return int(answer.headers["Upload-Offset"])

    def send(self, upload: dict[str, Any], files: dict[str, bytes]) -> None:
        """Whole files."""
        for path, data in files.items():
            answer = self.create(upload, path, len(data), data)
            assert answer.status_code == 201, answer.text

    def given(self, files: dict[str, bytes], metadata: dict[str, Any] | None = None, **wish: Any) -> dict[str, Any]:
        """A new upload with whole files and a description."""
        upload = self.begin(**wish)
        self.send(upload, files)
        answer = self.web.put(upload["url"] + "/metadata", json=GOOD if metadata is None else metadata)
        assert answer.status_code == 200, answer.text
        return upload

    def settled(self, upload: dict[str, Any], *, within_s: float = 15.0) -> dict[str, Any]:
        """The upload, once its check is done."""
        until_s = time.monotonic() + within_s
        while (found := self.web.get(upload["url"]).json())["state"] == "checking":
            assert time.monotonic() < until_s, "the check does not end"
            time.sleep(0.02)
        shown: dict[str, Any] = found
        return shown

    def submitted(self, upload: dict[str, Any]) -> dict[str, Any]:
        """The upload after it was handed in and checked."""
        answer = self.web.post(upload["url"] + "/submit")
        assert answer.status_code == 202, answer.text
        return self.settled(upload)

    def den(self, upload: dict[str, Any]) -> Den:
        """Where its bytes lie."""
        return Den.of(self.portal.settings.quarantine, upload["id"])

    def row(self, upload: dict[str, Any]) -> drafts.Upload:
        """What is remembered of it."""
        with self.portal.store.read() as connection:
            return drafts.find(connection, upload["id"])

    def files(self, upload: dict[str, Any]) -> list[draft_files.UploadFile]:
        """What is remembered of its files."""
        with self.portal.store.read() as connection:
            return draft_files.of(connection, upload["id"])


def b64(text: str) -> str:
    """As in ``Upload-Metadata``."""
    return base64.b64encode(text.encode()).decode()
