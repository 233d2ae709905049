# SPDX-License-Identifier: Apache-2.0
"""Jobs are done once, also when workers die; on both databases."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from seedbed.portal.review import jobs

if TYPE_CHECKING:
    from seedbed.portal.store.base import Store

NOW_S = 1_000_000.0


def _claim(store: Store, now_s: float = NOW_S) -> jobs.Job | None:
    with store.begin() as connection:
        return jobs.claim(connection, now_s, lease_s=60)


def _add(store: Store, **more: object) -> int:
    with store.begin() as connection:
        return jobs.add(connection, "publish", now_s=NOW_S, **{"upload_id": "u1", **more})  # type: ignore[arg-type]


def test_a_job_is_taken_once_and_done(store: Store) -> None:
    """The oldest first."""
    first, second = _add(store), _add(store, upload_id="u2")

    taken = _claim(store)
    other = _claim(store)

    assert taken is not None
    assert other is not None
    assert (taken.id, other.id) == (first, second)
    assert _claim(store) is None
    with store.begin() as connection:
        assert jobs.done(connection, taken, NOW_S)
        assert [one.state for one in jobs.listed(connection)] == ["running", "done"]


def test_a_job_that_waits_is_not_added_twice(store: Store) -> None:
    """A form that is sent twice makes one job; a job done makes room for another."""
    assert _add(store) == _add(store)

    taken = _claim(store)
    assert taken is not None

    assert _add(store) != taken.id


def test_an_embargo_is_waited_for(store: Store) -> None:
    """Not a second too early."""
    _add(store, not_before_s=NOW_S + 100)

    assert _claim(store, NOW_S + 99) is None
    assert _claim(store, NOW_S + 100) is not None


def test_a_killed_workers_job_is_taken_again(store: Store) -> None:
    """When its lease is over; the dead one, should it live, can end nothing any more."""
    _add(store)
    dead = _claim(store)
    assert dead is not None
    assert _claim(store, NOW_S + 59) is None

    again = _claim(store, NOW_S + 60)

    assert again is not None
    assert (again.id, again.tries) == (dead.id, 2)
    with store.begin() as connection:
        assert not jobs.done(connection, dead, NOW_S + 61)
        assert not jobs.renew(connection, dead, NOW_S + 61)
        assert not jobs.failed(connection, dead, "too late", NOW_S + 61)
        assert jobs.done(connection, again, NOW_S + 61)


def test_a_lease_that_is_renewed_holds(store: Store) -> None:
    """As long as the worker says so."""
    _add(store)
    job = _claim(store)
    assert job is not None

    with store.begin() as connection:
        assert jobs.renew(connection, job, NOW_S + 50, lease_s=60)

    assert _claim(store, NOW_S + 100) is None
    assert _claim(store, NOW_S + 111) is not None


def test_a_job_that_kills_its_workers_is_given_up(store: Store) -> None:
    """It must not stop the others for ever."""
    _add(store)
    for turn in range(jobs.MAX_TRIES):
        assert _claim(store, NOW_S + turn * 60) is not None

    assert _claim(store, NOW_S + jobs.MAX_TRIES * 60) is None
    with store.read() as connection:
        (job,) = jobs.listed(connection)
    assert (job.state, job.error) == ("failed", "its worker died 5 times")


@pytest.mark.parametrize(("again_s", "state"), [(30.0, "waiting"), (0.0, "failed")])
def test_a_failure_is_tried_again_or_kept(store: Store, again_s: float, state: str) -> None:
    """As the worker says."""
    _add(store)
    job = _claim(store)
    assert job is not None

    with store.begin() as connection:
        jobs.failed(connection, job, "mirror away", NOW_S, again_s=again_s)
        kept = jobs.find(connection, job.id)

    assert kept is not None
    assert (kept.state, kept.error) == (state, "mirror away")
    assert _claim(store, NOW_S + 29) is None
    assert (_claim(store, NOW_S + 30) is not None) == (state == "waiting")


def test_a_job_taken_back_is_not_done(store: Store) -> None:
    """Only while it waits."""
    _add(store)

    with store.begin() as connection:
        assert jobs.cancel(connection, upload_id="u1", now_s=NOW_S) == 1

    assert _claim(store) is None


def test_many_workers_never_take_the_same_job(store: Store) -> None:
    """Ten jobs, four at once."""
    wanted = {_add(store, upload_id=f"u{number}") for number in range(10)}
    taken, lock = list[int](), threading.Lock()

    def work() -> None:
        while (job := _claim(store)) is not None:
            with lock:
                taken.append(job.id)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()

    assert sorted(taken) == sorted(wanted)
