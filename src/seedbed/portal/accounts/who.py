# SPDX-License-Identifier: Apache-2.0
"""From a cookie or a token to a person: one short transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from seedbed.portal.accounts import sessions, tokens
from seedbed.portal.accounts.person import STRANGER, Person
from seedbed.portal.accounts.tables import members, people, person_roles
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from seedbed.portal.portal import Portal


def asks(portal: Portal, *, held: str, authorization: str) -> Person:
    """Who asks.

    Args:
        portal: Asked.
        held: The session's secret, as the browser holds it; empty for none.
        authorization: The header. ``Bearer`` is ours; another kind is for somebody before us, and counts for nothing.

    Raises:
        RefusedError: a token that is not, or no longer, one of ours (401).
        StateError: the database fails.
    """
    kind, _, given = authorization.partition(" ")
    if kind.lower() == "bearer":
        return _by_token(portal, given.strip())
    return _by_session(portal, held) if held else STRANGER


def _by_session(portal: Portal, held: str) -> Person:
    now_s = portal.now().timestamp()
    with portal.store.read() as connection:
        session = sessions.find(connection, held, now_s=now_s)
        person = find(connection, session.person_id) if session else STRANGER
    if session is None or not person.is_known:
        return STRANGER
    if now_s - session.seen_s >= sessions.SEEN_EVERY_S:
        with portal.store.begin() as connection:
            sessions.seen(connection, session, now_s=now_s)
    return replace(person, session=session.key)


def _by_token(portal: Portal, given: str) -> Person:
    now_s = portal.now().timestamp()
    with portal.store.read() as connection:
        token = tokens.find(connection, given, now_s=now_s)
        person = find(connection, token.person_id) if token else STRANGER
    if token is None or not person.is_known:
        raise RefusedError(
            "the token is not, or no longer, one of this site's",
            hint="Make a new one on your account page.",
            status=401,
            headers={"WWW-Authenticate": 'Bearer realm="seedbed", error="invalid_token"'},
        )
    if now_s - (token.used_s or 0) >= tokens.USED_EVERY_S:
        with portal.store.begin() as connection:
            tokens.used(connection, token, now_s=now_s)
    return replace(person, roles=tokens.cut(person.roles, token.scopes), via_token=True)


def find(connection: sa.Connection, person_id: str) -> Person:
    """A person with roles and organisations; a stranger for nobody, and for who is suspended."""
    row = connection.execute(sa.select(people).where(people.c.id == person_id)).mappings().first()
    if row is None or row["suspended_s"] is not None:
        return STRANGER
    roles = connection.execute(sa.select(person_roles.c.role).where(person_roles.c.person_id == person_id)).scalars()
    asked = sa.select(members.c.organisation_id, members.c.is_owner).where(members.c.person_id == person_id)
    places = connection.execute(asked.order_by(members.c.organisation_id)).all()
    return Person(
        person_id,
        row["name"],
        frozenset(roles),
        tuple(place.organisation_id for place in places),
        frozenset(place.organisation_id for place in places if place.is_owner),
    )
