# SPDX-License-Identifier: Apache-2.0
"""One's own account: data, password, sessions, tokens, organisations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedbed.portal.accounts import audit, entering, entry, names, organisations, people, sessions, tokens
from seedbed.portal.accounts.desk import desk_of
from seedbed.portal.accounts.guards import back_to, need_session, said_in, slow_down
from seedbed.portal.accounts.limits import Rate
from seedbed.portal.portal import portal_of
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    import sqlalchemy as sa
    from starlette.requests import Request
    from starlette.responses import Response

    from seedbed.portal.accounts.forms import Fields
    from seedbed.portal.accounts.person import Person

SAID = frozenset(("saved", "ended"))
PASSWORDS = Rate(10, 900)
"""Tries of the old one, by a person: who finds a browser open must not guess it."""
NEW_TOKENS = Rate(20, 3600)


def account(request: Request) -> Response:
    """The page."""
    return _page(request, need_session(request))


def set_email(request: Request, fields: Fields) -> Response:
    """Another address, or none."""
    person, portal = need_session(request), portal_of(request)
    try:
        email = names.checked_email(fields.one("email"))
    except RefusedError as wrong:
        return _page(request, person, wrong=wrong)
    with portal.store.begin() as connection:
        people.set_email(connection, person.id, email)
    return back_to("/account", "saved")


def set_password(request: Request, fields: Fields) -> Response:
    """Another password: all other sessions end, and this one gets a new secret."""
    person, portal = need_session(request), portal_of(request)
    try:
        kept = _new_password(request, person, fields)
    except RefusedError as wrong:
        return _page(request, person, wrong=wrong)
    now_s = portal.now().timestamp()
    with portal.store.begin() as connection:
        people.set_password(connection, person.id, kept)
        sessions.end_all(connection, person.id)
        audit.note(connection, person, "password-changed", what=f"person:{person.id}", now_s=now_s)
        held = entry.admit(request, connection, person.id, how="password change")
    return entering.with_session(request, held, "/account?said=saved")


def _new_password(request: Request, person: Person, fields: Fields) -> str:
    portal, desk = portal_of(request), desk_of(request)
    slow_down(request, "password", PASSWORDS)
    with portal.store.read() as connection:
        kept = people.find(connection, person.id).password
    if kept and not desk.passwords.fits(kept, fields.whole("old")):
        raise RefusedError("this is not your password", status=400, field="old")
    return desk.passwords.hash(
        names.checked_password(fields.whole("password"), fields.whole("again"), name=person.name)
    )


def end_session(request: Request, fields: Fields) -> Response:
    """One of one's own, or all but this one."""
    person, portal = need_session(request), portal_of(request)
    with portal.store.begin() as connection:
        if fields.is_ticked("others"):
            sessions.end_all(connection, person.id, but=(person.session,))
        else:
            sessions.end(connection, fields.one("session"), person_id=person.id)
    return back_to("/account", "ended")


def make_token(request: Request, fields: Fields) -> Response:
    """A new token: shown now, and never again."""
    person = need_session(request)
    try:
        days = _days(fields.one("days"))
        made = new_token(request, person, name=fields.one("name"), scopes=fields.all("scopes"), days=days)[1]
    except RefusedError as wrong:
        return _page(request, person, wrong=wrong)
    answer = _page(request, person, made=made)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise RefusedError(f"days: expected a number, got {text[:20]!r}", field="days")
    return int(text)


def new_token(
    request: Request, person: Person, *, name: str, scopes: tuple[str, ...], days: int
) -> tuple[tokens.Token, str]:
    """A token and its secret, written into the log.

    Raises:
        RefusedError: a field cannot be used, or too many (409, 429).
    """
    portal = portal_of(request)
    slow_down(request, "token", NEW_TOKENS)
    now_s = portal.now().timestamp()
    with portal.store.begin() as connection:
        made = tokens.make(connection, person.id, name=name, scopes=scopes, days=days, now_s=now_s)
        audit.note(connection, person, "token-made", what=f"token:{made[0].id}", why=made[0].name, now_s=now_s)
    return made


def end_token(request: Request, fields: Fields) -> Response:
    """One of one's own."""
    person, portal = need_session(request), portal_of(request)
    with portal.store.begin() as connection:
        if tokens.end(connection, fields.one("token"), person_id=person.id):
            what, now_s = f"token:{fields.one('token')}", portal.now().timestamp()
            audit.note(connection, person, "token-ended", what=what, now_s=now_s)
    return back_to("/account", "ended")


def change_members(request: Request, fields: Fields) -> Response:
    """An owner adds somebody to the organisation, or lets somebody go.

    Raises:
        RefusedError: not an owner (403), or nobody has the name.
    """
    person, portal = need_session(request), portal_of(request)
    place = request.path_params["organisation"]
    if place not in person.owns and not person.may("admin"):
        raise RefusedError("only an owner of the organisation can do this", status=403)
    with portal.store.begin() as connection:
        organisations.find(connection, place)
        whom = people.by_name(connection, fields.one("name"))
        if whom is None:
            raise RefusedError("nobody has this name here", hint="They make an account first.", status=404)
        line = _change_member(connection, place, whom.id, fields.one("do"))
        _keep_an_owner(connection, place)
        audit.note(connection, person, **line, what=f"organisation:{place}", now_s=portal.now().timestamp())
    return back_to(own_or_admin(person, place), "saved")


def _change_member(connection: sa.Connection, place: str, whom: str, do: str) -> dict[str, str]:
    """Do it; returns what the log says."""
    if do == "remove":
        organisations.take_member(connection, place, whom)
        return {"action": "member-removed", "why": f"person:{whom}"}
    organisations.put_member(connection, place, whom, is_owner=do == "owner")
    return {"action": "member-added", "why": f"person:{whom} {do}"}


def _keep_an_owner(connection: sa.Connection, place: str) -> None:
    kept = organisations.find(connection, place).members
    if kept and not any(one.is_owner for one in kept):
        raise RefusedError("an organisation needs an owner", hint="Make somebody else an owner first.", status=409)


def own_or_admin(person: Person, place: str) -> str:
    """The page from which an organisation is looked after."""
    return "/account" if place in person.organisations else f"/admin/organisations/{place}"


def _page(request: Request, person: Person, *, wrong: RefusedError | None = None, made: str = "") -> Response:
    portal = portal_of(request)
    now_s = portal.now().timestamp()
    with portal.store.read() as connection:
        values: dict[str, Any] = {
            "account": people.find(connection, person.id),
            "sessions": sessions.of(connection, person.id, now_s=now_s),
            "tokens": [one for one in tokens.of(connection, person.id) if (one.expires_s or now_s + 1) > now_s],
            "organisations": [organisations.find(connection, one) for one in person.organisations],
            "providers": people.issuers(connection, person.id),
            "quota_bytes": organisations.quota_bytes(connection, portal.settings, person.id),
        }
    status = wrong.status if wrong else 200
    scopes = [one for one, role in tokens.SCOPES.items() if person.may(role)]
    said, provider = said_in(request, SAID), entering.provider_name(portal.settings)
    more: dict[str, Any] = {
        "wrong": wrong,
        "made": made,
        "said": said,
        "provider": provider,
        "scopes": scopes,
        "max_days": tokens.MAX_DAYS,
    }
    return portal.pages.render(request, "accounts/account.html", status=status, **values, **more)
