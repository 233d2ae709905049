# SPDX-License-Identifier: Apache-2.0
"""Before every handler: who asks, and whether a form is ours.

Sets ``request.state.person``, ``.csrf_token`` (of a session; a stranger's is made when a form is shown, by
``.form_token()``) and ``.desk``. A request without credentials costs nothing here: no row is read and no cookie set.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import Message

from seedbed.errors import SeedbedError
from seedbed.portal.accounts import cookies, csrf, secret, who
from seedbed.portal.accounts.person import STRANGER
from seedbed.portal.portal import portal_of
from seedbed.portal.web.failures import RefusedError, failed

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from seedbed.portal.accounts.desk import Desk
    from seedbed.portal.settings import Settings


class WhoAsks:
    """The middleware.

    Args:
        app: The rest.
        desk: What requests share.
    """

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["path"].startswith("/static/"):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        visit = Visit(request, portal_of(request).settings, self._desk)
        try:
            visit.check_address()
            await visit.introduce()
            receive = await visit.check_form(receive)
        except SeedbedError as error:
            answer = await failed(request, error)
            await answer(scope, receive, visit.sender(send))
            return
        await self._app(scope, receive, visit.sender(send))


class Visit:
    """One request's way through the door."""

    def __init__(self, request: Request, settings: Settings, desk: Desk) -> None:
        self._request = request
        self._settings = settings
        self._held = cookies.read(request, settings, cookies.SESSION)
        self._form = cookies.read(request, settings, cookies.FORM)
        self._is_form_new = False
        self._is_form_shown = False
        self._is_over = False
        state = request.state
        state.desk, state.person, state.csrf_token, state.form_token = desk, STRANGER, "", self.form_token

    def check_address(self) -> None:
        """NUL is in no address of ours, and no database can look for it.

        Raises:
            RefusedError: it is in this one (404).
        """
        if "\0" in self._request.url.path or "\0" in self._request.scope["path"] or "%00" in self._request.url.query:
            raise RefusedError("there is no such page", status=404)

    async def introduce(self) -> None:
        """Find out who asks.

        Raises:
            RefusedError: a token that is not, or no longer, one of ours (401).
            StateError: the database fails.
        """
        authorization = self._request.headers.get("authorization", "")
        if not self._held and not authorization:
            return
        portal = portal_of(self._request)
        person = await run_in_threadpool(who.asks, portal, held=self._held, authorization=authorization)
        self._request.state.person = person
        if person.is_known and not person.via_token:
            self._request.state.csrf_token = csrf.token_of(self._held)
        self._is_over = bool(self._held) and not person.is_known

    async def check_form(self, receive: Receive) -> Receive:
        """Refuse what another site's page sends.

        Returns:
            What gives the body, of which a part was read.

        Raises:
            RefusedError: no token, or a wrong one (403).
        """
        if not csrf.is_asked(self._request, self._settings):
            return receive
        if csrf.is_from_elsewhere(self._request, self._settings):
            raise _refused("the form was sent by another site")
        shown, again = self._request.headers.get(csrf.HEADER, ""), receive
        if not shown and csrf.is_form(self._request):
            beginning, again = await _peek(receive)
            shown = csrf.in_body(self._request, beginning)
        wanted = self._request.state.csrf_token or csrf.token_of(self._form)
        if not wanted or not secret.same(shown, wanted):
            raise _refused("the form's token is missing or old")
        return again

    def form_token(self) -> str:
        """The token for a form on a page: of the session, or of a cookie that is set now, if it was not before."""
        self._is_form_shown = True
        if self._request.state.csrf_token:
            return str(self._request.state.csrf_token)
        if not self._form:
            self._form, self._is_form_new = secret.new(), True
        return csrf.token_of(self._form)

    def sender(self, send: Send) -> Send:
        """``send`` that adds cookies, and keeps a person's pages out of shared caches."""

        async def with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message))
            await send(message)

        return with_cookies

    def _add(self, headers: MutableHeaders) -> None:
        name = cookies.name_of(self._settings, cookies.SESSION)
        has_own = any(one.startswith(f"{name}=") for one in headers.getlist("set-cookie"))
        if self._is_over and not has_own:
            cookies.drop(headers, self._settings, cookies.SESSION)
        if self._is_form_new:
            cookies.put(headers, self._settings, cookies.FORM, self._form)
        elif self._is_form_shown:
            headers["Cache-Control"] = "no-store"
        if self._request.state.person.is_known:
            headers.setdefault("Cache-Control", "private, no-cache")


async def _peek(receive: Receive) -> tuple[bytes, Receive]:
    """The beginning of a body, and what gives all of it once more."""
    messages = list[Message]()
    size_bytes = 0
    while size_bytes < csrf.PEEK_BYTES:
        message = await receive()
        messages.append(message)
        size_bytes += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            break
    beginning = b"".join(one.get("body", b"") for one in messages)
    waiting = iter(messages)

    async def again() -> Message:
        with contextlib.suppress(StopIteration):
            return next(waiting)
        return await receive()

    return beginning[: csrf.PEEK_BYTES], again


def _refused(what: str) -> RefusedError:
    hint = "Go back, load the page again, and send the form once more. Cookies must be allowed for this site."
    return RefusedError(what, hint=hint, status=403)
