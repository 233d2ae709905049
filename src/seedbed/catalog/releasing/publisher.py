# SPDX-License-Identifier: Apache-2.0
"""The one who may change a catalogue, for as long as it is held open.

::

    with open_publisher(folder, keys, wait_s=30, now=clock) as publisher:
        known = publisher.versions("soil")
        publisher.release(Change(versions.add(known, new), files, torrents))
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.catalog import paths
from seedbed.catalog.releasing import building, finishing
from seedbed.catalog.releasing.disk import as_our_error
from seedbed.catalog.releasing.workplace import open_workplace
from seedbed.catalog.signing import changes, keys, own_trust, repository, roles
from seedbed.errors import InputError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from seedbed.catalog.model import Change, FileRow, Release, Site
    from seedbed.catalog.releasing.disk import Disk
    from seedbed.catalog.releasing.tables import Tables
    from seedbed.catalog.releasing.workplace import Workplace
    from seedbed.catalog.signing.key_ring import KeyRing
    from seedbed.catalog.signing.repository import Repository


@dataclass(frozen=True, slots=True)
class Released:
    """What became of a change."""

    serial: int
    """Of the catalogue's release."""
    sha256: str
    """Of ``catalog.parquet``: 64 hex digits."""
    is_public: bool
    """False while signatures are missing: ``seedbed catalog sign`` adds them."""
    missing_signatures: int
    rows: int = 0
    """Versions in the catalogue."""


class Publisher:
    """See the module's text; made by :func:`open_publisher`."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._repository = repository.load(place.folder)
        self._site = place.tables.read_site(place.folder / paths.CATALOG)

    @property
    def folder(self) -> Path:
        """The catalogue."""
        return self._place.folder

    @property
    def site(self) -> Site:
        """What the catalogue says of itself."""
        return self._site

    @property
    def repository(self) -> Repository:
        """Its signed metadata."""
        return self._repository

    @property
    def ring(self) -> KeyRing:
        """The keys at hand."""
        return self._place.ring

    def versions(self, dataset: str) -> list[Release]:
        """A dataset's versions, the oldest first; empty when there is no such dataset."""
        return self._place.tables.versions(self.folder / paths.CATALOG, dataset)

    def files(self, item_id: str) -> list[FileRow]:
        """A version's files; empty when there is no such version."""
        return self._place.tables.files(self.folder / paths.FILES, item_id)

    def refuse_clash(self, new: Release) -> None:
        """Refuse a version whose data or DOI is that of another; every release of the catalogue does so too.

        Raises:
            CatalogError: it is.
        """
        self._place.tables.refuse_clash(self.folder / paths.CATALOG, new)

    def refuse_unable(self) -> None:
        """Do nothing when a release could be signed now; for those who have hours of work before it.

        Raises:
            SigningKeyError: no key for releases is here, or it does not open.
            StateError: another release waits for signatures.
            TrustError: the tables that are there are not those that were signed.
        """
        self._place.refuse_waiting()
        finishing.open_own_keys(self._repository.holders(roles.TARGETS), self.ring)
        own_trust.verify_tables(self.folder, self._repository)

    def release(self, change: Change) -> Released:
        """Publish a change: all of it or nothing, also when the power fails half-way.

        Raises:
            InputError: there is nothing to publish, or it does not fit to what is published.
            SigningKeyError: no key for releases is here, or it does not open.
            StateError: another release waits for signatures, or the disk refused.
            TrustError: the tables that are there are not those that were signed.
        """
        if not change.releases and change.tracker in {None, self._site.tracker}:
            raise InputError("release: there is nothing to publish")
        building.check_torrents(change)
        self.refuse_unable()
        try:
            return self._release(change)
        except OSError as error:
            raise as_our_error(error, self.folder) from error
        finally:
            self._place.stage.drop_half_made()

    def _release(self, change: Change) -> Released:
        place = self._place
        place.stage.begin()
        known = self._repository.target_facts()
        built = building.build(place.folder, place.stage, place.tables, change, site=self._site, known=known)
        now = place.now()
        draft = changes.release(self._repository, built.targets, now=now)
        done = finishing.finish(place, draft, now=now, note={"kind": "release", "serial": built.site.serial})
        if done.is_public:
            self._repository = repository.load(self.folder)
            self._site = built.site
        rows = int((built.targets[paths.CATALOG].custom or {})["rows"])
        return Released(built.site.serial, built.sha256, done.is_public, done.missing_signatures, rows)


@contextmanager
def open_publisher(
    folder: Path,
    keys_folder: Path,
    *,
    wait_s: float,
    now: Callable[[], dt.datetime],
    passphrase: Callable[[str], str] = keys.environment_passphrase,
    tables: Tables | None = None,
    disk: Disk | None = None,
) -> Iterator[Publisher]:
    """Hold a catalogue open for releases. What a crash left is finished or thrown away first.

    Args:
        folder: The catalogue.
        keys_folder: Where keys lie: in it, and in its folder of the catalogue's id.
        wait_s: How long to wait for another publisher.
        now: The clock; times with a zone.
        passphrase: Called with a locked key's path.
        tables: Reads and writes rows; Parquet when none is given.
        disk: What is done to the disk; tests stop it.

    Raises:
        NotFoundError: there is no catalogue here.
        BusyError: another publisher has it.
        SigningKeyError: the keys lie inside the catalogue.
        CatalogError: what is there cannot be read.
        TrustError: what is there is not signed as it must be, or older than it was.
        StateError: the disk refused.
    """
    with open_workplace(
        folder, keys_folder, wait_s=wait_s, now=now, passphrase=passphrase, tables=tables, disk=disk
    ) as place:
        yield Publisher(place)
