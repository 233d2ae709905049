# SPDX-License-Identifier: Apache-2.0
"""Organisations: people who share a quota and collections. Owners add members; only admins make organisations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from seedbed.errors import NotFoundError
from seedbed.portal.accounts.tables import members, organisation_collections, organisations, people
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from seedbed.portal.settings import Settings

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_COLLECTION = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Member:
    """Of an organisation."""

    person_id: str
    name: str
    is_owner: bool


@dataclass(frozen=True, slots=True)
class Organisation:
    """As kept."""

    id: str
    name: str
    quota_bytes: int | None
    """None: as the settings say."""
    made_s: float
    members: tuple[Member, ...] = ()
    collections: tuple[str, ...] = ()


def make(connection: sa.Connection, organisation_id: str, name: str, *, now_s: float) -> None:
    """A new one.

    Raises:
        RefusedError: the id or the name cannot be used, or the id is taken (409).
    """
    if not _ID.fullmatch(organisation_id):
        text = f"id: expected 1 to 40 small letters, digits and hyphens, got {organisation_id!r}"
        raise RefusedError(text, field="id")
    if not 2 <= len(name) <= 100 or not name.isprintable():
        raise RefusedError("name: expected 2 to 100 characters", field="name")
    try:
        with connection.begin_nested():
            connection.execute(organisations.insert().values(id=organisation_id, name=name, made_s=now_s))
    except sa.exc.IntegrityError:
        raise RefusedError(f"id: {organisation_id} is taken", status=409, field="id") from None


def find(connection: sa.Connection, organisation_id: str) -> Organisation:
    """One, with members and collections.

    Raises:
        NotFoundError: there is none of this id.
    """
    row = connection.execute(sa.select(organisations).where(organisations.c.id == organisation_id)).mappings().first()
    if row is None:
        raise NotFoundError("there is no organisation of this id")
    return Organisation(**row, members=_members(connection, row["id"]), collections=_collections(connection, row["id"]))


def listed(connection: sa.Connection) -> list[Organisation]:
    """All, by name."""
    ids = connection.execute(sa.select(organisations.c.id).order_by(organisations.c.name)).scalars().all()
    return [find(connection, one) for one in ids]


def put_member(connection: sa.Connection, organisation_id: str, person_id: str, *, is_owner: bool) -> None:
    """Add somebody, or change whether it is an owner."""
    take_member(connection, organisation_id, person_id)
    row = {"organisation_id": organisation_id, "person_id": person_id, "is_owner": is_owner}
    connection.execute(members.insert().values(**row))


def take_member(connection: sa.Connection, organisation_id: str, person_id: str) -> bool:
    """Let somebody go; whether it was a member."""
    which = members.c.organisation_id == organisation_id, members.c.person_id == person_id
    return connection.execute(members.delete().where(*which)).rowcount > 0


def set_quota(connection: sa.Connection, organisation_id: str, quota_bytes: int | None) -> None:
    """Keep another quota; none for the settings'."""
    changed = organisations.update().where(organisations.c.id == organisation_id)
    connection.execute(changed.values(quota_bytes=quota_bytes))


def set_collections(connection: sa.Connection, organisation_id: str, collections: tuple[str, ...]) -> None:
    """These, and no others, are its own.

    Raises:
        RefusedError: one is no collection's id, or another organisation's (409).
    """
    connection.execute(
        organisation_collections.delete().where(organisation_collections.c.organisation_id == organisation_id)
    )
    for one in sorted(set(collections)):
        if not _COLLECTION.fullmatch(one):
            raise RefusedError(f"collections: {one!r} is no collection's id", field="collections")
        if owner := owner_of(connection, one):
            raise RefusedError(f"collections: {one} belongs to {owner}", status=409, field="collections")
        connection.execute(organisation_collections.insert().values(collection=one, organisation_id=organisation_id))


def owner_of(connection: sa.Connection, collection: str) -> str:
    """The organisation whose members alone publish into a collection; empty where everybody may."""
    asked = sa.select(organisation_collections.c.organisation_id)
    found = connection.execute(asked.where(organisation_collections.c.collection == collection)).scalar()
    return found or ""


def quota_bytes(connection: sa.Connection, settings: Settings, person_id: str, organisation_id: str = "") -> int:
    """How much may be given: by an organisation together, or by a person without one."""
    if organisation_id:
        asked = sa.select(organisations.c.quota_bytes).where(organisations.c.id == organisation_id)
    else:
        asked = sa.select(people.c.quota_bytes).where(people.c.id == person_id)
    found = connection.execute(asked).scalar()
    return settings.quota_bytes if found is None else int(found)


def _members(connection: sa.Connection, organisation_id: str) -> tuple[Member, ...]:
    joined = members.join(people, people.c.id == members.c.person_id)
    asked = sa.select(members.c.person_id, people.c.name, members.c.is_owner).select_from(joined)
    rows = connection.execute(asked.where(members.c.organisation_id == organisation_id).order_by(people.c.name_key))
    return tuple(Member(**row) for row in rows.mappings())


def _collections(connection: sa.Connection, organisation_id: str) -> tuple[str, ...]:
    asked = sa.select(organisation_collections.c.collection)
    which = organisation_collections.c.organisation_id == organisation_id
    return tuple(connection.execute(asked.where(which).order_by(organisation_collections.c.collection)).scalars())
