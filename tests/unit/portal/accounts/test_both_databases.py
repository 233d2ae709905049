# SPDX-License-Identifier: Apache-2.0
"""What is kept of people, the same way in SQLite and in PostgreSQL."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from seedbed.errors import StateError
from seedbed.portal.accounts import audit, organisations, people, secret, sessions, tokens, who
from seedbed.portal.accounts.person import STRANGER, Person
from seedbed.portal.accounts.tables import audit_log
from seedbed.portal.review import deciding, moderating, reports
from seedbed.portal.settings import Settings
from seedbed.portal.web.failures import RefusedError
from tests.portal_people import PASSWORD, join, password_hash, stranger
from tests.unit.portal.review.submitting import handed_in

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.portal.store.base import Store
    from tests.portals import Stand

NOW_S = 1_700_000_000.0
ROOT = Person("p-root", "Root", frozenset(("admin",)))


def _person(store: Store, name: str = "Ana", *roles: str) -> str:
    with store.begin() as connection:
        return people.make(connection, name, password="", roles=roles or ("uploader",), now_s=NOW_S)


def test_a_name_is_one_persons_however_it_is_written(store: Store) -> None:
    """Also when two ask at once."""
    _person(store, "Zoë")
    refused, made = list[str](), list[str]()

    def ask(name: str) -> None:
        try:
            made.append(_person(store, name))
        except RefusedError as error:
            refused.append(error.field)

    asking = [threading.Thread(target=ask, args=(name,)) for name in ("ZOË", "Bea", "BEA", "bea")]
    for one in asking:
        one.start()
    for one in asking:
        one.join()

    assert len(made) == 1
    assert refused == ["name"] * 3


def test_a_person_with_roles_and_organisations_is_found(store: Store) -> None:
    """And nobody, once suspended."""
    ana = _person(store, "Ana", "uploader", "reviewer")
    with store.begin() as connection:
        for place, is_owner in (("town", False), ("lake", True)):
            organisations.make(connection, place, place.title(), now_s=NOW_S)
            organisations.put_member(connection, place, ana, is_owner=is_owner)

    with store.begin() as connection:
        found = who.find(connection, ana)
        people.suspend(connection, ana, why="spam", now_s=NOW_S)
        after = who.find(connection, ana)
        people.let_back(connection, ana)
        back = who.find(connection, ana)

    assert found.roles == frozenset(("uploader", "reviewer"))
    assert (found.organisations, found.owns) == (("lake", "town"), frozenset(("lake",)))
    assert after == STRANGER
    assert back == found


def test_sessions_end_by_time_and_make_room(store: Store) -> None:
    """Idle, old, or one too many."""
    ana = _person(store)
    with store.begin() as connection:
        held = [
            sessions.begin(connection, ana, device="x", now_s=NOW_S + number) for number in range(sessions.MAX_EACH + 1)
        ]
        found = [sessions.find(connection, one, now_s=NOW_S + 100) for one in held]
        last = found[-1]
        assert last is not None
        assert (found[0], len([one for one in found if one])) == (None, sessions.MAX_EACH)
        assert sessions.find(connection, held[-1], now_s=last.seen_s + sessions.IDLE_S) is None
        assert replace(last, seen_s=last.made_s + sessions.LIFE_S).is_over(last.made_s + sessions.LIFE_S)
        assert sessions.end_all(connection, ana, but=(last.key,)) == sessions.MAX_EACH - 1
        assert sessions.end(connection, last.key, person_id=ana)
        assert sessions.of(connection, ana, now_s=NOW_S) == []


def test_only_hashes_of_secrets_are_kept(store: Store) -> None:
    """Whoever reads the database can use nothing of it."""
    ana = _person(store)
    with store.begin() as connection:
        held = sessions.begin(connection, ana, device="", now_s=NOW_S)
        token, shown = tokens.make(connection, ana, name="x", scopes=("upload",), days=0, now_s=NOW_S)
        rows = [str(connection.execute(sa.text(f"select * from {name}")).all()) for name in ("sessions", "tokens")]
        found = tokens.find(connection, shown, now_s=NOW_S + 1e9)

    assert found == token
    assert not any(one in row for one in (held, shown) for row in rows)
    assert secret.kept(held) in rows[0]


def test_tokens_end_and_are_counted(store: Store) -> None:
    """Those that have ended make room."""
    ana = _person(store)
    with store.begin() as connection:
        made = [tokens.make(connection, ana, name="x", scopes=(), days=1, now_s=NOW_S) for _ in range(tokens.MAX_EACH)]
        with pytest.raises(RefusedError):
            tokens.make(connection, ana, name="x", scopes=(), days=1, now_s=NOW_S)
        later_s = NOW_S + 86_400
        assert tokens.find(connection, made[0][1], now_s=later_s) is None
        tokens.make(connection, ana, name="x", scopes=(), days=1, now_s=later_s)
        assert len(tokens.of(connection, ana)) == 1


def test_the_log_is_only_added_to(store: Store) -> None:
    """The database itself refuses the rest; also by SQL from elsewhere."""
    with store.begin() as connection:
        audit.note(connection, ROOT, "did", what="x:1", why="w" * 5000, now_s=NOW_S)
    for text in ("update audit_log set why = ''", "delete from audit_log"):
        with pytest.raises((StateError, sa.exc.IntegrityError)), store.begin() as connection:
            connection.execute(sa.text(text))

    with store.read() as connection:
        (line,) = audit.lines(connection)
        assert (line.name, line.action, line.why) == ("Root", "did", "w" * audit.MAX_WHY)
        assert {one.name for one in audit_log.columns} == {"id", "at_s", "person_id", "name", "action", "what", "why"}


def test_a_change_that_fails_leaves_no_line(store: Store) -> None:
    """Both are there, or neither."""
    with contextlib.suppress(ZeroDivisionError), store.begin() as connection:
        audit.note(connection, ROOT, "did", now_s=NOW_S)
        raise ZeroDivisionError

    with store.read() as connection:
        assert audit.lines(connection) == []


def test_a_quota_is_the_organisations_the_persons_or_the_usual(store: Store, tmp_path: Path) -> None:
    """In this order."""
    ana, settings = _person(store), Settings(tmp_path, "http://portal.test", quota_bytes=7)
    with store.begin() as connection:
        organisations.make(connection, "town", "The town", now_s=NOW_S)
        usual = (
            organisations.quota_bytes(connection, settings, ana),
            organisations.quota_bytes(connection, settings, ana, "town"),
        )
        people.set_quota(connection, ana, 1 << 50)
        organisations.set_quota(connection, "town", 0)
        own = (
            organisations.quota_bytes(connection, settings, ana),
            organisations.quota_bytes(connection, settings, ana, "town"),
        )

    assert (usual, own) == ((7, 7), (1 << 50, 0))


def test_the_whole_way_on_each_database(both: Stand) -> None:
    """Log in, hand in, decide, report, take down, appeal, put back."""
    ana, rex, root = join(both, "Ana"), join(both, "Rex", "reviewer"), join(both, "Root", "admin")
    item = both.portal.shelf.newest("lakes").id
    assert stranger(both).fill("/login", {"name": "ana", "password": PASSWORD}).status_code == 303
    assert root.post("/admin/organisations", {"id": "town", "name": "Town", "owner": "Ana"}).status_code == 303
    upload = handed_in(both, ana.person_id, organisation_id="town")

    assert rex.get("/review").status_code == 200
    assert rex.get(f"/review/uploads/{upload}").status_code == 200
    assert rex.post(f"/review/uploads/{upload}", {"verdict": "approved"}).status_code == 303
    handed_in(both, ana.person_id, state="published", item_id=item, organisation_id="town")
    fields = {"item": item, "kind": "wrong", "text": "The lakes are seas."}
    report = stranger(both).ask("POST", "/api/v1/reports", fields).json()["id"]
    assert rex.post(f"/review/reports/{report}", {"action": "takedown", "reason": "Seas."}).status_code == 303
    assert item in ana.get("/notices").text
    assert ana.post(f"/reports/{report}/appeal", {"text": "They are lakes, really."}).status_code == 303
    assert root.post(f"/review/reports/{report}", {"action": "put-back", "reason": "Lakes."}).status_code == 303
    for page in (
        "/account",
        "/admin/people",
        f"/admin/people/{ana.person_id}",
        "/admin/organisations/town",
        "/admin/log",
    ):
        assert root.get(page).status_code == 200, page


def test_two_reviewers_at_once_make_one_decision(both: Stand) -> None:
    """And one job."""
    upload = handed_in(both, "p-somebody")
    outcomes = list[int]()

    def decide(name: str) -> None:
        person = Person(name, name, frozenset(("reviewer",)))
        try:
            with both.portal.store.begin() as connection:
                deciding.decide(connection, person, upload, "approved", now_s=NOW_S)
            outcomes.append(200)
        except RefusedError as error:
            outcomes.append(error.status)

    deciders = [threading.Thread(target=decide, args=(f"p{number}",)) for number in range(4)]
    for one in deciders:
        one.start()
    for one in deciders:
        one.join()

    assert sorted(outcomes) == [200, 409, 409, 409]
    with both.portal.store.read() as connection:
        assert connection.execute(sa.text("select count(*) from jobs")).scalar() == 1
        assert connection.execute(sa.text("select count(*) from decisions")).scalar() == 1


def test_two_reviewers_at_once_decide_a_report_once(both: Stand) -> None:
    """One takes down, the other is told."""
    with both.portal.store.begin() as connection:
        item = both.portal.shelf.newest("lakes").id
        given = {"item_id": item, "kind": "wrong", "text": "The lakes are seas.", "contact": ""}
        report = reports.file(both.portal, connection, STRANGER, now_s=NOW_S, **given)
    outcomes = list[str]()

    def decide(action: str) -> None:
        person = Person(f"p-{action}", action, frozenset(("reviewer",)))
        try:
            with both.portal.store.begin() as connection:
                moderating.decide(connection, person, report, action, reason="Seas.", now_s=NOW_S)
            outcomes.append("done")
        except RefusedError as error:
            outcomes.append(str(error.status))

    deciders = [threading.Thread(target=decide, args=(action,)) for action in ("takedown", "dismiss")]
    for one in deciders:
        one.start()
    for one in deciders:
        one.join()

    assert sorted(outcomes) == ["409", "done"]


def test_the_password_of_the_tests_is_a_good_one() -> None:
    """So that the tests' people are like others."""
    assert password_hash().startswith("$argon2id$v=19$m=19456,t=2,p=1$")
