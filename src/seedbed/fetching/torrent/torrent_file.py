# SPDX-License-Identifier: Apache-2.0
"""Where the torrent itself comes from: a file, a URL, or what a magnet link names.

Who attacks: whoever answers for such a URL. How: an endless torrent, a redirect into our own network. So it is bounded,
and each hop is judged.
"""

from __future__ import annotations

import asyncio
import difflib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.core import metainfo_reader
from seedbed.core.bencode import Limits
from seedbed.errors import FormatError, InputError, NotFoundError, SourceError, StateError
from seedbed.fetching.faults import Fault
from seedbed.fetching.torrent.found import FoundTorrent
from seedbed.fetching.web.http_document import get_document

if TYPE_CHECKING:
    from seedbed.core.metainfo import Metainfo
    from seedbed.fetching.options import Options
    from seedbed.fetching.rules import Rules


async def find_torrent(what: str, options: Options) -> FoundTorrent:
    """Read the torrent that ``what`` names.

    Raises:
        NotFoundError: no such file.
        SourceError: the URL does not give it.
        TorrentError: or BencodeError, NameRefusedError: it is refused.
        MagnetError: the link cannot be read.
        NoSourceError: nobody gives a magnet's torrent.
    """
    if what.lower().startswith("magnet:"):
        from seedbed.fetching.torrent import from_magnet  # noqa: PLC0415  # brings the engine's values: 20 ms

        return await from_magnet.find(what, options, get=partial(from_url, rules=options.rules))
    if what.lower().startswith(("http://", "https://")):
        return FoundTorrent(await asyncio.to_thread(from_url, what, options.rules), options)
    return FoundTorrent(await asyncio.to_thread(from_file, Path(what), options.rules), options)


def from_file(path: Path, rules: Rules) -> Metainfo:
    """Read a .torrent file.

    Raises:
        NotFoundError: no such file.
        StateError: it cannot be read.
        TorrentError: or BencodeError, NameRefusedError: it is refused.
    """
    try:
        with path.open("rb") as file:
            data = file.read(rules.max_torrent_bytes + 1)
    except FileNotFoundError as error:
        raise NotFoundError(f"{path}: there is no such file", hint=_hint(path)) from error
    except IsADirectoryError as error:
        raise InputError(f"{path}: it is a folder, expected a .torrent file") from error
    except OSError as error:
        raise StateError(f"{path}: {error.strerror}") from error
    return parse(data, str(path), rules)


def _hint(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.suffix == ".torrent"]
    except OSError:
        return f"There is no folder {path.parent} either."
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)
    return f"Did you mean {path.parent / near[0]}?" if near else "Give a .torrent file, its URL, or a magnet link."


def from_url(url: str, rules: Rules) -> Metainfo:
    """Get a .torrent by HTTP.

    Raises:
        SourceError: the server does not give it.
        TorrentError: or BencodeError, NameRefusedError: it is refused.
    """
    try:
        data = get_document(url, rules, max_bytes=rules.max_torrent_bytes)
    except Fault as fault:
        raise SourceError(f"{url}: {fault.text}", hint="Check the address, or try again later.") from fault
    return parse(data, url, rules)


def parse(data: bytes, where: str, rules: Rules) -> Metainfo:
    """Read torrent bytes, and say where they came from when they are refused."""
    if data[:64].lstrip()[:1] == b"<":
        raise FormatError(f"{where}: a web page comes instead of a torrent")
    return metainfo_reader.parse(data, limits=Limits(max_bytes=rules.max_torrent_bytes))
