# SPDX-License-Identifier: Apache-2.0
"""People as they are kept: made, found, given roles, suspended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from seedbed.errors import NotFoundError
from seedbed.portal.accounts import secret, sessions, tokens
from seedbed.portal.accounts.names import name_key
from seedbed.portal.accounts.person import ROLES
from seedbed.portal.accounts.tables import identities, links, people, person_roles
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Account:
    """Of a person."""

    id: str
    name: str
    email: str
    password: str
    """Its hash; empty for who logs in by a provider only."""
    made_s: float
    suspended_s: float | None
    suspended_why: str
    quota_bytes: int | None
    """None: as the settings say."""
    roles: tuple[str, ...] = ()

    @property
    def is_suspended(self) -> bool:
        """Whether it may not log in."""
        return self.suspended_s is not None


def make(
    connection: sa.Connection, name: str, *, password: str, email: str = "", roles: Iterable[str], now_s: float
) -> str:
    """A new person; returns the id.

    Args:
        connection: To write by.
        name: Checked.
        password: Its hash; empty for none.
        email: Checked.
        roles: Given from the start.
        now_s: Unix time.

    Raises:
        RefusedError: somebody has the name (409).
    """
    if by_name(connection, name) is not None:
        raise name_taken(name)
    person_id = secret.new_id("p")
    row = {"name": name, "name_key": name_key(name), "email": email, "password": password, "made_s": now_s}
    try:
        with connection.begin_nested():
            connection.execute(people.insert().values(id=person_id, suspended_why="", **row))
    except sa.exc.IntegrityError:  # somebody took it just now
        raise name_taken(name) from None
    set_roles(connection, person_id, roles)
    return person_id


def name_taken(name: str) -> RefusedError:
    """The refusal."""
    return RefusedError(f"name: {name} is somebody's already", hint="Take another one.", status=409, field="name")


def by_name(connection: sa.Connection, name: str) -> Account | None:
    """Who has a name, however it is written."""
    return _one(connection, people.c.name_key == name_key(name))


def find(connection: sa.Connection, person_id: str) -> Account:
    """One.

    Raises:
        NotFoundError: there is nobody of this id.
    """
    found = _one(connection, people.c.id == person_id)
    if found is None:
        raise NotFoundError("there is nobody of this id")
    return found


def listed(connection: sa.Connection, *, words: str = "", after: str = "", limit: int = 100) -> list[Account]:
    """By name; those whose name has the words in it."""
    asked = sa.select(people).order_by(people.c.name_key).where(people.c.name_key > after).limit(limit)
    if words:
        asked = asked.where(people.c.name_key.contains(name_key(words), autoescape=True))
    rows = connection.execute(asked).mappings().all()
    given = _roles(connection, [row["id"] for row in rows])
    return [_account(row, given.get(row["id"], ())) for row in rows]


def names(connection: sa.Connection, ids: Iterable[str]) -> dict[str, str]:
    """Id -> name, of those that there are."""
    asked = sa.select(people.c.id, people.c.name).where(people.c.id.in_(list(set(ids))))
    return {row.id: row.name for row in connection.execute(asked)}


def set_roles(connection: sa.Connection, person_id: str, roles: Iterable[str]) -> None:
    """Give exactly these."""
    wanted = set(roles)
    if unknown := wanted - set(ROLES):
        raise RefusedError(f"roles: expected of {', '.join(ROLES)}, got {min(unknown)!r}", field="roles")
    connection.execute(person_roles.delete().where(person_roles.c.person_id == person_id))
    for role in sorted(wanted):
        connection.execute(person_roles.insert().values(person_id=person_id, role=role))


def admins(connection: sa.Connection) -> list[str]:
    """Ids of those who can log in."""
    joined = person_roles.join(people, people.c.id == person_roles.c.person_id)
    which = person_roles.c.role == "admin", people.c.suspended_s.is_(None)
    return list(connection.execute(sa.select(people.c.id).select_from(joined).where(*which)).scalars())


def set_password(connection: sa.Connection, person_id: str, password: str) -> None:
    """Keep another hash."""
    connection.execute(people.update().where(people.c.id == person_id).values(password=password))


def set_email(connection: sa.Connection, person_id: str, email: str) -> None:
    """Keep another address."""
    connection.execute(people.update().where(people.c.id == person_id).values(email=email))


def set_quota(connection: sa.Connection, person_id: str, quota_bytes: int | None) -> None:
    """Keep another quota; none for the settings'."""
    connection.execute(people.update().where(people.c.id == person_id).values(quota_bytes=quota_bytes))


def suspend(connection: sa.Connection, person_id: str, *, why: str, now_s: float) -> None:
    """Shut somebody out, at once: sessions, tokens and links end."""
    values = {"suspended_s": now_s, "suspended_why": why[:2000]}
    connection.execute(people.update().where(people.c.id == person_id).values(**values))
    end_ways_in(connection, person_id)


def end_ways_in(connection: sa.Connection, person_id: str) -> None:
    """Sessions, tokens and links of a person end."""
    sessions.end_all(connection, person_id)
    tokens.end_all(connection, person_id)
    connection.execute(links.delete().where(links.c.person_id == person_id))


def let_back(connection: sa.Connection, person_id: str) -> None:
    """End a suspension."""
    connection.execute(people.update().where(people.c.id == person_id).values(suspended_s=None, suspended_why=""))


def by_identity(connection: sa.Connection, issuer: str, subject: str) -> Account | None:
    """Who a provider's subject is."""
    which = identities.c.issuer == issuer, identities.c.subject == subject
    person_id = connection.execute(sa.select(identities.c.person_id).where(*which)).scalar()
    return _one(connection, people.c.id == person_id) if person_id else None


def link_identity(connection: sa.Connection, person_id: str, issuer: str, subject: str) -> None:
    """A provider's subject is this person from now on."""
    connection.execute(identities.insert().values(issuer=issuer, subject=subject, person_id=person_id))


def issuers(connection: sa.Connection, person_id: str) -> list[str]:
    """Providers by which a person logs in."""
    asked = sa.select(identities.c.issuer).where(identities.c.person_id == person_id).order_by(identities.c.issuer)
    return list(connection.execute(asked).scalars())


def _one(connection: sa.Connection, which: sa.ColumnElement[bool]) -> Account | None:
    row = connection.execute(sa.select(people).where(which)).mappings().first()
    return _account(row, _roles(connection, [row["id"]]).get(row["id"], ())) if row else None


def _roles(connection: sa.Connection, ids: list[str]) -> dict[str, tuple[str, ...]]:
    asked = sa.select(person_roles).where(person_roles.c.person_id.in_(ids))
    given = dict[str, list[str]]()
    for row in connection.execute(asked):
        given.setdefault(row.person_id, []).append(row.role)
    return {one: tuple(sorted(roles, key=ROLES.index)) for one, roles in given.items()}


def _account(row: sa.RowMapping, roles: tuple[str, ...]) -> Account:
    fields = {name: value for name, value in row.items() if name != "name_key"}
    return Account(roles=roles, **fields)
