# SPDX-License-Identifier: Apache-2.0
"""Getting in: by a name and a password, by a new account, by a link. Each gives a session that was not there before.

Who attacks: whoever tries passwords. What they learn: nothing from words or time, for a wrong name and a wrong password
are the same. What it costs them: ten tries in a quarter of an hour for a name, sixty from a network; the owner, who
comes from elsewhere, still gets in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.portal.accounts import audit, links, names, people, sessions, who
from seedbed.portal.accounts.desk import desk_of
from seedbed.portal.accounts.guards import person_of, slow_down
from seedbed.portal.accounts.limits import Rate
from seedbed.portal.portal import portal_of
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    import sqlalchemy as sa
    from starlette.requests import Request

    from seedbed.portal.accounts.forms import Fields
    from seedbed.portal.accounts.people import Account

TRIES = Rate(10, 900)
"""Of a name from a network."""
TRIES_OF_NETWORK = Rate(60, 900)
TRIES_OF_NAME = Rate(100, 3600)
"""From anywhere: against many networks that try one name together."""
SIGN_UPS = Rate(5, 3600)
"""From a network."""


def log_in(request: Request, name: str, password: str) -> str:
    """By name and password.

    Returns:
        The session's secret.

    Raises:
        RefusedError: wrong (401), suspended (403), or tried too often (429).
    """
    portal, desk = portal_of(request), desk_of(request)
    network, key = desk.network(request), names.name_key(name)[:80]
    slow_down(request, "log-in of network", TRIES_OF_NETWORK, who=network)
    slow_down(request, "log-in of name", TRIES_OF_NAME, who=key)
    slow_down(request, "log-in", TRIES, who=f"{network} {key}")
    with portal.store.read() as connection:
        account = people.by_name(connection, name)
    if not desk.passwords.fits(account.password if account else "", password) or account is None:
        raise RefusedError("the name or the password is wrong", status=401, field="password")
    desk.limits.forget(("log-in", f"{network} {key}"))
    _refuse_suspended(account)
    anew = desk.passwords.hash(password) if desk.passwords.is_outdated(account.password) else ""
    with portal.store.begin() as connection:
        if anew:
            people.set_password(connection, account.id, anew)
        return admit(request, connection, account.id, how="password")


def sign_up(request: Request, fields: Fields) -> str:
    """A new account, of an uploader.

    Returns:
        The session's secret.

    Raises:
        RefusedError: closed (403), too often (429), or a field cannot be used.
    """
    portal, desk = portal_of(request), desk_of(request)
    if not portal.settings.is_open:
        raise RefusedError("new accounts are made by the admins of this site only", status=403)
    name, email = names.checked_name(fields.one("name")), names.checked_email(fields.one("email"))
    password = names.checked_password(fields.whole("password"), fields.whole("again"), name=name)
    slow_down(request, "sign-up", SIGN_UPS, who=desk.network(request))
    kept, now_s = desk.passwords.hash(password), portal.now().timestamp()
    with portal.store.begin() as connection:
        made = people.make(connection, name, password=kept, email=email, roles=("uploader",), now_s=now_s)
        return admit(request, connection, made, how="sign-up")


def make_admin(request: Request, given: str, fields: Fields) -> str:
    """The admin that a link makes.

    Returns:
        The session's secret.

    Raises:
        RefusedError: the link no longer works, or a field cannot be used.
    """
    portal, desk = portal_of(request), desk_of(request)
    name = names.checked_name(fields.one("name"))
    kept = desk.passwords.hash(names.checked_password(fields.whole("password"), fields.whole("again"), name=name))
    now_s = portal.now().timestamp()
    with portal.store.begin() as connection:
        links.use(connection, links.find(connection, given, now_s=now_s))
        roles = ("uploader", "reviewer", "admin")
        made = people.make(connection, name, password=kept, roles=roles, now_s=now_s)
        return admit(request, connection, made, how="admin link")


def reset(request: Request, given: str, fields: Fields) -> str:
    """A new password by a link; all sessions and tokens end, for somebody else may have them.

    Returns:
        The session's secret.

    Raises:
        RefusedError: the link no longer works, or the password cannot be used.
    """
    portal, desk = portal_of(request), desk_of(request)
    now_s = portal.now().timestamp()
    with portal.store.read() as connection:
        account = people.find(connection, links.find(connection, given, now_s=now_s).person_id or "")
    password = names.checked_password(fields.whole("password"), fields.whole("again"), name=account.name)
    kept = desk.passwords.hash(password)
    with portal.store.begin() as connection:
        links.use(connection, links.find(connection, given, now_s=now_s))
        _refuse_suspended(people.find(connection, account.id))
        people.set_password(connection, account.id, kept)
        people.end_ways_in(connection, account.id)
        return admit(request, connection, account.id, how="reset link")


def admit(request: Request, connection: sa.Connection, person_id: str, *, how: str) -> str:
    """Begin a session; the one that the browser held before ends, whosesoever it is.

    Returns:
        The session's secret.
    """
    before, now_s = person_of(request), portal_of(request).now().timestamp()
    if before.session:
        sessions.end(connection, before.session, person_id=before.id)
    device = sessions.device_of(request.headers.get("user-agent", ""))
    made = sessions.begin(connection, person_id, device=device, now_s=now_s)
    audit.note(connection, who.find(connection, person_id), "logged-in", why=how, now_s=now_s)
    return made


def _refuse_suspended(account: Account) -> None:
    if account.is_suspended:
        raise RefusedError(
            f"this account is suspended: {account.suspended_why}", hint="Ask an admin of this site.", status=403
        )
