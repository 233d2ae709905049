# SPDX-License-Identifier: Apache-2.0
"""Decisions about uploads: approved, refused with reasons, or called back before they are published.

Nobody decides on their own upload, except an admin (a site may have one person only): that is written into the log as
what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.errors import NotFoundError
from seedbed.portal.accounts import audit, organisations
from seedbed.portal.review import jobs
from seedbed.portal.review.tables import decisions
from seedbed.portal.uploads import describing, drafts, states
from seedbed.portal.uploads.states import State
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    import sqlalchemy as sa

    from seedbed.portal.accounts.person import Person
    from seedbed.portal.uploads.drafts import Upload

REASONS = ("licence", "personal-data", "description", "broken", "duplicate", "not-open", "rules", "other")
"""Of a refusal: one or more."""
MAX_TEXT = 4000
VERDICTS = ("approved", "refused", "called-back")


def decide(
    connection: sa.Connection,
    person: Person,
    upload_id: str,
    verdict: str,
    *,
    reasons: tuple[str, ...] = (),
    text: str = "",
    now_s: float,
) -> None:
    """Decide.

    Args:
        connection: Of one transaction: the state, the job and the log change together.
        person: A reviewer; the caller has made sure.
        upload_id: About what.
        verdict: Of ``VERDICTS``.
        reasons: Of ``REASONS``, for a refusal.
        text: For the uploader; needed with ``other``.
        now_s: Unix time.

    Raises:
        RefusedError: a field cannot be used, it is their own (403), or it is in another state by now (409).
        NotFoundError: there is no such upload.
    """
    upload = drafts.find(connection, upload_id)
    _check(verdict, reasons, text)
    is_own = _check_whose(person, upload)
    if verdict == "approved":
        check_collection(connection, upload)
    said = "; ".join([*reasons, *([text] if text else [])])
    if verdict == "approved":
        states.move(connection, upload_id, State.APPROVED, by=person.id, now_s=now_s, reason=text)
        jobs.add(connection, "publish", upload_id=upload_id, by=person.id, not_before_s=upload.embargo_s, now_s=now_s)
    elif verdict == "refused":
        states.move(connection, upload_id, State.REFUSED, by=person.id, now_s=now_s, reason=said)
    else:
        states.move(connection, upload_id, State.IN_REVIEW, by=person.id, now_s=now_s, reason=text)
        jobs.cancel(connection, upload_id=upload_id, now_s=now_s)
    row = {"verdict": verdict, "reasons": list(reasons), "text": text, "at_s": now_s}
    connection.execute(decisions.insert().values(upload_id=upload_id, person_id=person.id, name=person.name, **row))
    action = f"own-upload-{verdict}" if is_own else f"upload-{verdict}"
    audit.note(connection, person, action, what=f"upload:{upload_id}", why=said, now_s=now_s)


def check_collection(connection: sa.Connection, upload: Upload) -> None:
    """An organisation's own collection is for what was given for that organisation.

    Raises:
        RefusedError: it is another one's (409).
    """
    collection = str(describing.for_publishing(upload)[2].get("collection", ""))
    owner = organisations.owner_of(connection, collection) if collection else ""
    if owner and owner != upload.organisation_id:
        hint = "The uploader chooses another collection, or gives it for that organisation."
        raise RefusedError(f"collection: {collection} is {owner}'s own", hint=hint, status=409, field="collection")


def _check(verdict: str, reasons: tuple[str, ...], text: str) -> None:
    if verdict not in VERDICTS:
        raise RefusedError(f"verdict: expected of {', '.join(VERDICTS)}, got {verdict[:40]!r}", field="verdict")
    if unknown := set(reasons) - set(REASONS):
        raise RefusedError(f"reasons: expected of {', '.join(REASONS)}, got {min(unknown)[:40]!r}", field="reasons")
    if len(text) > MAX_TEXT:
        raise RefusedError(f"text: expected at most {MAX_TEXT:,} characters, got {len(text):,}", field="text")
    if verdict == "refused" and not reasons:
        hint = "The uploader is to know what to do next."
        raise RefusedError("reasons: a refusal needs one at least", hint=hint, field="reasons")
    if verdict == "refused" and "other" in reasons and not text:
        raise RefusedError("text: another reason needs words", field="text")


def _check_whose(person: Person, upload: Upload) -> bool:
    """Whether it is their own, which is an admin's right only."""
    if upload.state in {State.DRAFT, State.CHECKING, State.CHECKED}:
        raise NotFoundError("there is no such upload in review", hint="Its owner may have taken it back.")
    is_own = upload.person_id == person.id
    if is_own and not person.may("admin"):
        hint = "Another reviewer or an admin does it."
        raise RefusedError("nobody decides on their own upload", hint=hint, status=403)
    return is_own
