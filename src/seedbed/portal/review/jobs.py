# SPDX-License-Identifier: Apache-2.0
"""Work that follows from decisions, for the worker process: publish an upload, withdraw a version, put it back.

A worker takes a job on a lease, and renews it while it works. One that is killed renews nothing: its job is taken again
when the lease is over. So a job may be begun twice, and must be safe to be begun twice.

::

    waiting → running → done
       ↑         ├────→ failed         (error says why)
       └─────────┘  failed(…, again_s=…), or a lease that ran out
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from seedbed.portal.review.tables import jobs

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal["publish", "withdraw", "restore"]
LEASE_S = 300.0
"""A worker that says nothing for so long is taken for dead."""
MAX_TRIES = 5
"""Taken so often without an end, a job has failed: perhaps it is what kills its worker."""


@dataclass(frozen=True, slots=True)
class Job:
    """As kept."""

    id: int
    kind: Kind
    upload_id: str
    """Of ``publish``."""
    item_id: str
    """Of ``withdraw`` and ``restore``: ``DATASET@VERSION``."""
    reason: str
    """Of ``withdraw``: as people will read it in the signed catalogue."""
    by: str
    """The person's id."""
    made_s: float
    not_before_s: float
    """The end of an embargo."""
    state: str
    lease_s: float
    """Unix time until which it is somebody's."""
    tries: int
    error: str
    changed_s: float


def add(
    connection: sa.Connection,
    kind: Kind,
    *,
    upload_id: str = "",
    item_id: str = "",
    reason: str = "",
    by: str = "",
    not_before_s: float = 0.0,
    now_s: float,
) -> int:
    """A job, to be done as soon as a worker is free and its time has come.

    The same job that waits already is not added twice: its id is returned.
    """
    what = {"kind": kind, "upload_id": upload_id, "item_id": item_id}
    same = sa.and_(*(jobs.c[name] == value for name, value in what.items()), jobs.c.state == "waiting")
    if (known := connection.execute(sa.select(jobs.c.id).where(same)).scalar()) is not None:
        return int(known)
    more = {"reason": reason, "by": by, "not_before_s": not_before_s, "made_s": now_s, "changed_s": now_s}
    done = connection.execute(jobs.insert().values(state="waiting", **what, **more))
    key = done.inserted_primary_key
    return int(key[0]) if key else 0


def claim(
    connection: sa.Connection, now_s: float, *, lease_s: float = LEASE_S, kinds: Iterable[str] = ()
) -> Job | None:
    """Take the oldest job that may be done now; none if there is none. Nobody else gets it while the lease holds.

    Args:
        connection: Of a transaction that ends soon: the lease counts once it is committed.
        now_s: Unix time.
        lease_s: How long the worker may be silent.
        kinds: Only these; all if empty.
    """
    _give_up(connection, now_s)
    is_free = (jobs.c.state == "waiting") | ((jobs.c.state == "running") & (jobs.c.lease_s <= now_s))
    asked = sa.select(jobs).where(is_free, jobs.c.not_before_s <= now_s).order_by(jobs.c.id).limit(1)
    if wanted := tuple(kinds):
        asked = asked.where(jobs.c.kind.in_(wanted))
    row = connection.execute(asked.with_for_update(skip_locked=True)).mappings().first()
    if row is None:
        return None
    changes = {"state": "running", "lease_s": now_s + lease_s, "tries": row["tries"] + 1, "changed_s": now_s}
    connection.execute(jobs.update().where(jobs.c.id == row["id"]).values(**changes))
    return Job(**{**row, **changes})


def renew(connection: sa.Connection, job: Job, now_s: float, *, lease_s: float = LEASE_S) -> bool:
    """Say that it is still being done.

    Returns:
        Whether it is still this worker's: False if it was silent for too long and another one took it.
    """
    changed = connection.execute(_mine(job).values(lease_s=now_s + lease_s, changed_s=now_s))
    return changed.rowcount > 0


def done(connection: sa.Connection, job: Job, now_s: float) -> bool:
    """It is done; False if it is another worker's by now."""
    return connection.execute(_mine(job).values(state="done", error="", changed_s=now_s)).rowcount > 0


def failed(connection: sa.Connection, job: Job, error: str, now_s: float, *, again_s: float = 0.0) -> bool:
    """It is not done.

    Args:
        connection: To write by.
        job: Taken by this worker.
        error: Why, for people.
        now_s: Unix time.
        again_s: Try again after so long, if it was not tried too often; 0 for never.

    Returns:
        False if it is another worker's by now.
    """
    is_again = again_s > 0 and job.tries < MAX_TRIES
    values = {"state": "waiting", "not_before_s": now_s + again_s} if is_again else {"state": "failed"}
    return connection.execute(_mine(job).values(error=error[:2000], changed_s=now_s, **values)).rowcount > 0


def cancel(connection: sa.Connection, *, upload_id: str, now_s: float) -> int:
    """An upload's jobs that still wait are not to be done: it was taken back. How many there were."""
    which = jobs.c.upload_id == upload_id, jobs.c.state == "waiting"
    values = {"state": "failed", "error": "taken back", "changed_s": now_s}
    return connection.execute(jobs.update().where(*which).values(**values)).rowcount


def again(connection: sa.Connection, job_id: int, *, now_s: float) -> Job | None:
    """Have a job that failed tried again, as often as a new one; none if it has not failed.

    Publications are not among them: what is to become of the upload is decided anew.
    """
    which = jobs.c.id == job_id, jobs.c.state == "failed", jobs.c.kind != "publish"
    values = {"state": "waiting", "tries": 0, "not_before_s": 0.0, "changed_s": now_s}
    changed = connection.execute(jobs.update().where(*which).values(**values)).rowcount
    return find(connection, job_id) if changed else None


def listed(connection: sa.Connection, *, states: Iterable[str] = (), limit: int = 100) -> list[Job]:
    """Newest first."""
    asked = sa.select(jobs).order_by(jobs.c.id.desc()).limit(limit)
    if wanted := tuple(states):
        asked = asked.where(jobs.c.state.in_(wanted))
    return [Job(**row) for row in connection.execute(asked).mappings()]


def find(connection: sa.Connection, job_id: int) -> Job | None:
    """One; none if there is no such job."""
    row = connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).mappings().first()
    return Job(**row) if row else None


def _mine(job: Job) -> sa.Update:
    """The job while this worker has it: the number of tries tells one lease from the next."""
    return jobs.update().where(jobs.c.id == job.id, jobs.c.state == "running", jobs.c.tries == job.tries)


def _give_up(connection: sa.Connection, now_s: float) -> None:
    """Jobs that were begun again and again, and never ended."""
    is_lost = (jobs.c.state == "running") & (jobs.c.lease_s <= now_s) & (jobs.c.tries >= MAX_TRIES)
    values = {"state": "failed", "error": f"its worker died {MAX_TRIES} times", "changed_s": now_s}
    connection.execute(jobs.update().where(is_lost).values(**values))
