# SPDX-License-Identifier: Apache-2.0
"""A publication is taken back: drafts, files, parts of files, DOIs. What is public for good stays, and is told."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from seedbed.errors import InputError, SeedbedError
from seedbed.mirrors.deposits import Facts

if TYPE_CHECKING:
    from seedbed.publishing.transaction.journal import Home, Journal, State
    from seedbed.publishing.transaction.tools import Tools


def abandon(journal: Journal, tools: Tools) -> list[str]:
    """Take back everything that can be, and forget the publication.

    Returns:
        What stays, for people: records that are public for good; mirrors where nothing was begun as far as we know,
        and that cannot be asked.

    Raises:
        InputError: the version is in the catalogue.
        SourceError: a mirror cannot be reached; the journal stays, so that it can be tried again.
    """
    state = journal.state
    if state.released or any(one.version == state.version for one in tools.catalog.versions(state.dataset)):
        raise InputError(
            f"{state.item_id}: it is published, and can no longer be abandoned",
            hint=f"'seedbed catalog withdraw {state.item_id}' says that it should no longer be used.",
        )
    stays = [text for home in state.homes if (text := _take_back_or_tell(home, state, tools))]
    if state.minter and not _discard_doi(state, tools):
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
        return minter.discard(Facts("", doi=state.doi, concept_doi=state.concept_doi))
