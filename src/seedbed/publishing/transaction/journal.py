# SPDX-License-Identifier: Apache-2.0
"""What a publication has done so far, on disk, so that whatever stops it, it goes on where it was.

One folder a publication, named ``<dataset>@<version>-<first digits of the catalogue's root>``::

    state.json       what is decided and done; written whole or not at all
    hashes           what hashing gave (:mod:`.kept_hashes`)
    beside/          the small files that go beside the data, as they were first made
    .lock            held by the process that is at work

A step is done again unless the state says that it is done: each step can bear that.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import shutil
import threading
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from seedbed.catalog.releasing.lock import held
from seedbed.errors import NoSpaceError, StateError
from seedbed.fetching.disk.flushing import write_durably
from seedbed.mirrors.deposits import Facts, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_FORMAT = 1
_STATE = "state.json"


@dataclass(slots=True)
class Home:
    """What is known of one mirror or archive that takes this version."""

    url: str
    """As the person gave it; no secrets are in it."""
    keep: list[str] = field(default_factory=list)
    """Keys of files that were there before."""
    takes_data: bool = True
    """Otherwise it only describes the version."""
    is_begun: bool = False
    is_pushed: bool = False
    """The data is there, and proved by what the service says of it."""
    is_described: bool = False
    """What goes beside the data is there, and the service was told what it is."""
    is_finished: bool = False
    """Public for good."""
    is_verified: bool = False
    """Its copy was read as anybody reads it, and proved by the torrent."""
    in_catalog: bool = False
    page_url: str = ""
    failure: str = ""
    """Why it was left behind; empty while it was not."""


@dataclass(slots=True)
class State:
    """Everything that is decided and done."""

    token: str
    """32 hex digits; finds drafts again."""
    dataset: str
    version: str
    name: str
    """The torrent's."""
    is_single_file: bool
    catalog: str
    """Folder of the catalogue."""
    begun: str
    """ISO 8601."""
    command: Mapping[str, Any]
    """What the person asked for, so that ``--resume`` needs no more than the name."""
    homes: list[Home]
    min_mirrors: int = 0
    """Copies that must be proved before the version is in the catalogue; 0 for all."""
    minter: str = ""
    """Who registers the DOI, if no home does: ``datacite:10.…``."""
    doi: str = ""
    concept_doi: str = ""
    similar: list[str] | None = None
    """Info-hashes that the torrent names (BEP 38); None while it is not made."""
    info_hash: str = ""
    released: int = 0
    """Serial of the catalogue's release that has the version; 0 while none has."""

    @property
    def item_id(self) -> str:
        """``dataset@version``."""
        return f"{self.dataset}@{self.version}"

    @property
    def moment(self) -> dt.datetime:
        """When it was begun."""
        return dt.datetime.fromisoformat(self.begun)

    @property
    def reserved(self) -> Facts:
        """The DOIs, as who registers them knows them."""
        return Facts("", doi=self.doi, concept_doi=self.concept_doi)

    def wanted(self, previous: str = "") -> Wanted:
        """What depositories are asked for.

        Args:
            previous: Address of the version before there.
        """
        return Wanted(self.token, self.dataset, self.version, self.name, self.is_single_file, previous)


class Journal:
    """A publication's folder. Made by :func:`create` or :func:`open_journal`, which hold its lock.

    Args:
        folder: Of the publication.
        state: As it was written last.
    """

    def __init__(self, folder: Path, state: State) -> None:
        self.folder = folder
        self.state = state
        self._saving = threading.Lock()

    def save(self) -> None:
        """Write the state down: what it says is done is never done again.

        Hashing and pushing save from threads of their own: an older state must not come after a newer one.

        Raises:
            StateError: the disk refuses.
        """
        with self._saving, as_ours(self.folder):
            text = json.dumps({"format": _FORMAT, **asdict(self.state)}, indent=1, ensure_ascii=False)
            write_durably(self.folder / _STATE, text.encode())

    def keep(self, name: str, data: bytes) -> bytes:
        """Keep a small file as it was first made; later makings are passed over.

        Raises:
            StateError: the disk refuses.
        """
        path = self.folder / "beside" / name
        with as_ours(self.folder):
            if path.is_file():
                return path.read_bytes()
            path.parent.mkdir(exist_ok=True)
            write_durably(path, data)
        return data

    def remove(self) -> None:
        """The publication is over."""
        with as_ours(self.folder):
            (self.folder / _STATE).unlink(missing_ok=True)  # first: without it the rest means nothing
            shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def create(folder: Path, state: State) -> Iterator[Journal]:
    """Begin a journal.

    Raises:
        BusyError: another process publishes this very version.
        StateError: the disk refuses.
    """
    with as_ours(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with held(folder, wait_s=0, busy="another process publishes this version"):
        journal = Journal(folder, state)
        journal.save()
        yield journal


@contextmanager
def open_journal(folder: Path) -> Iterator[Journal]:
    """Go on with a journal.

    Raises:
        BusyError: another process is at work on it.
        StateError: it cannot be read.
    """
    with held(folder, wait_s=0, busy="another process publishes this version"):
        yield Journal(folder, read(folder))


def read(folder: Path) -> State:
    """The state of a publication.

    Raises:
        StateError: it cannot be read.
    """
    path = folder / _STATE
    try:
        found = json.loads(path.read_text("utf-8"))
        if found.pop("format") != _FORMAT:
            raise StateError(f"{path}: it was written by another version of seedbed", hint="Go on with that version.")
        homes = [Home(**one) for one in found.pop("homes")]
        return State(**found, homes=homes)
    except OSError as error:
        raise StateError(f"{path}: it cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StateError(
            f"{path}: it is damaged: {error}",
            hint="seedbed publish --pending lists what is left on mirrors; then remove this folder.",
        ) from error


def pending(root: Path) -> list[Path]:
    """Folders of publications that are not over, by name."""
    if not root.is_dir():
        return []
    return sorted(path for path in root.iterdir() if (path / _STATE).is_file())


@contextlib.contextmanager
def as_ours(folder: Path) -> Iterator[None]:
    """Tell the disk's refusals in our own words.

    Raises:
        NoSpaceError: it is full.
        StateError: anything else.
    """
    import errno  # noqa: PLC0415  # only where something failed

    try:
        yield
    except OSError as error:
        kind = NoSpaceError if error.errno in {errno.ENOSPC, errno.EDQUOT} else StateError
        raise kind(f"{folder}: the journal cannot be written: {error.strerror}") from error
