# SPDX-License-Identifier: Apache-2.0
"""Who may go on: asked first in each handler that is not for everybody."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from seedbed.portal.accounts.desk import desk_of
from seedbed.portal.accounts.person import STRANGER, Person
from seedbed.portal.portal import portal_of
from seedbed.portal.web.failures import RefusedError, wants_json

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.requests import Request

    from seedbed.portal.accounts.limits import Rate

_MAX_NEXT = 500


def person_of(request: Request) -> Person:
    """Who asks; a stranger where nobody is known."""
    found: Person = getattr(request.state, "person", STRANGER)
    return found


def need(request: Request, role: str = "") -> Person:
    """Who asks, if that is somebody with a role.

    Args:
        request: Asked.
        role: Needed; empty for anybody with an account.

    Raises:
        RefusedError: nobody is known (401), or the role is missing (403).
        HTTPException: a stranger's page: on to the log-in, and then back.
    """
    person = person_of(request)
    if not person.is_known:
        _send_to_log_in(request)
        raise RefusedError(
            "this needs an account",
            hint="Log in, or send a token that you made on your account page: Authorization: Bearer TOKEN.",
            status=401,
            headers={"WWW-Authenticate": 'Bearer realm="seedbed"'},
        )
    if not person.may(role):
        what = f"this needs the role {role}, which {person.name} does not have"
        if person.via_token:
            what = f"this needs the role {role}, which this token of {person.name} does not have"
        raise RefusedError(
            what, hint="An admin of this site gives roles; a token has those it was made with.", status=403
        )
    return person


def need_session(request: Request, role: str = "") -> Person:
    """As :func:`need`, and by a browser's session: a token must not make further tokens, or change a password.

    Raises:
        RefusedError: as there, or a token was used (403).
        HTTPException: as there.
    """
    person = need(request, role)
    if person.via_token:
        raise RefusedError("this cannot be done with a token", hint="Log in with a browser.", status=403)
    return person


def slow_down(request: Request, what: str, rate: Rate, *, who: str = "") -> None:
    """Count a request, by person or else by network.

    Args:
        request: Asked.
        what: Is done: ``report``. Each thing is counted for itself.
        rate: Allowed.
        who: Counted by; empty for who asks.

    Raises:
        RefusedError: too many (429), with the time to wait.
    """
    desk, now_s = desk_of(request), portal_of(request).now().timestamp()
    wait_s = desk.limits.take((what, who or counted_as(request)), rate, now_s=now_s)
    if wait_s > 0:
        seconds = math.ceil(wait_s)
        raise RefusedError(
            "that is too often",
            hint=f"Try again in {seconds} seconds.",
            status=429,
            headers={"Retry-After": str(seconds)},
        )


def counted_as(request: Request) -> str:
    """By what a request is counted: the person, or the hidden name of a network."""
    person = person_of(request)
    return f"person {person.id}" if person.is_known else f"network {desk_of(request).network(request)}"


def own_path(text: str, otherwise: str = "/") -> str:
    r"""A place to go on to after the log-in, only on this site.

    Who attacks: whoever sends people to our log-in with ``next=`` of a site that looks like ours (open redirect).
    Browsers read ``//host``, ``/\\host`` and ``/<tab>/host`` as other hosts.
    """
    is_plain = text.isprintable() and "\\" not in text and len(text) <= _MAX_NEXT
    return text if is_plain and text.startswith("/") and not text.startswith("//") else otherwise


def back_to(path: str, said: str = "") -> RedirectResponse:
    """To a page of ours after a form, so that loading it again sends nothing twice (303).

    Args:
        path: Ours.
        said: Key of a text that the page shows once: ``saved``.
    """
    mark = "&" if "?" in path else "?"
    return RedirectResponse(path + (f"{mark}said={said}" if said else ""), 303)


def said_in(request: Request, known: Collection[str]) -> str:
    """Which of the known texts a page is to show; empty for none."""
    said = request.query_params.get("said", "")
    return said if said in known else ""


def _send_to_log_in(request: Request) -> None:
    if request.method not in {"GET", "HEAD"} or wants_json(request):
        return
    if "text/html" in request.headers.get("accept", ""):
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        raise HTTPException(303, "log in first", {"Location": f"/login?next={quote(own_path(here), safe='/')}"})
