# SPDX-License-Identifier: Apache-2.0
"""The mirrors and archives of one publication: which of them are on board, and which were left behind."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.core import names
from seedbed.errors import SeedbedError, SourceError
from seedbed.mirrors.wrappers import Patience, Wrapped
from seedbed.publishing.transaction.beside import ENDINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from seedbed.catalog.model import Release
    from seedbed.creating.dataset import Dataset
    from seedbed.mirrors.base import Mirror
    from seedbed.mirrors.deposits import Deposit, Depository
    from seedbed.publishing.transaction.journal import Home, Journal, State
    from seedbed.publishing.transaction.tools import Tools


ARCHIVES = frozenset(("zenodo", "internet-archive"))
"""Kinds of homes that have one record for each version, which its publication alone may change."""


@dataclass(frozen=True, slots=True)
class Guest:
    """The version at one of its homes."""

    home: Home
    depository: Depository
    deposit: Deposit

    @property
    def mirror(self) -> Mirror:
        """Takes files; asks again what failed for a moment."""
        return Wrapped(self.deposit.mirror, Patience())

    @property
    def is_copy(self) -> bool:
        """Whether the data is there, and not only what describes it."""
        return self.deposit.takes_data


@dataclass(frozen=True, slots=True)
class KnownAt:
    """What the catalogue says of the archives that a version and those before it are at."""

    ours: Release | None
    """The version itself, when it is published already."""
    others: Sequence[Release]
    """The oldest first."""

    def is_there(self, key: str) -> bool:
        """Whether an archive has this very version; of one's own places nobody knows, but they can be asked."""
        return key in ARCHIVES and self.ours is not None and any(one.key == key for one in self.ours.mirrors)

    def before(self, key: str) -> str:
        """Where the newest version is that an archive has, or its DOI there; empty when it has none."""
        for release in reversed(self.others):
            for one in release.mirrors:
                if one.key == key:
                    return one.href
            if f"/{key}." in release.doi:  # data too large for it: only what describes it is there
                return release.doi
        return ""


class Homes:
    """All homes of a publication.

    Args:
        journal: Where it is written down what became of each.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._guests: list[Guest] = []

    def add(self, guest: Guest) -> None:
        """One more is on board."""
        self._guests.append(guest)
        self._journal.save()

    @property
    def on_board(self) -> list[Guest]:
        """Those that have not failed."""
        return [one for one in self._guests if not one.home.failure]

    def each(self, step: str, flag: str, do: Callable[[Guest], object]) -> None:
        """Do a step for every home where it is not done; one that fails is left behind.

        Args:
            step: For people: what is done.
            flag: Field of the journal's home that says it is done.
            do: The step.

        Raises:
            SeedbedError: too few homes are left.
        """
        for guest in self.on_board:
            if getattr(guest.home, flag):
                continue
            try:
                do(guest)
            except SeedbedError as error:
                self.leave(guest.home, step, error)
            else:
                setattr(guest.home, flag, True)
                self._journal.save()

    def leave(self, home: Home, step: str, error: SeedbedError) -> None:
        """A home has failed.

        Raises:
            SeedbedError: too few are left without it.
        """
        home.failure = f"{step}: {error.message}"
        self._journal.save()
        state = self._journal.state
        copies = [one for one in state.homes if one.takes_data and not one.failure]
        if state.min_mirrors and len(copies) >= state.min_mirrors and not self._is_needed(home):
            return
        hint = f"{error.hint} " if error.hint else ""
        error.hint = (
            f"{hint}Nothing is in the catalogue yet. 'seedbed publish --resume {state.item_id}' goes on from here; "
            f"'seedbed publish --abandon {state.item_id}' takes everything back."
        )
        error.message = f"{state.item_id}: {step}: {error.message}"
        error.data["step"] = step
        error.args = (error.message,)
        raise error

    def _is_needed(self, home: Home) -> bool:
        """Whether the version's DOI is its."""
        guest = next((one for one in self._guests if one.home is home), None)
        doi = self._journal.state.doi
        return bool(guest and doi and guest.deposit.facts.doi == doi)


@contextmanager
def open_homes(journal: Journal, dataset: Dataset, known_at: KnownAt, tools: Tools) -> Iterator[Homes]:
    """Open every mirror, and begin the version's deposit there.

    Args:
        journal: Of the publication; homes that failed before get another try.
        dataset: What is published.
        known_at: What the catalogue has at each kind of archive.
        tools: From outside.

    Raises:
        InputError: a URL or its credentials cannot be used.
        SeedbedError: too few homes can be begun.
    """
    opened: list[Depository] = []
    homes = Homes(journal)
    try:
        opened += [tools.depository(home.url) for home in journal.state.homes]
        for home in journal.state.homes:
            home.failure = ""
        for home, depository in zip(journal.state.homes, opened, strict=True):
            if known_at.is_there(depository.key) and not home.is_begun:
                home.in_catalog = True
                continue
            try:
                homes.add(_begin(home, depository, journal.state, dataset, known_at))
            except SeedbedError as error:
                homes.leave(home, "beginning", error)
        yield homes
    finally:
        for one in opened:
            one.close()


def _begin(home: Home, depository: Depository, state: State, dataset: Dataset, known_at: KnownAt) -> Guest:
    deposit = depository.begin(state.wanted(known_at.before(depository.key)))
    if deposit.takes_data:
        _refuse_too_much(depository, dataset)
        _refuse_twins(deposit, state.name, dataset)
    if not home.is_begun:
        home.keep = sorted(deposit.held())
    home.is_begun, home.takes_data, home.page_url = True, deposit.takes_data, deposit.facts.page_url
    return Guest(home, depository, deposit)


def _refuse_too_much(depository: Depository, dataset: Dataset) -> None:
    """Before hours of pushing.

    Raises:
        SourceError: the archive does not take so much.
    """
    traits = depository.traits
    for what, limit, got in (
        ("bytes", traits.max_total_bytes, dataset.size_bytes),
        ("files", traits.max_files and traits.max_files - len(ENDINGS), len(dataset.items)),
    ):
        if limit is not None and got > limit:
            raise SourceError(
                f"{depository.name}: the dataset is too large: expected at most {limit:,} {what}, got {got:,}",
                hint="An archive that is too small for the data can still describe it: add ?data=no to its URL.",
            )


def _refuse_twins(deposit: Deposit, name: str, dataset: Dataset) -> None:
    """Two files under one name, where there are no folders or beside the data, would be one file.

    Raises:
        NameRefusedError: there are such.
    """
    paths = [(name,) if dataset.is_single_file else (name, *item.path) for item in dataset.items]
    keys = [deposit.key(path) for path in (*paths, *((f"{name}.{ending}",) for ending in ENDINGS))]
    names.check_unique([key.split("/") for key in keys])
