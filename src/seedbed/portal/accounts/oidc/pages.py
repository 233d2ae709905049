# SPDX-License-Identifier: Apache-2.0
"""To the provider and back: log in, make an account, or link one's own account to a provider's person."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from seedbed.errors import NotFoundError
from seedbed.portal.accounts import audit, cookies, entering, entry, names, people, secret
from seedbed.portal.accounts.desk import desk_of
from seedbed.portal.accounts.guards import own_path, person_of, slow_down
from seedbed.portal.accounts.limits import Rate
from seedbed.portal.accounts.oidc.provider import Flow
from seedbed.portal.portal import portal_of
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    import sqlalchemy as sa
    from starlette.requests import Request
    from starlette.responses import Response

    from seedbed.portal.accounts.oidc.id_token import Identity
    from seedbed.portal.accounts.oidc.provider import Provider
    from seedbed.portal.accounts.people import Account

BACK = "/login/provider/back"
LIFE_S = 600
"""Somebody types a password and a code at the provider's."""
BEGINS = Rate(30, 900)
_MAX_COOKIE = 1500
_SAME_NAMES = 50


@dataclass(frozen=True, slots=True)
class Errand:
    """What the browser holds while it is away."""

    flow: Flow
    to: str
    """Where to go afterwards."""
    links: bool
    """Whether the person's own account is to be linked, instead of logged in."""

    def text(self) -> str:
        """As it stands in the cookie."""
        to = base64.urlsafe_b64encode(self.to.encode()).decode().rstrip("=")
        return f"{self.flow.held}.{to}.{int(self.links)}"

    @classmethod
    def read(cls, text: str) -> Errand | None:
        """From the cookie; none if it is none of ours."""
        held, _, rest = text.partition(".")
        coded, _, links = rest.partition(".")
        try:
            to = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()
        except (binascii.Error, ValueError):
            return None
        return cls(Flow(held), own_path(to, entering.HOME), links == "1") if held and links in {"0", "1"} else None


def begin(request: Request) -> Response:
    """On to the provider. ``?link=CSRF-TOKEN`` links one's own account: no other site can make that happen."""
    portal, provider = portal_of(request), _provider(request)
    slow_down(request, "provider", BEGINS)
    token = request.query_params.get("link", "")
    if token and not (person_of(request).session and secret.same(token, request.state.csrf_token)):
        raise RefusedError("this link is old", hint="Load your account page again.", status=403)
    to = own_path(request.query_params.get("next", ""), entering.HOME)
    errand = Errand(Flow(secret.new()), to, links=bool(token))
    answer = RedirectResponse(provider.begin(errand.flow, portal.url(BACK)), 303)
    cookies.put(answer.headers, portal.settings, cookies.PROVIDER, errand.text(), max_age_s=LIFE_S)
    return answer


def back(request: Request) -> Response:
    """Back from the provider."""
    portal, provider, asked = portal_of(request), _provider(request), request.query_params
    errand = Errand.read(cookies.read(request, portal.settings, cookies.PROVIDER, limit=_MAX_COOKIE))
    if errand is None or not secret.same(asked.get("state", ""), errand.flow.state):
        raise _refused("this log-in was begun in another browser, or too long ago")
    if asked.get("iss") is not None and not provider.says_it_is(asked["iss"]):
        raise _refused("this answer is from another provider")
    if asked.get("error") or not asked.get("code"):
        raise _refused(f"the provider does not log you in: {asked.get('error', 'no code')[:100]}")
    now_s = portal.now().timestamp()
    identity = provider.finish(errand.flow, asked["code"], portal.url(BACK), now_s=now_s)
    if errand.links:
        _link(request, identity)
        answer: Response = RedirectResponse("/account?said=saved", 303)
    else:
        answer = entering.with_session(request, _log_in(request, identity), errand.to)
    cookies.drop(answer.headers, portal.settings, cookies.PROVIDER)
    return answer


def _log_in(request: Request, identity: Identity) -> str:
    """A session of the person who is linked; of somebody new, where the site is open. Mail addresses link nobody."""
    portal = portal_of(request)
    with portal.store.begin() as connection:
        account = people.by_identity(connection, identity.issuer, identity.subject)
        if account is None:
            account = _make(request, connection, identity)
        if account.is_suspended:
            raise RefusedError(f"this account is suspended: {account.suspended_why}", status=403)
        return entry.admit(request, connection, account.id, how="provider")


def _make(request: Request, connection: sa.Connection, identity: Identity) -> Account:
    portal = portal_of(request)
    if not portal.settings.is_open:
        hint = "If you have one here, log in with the password, and link it on your account page."
        raise RefusedError("nobody here is linked to this log-in", hint=hint, status=403)
    now_s = portal.now().timestamp()
    name = _free_name(connection, identity.names)
    made = people.make(connection, name, password="", email=_email(identity.email), roles=("uploader",), now_s=now_s)
    people.link_identity(connection, made, identity.issuer, identity.subject)
    return people.find(connection, made)


def _link(request: Request, identity: Identity) -> None:
    """The person who is logged in here is also this one at the provider.

    Raises:
        RefusedError: logged out meanwhile (403), or it is somebody else's (409).
    """
    portal, person = portal_of(request), person_of(request)
    if not person.session:
        raise _refused("you were logged out meanwhile")
    with portal.store.begin() as connection:
        known = people.by_identity(connection, identity.issuer, identity.subject)
        if known is not None and known.id != person.id:
            raise RefusedError("this log-in is linked to another account", status=409)
        if known is None:
            people.link_identity(connection, person.id, identity.issuer, identity.subject)
            what, now_s = f"person:{person.id}", portal.now().timestamp()
            audit.note(connection, person, "provider-linked", what=what, why=identity.issuer, now_s=now_s)


def _free_name(connection: sa.Connection, wished: tuple[str, ...]) -> str:
    """The first that may be taken; with a number where somebody has it."""
    for one in (*(text.partition("@")[0] for text in wished), "newcomer"):
        try:
            name = names.checked_name(one[: names.MAX_NAME - 3])
        except RefusedError:
            continue
        for number in range(1, _SAME_NAMES):
            numbered = name if number == 1 else f"{name} {number}"
            if people.by_name(connection, numbered) is None:
                return numbered
    return f"newcomer {secret.new_id('')[:8]}"


def _email(email: str) -> str:
    try:
        return names.checked_email(email)
    except RefusedError:
        return ""


def _provider(request: Request) -> Provider:
    found = desk_of(request).provider
    if found is None:
        raise NotFoundError("this site has no log-in provider", hint="Log in with a name and a password.")
    return found


def _refused(what: str) -> RefusedError:
    return RefusedError(what, hint="Go to the log-in page, and begin again.", status=403)
