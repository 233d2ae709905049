# SPDX-License-Identifier: Apache-2.0
"""Links that work once: to make the first admin, and to set a new password.

No mail server is needed: a person gives them to a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from seedbed.portal.accounts import secret
from seedbed.portal.accounts.tables import links
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from seedbed.portal.portal import Portal

Kind = Literal["admin", "reset"]
LIFE_S = 3 * 86_400.0
"""A link lies in somebody's mail for so long at most."""


@dataclass(frozen=True, slots=True)
class Link:
    """As kept."""

    key: str
    kind: Kind
    person_id: str | None
    """Whose password; none for the first admin."""
    made_s: float
    expires_s: float


def make(portal: Portal, connection: sa.Connection, kind: Kind, *, person_id: str | None = None) -> str:
    """A link, in full; earlier ones of the same kind and person end."""
    made, now_s = secret.new(), portal.now().timestamp()
    whose = links.c.person_id.is_(None) if person_id is None else links.c.person_id == person_id
    connection.execute(links.delete().where((links.c.kind == kind) & whose | (links.c.expires_s <= now_s)))
    row = {"kind": kind, "person_id": person_id, "made_s": now_s, "expires_s": now_s + LIFE_S}
    connection.execute(links.insert().values(key=secret.kept(made), **row))
    return portal.url(f"/link/{made}")


def find(connection: sa.Connection, given: str, *, now_s: float) -> Link:
    """The link of a secret.

    Raises:
        RefusedError: it was used, is too old, or never was (404): which one is nobody's to know.
    """
    row = connection.execute(sa.select(links).where(links.c.key == secret.kept(given))).mappings().first()
    if row is None or now_s >= row["expires_s"]:
        hint = "A link works once, for three days. Ask an admin of this site for a new one."
        raise RefusedError("this link no longer works", hint=hint, status=404)
    return Link(**row)


def use(connection: sa.Connection, link: Link) -> None:
    """Take it out of the world.

    Raises:
        RefusedError: somebody else was quicker (409).
    """
    if not connection.execute(links.delete().where(links.c.key == link.key)).rowcount:
        raise RefusedError("this link was used a moment ago", status=409)
