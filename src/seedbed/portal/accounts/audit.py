# SPDX-License-Identifier: Apache-2.0
"""The audit log: who did what to what, when and why. Lines are added, and never changed: the database refuses it too.

No address is in it. A person's name stands as it was then, so that the log can be read when the person is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import event

from seedbed.portal.accounts.tables import audit_log

if TYPE_CHECKING:
    from seedbed.portal.accounts.person import Person

MAX_WHY = 2000
"""Characters of a reason that are kept."""

_REFUSAL = "the audit log is only added to"
for _verb in ("update", "delete"):
    event.listen(
        audit_log,
        "after_create",
        sa.DDL(  # type: ignore[no-untyped-call]  # SQLAlchemy's
            f"create trigger audit_log_no_{_verb} before {_verb} on audit_log "
            f"begin select raise(abort, '{_REFUSAL}'); end"
        ).execute_if(dialect="sqlite"),
    )
for _text in (
    f"""create or replace function audit_log_refuse() returns trigger language plpgsql as
    $$ begin raise exception '{_REFUSAL}'; end $$""",
    """create trigger audit_log_fixed before update or delete or truncate on audit_log
    for each statement execute function audit_log_refuse()""",
):
    _made = sa.DDL(_text)  # type: ignore[no-untyped-call]  # SQLAlchemy's
    event.listen(audit_log, "after_create", _made.execute_if(dialect="postgresql"))


@dataclass(frozen=True, slots=True)
class Line:
    """Of the log."""

    id: int
    at_s: float
    person_id: str
    name: str
    action: str
    """``log-in``, ``role-given``, ``approved`` …"""
    what: str
    """Person, upload, report or dataset, as ``kind:id``."""
    why: str


def note(connection: sa.Connection, who: Person, action: str, *, what: str = "", why: str = "", now_s: float) -> None:
    """Add a line.

    Args:
        connection: Of the change itself: both are there, or neither.
        who: Did it; a stranger for nobody known and for the server itself.
        action: What was done.
        what: To what: ``kind:id``.
        why: The reason given.
        now_s: Unix time.
    """
    connection.execute(
        audit_log.insert().values(
            at_s=now_s, person_id=who.id, name=who.name, action=action, what=what, why=why[:MAX_WHY]
        )
    )


def lines(
    connection: sa.Connection, *, before: int = 0, limit: int = 100, person_id: str = "", what: str = ""
) -> list[Line]:
    """Newest first.

    Args:
        connection: To read by.
        before: Only lines older than the one of this id; 0 for all.
        limit: At most so many.
        person_id: Only what this person did.
        what: Only what was done to this.
    """
    asked = sa.select(audit_log).order_by(audit_log.c.id.desc()).limit(limit)
    if before:
        asked = asked.where(audit_log.c.id < before)
    if person_id:
        asked = asked.where(audit_log.c.person_id == person_id)
    if what:
        asked = asked.where(audit_log.c.what == what)
    return [Line(**row) for row in connection.execute(asked).mappings()]
