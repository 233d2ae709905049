# SPDX-License-Identifier: Apache-2.0
"""A catalogue, opened: searched, read, and fetched from. What ``import seedbed`` and the commands share."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from seedbed.api.home import Home
from seedbed.api.running import outside_of_loops, run_to_end
from seedbed.catalog import join_link, paths
from seedbed.catalog.ids import Ref, parse_ref
from seedbed.errors import BusyError, InputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from seedbed.catalog.model import FileRow, Release
    from seedbed.catalog.query.index import Index
    from seedbed.catalog.query.search import Found, Search
    from seedbed.fetching.options import Options
    from seedbed.fetching.result import Fetched, Progress
    from seedbed.following.joined import Joined
    from seedbed.following.pull import Pulled, Ways


def no_progress(_state: object) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where an opened catalogue's files are, and where its torrents may be had."""

    name: str
    catalog: Path
    files: Path | None
    places: tuple[str, ...]
    """Addresses or paths of its folder, each ending in ``/``."""
    warning: str = ""
    """Why what it says may be out of date; empty when it is fresh, or our own."""


class Catalog:
    """An opened catalogue. Close it, or use it in a ``with``.

    ::

        with seedbed.Catalog.open("seedbed:join?url=…&root=sha256:…") as catalog:
            for release in catalog.search("lakes").releases:
                print(release.id, release.title)
    """

    def __init__(self, source: Source, home: Home) -> None:
        self._source = source
        self._home = home
        self._index: Index | None = None

    @classmethod
    def open(cls, where: str | Path = "", *, home: Home | None = None, ways: Ways | None = None) -> Self:
        """Open a catalogue.

        Args:
            where: A join link (joined now if it was not before), the name of a followed catalogue, the folder of a
                published one, or nothing for the only one there is.
            home: Where this machine keeps things; by default as the environment says.
            ways: How a catalogue that is joined now may be looked for.

        Raises:
            NotFoundError: there is no such catalogue here.
            InputError: there are several, and none was named.
            TrustError: what a join link leads to is not what it means.
            NoSourceError: nothing leads to it.
            DataError: it was changed after it was verified.
        """
        home = home or Home.of_environment()
        return cls(locate(where, home, ways), home)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of its files."""
        if self._index:
            self._index.close()
            self._index = None

    @property
    def name(self) -> str:
        """The catalogue's id, or its folder."""
        return self._source.name

    @property
    def id(self) -> str:
        """What the catalogue calls itself."""
        from seedbed.catalog.table import reader  # noqa: PLC0415  # pyarrow: 100 ms

        return reader.read_site(self._source.catalog).id

    @property
    def warning(self) -> str:
        """Why what it says may be out of date; empty when it is fresh, or our own."""
        return self._source.warning

    @property
    def has_files(self) -> bool:
        """Whether it lists files too."""
        return self._source.files is not None

    @property
    def index(self) -> Index:
        """What answers questions."""
        if self._index is None:
            from seedbed.catalog.query.index import Index  # noqa: PLC0415  # DuckDB: 150 ms

            self._index = Index(self._source.catalog, self._source.files)
        return self._index

    def get(self, ref: Ref | str) -> Release:
        """One release; the newest of its dataset when no version is named.

        Raises:
            NotFoundError: there is none.
        """
        return self.index.get(ref if isinstance(ref, Ref) else parse_ref(_text(ref)))

    def versions(self, dataset: str) -> list[Release]:
        """All versions of a dataset, the oldest first.

        Raises:
            NotFoundError: there is no such dataset.
        """
        found = self.index.versions(dataset)
        if not found:
            self.index.get(Ref(dataset))
        return found

    def search(self, words: str | Search = "") -> Found:
        """Releases, the best first.

        Args:
            words: To be found in title, description and keywords; or a whole :class:`Search`.
        """
        from seedbed.catalog.query.search import Search  # noqa: PLC0415

        return self.index.search(Search(words=words) if isinstance(words, str) else words)

    def files(self, release: Release) -> list[FileRow]:
        """The files of a release."""
        return self.index.files(release.id)

    def metalink(self, release: Release) -> bytes:
        """A release for download managers: all its files with their hashes and places (RFC 5854).

        Raises:
            NotFoundError: no web server is known to have it.
            InputError: this catalogue has no list of files.
        """
        from seedbed.catalog import metalink, paths  # noqa: PLC0415

        if not metalink.copies(release):
            raise NotFoundError(
                f"{release.id}: no web server is known to have it", hint="seedbed fetch asks peers too."
            )
        place = next((one for one in self._source.places if one.startswith(("http://", "https://"))), "")
        torrent_url = place and place + paths.torrent(release.torrent.best_hex)
        return metalink.render(release, self.files(release), torrent_url=torrent_url)

    def find(self, text: str) -> Release:
        """A release by whatever names it: ``DATASET``, ``DATASET@VERSION``, an info-hash, or a hash of a file.

        Raises:
            NotFoundError: there is none.
        """
        if not is_hash(text):
            return self.get(text)
        found = self.index.find_hash(text)
        if not found:
            raise NotFoundError(f"{text}: no release of {self.name} has this hash")
        newest = [one for one in found if one.latest]
        return (newest or found)[0]

    def fetch(
        self,
        what: Release | Ref | str,
        *,
        into: Path | None = None,
        options: Options | None = None,
        offline: bool = False,
        on_progress: Callable[[Progress], object] = no_progress,
    ) -> Fetched:
        """Get a release's data, verified: from the cache, and what is missing from peers and mirrors.

        Args:
            what: The release, or what names it.
            into: Folder for the data; the cache by default.
            options: From whom, and which files.
            offline: Ask nobody.
            on_progress: Told a few times a second.

        Raises:
            NotFoundError: there is no such release, or no file that matches.
            NoSourceError: nobody sends what is missing.
            DataError: the sources sent wrong bytes only.
            NoSpaceError: the disk is full; what came is kept.
            InputError: the destination holds something else.
        """
        from seedbed.fetching.options import Options  # noqa: PLC0415
        from seedbed.library.cache import Cache  # noqa: PLC0415
        from seedbed.library.fetch import Wanted, fetch  # noqa: PLC0415

        release = self._release(what)
        wanted = Wanted(release, self._source.places)
        chosen = options or Options()
        cache = Cache(self._home.cache)
        return run_to_end(fetch(wanted, cache, chosen, into=into, offline=offline, on_progress=on_progress))

    def torrent(self, what: Release | Ref | str, options: Options | None = None) -> Path:
        """The .torrent file of a release, got if need be.

        Raises:
            NotFoundError: there is no such release, or no catalogue gives its torrent.
        """
        from seedbed.fetching.rules import DEFAULT_RULES  # noqa: PLC0415
        from seedbed.library import torrents  # noqa: PLC0415
        from seedbed.library.cache import Cache  # noqa: PLC0415

        release = self._release(what)
        rules = options.rules if options else DEFAULT_RULES
        path = torrents.obtain(release, Cache(self._home.cache), self._source.places, rules)
        if path is None:
            raise NotFoundError(f"{release.id}: no catalogue gives its torrent now", hint="Try again later.")
        return path

    def _release(self, what: Release | Ref | str) -> Release:
        from seedbed.catalog.model import Release  # noqa: PLC0415

        if isinstance(what, Release):
            return what
        if isinstance(what, Ref):
            return self.get(what)
        return self.find(_text(what))


