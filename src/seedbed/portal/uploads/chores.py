# SPDX-License-Identifier: Apache-2.0
"""What is tidied from time to time: drafts that nobody goes on with, folders of uploads that are over."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import sqlalchemy as sa

from seedbed.errors import SeedbedError
from seedbed.portal.uploads import states
from seedbed.portal.uploads.quarantine import Den
from seedbed.portal.uploads.states import SERVER, State
from seedbed.portal.uploads.tables import uploads

if TYPE_CHECKING:
    from seedbed.portal.portal import Portal

_log = logging.getLogger(__name__)
FORM_S = 24 * 3600
"""A folder that no upload knows is that of a form which is coming in, or was when the server died."""
_OVER = (State.WITHDRAWN, State.PUBLISHED)


def tidy(portal: Portal) -> int:
    """Withdraw drafts that expired, and delete what is left in quarantine of uploads that are over. Blocks.

    Returns:
        How many were withdrawn.
    """
    now_s = portal.now().timestamp()
    kept_open = [State.DRAFT.value, State.CHECKED.value, State.REFUSED.value]
    old = sa.select(uploads.c.id).where(uploads.c.state.in_(kept_open), uploads.c.expires_s < now_s)
    with portal.store.read() as connection:
        expired = list(connection.execute(old).scalars())
    for upload_id in expired:
        _expire(portal, upload_id, now_s)
    _sweep(portal)
    return len(expired)


def _expire(portal: Portal, upload_id: str, now_s: float) -> None:
    try:
        with portal.store.begin() as connection:
            reason = "nobody went on with it"
            states.move(connection, upload_id, State.WITHDRAWN, by=SERVER, now_s=now_s, reason=reason)
    except SeedbedError as error:
        _log.info("upload not expired id=%s: %s", upload_id, error.message)
        return
    Den.of(portal.settings.quarantine, upload_id).remove()
    _log.info("upload expired id=%s", upload_id)


def _sweep(portal: Portal) -> None:
    """Folders without an open upload: a crash came between the database and the disk."""
    folder = portal.settings.quarantine
    if not folder.is_dir():
        return
    present = [path.name for path in folder.iterdir() if path.is_dir()]
    with portal.store.read() as connection:
        rows = connection.execute(sa.select(uploads.c.id, uploads.c.state).where(uploads.c.id.in_(present)))
        found = {row.id: row.state for row in rows}
    old_s = portal.now().timestamp() - FORM_S
    for name in present:
        is_over = found.get(name) in {state.value for state in _OVER}
        if is_over or (name not in found and (folder / name).stat().st_mtime < old_s):
            Den(folder / name).remove()
