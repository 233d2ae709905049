# SPDX-License-Identifier: Apache-2.0
"""The functions of ``import seedbed``: one call each for what most people want."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.api.catalog import Catalog
from seedbed.api.running import run_to_end

if TYPE_CHECKING:
    from seedbed.catalog.model import Release
    from seedbed.fetching.options import Options
    from seedbed.fetching.result import Fetched


def search(words: str = "", *, catalog: str | Path = "", **conditions: Any) -> list[Release]:
    """Releases in a catalogue, the best first.

    ::

        for release in seedbed.search("lakes", bbox=(-120, 45, -110, 60)):
            print(release.id, release.title)

    Args:
        words: To be found in title, description and keywords; case and accents do not matter.
        catalog: A join link, the name of a followed catalogue, a published folder, or nothing for the only one.
        conditions: Fields of :class:`seedbed.catalog.query.search.Search`, such as ``bbox``, ``start``, ``end``,
            ``license``, ``provider``, ``keyword``, ``doi``, ``file_name``, ``newest_only``, ``limit``.

    Raises:
        NotFoundError: there is no such catalogue here.
        InputError: it cannot be asked so.
    """
    from seedbed.catalog.query.search import Search  # noqa: PLC0415  # imports stay inside: import seedbed is quick

    known = [field.name for field in fields(Search) if field.name != "words"]
    if unknown := [name for name in conditions if name not in known]:
        raise TypeError(f"search() has no condition {unknown[0]!r}; it has {', '.join(known)}")
    with Catalog.open(catalog) as opened:
        return list(opened.search(Search(words=words, **conditions)).releases)


def fetch(
    what: str | Path | Release,
    *,
    catalog: str | Path = "",
    into: str | Path | None = None,
    files: str | tuple[str, ...] = (),
    offline: bool = False,
    options: Options | None = None,
) -> Fetched:
    """Get data, verified to the byte; ``.root`` of the result is where it lies.

    ::

        lakes = geopandas.read_file(seedbed.fetch("lakes@2").root)

    Args:
        what: ``DATASET``, ``DATASET@VERSION``, an info-hash, a file's hash, a .torrent file or its URL, a magnet link;
            or a release that :func:`search` found.
        catalog: As in :func:`search`.
        into: Folder for the data; by default releases go to the cache, torrents to the working folder.
        files: Only files whose path matches this glob, or one of these.
        offline: Ask nobody: only what is here already.
        options: More about from whom.

    Raises:
        NotFoundError: there is no such release, catalogue, or file.
        NoSourceError: nobody sends what is missing.
        DataError: the sources sent wrong bytes only.
        NoSpaceError: the disk is full; what came is kept.
        InputError: the destination holds something else.
    """
    from seedbed.fetching.options import Options  # noqa: PLC0415

    globs = (files,) if isinstance(files, str) else tuple(files)
    chosen = replace(options or Options(), files=globs) if globs else options or Options()
    what = str(what) if isinstance(what, Path) else what
    if isinstance(what, str) and names_torrent(what):
        from seedbed.fetching import flow  # noqa: PLC0415

        there = replace(chosen, folder=Path(into or "."))
        return run_to_end(flow.fetch(what, there))
    with Catalog.open(catalog) as opened:
        return opened.fetch(what, into=Path(into) if into else None, options=chosen, offline=offline)


def names_torrent(what: str) -> bool:
    """Whether a person means a torrent and not a dataset: a link, a URL, or a file."""
    lower = what.lower()
    return lower.startswith(("magnet:", "http://", "https://")) or lower.endswith(".torrent") or Path(what).is_file()
