# SPDX-License-Identifier: Apache-2.0
"""The catalogues that this machine follows."""

from __future__ import annotations

import difflib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.catalog import join_link, paths
from seedbed.catalog.trust import standing
from seedbed.catalog.trust.record import Record
from seedbed.catalog.trust.store import LINK, Store
from seedbed.errors import InputError, NotFoundError, StateError
from seedbed.fetching.disk.flushing import write_durably

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from seedbed.catalog.join_link import JoinLink
    from seedbed.catalog.trust.record import Active, Alarm, Unlisted
    from seedbed.catalog.trust.standing import Standing

_FOLDER_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Memory:
    """What was remarkable about a followed catalogue."""

    alarms: tuple[Alarm, ...]
    """The newest first."""
    unlisted: tuple[Unlisted, ...]
    """Releases that it stopped listing."""


@dataclass(frozen=True, slots=True)
class Joined:
    """One followed catalogue."""

    store: Store
    link: JoinLink

    @property
    def active(self) -> Active | None:
        """What is in use; None before the first pull."""
        with Record(self.store.record_path) as record:
            return record.active

    @property
    def name(self) -> str:
        """The catalogue's id, or its folder's name while that is not known."""
        active = self.active
        return active.site_id if active else self.store.folder.name

    def standing(self, now: dt.datetime) -> Standing:
        """Whether it may be relied upon."""
        with Record(self.store.record_path) as record:
            return standing.judge(
                record.active,
                expires=record.expires,
                trusted_time=record.trusted_time,
                suspicion=record.suspicion,
                now=now,
            )

    def memory(self) -> Memory:
        """What was remarkable so far."""
        with Record(self.store.record_path) as record:
            return Memory(tuple(record.alarms()), tuple(record.unlisted()))

    def previous_catalog(self) -> Path | None:
        """``catalog.parquet`` of the release before the active one; None when there was none."""
        active = self.active
        releases = self.store.release(active.folder).parent if active else self.store.folder
        others = [place for place in releases.glob("*") if active and place.name != active.folder]
        return next((place / paths.CATALOG for place in others if (place / paths.CATALOG).is_file()), None)

    def forget_release(self) -> None:
        """Have the next pull get the whole catalogue; what was seen stays remembered."""
        self.store.drop_all_but(())

    def catalog(self) -> tuple[Path, Path | None]:
        """``catalog.parquet`` and ``files.parquet``, as they were verified.

        Raises:
            NotFoundError: nothing was pulled yet.
            DataError: they were changed since.
        """
        with Record(self.store.record_path) as record:
            return self.store.catalog(record), self.store.files(record)


def place_for(folder: Path, link: JoinLink) -> Joined:
    """Where a link's catalogue is, or would be, kept.

    Args:
        folder: Of all followed catalogues.
        link: Its join link.
    """
    return Joined(Store(folder / link.root_sha256[:_FOLDER_DIGITS]), link)


def remember(joined: Joined) -> None:
    """Make it one of the followed, after its first pull.

    Raises:
        StateError: the disk refuses.
    """
    path = joined.store.folder / LINK
    try:
        write_durably(path, f"{join_link.render(joined.link)}\n".encode())
    except OSError as error:
        raise StateError(f"{path}: {error.strerror}") from error


def forget(joined: Joined) -> None:
    """Follow it no more; data that was fetched stays.

    Raises:
        StateError: the disk refuses, and it is still followed.
    """
    shutil.rmtree(joined.store.folder, ignore_errors=True)
    if joined.store.exists:
        raise StateError(f"{joined.store.folder}: it cannot be removed, and is still followed")


def followed(folder: Path) -> list[Joined]:
    """All followed catalogues, by the names of their folders.

    Raises:
        StateError: one of the links cannot be read.
    """
    if not folder.is_dir():
        return []
    stores = (Store(place) for place in sorted(folder.iterdir()))
    return [Joined(store, _read_link(store.folder / LINK)) for store in stores if store.exists]


def find(folder: Path, name: str) -> Joined:
    """A followed catalogue by its id, its folder's name, or its link; the only one without a name.

    Raises:
        NotFoundError: none is followed, or none of that name.
        InputError: several are followed and none was named.
    """
    known = followed(folder)
    if join_link.is_join_link(name):
        wanted = join_link.parse(name).root_sha256
        known = [one for one in known if one.link.root_sha256 == wanted]
    elif name:
        near = difflib.get_close_matches(name, [one.name for one in known], 1)
        known = [one for one in known if name in {one.name, one.store.folder.name}]
        if not known and near:
            raise NotFoundError(f"catalogue {name!r}: it is not followed", hint=f"Did you mean {near[0]!r}?")
    if not known:
        what = f"catalogue {name!r}: it is not followed" if name else "no catalogue is followed yet"
        raise NotFoundError(what, hint="seedbed catalog pull LINK joins one; its keeper gives the link.")
    if len(known) > 1:
        names = ", ".join(one.name for one in known)
        raise InputError(f"several catalogues are followed: {names}", hint="--catalog NAME says which one is meant.")
    return known[0]


def _read_link(path: Path) -> JoinLink:
    try:
        return join_link.parse(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, InputError) as error:
        raise StateError(
            f"{path}: it is not a join link any more: {error}", hint="Join the catalogue again."
        ) from error
