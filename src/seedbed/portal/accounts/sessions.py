# SPDX-License-Identifier: Apache-2.0
"""Sessions: begun at log-in with a new secret (so that one set by somebody else means nothing), ended by time or hand.

Who attacks: whoever gets a browser to hold a session of theirs before it logs in (fixation, CAPEC-61), or reads the
database. The first gains nothing, for no secret from outside is ever taken over; the second finds only hashes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from seedbed.portal.accounts import secret
from seedbed.portal.accounts.tables import sessions

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY_S = 86_400.0
IDLE_S = 7 * DAY_S
"""Not used for so long: ended."""
LIFE_S = 30 * DAY_S
"""Ended in any case."""
SEEN_EVERY_S = 300.0
"""A session in use is written down at most so often: pages stay cheap."""
MAX_EACH = 50
"""Of one person; the one that was not used for longest makes room."""


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrom", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows")),
    *(("Mac OS", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)


@dataclass(frozen=True, slots=True)
class Session:
    """As kept."""

    key: str
    person_id: str
    made_s: float
    seen_s: float
    device: str

    def is_over(self, now_s: float) -> bool:
        """Whether it no longer counts."""
        return now_s >= min(self.seen_s + IDLE_S, self.made_s + LIFE_S)


def begin(connection: sa.Connection, person_id: str, *, device: str, now_s: float) -> str:
    """A new session; returns its secret, which is nowhere else."""
    _make_room(connection, person_id, now_s)
    made = secret.new()
    connection.execute(
        sessions.insert().values(
            key=secret.kept(made), person_id=person_id, made_s=now_s, seen_s=now_s, device=device[:80]
        )
    )
    return made


def find(connection: sa.Connection, held: str, *, now_s: float) -> Session | None:
    """The session of a secret; none if it is over."""
    found = connection.execute(sa.select(sessions).where(sessions.c.key == secret.kept(held))).mappings().first()
    session = Session(**found) if found else None
    return session if session and not session.is_over(now_s) else None


def seen(connection: sa.Connection, session: Session, *, now_s: float) -> None:
    """Write down that it is in use."""
    connection.execute(sessions.update().where(sessions.c.key == session.key).values(seen_s=now_s))


def end(connection: sa.Connection, key: str, *, person_id: str) -> bool:
    """End one of a person's; whether there was one."""
    ended = connection.execute(sessions.delete().where(sessions.c.key == key, sessions.c.person_id == person_id))
    return ended.rowcount > 0


def end_all(connection: sa.Connection, person_id: str, *, but: Iterable[str] = ()) -> int:
    """End a person's, but for some; how many."""
    which = sessions.c.person_id == person_id, sessions.c.key.not_in(list(but))
    return connection.execute(sessions.delete().where(*which)).rowcount


def of(connection: sa.Connection, person_id: str, *, now_s: float) -> list[Session]:
    """A person's that count, the last used first."""
    asked = sa.select(sessions).where(sessions.c.person_id == person_id).order_by(sessions.c.seen_s.desc())
    rows = [Session(**row) for row in connection.execute(asked).mappings()]
    return [one for one in rows if not one.is_over(now_s)]


def _make_room(connection: sa.Connection, person_id: str, now_s: float) -> None:
    """Forget those that are over, of anybody, and a person's oldest."""
    over = (sessions.c.seen_s <= now_s - IDLE_S) | (sessions.c.made_s <= now_s - LIFE_S)
    connection.execute(sessions.delete().where(over))
    for one in of(connection, person_id, now_s=now_s)[MAX_EACH - 1 :]:
        end(connection, one.key, person_id=person_id)


def device_of(user_agent: str) -> str:
    """A browser and a system in two words, to know one's own sessions apart; the whole line would name a person."""
    found = [next((name for mark, name in table if mark in user_agent), "") for table in (_BROWSERS, _SYSTEMS)]
    return ", ".join(one for one in found if one)
