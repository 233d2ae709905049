# SPDX-License-Identifier: Apache-2.0
"""Pages of the admins: people, their roles and quotas, suspensions, links; and the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedbed.core import sizes
from seedbed.errors import InputError
from seedbed.portal.accounts import audit, links, names, organisations, people
from seedbed.portal.accounts.guards import back_to, need, need_session, said_in
from seedbed.portal.accounts.person import ROLES
from seedbed.portal.portal import portal_of
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    import sqlalchemy as sa
    from starlette.requests import Request
    from starlette.responses import Response

    from seedbed.portal.accounts.forms import Fields
    from seedbed.portal.accounts.person import Person

PAGE = 100
SAID = frozenset(("saved",))
MAX_QUOTA = 1 << 60


def start(request: Request) -> Response:
    """What there is."""
    need(request, "admin")
    return portal_of(request).pages.render(request, "accounts/admin.html")


def everybody(request: Request) -> Response:
    """People by name."""
    need(request, "admin")
    return _everybody(request)


def make_person(request: Request, fields: Fields) -> Response:
    """Somebody new, with a link to set the password by: also where strangers make no accounts."""
    admin, portal = need_session(request, "admin"), portal_of(request)
    try:
        name, now_s = names.checked_name(fields.one("name")), portal.now().timestamp()
        with portal.store.begin() as connection:
            made = people.make(connection, name, password="", roles=("uploader",), now_s=now_s)
            audit.note(connection, admin, "person-made", what=f"person:{made}", why=name, now_s=now_s)
            link = links.make(portal, connection, "reset", person_id=made)
    except RefusedError as wrong:
        return _everybody(request, wrong=wrong, name=fields.one("name"))
    return _one(request, made, link=link)


def one(request: Request) -> Response:
    """Somebody."""
    need(request, "admin")
    return _one(request, request.path_params["person"])


def change(request: Request, fields: Fields) -> Response:
    """Roles, quota, suspension, or a link to set a new password by."""
    admin, portal = need_session(request, "admin"), portal_of(request)
    person_id, do = request.path_params["person"], fields.one("do")
    link = ""
    try:
        with portal.store.begin() as connection:
            account = people.find(connection, person_id)
            action, why = _CHANGES.get(do, _unknown)(connection, admin, account, fields, portal.now().timestamp())
            if do == "reset":
                link = links.make(portal, connection, "reset", person_id=person_id)
            now_s = portal.now().timestamp()
            audit.note(connection, admin, action, what=f"person:{person_id}", why=why, now_s=now_s)
    except RefusedError as wrong:
        return _one(request, person_id, wrong=wrong)
    return _one(request, person_id, link=link) if link else back_to(f"/admin/people/{person_id}", "saved")


def log(request: Request) -> Response:
    """Who did what, the newest first; ``?what=kind:id`` for one thing, ``?person=`` for one person."""
    need(request, "admin")
    portal, asked = portal_of(request), request.query_params
    before = asked.get("before", "")
    older_than = int(before) if before.isascii() and before.isdigit() and len(before) < 10 else 0
    which = {"what": asked.get("what", "")[:200], "person_id": asked.get("person", "")[:100]}
    with portal.store.read() as connection:
        found = audit.lines(connection, before=older_than, limit=PAGE + 1, **which)
    lines, older = found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else 0
    return portal.pages.render(request, "accounts/log.html", lines=lines, older=older, which=which)


def quota_of(text: str) -> int | None:
    """A size as people write it; none for nothing.

    Raises:
        RefusedError: it is no size.
    """
    if not text:
        return None
    try:
        found = sizes.read_size(text)
    except InputError as error:
        raise RefusedError(f"quota: {error}", hint="Such as 500GB or 2TiB.", field="quota") from None
    if not 0 <= found <= MAX_QUOTA:
        raise RefusedError("quota: expected at most 1 EiB", field="quota")
    return found


def _roles(
    connection: sa.Connection, _admin: Person, account: people.Account, fields: Fields, _now_s: float
) -> tuple[str, str]:
    roles = fields.all("roles")
    people.set_roles(connection, account.id, roles)
    if not people.admins(connection):
        raise RefusedError("a site needs an admin", hint="Make somebody else an admin first.", status=409)
    return "roles-set", " ".join(sorted(roles)) or "none"


def _quota(
    connection: sa.Connection, _admin: Person, account: people.Account, fields: Fields, _now_s: float
) -> tuple[str, str]:
    found = quota_of(fields.one("quota"))
    people.set_quota(connection, account.id, found)
    return "quota-set", "as usual" if found is None else f"{found} bytes"


def _suspend(
    connection: sa.Connection, admin: Person, account: people.Account, fields: Fields, now_s: float
) -> tuple[str, str]:
    why = fields.one("why")
    if account.id == admin.id:
        raise RefusedError("nobody suspends themselves", status=409)
    if not why:
        raise RefusedError("why: expected some words; the person will read them", field="why")
    people.suspend(connection, account.id, why=why, now_s=now_s)
    return "person-suspended", why


def _let_back(
    connection: sa.Connection, _admin: Person, account: people.Account, _fields: Fields, _now_s: float
) -> tuple[str, str]:
    people.let_back(connection, account.id)
    return "person-let-back", ""


def _reset(
    _connection: sa.Connection, _admin: Person, account: people.Account, _fields: Fields, _now_s: float
) -> tuple[str, str]:
    if account.is_suspended:
        raise RefusedError("this person is suspended", status=409)
    return "reset-link-made", ""


def _unknown(
    _connection: sa.Connection, _admin: Person, _account: people.Account, fields: Fields, _now_s: float
) -> tuple[str, str]:
    raise RefusedError(f"do: expected of {', '.join(_CHANGES)}, got {fields.one('do')[:40]!r}")


_CHANGES = {"roles": _roles, "quota": _quota, "suspend": _suspend, "let-back": _let_back, "reset": _reset}


def _everybody(request: Request, *, wrong: RefusedError | None = None, name: str = "") -> Response:
    portal, asked = portal_of(request), request.query_params
    words, after = asked.get("words", "")[:100], asked.get("after", "")[:100]
    with portal.store.read() as connection:
        found = people.listed(connection, words=words, after=after, limit=PAGE + 1)
    more = names.name_key(found[PAGE - 1].name) if len(found) > PAGE else ""
    values: dict[str, Any] = {"people": found[:PAGE], "more": more, "words": words, "wrong": wrong, "name": name}
    status = wrong.status if wrong else 200
    return portal.pages.render(request, "accounts/people.html", status=status, **values)


def _one(request: Request, person_id: str, *, wrong: RefusedError | None = None, link: str = "") -> Response:
    portal = portal_of(request)
    with portal.store.read() as connection:
        account = people.find(connection, person_id)
        values: dict[str, Any] = {
            "account": account,
            "usual_bytes": portal.settings.quota_bytes,
            "places": [place for place in organisations.listed(connection)
                       if any(member.person_id == person_id for member in place.members)],
            "lines": audit.lines(connection, what=f"person:{person_id}", limit=20),
        }  # fmt: skip
    status = wrong.status if wrong else 200
    said = said_in(request, SAID)
    more: dict[str, Any] = {"wrong": wrong, "link": link, "roles": ROLES, "said": said}
    answer = portal.pages.render(request, "accounts/person.html", status=status, **values, **more)
    if link:
        answer.headers["Cache-Control"] = "no-store"
    return answer