def _text(what: object) -> str:
    """What names a release.

    Raises:
        TypeError: it is no text.
    """
    if not isinstance(what, str):
        raise TypeError(f"expected a dataset's name such as 'lakes@2', got {type(what).__name__}")
    return what


def is_hash(text: str) -> bool:
    """Whether a person means a hash: no dataset is called so."""
    text = text.strip().lower()
    return len(text) in {32, 40, 64} and all(character in "0123456789abcdef" for character in text)


def locate(where: str | Path, home: Home, ways: Ways | None = None) -> Source:
    """Where a catalogue's files are; see :meth:`Catalog.open`."""
    text = str(where)
    if join_link.is_join_link(text):
        return _joined_source(join(text, home, ways))
    if text.startswith(("http://", "https://")):
        raise InputError(
            f"catalogue {text!r}: expected a join link, got a web address",
            hint="A join link (seedbed:join?url=…&root=sha256:…) also says whom to believe; its keeper gives it.",
        )
    if text and (isinstance(where, Path) or "/" in text or Path(text).is_dir()):
        return _published_source(Path(where))
    return _named_source(text, home)


def _named_source(name: str, home: Home) -> Source:
    """A followed catalogue; without one and without a name, the only one that this person publishes."""
    from seedbed.following import joined  # noqa: PLC0415

    own = home.published
    if not name and not joined.followed(home.catalogs) and own:
        if len(own) > 1:
            raise InputError(
                f"several catalogues are published here: {', '.join(map(str, own))}",
                hint="--catalog DIR says which one is meant.",
            )
        return _published_source(own[0])
    return _joined_source(joined.find(home.catalogs, name))


def _published_source(folder: Path) -> Source:
    catalog, files = folder / paths.CATALOG, folder / paths.FILES
    if not catalog.is_file():
        raise NotFoundError(f"{folder}: there is no catalogue here", hint=f"Expected {catalog}.")
    return Source(str(folder), catalog, files if files.is_file() else None, (f"{folder.absolute()}/",))


def _joined_source(found: Joined) -> Source:
    catalog, files = found.catalog()
    stands = found.standing(dt.datetime.now(dt.UTC))
    doubt = "" if stands.state == "fresh" else f"catalogue {found.name!r} is {stands.state}: {stands.why}"
    return Source(found.name, catalog, files, found.link.urls, doubt)


def join(text: str, home: Home, ways: Ways | None = None) -> Joined:
    """Follow the catalogue of a join link; pulls it when it was not pulled before.

    Raises:
        InputError: it is no join link.
        TrustError: or CatalogError, NoSourceError: see :func:`seedbed.following.pull.pull`.
    """
    from seedbed.following import joined  # noqa: PLC0415

    found = joined.place_for(home.catalogs, join_link.parse(text))
    if not found.store.exists:
        pull(found, ways)
    return found


def pull(
    found: Joined,
    ways: Ways | None = None,
    *,
    now: dt.datetime | None = None,
    on_progress: Callable[[Progress], object] = no_progress,
) -> Pulled:
    """Bring a followed catalogue up to date; what was never followed is from its first success on.

    Raises:
        TrustError: or CatalogError, NoSourceError, StateError: see :func:`seedbed.following.pull.pull`.
    """
    from seedbed.following import joined, pull  # noqa: PLC0415

    was_known = found.store.exists
    try:
        moment = now or dt.datetime.now(dt.UTC)
        pulled = outside_of_loops(
            lambda: pull.pull(found.store, found.link, ways or pull.Ways(), now=moment, on_progress=on_progress)
        )
    except BusyError:
        raise  # another program joins it: what is there is that one's
    except BaseException:
        if not was_known:
            joined.forget(found)
        raise
    joined.remember(found)
    return pulled
