# SPDX-License-Identifier: Apache-2.0
"""What a person asks for, and what was decided and learned before anything is released."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from seedbed.creating.create import Wish

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from seedbed.catalog.model import Change, FileRow, Release, Site
    from seedbed.creating.create import Created, Plan
    from seedbed.inspecting import Inspected
    from seedbed.publishing.said import Source


@dataclass(frozen=True, slots=True)
class Request:
    """What shall be published, as what."""

    dataset: str
    source: str | Sequence[str]
    """A file or folder on this machine; or URLs (HTTP, S3)."""
    version: str = ""
    """Empty: the day, or the next that is free."""
    said: Mapping[str, Any] = field(default_factory=dict)
    """Field -> value, as the person gave them (``publishing.reading``)."""
    metadata_file: Path | None = None
    wish: Wish = field(default=Wish())
    """Of the torrent; ``similar`` is set by the flow."""
    name: str = ""
    """Of the torrent; empty: the file's or folder's own."""
    follow_symlinks: bool = False
    goes_to_mirrors: bool = False
    """Whether it gets copies, and with them web seeds, on the way (``publishing.transaction``)."""
    inspects: bool = True
    """Whether extent, columns and times are read from the data."""


class Catalog(Protocol):
    """What the flow asks of a catalogue."""

    @property
    def site(self) -> Site:
        """What the catalogue says of itself."""
        ...

    def versions(self, dataset: str) -> list[Release]:
        """A dataset's versions, the oldest first; empty when there is no such dataset."""
        ...

    def files(self, item_id: str) -> list[FileRow]:
        """A version's files; empty when there is no such version."""
        ...

    def refuse_clash(self, new: Release) -> None:
        """Refuse a version whose data or DOI is that of another.

        Raises:
            CatalogError: it is.
        """
        ...


class CatalogWithTorrents(Catalog, Protocol):
    """What a publication to mirrors asks besides."""

    def torrent(self, release: Release) -> bytes:
        """A version's .torrent.

        Raises:
            StateError: it cannot be read.
        """
        ...


class Released(Protocol):
    """What the flow tells of a release of the catalogue."""

    @property
    def serial(self) -> int:
        """Of the catalogue."""
        ...

    @property
    def is_public(self) -> bool:
        """False while signatures are missing."""
        ...

    @property
    def missing_signatures(self) -> int:
        """How many."""
        ...


class Publisher(Catalog, Protocol):
    """A catalogue that is held open for changes (``catalog.releasing``)."""

    def refuse_unable(self) -> None:
        """Do nothing when a release could be signed now.

        Raises:
            SigningKeyError: no key for releases is here, or it does not open.
            StateError: another release waits for signatures.
        """
        ...

    def release(self, change: Change) -> Released:
        """Make a change: all of it or nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that needs no lock on the catalogue and no hash."""

    request: Request
    plan: Plan
    sources: tuple[Source, ...]
    """Who says something of the dataset, the most trusted first; the version before is not among them."""
    inspected: Inspected
    """All files together."""
    each: Mapping[str, Inspected]
    """Path -> what the file says; empty when nothing was inspected."""
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """What was published, or would be."""

    release: Release
    files: tuple[FileRow, ...]
    torrent: bytes
    datapackage: Mapping[str, Any]
    origins: Mapping[str, str]
    """Field -> who said it."""
    remarks: tuple[str, ...]
    released: Released | None
    """None when nothing was released: nothing was new, or it was only a trial."""
    is_new: bool
    """False when this version was there already, with these very bytes."""


class Hashed(Protocol):
    """Who makes the torrent of a plan."""

    def __call__(self, plan: Plan) -> Created:
        """Hash everything once (``creating.create``)."""
        ...
