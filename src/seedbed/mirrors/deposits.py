# SPDX-License-Identifier: Apache-2.0
"""What a depository is: somebody who takes one version of a dataset after the other, and keeps each for good.

Folders and object stores are depositories (:mod:`seedbed.mirrors.shelf`): a version is a folder there. Archives such as
Zenodo have a life of their own for each version: a draft, perhaps with a DOI reserved, files, then public for good.

Rules for whoever writes one:

- :meth:`Depository.begin` with the same token leads to the same deposit, whatever was interrupted before. So a draft
  carries :attr:`Wanted.urn` where its service can find it again.
- Every method may be called again after a crash, and does only what is not done yet.
- Nothing is public before :meth:`Deposit.finish`; what is public afterwards is never taken back by us.
- Failures are ``SourceError`` by :func:`seedbed.mirrors.base.failure`, and name the step.
- Credentials are in no name, error, log line or ``repr``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterator, Sequence

    from seedbed.mirrors.base import Mirror, Traits


@dataclass(frozen=True, slots=True)
class Creator:
    """Who made the data."""

    name: str
    url: str = ""
    is_person: bool = False
    """Otherwise an organisation, as most providers of open data are."""


@dataclass(frozen=True, slots=True)
class Related:
    """Something else in the world, and what the version is to it."""

    relation: str
    """A DataCite *relationType*: ``IsVersionOf``, ``IsNewVersionOf``, ``IsDerivedFrom``, ``IsIdenticalTo``, …"""
    identifier: str
    """A DOI without its resolver, or a URL."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a service is told of a version. Every service shows what it has a field for."""

    dataset: str
    version: str
    title: str
    text: str
    """For people; plain text."""
    license: str
    """SPDX identifier, or ``other``."""
    license_url: str
    creators: tuple[Creator, ...]
    """At least one."""
    publisher: str
    """Who offers it."""
    published: dt.date
    keywords: tuple[str, ...] = ()
    language: str = ""
    """BCP 47."""
    url: str = ""
    """Where the catalogue speaks of it."""
    related: tuple[Related, ...] = ()
    size_bytes: int = 0
    file_count: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """The version that shall be deposited."""

    token: str
    """Of the publication, 32 hex digits: finds what an interrupted run began."""
    dataset: str
    version: str
    name: str
    """The torrent's: the folder, or the only file."""
    is_single_file: bool
    previous: str = ""
    """Address of the version before at this depository, as the catalogue has it; empty if there is none."""

    @property
    def urn(self) -> str:
        """The token as an identifier that services have a field for (RFC 9562, 4)."""
        t = self.token
        return f"urn:uuid:{t[:8]}-{t[8:12]}-{t[12:16]}-{t[16:20]}-{t[20:]}"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a deposit once it has begun; small, and kept in the journal."""

    id: str
    """What the service calls it; empty where it has no name of its own."""
    page_url: str = ""
    """For people, once it is public."""
    doi: str = ""
    """Reserved for this version; the name only, in lower case."""
    concept_doi: str = ""
    """Of all versions together; empty where it is not known before the first is public."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where anybody reads a version's files, once it is public."""

    href: str
    """The file; of a folder's files what their paths are appended to, ending in ``/``."""
    is_flat: bool = False
    """Whether a path's slashes are ``__`` there (:func:`seedbed.core.layout.flat_name`)."""
    is_final: bool = True
    """False where every file is a redirect: torrents of several files do not name such addresses."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Something that was begun by us and is not public: a draft, parts of a file."""

    id: str
    token: str
    """Of the publication that began it; empty when the service does not tell."""
    text: str
    """For people."""
    begun: dt.datetime | None = None


class Deposit(Protocol):
    """One version at one depository."""

    @property
    def facts(self) -> Facts:
        """What is known of it; may tell more after :meth:`finish`."""
        ...

    @property
    def mirror(self) -> Mirror:
        """Takes the files, under the names that :meth:`key` gives them."""
        ...

    @property
    def takes_data(self) -> bool:
        """Whether the data goes there, and not only what describes it."""
        ...

    @property
    def address(self) -> Address | None:
        """Where the data will be; None when nobody can read it by HTTP, or no data goes there."""
        ...

    def key(self, parts: Sequence[str]) -> str:
        """The name of a file there.

        Args:
            parts: Path from the torrent's name on: ``("lakes", "2024", "a.csv")``; a file beside it: its name alone.
        """
        ...

    def describe(self, description: Description) -> None:
        """Say what it is; may be called again while it is not public.

        Raises:
            InputError: the service does not accept what is said; with its own words.
            SourceError: it cannot be reached.
        """
        ...

    def finish(self) -> None:
        """Make it public for good; nothing happens when it is.

        Raises:
            InputError: the service wants more before it is published; with its own words.
            SourceError: it cannot be reached, or takes longer than it should: try again later.
        """
        ...

    def held(self) -> frozenset[str]:
        """What is there of this version already, by key; asked before a publication puts its first file.

        Raises:
            SourceError: it cannot be known.
        """
        ...

    def discard(self, *, keep: Collection[str] = ()) -> bool:
        """Take back what is not public: the draft, or the version's files and parts of files.

        Args:
            keep: Keys of files that were there before, and stay.

        Returns:
            Whether it is gone; False when it is public for good.

        Raises:
            SourceError: it cannot be reached.
        """
        ...


class Depository(Protocol):
    """Takes versions."""

    @property
    def name(self) -> str:
        """For people: a URL without secrets."""
        ...

    @property
    def key(self) -> str:
        """What it is called in the catalogue: one of ``catalog.stac.terms.MIRROR_KEYS``."""
        ...

    @property
    def traits(self) -> Traits:
        """What can be expected of a deposit there; ``mints_dois`` tells that it reserves one."""
        ...

    def begin(self, wanted: Wanted) -> Deposit:
        """Find the deposit of a publication, or make it.

        Raises:
            InputError: it cannot be: credentials, a wrong version before, a name that is taken.
            SourceError: the service cannot be reached.
        """
        ...

    def unfinished(self) -> Iterator[Unfinished]:
        """What was begun there by us, by whichever publication, and is not public.

        Raises:
            SourceError: the service cannot be reached.
        """
        ...

    def drop(self, unfinished: Unfinished) -> None:
        """Take one of these back.

        Raises:
            SourceError: the service cannot be reached.
        """
        ...

    def close(self) -> None:
        """Give back what is held open."""
        ...
