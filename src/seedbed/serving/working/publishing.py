# SPDX-License-Identifier: Apache-2.0
"""An approved upload becomes a version: the same publication as by hand, then the node seeds it at once.

Interrupted anywhere it is begun again: ``seedbed publish`` goes on by its journal, and what is published already is
nothing new.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

from seedbed.catalog.ids import item_id
from seedbed.portal.uploads import drafts, states
from seedbed.portal.uploads.describing import for_publishing
from seedbed.portal.uploads.handing_over import hand_over
from seedbed.portal.uploads.quarantine import Den
from seedbed.portal.uploads.states import SERVER, State
from seedbed.serving.working.commands import CommandError
from seedbed.serving.working.torrent_data import fetch_data

if TYPE_CHECKING:
    import sqlalchemy as sa

    from seedbed.portal.portal import Portal
    from seedbed.portal.review.jobs import Job
    from seedbed.portal.uploads.drafts import Upload
    from seedbed.serving.wishes import Wishes
    from seedbed.serving.working.commands import Commands

log = logging.getLogger(__name__)


async def publish(job: Job, portal: Portal, wishes: Wishes, commands: Commands) -> None:
    """Publish an upload, unless its uploader has taken it back.

    Raises:
        CommandError: it cannot be published; the upload says why.
    """
    upload = await asyncio.to_thread(_begin, portal, job.upload_id)
    if upload is None:
        return
    try:
        found = await _publish(upload, portal, wishes, commands)
    except CommandError as error:
        await asyncio.to_thread(_take_back, portal, upload, error)
        raise
    await asyncio.to_thread(_finish, portal, upload, found)
    await _seed(found, wishes, commands)


async def _publish(upload: Upload, portal: Portal, wishes: Wishes, commands: Commands) -> str:
    """The version's id."""
    den = Den.of(portal.settings.quarantine, upload.id)
    dataset, version, fields = for_publishing(upload)
    described = den.folder / "metadata.json"
    await asyncio.to_thread(described.write_text, json.dumps(fields, ensure_ascii=False), "utf-8")
    words = ["publish", "--dataset", dataset, "--catalog", str(wishes.catalog), "--metadata", str(described)]
    words += ["--version", version] if version else []
    words += ["--lan"] if wishes.is_local else []
    more, variables = await _source(upload, den, wishes, commands)
    told = await commands.run([*words, *more], **variables)
    return str(told.get("id") or item_id(dataset, version))


async def _source(upload: Upload, den: Den, wishes: Wishes, commands: Commands) -> tuple[list[str], dict[str, str]]:
    """What of the command says where the data is, and variables for it.

    Raises:
        CommandError: the data of a torrent cannot be had.
    """
    match upload.kind:
        case "places":
            name = ["--name", upload.name] if len(upload.places) > 1 else []
            guard = {} if wishes.lan else {"SEEDBED_ONLY_PUBLIC": "1"}  # names may lead elsewhere by now (U44)
            return [*_mirrors(wishes, with_own=False), *name, *upload.places], guard
        case "torrent":
            torrent, data = await fetch_data(den, wishes, commands)
            return [*_mirrors(wishes), "--torrent", str(torrent), str(data)], {}
        case _:
            handed = await asyncio.to_thread(hand_over, den, upload.name, upload.piece_length)
            form = ["--piece-length", str(handed.piece_length), *(["--name", handed.name] if handed.name else [])]
            return [*_mirrors(wishes), *form, str(handed.source)], {"XDG_CACHE_HOME": str(handed.cache)}


def _mirrors(wishes: Wishes, *, with_own: bool = True) -> list[str]:
    """Our own folder or store, which the gateway serves, and what the keeper named besides."""
    own = [wishes.own_mirror] if with_own else []
    return [word for url in (*own, *wishes.mirrors) for word in ("--mirror", url)]


async def _seed(item: str, wishes: Wishes, commands: Commands) -> None:
    """The node takes the files over, and others are told how many copies there are. Neither can undo a publication."""
    dataset, _, version = item.partition("@")
    health = ["health", item, "--catalog", str(wishes.catalog), *(["--lan"] if wishes.is_local else [])]
    take = ["node", "round"] if wishes.store else ["node", "adopt", str(wishes.data / dataset / version)]
    for words in (take, health):
        try:
            await commands.run(words)
        except CommandError as error:
            log.warning("after publication: %s failed item=%s: %s", words[0], item, error.message)


def _begin(portal: Portal, upload_id: str) -> Upload | None:
    """The upload, being published from now on; None when it is not to be any more."""
    now_s = portal.now().timestamp()
    with portal.store.begin() as connection:
        upload = drafts.find(connection, upload_id)
        if upload.state is State.APPROVED:
            states.move(connection, upload_id, State.PUBLISHING, by=SERVER, now_s=now_s)
        elif upload.state is not State.PUBLISHING:  # a worker before us was killed while it was
            return None
        return drafts.find(connection, upload_id)


def _take_back(portal: Portal, upload: Upload, error: CommandError) -> None:
    """Back to those who can do something: the server later, or a reviewer now."""
    to = State.APPROVED if error.may_go_well_later else State.IN_REVIEW
    reason = f"it could not be published: {error.message} {error.hint}".strip()[:2_000]
    with portal.store.begin() as connection:
        states.move(connection, upload.id, to, by=SERVER, now_s=portal.now().timestamp(), reason=reason)


def _finish(portal: Portal, upload: Upload, item: str) -> None:
    now_s = portal.now().timestamp()
    with portal.store.begin() as connection:
        _change(connection, upload.id, item, now_s)
        states.move(connection, upload.id, State.PUBLISHED, by=SERVER, now_s=now_s)
    Den.of(portal.settings.quarantine, upload.id).remove()
    log.info("upload published id=%s item=%s", upload.id, item)


def _change(connection: sa.Connection, upload_id: str, item: str, now_s: float) -> None:
    drafts.change(connection, upload_id, now_s=now_s, item_id=item)
