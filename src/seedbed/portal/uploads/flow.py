# SPDX-License-Identifier: Apache-2.0
"""What an uploader does with an upload: begins it, describes it, hands it in, takes it back. Blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedbed.portal.accounts import organisations
from seedbed.portal.review import jobs
from seedbed.portal.uploads import describing, draft_files, drafts, quotas, states
from seedbed.portal.uploads.asking import check_owner
from seedbed.portal.uploads.states import State
from seedbed.portal.uploads.wishes import UNNAMED
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import sqlalchemy as sa

    from seedbed.catalog.findings import Finding
    from seedbed.portal.accounts.person import Person
    from seedbed.portal.uploads.drafts import Upload
    from seedbed.portal.uploads.receiving.desk import Desk
    from seedbed.portal.uploads.wishes import Wish

MAX_METADATA_CHARACTERS = 200_000
"""Of a description as JSON: 50,000 characters of text, and all the rest."""


def begin(desk: Desk, person: Person, wish: Wish) -> Upload:
    """A new draft.

    Raises:
        RefusedError: too many are open (429), too much is asked (413), or the organisation is not theirs (403).
        NameRefusedError: the name is not good on every system.
    """
    portal = desk.portal
    if wish.organisation and wish.organisation not in person.organisations:
        raise RefusedError("you are no member of this organisation", status=403, field="organisation")
    lengths = tuple(length for _, length in wish.files)
    with portal.store.begin() as connection:
        quotas.check_open(connection, portal.settings, person.id)
        free = quotas.left(
            connection, desk.quota_of(connection, person.id, wish.organisation), person.id, wish.organisation
        )
        quotas.check_size(portal.settings, sum(lengths), free - sum(lengths))
        new = drafts.New(wish.kind, person.id, wish.name, wish.organisation, lengths, wish.urls, wish.metadata)
        upload_id = drafts.begin(connection, new, now_s=desk.now_s())
        return drafts.find(connection, upload_id)


def describe(desk: Desk, person: Person, upload_id: str, values: Mapping[str, Any]) -> list[Finding]:
    """Keep what is said of an upload, whole or not; returns what is wrong with it.

    Raises:
        NotFoundError: there is no such upload of theirs.
        RefusedError: it is in review, or beyond (409); too much is said (413).
    """
    if len(str(values)) > MAX_METADATA_CHARACTERS:
        raise RefusedError("the description is too long", status=413)
    told = describing.taken(values)
    with desk.portal.store.begin() as connection:
        upload = drafts.find(connection, upload_id)
        check_owner(upload, person)
        if not upload.is_editable:
            raise RefusedError(
                f"the upload is {upload.state.value}, and its description stays as it is",
                hint="Take it back to draft first.",
                status=409,
            )
        drafts.change(connection, upload_id, now_s=desk.now_s(), **told)
        upload = drafts.find(connection, upload_id)
    return describing.findings(upload, desk.portal)


def submit(desk: Desk, person: Person, upload_id: str) -> Upload:
    """Hand an upload in: it is checked, and goes to review when nothing is wrong.

    Raises:
        NotFoundError: there is no such upload of theirs.
        MetadataError: something is wrong with the description; every fault with its field.
        RefusedError: its files are not whole (409), or it is handed in already.
    """
    portal = desk.portal
    with portal.store.begin() as connection:
        upload = drafts.find(connection, upload_id)
        check_owner(upload, person)
        _check_ready(upload, draft_files.of(connection, upload_id))
    describing.refuse_faults(upload, portal)
    with portal.store.begin() as connection:
        _check_collection(connection, upload, person)
        if clash := drafts.same_doi(connection, upload):
            raise RefusedError(clash["problem"], hint="Look whether it is yours.", status=409, field="doi")
        name = describing.for_publishing(upload)[0] if upload.name == UNNAMED else upload.name
        drafts.change(connection, upload_id, now_s=desk.now_s(), wants_review=True, findings=[], name=name)
        goes_to = State.IN_REVIEW if upload.state is State.CHECKED else State.CHECKING
        states.move(connection, upload_id, goes_to, by=upload.person_id, now_s=desk.now_s())
        return drafts.find(connection, upload_id)


def check(desk: Desk, person: Person, upload_id: str) -> Upload:
    """Have the data looked at, without handing it in: the form is filled in with what it says.

    Raises:
        NotFoundError: there is no such upload of theirs.
        RefusedError: its files are not whole, or it is no draft (409).
    """
    portal = desk.portal
    with portal.store.begin() as connection:
        upload = drafts.find(connection, upload_id)
        check_owner(upload, person)
        _check_ready(upload, draft_files.of(connection, upload_id))
        drafts.change(connection, upload_id, now_s=desk.now_s(), wants_review=False)
        states.move(connection, upload_id, State.CHECKING, by=upload.person_id, now_s=desk.now_s())
        return drafts.find(connection, upload_id)


def take_back(desk: Desk, person: Person, upload_id: str) -> Upload:
    """Make a draft of it again.

    Raises:
        NotFoundError: there is no such upload of theirs.
        RefusedError: it cannot be one any more (409).
    """
    with desk.portal.store.begin() as connection:
        upload = drafts.find(connection, upload_id)
        check_owner(upload, person)
        states.move(connection, upload_id, State.DRAFT, by=upload.person_id, now_s=desk.now_s())
        drafts.change(connection, upload_id, now_s=desk.now_s(), wants_review=False)
        return drafts.find(connection, upload_id)


def withdraw(desk: Desk, person: Person, upload_id: str, reason: str = "") -> None:
    """End an upload, and delete its bytes.

    Raises:
        NotFoundError: there is no such upload of theirs.
        RefusedError: it is published, or being published (409).
    """
    with desk.portal.store.begin() as connection:
        upload = drafts.find(connection, upload_id)
        check_owner(upload, person)
        states.move(
            connection, upload_id, State.WITHDRAWN, by=upload.person_id, now_s=desk.now_s(), reason=reason[:2000]
        )
        jobs.cancel(connection, upload_id=upload_id, now_s=desk.now_s())
    desk.den(upload_id).remove()


def _check_collection(connection: sa.Connection, upload: Upload, person: Person) -> None:
    """Refuse a collection that is an organisation's, to others."""
    collection = upload.metadata.get("collection")
    owner = organisations.owner_of(connection, collection) if isinstance(collection, str) else ""
    if owner and owner not in person.organisations:
        raise RefusedError(
            f"the collection {collection} is an organisation's, and only its members give data to it",
            hint="Choose another collection.",
            status=403,
            field="collection",
        )


def _check_ready(upload: Upload, files: list[draft_files.UploadFile]) -> None:
    waiting = [file for file in files if not file.is_whole]
    if waiting:
        raise RefusedError(
            f"{len(waiting):,} of {len(files):,} files are not whole, among them {waiting[0].path!r}",
            hint="Send the rest of them, or delete them.",
            status=409,
        )
    if upload.state is State.DRAFT and not files and not upload.places:
        raise RefusedError("there are no files in it", hint="Send some first.", status=409)
