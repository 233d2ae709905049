# SPDX-License-Identifier: Apache-2.0
"""A publication is taken back: drafts, files, parts of files, DOIs. What is public for good stays, and is told."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from seedbed.errors import InputError, SeedbedError

if TYPE_CHECKING:
    from seedbed.publishing.transaction.journal import Home, Journal, State
    from seedbed.publishing.transaction.tools import Tools


def abandon(journal: Journal, tools: Tools) -> list[str]:
    """Take back everything that can be, and forget the publication.

    Of a version that is in the catalogue only homes that were left behind are given up: the catalogue names a copy
    when it is proved, and no other.

    Returns:
        What stays, for people: records that are public for good; mirrors where nothing was begun as far as we know,
        and that cannot be asked.

    Raises:
        InputError: the version is in the catalogue, and no home was left behind.
        SourceError: a mirror cannot be reached; the journal stays, so that it can be tried again.
    """
    state = journal.state
    is_public = bool(state.released) or any(
        one.version == state.version for one in tools.catalog.versions(state.dataset)
    )
    homes = [home for home in state.homes if not (is_public and (home.is_verified or home.in_catalog))]
    if is_public and not homes:
        raise InputError(
            f"{state.item_id}: it is published, and can no longer be abandoned",
            hint=f"'seedbed catalog withdraw {state.item_id}' says that it should no longer be used.",
        )
    stays = [text for home in homes if (text := _take_back_or_tell(home, state, tools))]
    if is_public:
        stays.append(f"{state.item_id} is in the catalogue and stays there, with the copies that were proved")
    elif state.minter and not _discard_doi(state, tools):
        stays.append(f"{state.doi} is registered for good")
    journal.remove()
    return stays


def _take_back_or_tell(home: Home, state: State, tools: Tools) -> str:
    """A mirror that was mistyped, or that never let us in, must not keep a publication from being given up."""
    try:
        return take_back(home, state, tools)
    except SeedbedError as error:
        if home.is_begun:
            raise
        return f"it cannot be asked whether anything is left there: {error.message}"


def take_back(home: Home, state: State, tools: Tools) -> str:
    """Take back what is at one home.

    Returns:
        What stays there; empty when nothing does.

    Raises:
        SourceError: it cannot be reached.
    """
    with closing(tools.depository(home.url)) as depository:
        if home.is_begun:
            deposit = depository.begin(state.wanted())
            gone = deposit.discard(keep=home.keep)
            return "" if gone else f"{depository.name}: {deposit.facts.page_url or deposit.facts.id} is public for good"
        for one in depository.unfinished():  # begun, and killed before the journal knew
            if one.token == state.token:
                depository.drop(one)
        return ""


def _discard_doi(state: State, tools: Tools) -> bool:
    if not state.doi:
        return True
    with closing(tools.minter(state.minter)) as minter:
        return minter.discard(state.reserved)
