# SPDX-License-Identifier: Apache-2.0
"""Reports, takedown, appeal, put back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from seedbed.portal.accounts import audit, organisations
from tests.portal_people import Browser, join, stranger, token_in
from tests.unit.portal.review.submitting import handed_in, jobs_of

if TYPE_CHECKING:
    from tests.portals import Stand

WHY = "There are names of people in the file."
FIELDS = {"kind": "personal-data", "text": WHY, "contact": ""}


def _item(stand: Stand) -> str:
    return stand.portal.shelf.newest("lakes").id


def _report(stand: Stand, **more: str) -> str:
    """Filed by a stranger; its id."""
    answer = stranger(stand).ask("POST", "/api/v1/reports", {**FIELDS, "item": _item(stand), **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _state(stand: Stand, report: str) -> dict[str, Any]:
    found: dict[str, Any] = stranger(stand).ask("GET", f"/api/v1/reports/{report}").json()
    return found


def _decide(browser: Browser, report: str, action: str, reason: str = "It named people.") -> int:
    return browser.post(f"/review/reports/{report}", {"action": action, "reason": reason}).status_code


def test_a_stranger_reports_by_a_form_and_sees_what_becomes_of_it(stand: Stand) -> None:
    """Without an account; who reported, and their words, are for reviewers only."""
    browser = stranger(stand)

    answer = browser.fill(f"/report?item={_item(stand)}", {**FIELDS, "item": _item(stand), "contact": "a@example.org"})
    page = browser.get(answer.headers["location"])
    seen = join(stand, "Rex", "reviewer").get(answer.headers["location"].replace("/reports", "/review/reports"))

    assert answer.status_code == 303
    assert "Thank you" in page.text
    assert "waits for a reviewer" in page.text
    assert "a@example.org" not in page.text
    assert WHY not in page.text
    assert "a@example.org" in seen.text
    assert WHY in seen.text


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [("kind", "hate", 400), ("text", "short", 400), ("text", "x" * 4001, 400), ("contact", "nobody", 400),
     ("item", "nothing@1", 404), ("item", "../../x", 404)],
)  # fmt: skip
def test_u52_a_report_that_cannot_be_used_names_its_field(stand: Stand, field: str, value: str, status: int) -> None:
    """And is not kept."""
    answer = stranger(stand).ask("POST", "/api/v1/reports", {**FIELDS, "item": "", field: value})

    assert answer.status_code == status
    assert answer.json()["error"]["what"]
    assert "Reports (0)" in join(stand, "Rex", "reviewer").get("/review").text


def test_reports_are_limited_by_network_and_by_person(stand: Stand) -> None:
    """Five in an hour; somebody with an account counts for themselves."""
    statuses = [stranger(stand).ask("POST", "/api/v1/reports", {**FIELDS, "item": ""}).status_code for _ in range(6)]
    ana = join(stand, "Ana").ask("POST", "/api/v1/reports", {**FIELDS, "item": ""})

    assert statuses == [201] * 5 + [429]
    assert ana.status_code == 201
    stand.clock.forward(seconds=720)
    assert stranger(stand).ask("POST", "/api/v1/reports", {**FIELDS, "item": ""}).status_code == 201


def test_a_takedown_withdraws_in_the_signed_catalogue(stand: Stand) -> None:
    """By a job with the reason, which people will read."""
    report, rex = _report(stand), join(stand, "Rex", "reviewer")

    assert _decide(rex, report, "takedown", "") == 400
    assert jobs_of(stand) == []
    assert _decide(rex, report, "takedown") == 303

    assert jobs_of(stand) == [("withdraw", _item(stand), 0.0, "waiting")]
    assert (_state(stand, report)["state"], _state(stand, report)["reason"]) == ("taken-down", "It named people.")
    assert _decide(rex, report, "dismiss") == 409


def test_a_report_is_dismissed_without_a_trace_in_the_catalogue(stand: Stand) -> None:
    """A reason is welcome, and not needed."""
    report = _report(stand)

    assert _decide(join(stand, "Rex", "reviewer"), report, "dismiss", "") == 303

    assert jobs_of(stand) == []
    assert _state(stand, report)["state"] == "dismissed"


def test_an_appeal_is_judged_by_another_reviewer_and_the_data_put_back(stand: Stand) -> None:
    """Report, takedown, appeal, put back: all of it in the log."""
    ana, rex = join(stand, "Ana"), join(stand, "Rex", "reviewer")
    handed_in(stand, ana.person_id, state="published", item_id=_item(stand))
    report = _report(stand)
    _decide(rex, report, "takedown")
    notice = ana.get("/notices").text
    other = join(stand, "Bea").post(f"/reports/{report}/appeal", {"text": "It is not mine, but still."})
    short = ana.post(f"/reports/{report}/appeal", {"text": "No."})

    sent = ana.post(f"/reports/{report}/appeal", {"text": "All of them are dead for 200 years."})
    twice = ana.post(f"/reports/{report}/appeal", {"text": "All of them are dead for 200 years."})
    roy = join(stand, "Roy", "reviewer")
    by_same, by_other = _decide(rex, report, "put-back"), _decide(roy, report, "put-back", "True.")

    assert _item(stand) in notice
    assert [one.status_code for one in (other, short, sent, twice)] == [403, 400, 303, 409]
    assert (by_same, by_other) == (403, 303)
    assert [one[0] for one in jobs_of(stand)] == ["restore", "withdraw"]
    assert _state(stand, report)["appeal_reason"] == "True."
    with stand.portal.store.read() as connection:
        actions = [one.action for one in audit.lines(connection, what=f"report:{report}")]
    assert actions == ["report-put-back", "report-appealed", "report-taken-down"]


def test_an_only_reviewer_judges_the_appeal_too(stand: Stand) -> None:
    """Where there is nobody else."""
    ana, rex = join(stand, "Ana"), join(stand, "Rex", "reviewer")
    handed_in(stand, ana.person_id, state="published", item_id=_item(stand))
    report = _report(stand)
    _decide(rex, report, "takedown")
    ana.ask("POST", f"/api/v1/reports/{report}/appeal", {"text": "All of them are dead for 200 years."})

    assert _decide(rex, report, "uphold", "Not all.") == 303
    assert _state(stand, report)["state"] == "upheld"


def test_members_of_the_organisation_appeal_too(stand: Stand) -> None:
    """What was given for it is theirs."""
    ana, bob, rex = join(stand, "Ana"), join(stand, "Bob"), join(stand, "Rex", "reviewer")
    with stand.portal.store.begin() as connection:
        organisations.make(connection, "town", "The town", now_s=0)
        organisations.put_member(connection, "town", bob.person_id, is_owner=False)
    handed_in(stand, ana.person_id, state="published", item_id=_item(stand), organisation_id="town")
    report = _report(stand)
    _decide(rex, report, "takedown")

    assert bob.post(f"/reports/{report}/appeal", {"text": "We may show them."}).status_code == 303


def test_nobody_judges_a_report_about_their_own_data(stand: Stand) -> None:
    """Not even to take it down."""
    rex = join(stand, "Rex", "uploader", "reviewer")
    handed_in(stand, rex.person_id, state="published", item_id=_item(stand))
    report = _report(stand)

    assert _decide(rex, report, "dismiss") == 403
    assert _state(stand, report)["state"] == "open"


def test_only_an_admin_puts_back_without_an_appeal(stand: Stand) -> None:
    """What was published by the command line has no uploader who could appeal."""
    report, rex, root = _report(stand), join(stand, "Rex", "reviewer"), join(stand, "Root", "admin")
    _decide(rex, report, "takedown")

    assert _decide(rex, report, "put-back") == 403
    assert _decide(root, report, "put-back") == 303


def test_an_admin_suspends_who_gave_the_data(stand: Stand) -> None:
    """At once, with a reason; a reviewer does not."""
    eve, rex, root = join(stand, "Eve"), join(stand, "Rex", "reviewer"), join(stand, "Root", "admin")
    handed_in(stand, eve.person_id, state="published", item_id=_item(stand))
    report = _report(stand, kind="malicious")

    assert _decide(rex, report, "suspend", "Malware.") == 403
    assert _decide(root, report, "suspend", "") == 400
    assert eve.get("/account").status_code == 200
    assert _decide(root, report, "suspend", "Malware.") == 303
    assert eve.get("/account").status_code == 303
    assert "is suspended" in root.get(f"/review/reports/{report}?said=suspended").text


def test_html_in_a_report_does_nothing(stand: Stand) -> None:
    """U50: it is shown as text."""
    report = _report(stand, text="<script>alert(1)</script> and more")

    page = join(stand, "Rex", "reviewer").get(f"/review/reports/{report}").text

    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_ids_of_reports_are_not_guessed_and_not_listed_for_strangers(stand: Stand) -> None:
    """Eighty random bits."""
    report = _report(stand)

    assert re.fullmatch(r"r[0-9a-f]{20}", report)
    assert stranger(stand).ask("GET", "/api/v1/reports").status_code == 401
    assert stranger(stand).ask("GET", "/api/v1/reports/r0").status_code == 404
    told = _state(stand, report)
    assert not {"text", "contact", "person_id", "appeal"} & set(told)


def test_a_form_with_faults_keeps_what_was_typed(stand: Stand) -> None:
    """With the fault at its field."""
    browser = stranger(stand)
    form = token_in(browser.get("/report").text)

    answer = browser.web.post("/report", data={"csrf_token": form, **FIELDS, "text": "short"})

    assert answer.status_code == 400
    assert 'id="text-wrong"' in answer.text
    assert ">short</textarea>" in answer.text
