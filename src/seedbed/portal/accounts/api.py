# SPDX-License-Identifier: Apache-2.0
"""Accounts for programs: ``/api/v1/me`` and ``/api/v1/tokens``."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from seedbed.errors import NotFoundError
from seedbed.portal.accounts import audit, organisations, own, people, tokens
from seedbed.portal.accounts.guards import need, need_session
from seedbed.portal.portal import portal_of
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from starlette.requests import Request

PRIVATE = {"Cache-Control": "private, no-store"}


def me(request: Request) -> Response:
    """Who asks, with what room."""
    person, portal = need(request), portal_of(request)
    with portal.store.read() as connection:
        account = people.find(connection, person.id)
        quota_bytes = organisations.quota_bytes(connection, portal.settings, person.id)
        places = [organisations.find(connection, one) for one in person.organisations]
    settings = portal.settings
    return JSONResponse(
        {
            "id": person.id,
            "name": person.name,
            "email": account.email,
            "roles": sorted(person.roles),
            "via_token": person.via_token,
            "quota_bytes": quota_bytes,
            "organisations": [
                {
                    "id": one.id,
                    "name": one.name,
                    "is_owner": one.id in person.owns,
                    "quota_bytes": settings.quota_bytes if one.quota_bytes is None else one.quota_bytes,
                    "collections": list(one.collections),
                }
                for one in places
            ],
        },
        headers=PRIVATE,
    )


def own_tokens(request: Request) -> Response:
    """One's own; never their secrets."""
    person, portal = need(request), portal_of(request)
    with portal.store.read() as connection:
        found = tokens.of(connection, person.id)
    return JSONResponse({"items": [_token(one) for one in found]}, headers=PRIVATE)


def make_token(request: Request, value: dict[str, Any]) -> Response:
    """A new one; ``token`` is its secret, told this once."""
    person = need_session(request)
    name, scopes, days = value.get("name", ""), value.get("scopes", []), value.get("days", 90)
    if not isinstance(name, str) or not isinstance(days, int) or isinstance(days, bool):
        raise RefusedError("expected name: a text, and days: a whole number")
    if not isinstance(scopes, list) or not all(isinstance(one, str) for one in scopes):
        raise RefusedError(f"scopes: expected a list of {', '.join(tokens.SCOPES)}", field="scopes")
    made, shown = own.new_token(request, person, name=name, scopes=tuple(scopes), days=days)
    return JSONResponse({**_token(made), "token": shown}, 201, headers={"Cache-Control": "no-store"})


def end_token(request: Request) -> Response:
    """End one of one's own: also with a token, so that a program can end the one it has."""
    person, portal = need(request), portal_of(request)
    which = request.path_params["token"]
    with portal.store.begin() as connection:
        if not tokens.end(connection, which, person_id=person.id):
            raise NotFoundError("you have no token of this id")
        now_s = portal.now().timestamp()
        audit.note(connection, person, "token-ended", what=f"token:{which}", now_s=now_s)
    return Response(status_code=204)


def moment(at_s: float | None) -> str | None:
    """A moment as JSON has it (RFC 3339, UTC, to the second)."""
    return None if at_s is None else dt.datetime.fromtimestamp(int(at_s), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _token(token: tokens.Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": list(token.scopes),
        "made": moment(token.made_s),
        "expires": moment(token.expires_s),
        "used": moment(token.used_s),
    }
