# SPDX-License-Identifier: Apache-2.0
"""Pages of the admins: organisations, their quota and collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedbed.portal.accounts import audit, organisations, people
from seedbed.portal.accounts.admin import SAID, quota_of
from seedbed.portal.accounts.guards import back_to, need, need_session, said_in
from seedbed.portal.portal import portal_of
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from seedbed.portal.accounts.forms import Fields


def all_places(request: Request) -> Response:
    """All organisations."""
    need(request, "admin")
    return _all(request)


def make(request: Request, fields: Fields) -> Response:
    """A new one, with its first owner."""
    admin, portal = need_session(request, "admin"), portal_of(request)
    given = {name: fields.one(name) for name in ("id", "name", "owner")}
    now_s = portal.now().timestamp()
    try:
        with portal.store.begin() as connection:
            organisations.make(connection, given["id"], given["name"], now_s=now_s)
            owner = people.by_name(connection, given["owner"])
            if owner is None:
                raise RefusedError("owner: nobody has this name here", field="owner")  # noqa: TRY301  # undoes the rest
            organisations.put_member(connection, given["id"], owner.id, is_owner=True)
            what = f"organisation:{given['id']}"
            audit.note(connection, admin, "organisation-made", what=what, why=f"person:{owner.id}", now_s=now_s)
    except RefusedError as wrong:
        return _all(request, wrong=wrong, given=given)
    return back_to(f"/admin/organisations/{given['id']}", "saved")


def one(request: Request) -> Response:
    """One."""
    need(request, "admin")
    return _one(request)


def change(request: Request, fields: Fields) -> Response:
    """Its quota and its collections."""
    admin, portal = need_session(request, "admin"), portal_of(request)
    place, now_s = request.path_params["organisation"], portal.now().timestamp()
    try:
        quota = quota_of(fields.one("quota"))
        collections = tuple(fields.one("collections").replace(",", " ").split())
        with portal.store.begin() as connection:
            organisations.find(connection, place)
            organisations.set_quota(connection, place, quota)
            organisations.set_collections(connection, place, collections)
            why = f"quota {'as usual' if quota is None else quota}, collections {' '.join(collections) or 'none'}"
            audit.note(connection, admin, "organisation-set", what=f"organisation:{place}", why=why, now_s=now_s)
    except RefusedError as wrong:
        return _one(request, wrong=wrong)
    return back_to(f"/admin/organisations/{place}", "saved")


def _all(request: Request, *, wrong: RefusedError | None = None, given: dict[str, str] | None = None) -> Response:
    portal = portal_of(request)
    with portal.store.read() as connection:
        found = organisations.listed(connection)
    values: dict[str, Any] = {"organisations": found, "wrong": wrong}
    shown = given or {"id": "", "name": "", "owner": ""}
    status = wrong.status if wrong else 200
    return portal.pages.render(request, "accounts/organisations.html", status=status, given=shown, **values)


def _one(request: Request, *, wrong: RefusedError | None = None) -> Response:
    portal = portal_of(request)
    with portal.store.read() as connection:
        found = organisations.find(connection, request.path_params["organisation"])
    values: dict[str, Any] = {"one": found, "wrong": wrong, "said": said_in(request, SAID)}
    more: dict[str, Any] = {"usual_bytes": portal.settings.quota_bytes}
    status = wrong.status if wrong else 200
    return portal.pages.render(request, "accounts/organisation.html", status=status, **values, **more)
