# SPDX-License-Identifier: Apache-2.0
"""How much may be open, and how much each may give: refused before a byte comes.

Who attacks: whoever opens uploads until nobody else can, or fills the disk. What it costs them: an account, and a
refusal at their own limit while everybody else's room stays.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import sqlalchemy as sa

from seedbed.errors import NoSpaceError
from seedbed.portal.uploads.states import OPEN, State
from seedbed.portal.uploads.tables import uploads
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.portal.settings import Settings

MAX_OPEN_EACH = 200
"""Uploads of one person that are not finished."""
SPARE_BYTES = 512 << 20
"""Of the disk, for the database and what is published."""
_OPEN = [state.value for state in OPEN]


def check_open(connection: sa.Connection, settings: Settings, person_id: str) -> None:
    """Refuse one more upload where there are too many.

    Raises:
        RefusedError: 429 (U38).
    """
    of_all = connection.scalar(sa.select(sa.func.count()).where(uploads.c.state.in_(_OPEN))) or 0
    mine = (uploads.c.state.in_(_OPEN)) & (uploads.c.person_id == person_id)
    of_mine = connection.scalar(sa.select(sa.func.count()).where(mine)) or 0
    if of_mine >= MAX_OPEN_EACH:
        raise RefusedError(
            f"you have {of_mine:,} open uploads: expected at most {MAX_OPEN_EACH:,}",
            hint="Finish or withdraw some of them.",
            status=429,
        )
    if of_all >= settings.max_open_uploads:
        raise RefusedError(
            f"there are {of_all:,} open uploads: expected at most {settings.max_open_uploads:,}",
            hint="Try again tomorrow; drafts that nobody goes on with are removed.",
            status=429,
        )


def left(connection: sa.Connection, quota_bytes: int, person_id: str, organisation_id: str) -> int:
    """Bytes that a person or an organisation may still give; what is published counts, what is withdrawn does not."""
    whose = (
        uploads.c.organisation_id == organisation_id
        if organisation_id
        else (uploads.c.person_id == person_id) & (uploads.c.organisation_id == "")
    )
    counted = uploads.c.state.in_([*_OPEN, State.PUBLISHED.value])
    used = connection.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(uploads.c.declared_bytes), 0)).where(whose, counted)
    )
    return max(quota_bytes - int(used or 0), 0)


def check_size(settings: Settings, size_bytes: int, left_bytes: int) -> None:
    """Refuse more bytes than one upload may have, or than are left.

    Args:
        settings: Of the portal.
        size_bytes: Of the upload as it is to be.
        left_bytes: That may still be added to what is counted already.

    Raises:
        RefusedError: 413.
    """
    if size_bytes > settings.max_upload_bytes:
        raise RefusedError(
            f"expected at most {settings.max_upload_bytes:,} bytes, got {size_bytes:,}",
            hint="Give it in several uploads.",
            status=413,
        )
    if left_bytes < 0:
        raise RefusedError(
            f"this is {-left_bytes:,} bytes more than are left to you",
            hint="Withdraw what you do not need, or ask an admin of this portal for more.",
            status=413,
        )


def check_disk(folder: Path, length: int) -> None:
    """Refuse a file that the disk has no room for (U40).

    Raises:
        NoSpaceError: it has not.
    """
    free = shutil.disk_usage(folder).free - SPARE_BYTES
    if length > free:
        raise NoSpaceError(
            f"the server has no room for {length:,} bytes",
            hint="Nothing was taken. The server's keeper must make room first.",
            free_bytes=max(free, 0),
        )
