# SPDX-License-Identifier: Apache-2.0
"""Who asks about which upload, and whether it is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.errors import NotFoundError
from seedbed.portal.accounts.guards import need

if TYPE_CHECKING:
    from starlette.requests import Request

    from seedbed.portal.accounts.person import Person
    from seedbed.portal.uploads.drafts import Upload


def uploader(request: Request) -> Person:
    """Who asks, when it may give data.

    Raises:
        RefusedError: nobody is known (401), or may not (403).
        HTTPException: a stranger's page: on to the log-in, and then back.
    """
    return need(request, "uploader")


def check_owner(upload: Upload, person: Person) -> None:
    """Refuse who it does not belong to: it or its organisation is the person's.

    Raises:
        NotFoundError: it is somebody else's; that it is there is not told.
    """
    if upload.person_id != person.id and upload.organisation_id not in person.organisations:
        raise NotFoundError("there is no such upload")
