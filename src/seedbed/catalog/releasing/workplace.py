# SPDX-License-Identifier: Apache-2.0
"""A catalogue held open by one process, with the keys at hand; what a crash left is put right first."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.catalog import ids, paths
from seedbed.catalog.releasing import cleaning, lock
from seedbed.catalog.releasing.disk import Disk, as_our_error
from seedbed.catalog.releasing.stage import Stage
from seedbed.catalog.signing import keys, own_trust, repository
from seedbed.catalog.signing.key_ring import KeyRing
from seedbed.errors import NotFoundError, StateError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from seedbed.catalog.releasing.tables import Tables

_SPARE = ".spare"


@dataclass(frozen=True, slots=True)
class Workplace:
    """All that a change of the catalogue needs."""

    folder: Path
    ring: KeyRing
    tables: Tables
    now: Callable[[], dt.datetime]
    disk: Disk
    stage: Stage

    def remember(self) -> None:
        """Remember what was just published: it never goes back from here."""
        own_trust.remember(self.folder, self.ring.folders[-1])

    def refuse_waiting(self) -> None:
        """Do nothing when nothing waits for signatures.

        Raises:
            StateError: something does.
        """
        if self.stage.is_waiting:
            raise StateError(
                f"{self.folder}: something waits for signatures, and the next change would follow it",
                hint="seedbed catalog status shows it, seedbed catalog sign adds your signature, --discard drops it.",
            )

    def replace(self, path: str, data: bytes) -> None:
        """Write one published file, whole at any moment."""
        spare = self.folder / _SPARE
        self.disk.write(spare, data)
        self.disk.flush([spare])
        self.disk.rename(spare, self.folder / path)
        self.disk.flush_folders([(self.folder / path).parent])


@contextmanager
def open_workplace(
    folder: Path,
    keys_folder: Path,
    *,
    wait_s: float,
    now: Callable[[], dt.datetime],
    passphrase: Callable[[str], str] = keys.environment_passphrase,
    tables: Tables | None = None,
    disk: Disk | None = None,
) -> Iterator[Workplace]:
    """Hold a catalogue open for changes.

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
    keys.refuse_inside(folder, keys_folder)
    disk = disk or Disk()
    stage = Stage(folder, disk)
    if not (folder / paths.METADATA).is_dir() and not stage.tree.is_dir():
        raise NotFoundError(
            f"{folder}: there is no catalogue here", hint="seedbed catalog init DIR makes one, with its keys."
        )
    with lock.held(folder, wait_s=wait_s):
        try:
            stage.recover()
            (folder / _SPARE).unlink(missing_ok=True)
            cleaning.clean(folder, disk)
        except OSError as error:
            raise as_our_error(error, folder) from error
        memory = keys_folder / _site_id(folder, stage)
        if repository.root_version(folder):
            own_trust.check_memory(folder, memory, own_trust.verified(folder))
        ring = KeyRing([keys_folder, memory], passphrase=passphrase)
        yield Workplace(folder, ring, tables or default_tables(), now, disk, stage)


def _site_id(folder: Path, stage: Stage) -> str:
    """The catalogue's id; of one that is being founded, from what waits."""
    from tuf.api.metadata import Root  # noqa: PLC0415  # only who signs needs it

    place = folder if repository.root_version(folder) else stage.tree
    path = repository.role_path("root", max(repository.root_version(place), 1))
    return ids.check_dataset(repository.site_id(repository.read(place, path, Root).signed))


def default_tables() -> Tables:
    """Rows in Parquet."""
    from seedbed.catalog.releasing.parquet_tables import ParquetTables  # noqa: PLC0415  # heavy

    return ParquetTables()


def look_at(folder: Path, *, now: Callable[[], dt.datetime], tables: Tables | None = None) -> Workplace:
    """A catalogue to read from, also while somebody publishes: nothing is locked, put right, or signed."""
    disk = Disk()
    return Workplace(folder, KeyRing([]), tables or default_tables(), now, disk, Stage(folder, disk))
