# SPDX-License-Identifier: Apache-2.0
"""Pages to get in and out: log in, sign up, log out, links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.responses import RedirectResponse

from seedbed.portal.accounts import cookies, entry, links, people, sessions
from seedbed.portal.accounts.guards import own_path, person_of
from seedbed.portal.portal import portal_of
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from seedbed.portal.accounts.forms import Fields
    from seedbed.portal.settings import Settings

HOME = "/account"


def log_in_page(request: Request) -> Response:
    """The form, or on to where it leads if that was done already."""
    to = own_path(request.query_params.get("next", ""), HOME)
    if person_of(request).is_known:
        return RedirectResponse(to, 303)
    return _log_in_form(request, to)


def log_in(request: Request, fields: Fields) -> Response:
    """The form was sent."""
    to = own_path(fields.one("next"), HOME)
    name, password = fields.one("name"), fields.whole("password")
    return _enter(request, lambda: entry.log_in(request, name, password), to, lambda wrong: _log_in_form(
        request, to, wrong=wrong, name=name
    ))  # fmt: skip


def sign_up_page(request: Request) -> Response:
    """The form, or why there is none."""
    return _sign_up_form(request)


def sign_up(request: Request, fields: Fields) -> Response:
    """The form was sent."""
    given = {"name": fields.one("name"), "email": fields.one("email")}
    return _enter(
        request,
        lambda: entry.sign_up(request, fields),
        HOME,
        lambda wrong: _sign_up_form(request, wrong=wrong, **given),
    )


def log_out(request: Request, _fields: Fields) -> Response:
    """The session ends, here and on the server."""
    portal, person = portal_of(request), person_of(request)
    if person.session:
        with portal.store.begin() as connection:
            sessions.end(connection, person.session, person_id=person.id)
    answer = RedirectResponse("/", 303)
    cookies.drop(answer.headers, portal.settings, cookies.SESSION)
    return answer


def link_page(request: Request) -> Response:
    """What a link is for; opening it does not use it up: mail programs open links, too."""
    return _link_form(request)


def use_link(request: Request, fields: Fields) -> Response:
    """The link's form was sent."""
    given = request.path_params["secret"]
    portal = portal_of(request)
    with portal.store.read() as connection:
        kind = links.find(connection, given, now_s=portal.now().timestamp()).kind
    do = entry.make_admin if kind == "admin" else entry.reset
    name = fields.one("name")
    return _enter(
        request, lambda: do(request, given, fields), HOME, lambda wrong: _link_form(request, wrong=wrong, name=name)
    )


def with_session(request: Request, held: str, to: str) -> Response:
    """On to a page of ours, with a new session."""
    settings = portal_of(request).settings
    answer = RedirectResponse(to, 303)
    cookies.put(answer.headers, settings, cookies.SESSION, held, max_age_s=int(sessions.LIFE_S))
    if request.cookies.get(cookies.name_of(settings, cookies.FORM)):
        cookies.drop(answer.headers, settings, cookies.FORM)
    return answer


def provider_name(settings: Settings) -> str:
    """What the button of the log-in provider says; empty where there is none."""
    return (settings.oidc_name or urlsplit(settings.oidc_issuer).netloc) if settings.oidc_issuer else ""


def _enter(request: Request, do: Callable[[], str], to: str, form: Callable[[RefusedError], Response]) -> Response:
    """Do it, or show the form again with what is wrong."""
    try:
        held = do()
    except RefusedError as wrong:
        if wrong.status == 404:
            raise
        answer = form(wrong)
        answer.headers.update(wrong.headers)
        return answer
    return with_session(request, held, to)


def _log_in_form(request: Request, to: str, *, wrong: RefusedError | None = None, name: str = "") -> Response:
    settings = portal_of(request).settings
    values = {"to": to, "name": name, "provider": provider_name(settings), "is_open": settings.is_open}
    return _form(request, "accounts/log-in.html", wrong, **values)


def _sign_up_form(request: Request, *, wrong: RefusedError | None = None, name: str = "", email: str = "") -> Response:
    is_open = portal_of(request).settings.is_open
    return _form(request, "accounts/sign-up.html", wrong, is_open=is_open, name=name, email=email)


def _link_form(request: Request, *, wrong: RefusedError | None = None, name: str = "") -> Response:
    portal = portal_of(request)
    with portal.store.read() as connection:
        link = links.find(connection, request.path_params["secret"], now_s=portal.now().timestamp())
        whose = people.find(connection, link.person_id).name if link.person_id else name
    answer = _form(request, "accounts/link.html", wrong, kind=link.kind, name=whose)
    answer.headers.update({"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex"})
    return answer


def _form(request: Request, template: str, wrong: RefusedError | None, **values: Any) -> Response:
    status = wrong.status if wrong else 200
    return portal_of(request).pages.render(request, template, status=status, wrong=wrong, **values)
