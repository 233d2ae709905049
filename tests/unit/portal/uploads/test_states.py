# SPDX-License-Identifier: Apache-2.0
"""Who may move an upload from which state to which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from seedbed.errors import NotFoundError
from seedbed.portal.store.base import Store
from seedbed.portal.uploads.states import MOVES, OPEN, SERVER, Actor, State, may, move
from seedbed.portal.uploads.tables import upload_events, uploads
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW_S = 1_795_000_000.0
BLANK = {
    "kind": "files", "person_id": "ann", "organisation_id": "", "name": "n", "dataset": "", "version": "", "title": "",
    "doi": "", "metadata": {}, "found": {}, "findings": [], "remarks": [], "reason": "", "wants_review": False,
    "places": [], "piece_length": 0, "declared_bytes": 0, "size_bytes": 0, "file_count": 0, "md5": "", "item_id": "",
    "made_s": 0.0, "changed_s": 0.0, "expires_s": 0.0, "embargo_s": 0.0,
}  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """With one upload for each state, called by it."""
    with Store(f"sqlite:///{tmp_path / 'a.sqlite'}") as opened:
        opened.make()
        with opened.begin() as connection:
            connection.execute(
                sa.insert(uploads), [BLANK | {"id": state.value, "state": state.value} for state in State]
            )
        yield opened


def state_of(store: Store, upload_id: str) -> str:
    """Where an upload is."""
    with store.read() as connection:
        return str(connection.scalar(sa.select(uploads.c.state).where(uploads.c.id == upload_id)))


@pytest.mark.parametrize("before", list(State))
@pytest.mark.parametrize("after", list(State))
def test_only_the_moves_of_the_table_can_be_made(store: Store, before: State, after: State) -> None:
    """Every other pair of states is refused, and nothing changes."""
    for by, actors in ((SERVER, {Actor.SERVER}), ("ann", {Actor.UPLOADER, Actor.REVIEWER}), ("ben", {Actor.REVIEWER})):
        allowed = any(may(before, after, actor) for actor in actors)
        try:
            with store.begin() as connection:
                move(connection, before, after, by=by, now_s=NOW_S, reason="because")
                assert allowed
                connection.rollback()
        except RefusedError as error:
            assert not allowed
            assert error.status == (403 if (before, after) in MOVES else 409)
        assert state_of(store, before) == before


def test_every_move_is_remembered(store: Store) -> None:
    """Who, when, from where to where, why."""
    with store.begin() as connection:
        move(connection, "in-review", "refused", by="ben", now_s=NOW_S, reason="It names people.")

    with store.read() as connection:
        event = connection.execute(sa.select(upload_events)).one()
    assert (event.before, event.after, event.by, event.reason) == ("in-review", "refused", "ben", "It names people.")
    assert event.at_s == NOW_S
    assert state_of(store, "in-review") == "refused"


def test_a_refusal_needs_a_reason(store: Store) -> None:
    """Nobody is refused without being told why."""
    with pytest.raises(RefusedError, match="reason"), store.begin() as connection:
        move(connection, "in-review", "refused", by="ben", now_s=NOW_S, reason="  ")
    assert state_of(store, "in-review") == "in-review"


def test_an_upload_that_is_not_there(store: Store) -> None:
    """It is said so."""
    with pytest.raises(NotFoundError), store.begin() as connection:
        move(connection, "nothing", "draft", by=SERVER, now_s=NOW_S)


def test_what_is_published_or_withdrawn_stays_so() -> None:
    """No move leaves an end state, and both are not open."""
    ends = {State.PUBLISHED, State.WITHDRAWN}
    assert not [pair for pair in MOVES if pair[0] in ends]
    assert not OPEN & ends
