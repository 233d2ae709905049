# SPDX-License-Identifier: Apache-2.0
"""Tokens for programs: shown once, kept as a hash, with an end, and with no more rights than they were given.

A scope is the role it lets the token use; without any, a token reads what its person may read. The prefix lets people
and scanners of leaked secrets see what it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from seedbed.portal.accounts import secret
from seedbed.portal.accounts.person import ROLES
from seedbed.portal.accounts.tables import tokens
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

PREFIX = "seedbed_"
SCOPES = {"upload": "uploader", "review": "reviewer", "admin": "admin"}
"""Scope -> role."""
USED_EVERY_S = 86_400.0
"""When a token was used is kept to the day."""
MAX_EACH = 50
"""Of one person."""
MAX_DAYS = 366


@dataclass(frozen=True, slots=True)
class Token:
    """As kept."""

    id: str
    person_id: str
    name: str
    scopes: tuple[str, ...]
    made_s: float
    expires_s: float | None
    used_s: float | None


def make(
    connection: sa.Connection, person_id: str, *, name: str, scopes: Iterable[str], days: int, now_s: float
) -> tuple[Token, str]:
    """A new one.

    Args:
        connection: To write by.
        person_id: Whose.
        name: For people: where it is used.
        scopes: Of ``SCOPES``.
        days: Until it ends; 0 for never.
        now_s: Unix time.

    Returns:
        The token, and its secret, which is nowhere else.

    Raises:
        RefusedError: a field cannot be used.
    """
    wanted = tuple(one for one in SCOPES if one in set(scopes))
    _check(name.strip(), set(scopes), days)
    connection.execute(tokens.delete().where(tokens.c.expires_s <= now_s))
    if len(of(connection, person_id)) >= MAX_EACH:
        raise RefusedError(f"there are {MAX_EACH} tokens already", hint="End those that are not used.", status=409)
    made = secret.new(PREFIX)
    token = Token(
        secret.new_id("t"), person_id, name.strip(), wanted, now_s, now_s + days * 86_400 if days else None, None
    )
    row = {"key": secret.kept(made), "scopes": list(wanted), "made_s": now_s, "expires_s": token.expires_s}
    connection.execute(tokens.insert().values(id=token.id, person_id=person_id, name=token.name, **row))
    return token, made


def _check(name: str, scopes: set[str], days: int) -> None:
    if not 1 <= len(name) <= 60 or not name.isprintable():
        raise RefusedError("name: expected 1 to 60 characters", field="name")
    if unknown := scopes - set(SCOPES):
        raise RefusedError(f"scopes: expected of {', '.join(SCOPES)}, got {min(unknown)!r}", field="scopes")
    if not 0 <= days <= MAX_DAYS:
        raise RefusedError(f"days: expected 0 (never ends) to {MAX_DAYS}, got {days}", field="days")


def find(connection: sa.Connection, given: str, *, now_s: float) -> Token | None:
    """The token of a secret, if it has not ended."""
    if not given.startswith(PREFIX):
        return None
    row = connection.execute(sa.select(tokens).where(tokens.c.key == secret.kept(given))).mappings().first()
    token = _token(row) if row else None
    return None if token is None or (token.expires_s is not None and now_s >= token.expires_s) else token


def used(connection: sa.Connection, token: Token, *, now_s: float) -> None:
    """Write down the day."""
    connection.execute(tokens.update().where(tokens.c.id == token.id).values(used_s=now_s - now_s % USED_EVERY_S))


def of(connection: sa.Connection, person_id: str) -> list[Token]:
    """A person's, newest first."""
    asked = sa.select(tokens).where(tokens.c.person_id == person_id).order_by(tokens.c.made_s.desc(), tokens.c.id)
    return [_token(row) for row in connection.execute(asked).mappings()]


def end(connection: sa.Connection, token_id: str, *, person_id: str) -> bool:
    """End one of a person's; whether there was one."""
    which = tokens.c.id == token_id, tokens.c.person_id == person_id
    return connection.execute(tokens.delete().where(*which)).rowcount > 0


def end_all(connection: sa.Connection, person_id: str) -> int:
    """End all of a person's; how many."""
    return connection.execute(tokens.delete().where(tokens.c.person_id == person_id)).rowcount


def cut(roles: frozenset[str], scopes: Iterable[str]) -> frozenset[str]:
    """The roles that a token of these scopes may use.

    An admin's token for reviews is a reviewer, and no admin.
    """
    wanted = {SCOPES[one] for one in scopes if one in SCOPES}
    return frozenset(ROLES) & wanted if "admin" in roles else roles & wanted


def _token(row: sa.RowMapping) -> Token:
    fields = {name: row[name] for name in ("id", "person_id", "name", "made_s", "expires_s", "used_s")}
    return Token(scopes=tuple(row["scopes"]), **fields)
