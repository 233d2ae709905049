# SPDX-License-Identifier: Apache-2.0
"""The queue and decisions about uploads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seedbed.portal.accounts import audit, organisations
from seedbed.portal.review import jobs
from tests.portal_people import join, stranger, token
from tests.unit.portal.review.submitting import handed_in, jobs_of, state_of

if TYPE_CHECKING:
    from tests.portals import Stand


def _log(stand: Stand) -> list[tuple[str, str, str]]:
    with stand.portal.store.read() as connection:
        return [(one.name, one.action, one.why) for one in audit.lines(connection)]


def test_a_reviewer_sees_the_queue_and_everything_about_an_upload(stand: Stand) -> None:
    """Who, what, files, and what changed since the version before."""
    ana, rex = join(stand, "Ana"), join(stand, "Rex", "reviewer")
    upload = handed_in(stand, ana.person_id, remarks=["odd but fine"], findings=[])

    queue = rex.get("/review")
    page = rex.get(f"/review/uploads/{upload}")

    assert "Lakes of the town" in queue.text
    assert "Ana" in queue.text
    for said in ("CC-BY-4.0", "odd but fine", "new.csv", "Files added: 2", "lakes@", "Ana", "Approve"):
        assert said in page.text


def test_an_approval_makes_a_job_for_the_worker(stand: Stand) -> None:
    """State, job, decision and log change together."""
    ana, rex = join(stand, "Ana"), join(stand, "Rex", "reviewer")
    upload = handed_in(stand, ana.person_id)

    answer = rex.post(f"/review/uploads/{upload}", {"verdict": "approved"})

    assert answer.headers["location"] == "/review?said=approved"
    assert state_of(stand, upload) == "approved"
    assert jobs_of(stand) == [("publish", upload, 0.0, "waiting")]
    assert ("Rex", "upload-approved", "") in _log(stand)
    assert "Approved, not published yet (1)" in rex.get("/review").text


def test_an_embargo_is_kept_until_its_day(stand: Stand) -> None:
    """The job waits, and the queue says so."""
    ana, rex = join(stand, "Ana"), join(stand, "Rex", "reviewer")
    day_s = stand.clock.at.timestamp() + 30 * 86_400
    upload = handed_in(stand, ana.person_id, embargo_s=day_s)
    before = rex.get(f"/review/uploads/{upload}").text

    rex.post(f"/review/uploads/{upload}", {"verdict": "approved"})

    assert jobs_of(stand) == [("publish", upload, day_s, "waiting")]
    assert "not before 21 December 2026" in before
    assert "not before 21 December 2026" in rex.get("/review").text


def test_a_refusal_tells_the_reasons(stand: Stand) -> None:
    """From a list, and in words; the uploader takes it back to draft."""
    ana, rex = join(stand, "Ana"), join(stand, "Rex", "reviewer")
    upload = handed_in(stand, ana.person_id)

    fields = {"verdict": "refused", "reasons": ["licence", "other"], "text": "Whose is it?"}
    answer = rex.post(f"/review/uploads/{upload}", fields)

    assert answer.status_code == 303
    assert state_of(stand, upload) == "refused"
    assert jobs_of(stand) == []
    assert ("Rex", "upload-refused", "licence; other; Whose is it?") in _log(stand)
    assert "Whose is it?" in rex.get(f"/review/uploads/{upload}").text


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"verdict": "refused"}, "reasons"),
        ({"verdict": "refused", "reasons": "bad hair"}, "reasons"),
        ({"verdict": "refused", "reasons": "other"}, "text"),
        ({"verdict": "refused", "reasons": "rules", "text": "x" * 4001}, "text"),
        ({"verdict": "burned"}, "verdict"),
    ],
)
def test_u52_a_decision_that_cannot_be_used_names_its_field(stand: Stand, fields: dict[str, str], field: str) -> None:
    """And nothing is decided."""
    ana, rex = join(stand, "Ana"), join(stand, "Rex", "reviewer")
    upload = handed_in(stand, ana.person_id)

    answer = rex.post(f"/review/uploads/{upload}", fields)

    assert answer.status_code == 400
    assert f"{field}:" in answer.text
    assert state_of(stand, upload) == "in-review"


def test_nobody_approves_their_own_but_an_admin_and_then_it_is_logged(stand: Stand) -> None:
    """A site may have one person only."""
    rex, root = join(stand, "Rex", "uploader", "reviewer"), join(stand, "Root", "admin")
    his, hers = handed_in(stand, rex.person_id), handed_in(stand, root.person_id)

    own = rex.post(f"/review/uploads/{his}", {"verdict": "approved"})
    admins = root.post(f"/review/uploads/{hers}", {"verdict": "approved"})

    assert (own.status_code, admins.status_code) == (403, 303)
    assert (state_of(stand, his), state_of(stand, hers)) == ("in-review", "approved")
    assert ("Root", "own-upload-approved", "") in _log(stand)
    assert 'value="approved"' not in rex.get(f"/review/uploads/{his}").text


def test_the_second_of_two_reviewers_is_told(stand: Stand) -> None:
    """The first decision stands."""
    ana, rex, roy = join(stand, "Ana"), join(stand, "Rex", "reviewer"), join(stand, "Roy", "reviewer")
    upload = handed_in(stand, ana.person_id)
    rex.post(f"/review/uploads/{upload}", {"verdict": "refused", "reasons": "rules"})

    answer = roy.post(f"/review/uploads/{upload}", {"verdict": "approved"})

    assert answer.status_code == 409
    assert state_of(stand, upload) == "refused"
    assert jobs_of(stand) == []


def test_an_approval_can_be_called_back(stand: Stand) -> None:
    """Until it is published; the job is not done."""
    ana, rex = join(stand, "Ana"), join(stand, "Rex", "reviewer")
    upload = handed_in(stand, ana.person_id)
    rex.post(f"/review/uploads/{upload}", {"verdict": "approved"})

    rex.post(f"/review/uploads/{upload}", {"verdict": "called-back", "text": "One more look."})

    assert state_of(stand, upload) == "in-review"
    assert jobs_of(stand) == [("publish", upload, 0.0, "failed")]


def test_drafts_are_their_owners_alone(stand: Stand) -> None:
    """Not even an admin looks at them here."""
    ana, root = join(stand, "Ana"), join(stand, "Root", "admin")
    upload = handed_in(stand, ana.person_id, state="draft")

    assert root.get(f"/review/uploads/{upload}").status_code == 404
    assert root.post(f"/review/uploads/{upload}", {"verdict": "approved"}).status_code == 404
    assert root.get("/review/uploads/..%2Fx").status_code == 404


def test_an_organisations_own_collection_is_closed_to_others(stand: Stand) -> None:
    """What was given for it is let in."""
    ana, rex = join(stand, "Ana"), join(stand, "Rex", "reviewer")
    with stand.portal.store.begin() as connection:
        organisations.make(connection, "town", "The town", now_s=0)
        organisations.set_collections(connection, "town", ("water",))
    metadata = {"title": "Lakes", "dataset": "lakes", "collection": "water"}
    foreign = handed_in(stand, ana.person_id, metadata=metadata)
    own = handed_in(stand, ana.person_id, metadata=metadata, organisation_id="town")

    answers = [rex.post(f"/review/uploads/{one}", {"verdict": "approved"}) for one in (foreign, own)]

    assert [one.status_code for one in answers] == [409, 303]
    assert "water is town&#39;s own" in answers[0].text


def test_a_withdrawal_that_failed_is_tried_again(stand: Stand) -> None:
    """A publication is decided anew instead."""
    rex = join(stand, "Rex", "reviewer")
    with stand.portal.store.begin() as connection:
        for kind, what in (("withdraw", {"item_id": "lakes@1"}), ("publish", {"upload_id": "u"})):
            jobs.add(connection, kind, now_s=0, **what)  # type: ignore[arg-type]  # kinds as they are
            job = jobs.claim(connection, 0)
            assert job is not None
            jobs.failed(connection, job, "the keys are locked", 0)
    page = rex.get("/review").text

    answers = [rex.post(f"/review/jobs/{number}") for number in (1, 1, 2, 3)]

    assert "the keys are locked" in page
    assert [one.status_code for one in answers] == [303, 409, 409, 409]
    assert [one[3] for one in jobs_of(stand)] == ["failed", "waiting"]


def test_review_in_json(stand: Stand) -> None:
    """The queue, one, a decision; by a token with the scope."""
    ana, rex = join(stand, "Ana"), join(stand, "Rex", "reviewer")
    upload = handed_in(stand, ana.person_id)
    web, bearer = stranger(stand).web, token(stand, rex.person_id, "review")

    (line,) = web.get("/api/v1/review/uploads", headers=bearer).json()["items"]
    one = web.get(f"/api/v1/review/uploads/{upload}", headers=bearer).json()
    made = web.post(f"/api/v1/review/uploads/{upload}/decisions", headers=bearer, json={"verdict": "approved"})
    listed = web.get(f"/api/v1/review/uploads/{upload}/decisions", headers=bearer).json()["items"]
    wrong = web.get("/api/v1/review/uploads?state=draft", headers=bearer)

    assert (line["id"], line["person"]["name"], line["changed"]) == (upload, "Ana", "2026-11-21T12:00:00Z")
    assert one["fields"]["license"] == "CC-BY-4.0"
    assert one["differences"]["added"] == ["a.csv", "new.csv"]
    assert [each["path"] for each in one["files"]] == ["a.csv", "new.csv"]
    assert made.status_code == 201
    assert listed == [made.json()]
    assert made.json()["by"]["name"] == "Rex"
    assert wrong.status_code == 400
