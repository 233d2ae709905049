# SPDX-License-Identifier: Apache-2.0
"""``seedbed torrent show``: what is in a torrent file or a magnet link."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output
from seedbed.cli.output import binary_size, plain, size
from seedbed.core import magnet as magnets
from seedbed.core import metainfo_reader
from seedbed.core.bencode import DEFAULT_LIMITS
from seedbed.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.core.magnet import Magnet
    from seedbed.core.metainfo import Metainfo

FILES_SHOWN = 10
"""Rows of the file list without ``--files``."""


@click.command()
@click.argument("torrent", metavar="FILE|MAGNET")
@click.option("--files", "all_files", is_flag=True, help="List every file, however many there are.")
@output.json_option
def show(torrent: str, *, all_files: bool) -> None:
    """Show what a torrent file or a magnet link holds, and check that it is sound.

    Put a magnet link in 'single quotes': the shell reads & as an end of command.
    """
    if torrent.lower().startswith("magnet:"):
        link = magnets.parse(torrent)
        output.result(magnet_facts(link), "\n".join(_rows(_magnet_rows(link))))
        return
    metainfo = metainfo_reader.parse(read_torrent_file(Path(torrent)))
    output.result(torrent_facts(metainfo), "\n".join(_describe(metainfo, all_files=all_files)))


def read_torrent_file(path: Path) -> bytes:
    """The bytes of a torrent file that the person named.

    Raises:
        NotFoundError: there is none, or it is a folder or unreadable.
    """
    limit = DEFAULT_LIMITS.max_bytes
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except FileNotFoundError as error:
        raise NotFoundError(f"{path}: there is no such file", hint=_near(path)) from error
    except IsADirectoryError as error:
        hint = f"To make a torrent of this folder: seedbed torrent create {path}"
        raise NotFoundError(f"{path}: expected a .torrent file, got a folder", hint=hint) from error
    except OSError as error:
        raise NotFoundError(f"{path}: it cannot be read: {error.strerror}") from error


def torrent_facts(metainfo: Metainfo) -> dict[str, Any]:
    """What ``--json`` prints for a torrent."""
    return {
        "name": metainfo.name,
        "format": metainfo.format,
        "infohash_v1": metainfo.info_hashes.v1_hex or None,
        "infohash_v2": metainfo.info_hashes.v2_hex or None,
        "magnet": magnets.render(magnet_of(metainfo)),
        "size_bytes": metainfo.size_bytes,
        "padding_bytes": metainfo.padding_bytes,
        "file_count": len(metainfo.files),
        "is_single_file": metainfo.is_single_file,
        "piece_length": metainfo.piece_length,
        "piece_count": piece_count(metainfo),
        "trackers": metainfo.trackers,
        "web_seeds": metainfo.web_seeds,
        "comment": metainfo.comment,
        "source": metainfo.source,
        "created_by": metainfo.created_by,
        "creation_date": _date(metainfo) or None,
        "similar": [value.hex() for value in metainfo.similar],
        "files": [_file_facts(metainfo, index) for index in range(len(metainfo.files))],
    }


def magnet_of(metainfo: Metainfo) -> Magnet:
    """The magnet link that names a torrent, with its trackers and web seeds."""
    trackers = tuple(url for tier in metainfo.trackers for url in tier)
    return magnets.Magnet(metainfo.info_hashes, metainfo.name, trackers, metainfo.web_seeds)


def magnet_facts(link: Magnet) -> dict[str, Any]:
    """What ``--json`` prints for a magnet link."""
    return {
        "name": link.name,
        "infohash_v1": link.info_hashes.v1_hex or None,
        "infohash_v2": link.info_hashes.v2_hex or None,
        "trackers": link.trackers,
        "web_seeds": link.web_seeds,
        "torrent_urls": link.exact_sources + link.acceptable_sources,
        "peers": [f"{host}:{port}" for host, port in link.peers],
        "selected_files": [index for part in link.select_only for index in part],
    }


def piece_count(metainfo: Metainfo) -> int:
    """Pieces of data: as v1 counts them, else those of each file."""
    if metainfo.pieces:
        return len(metainfo.pieces) // 20
    return sum(-(-file.length // metainfo.piece_length) for file in metainfo.files)


def _file_facts(metainfo: Metainfo, index: int) -> dict[str, Any]:
    file = metainfo.files[index]
    facts: dict[str, Any] = {"path": file.display, "size_bytes": file.length}
    facts |= {"pieces_root": file.pieces_root.hex()} if file.pieces_root else {}
    return facts | ({"md5": file.md5sum} if file.md5sum else {})


def _describe(metainfo: Metainfo, *, all_files: bool) -> Iterator[str]:
    yield from _rows(_torrent_rows(metainfo))
    if metainfo.is_single_file:
        return
    yield ""
    shown = metainfo.files if all_files else metainfo.files[:FILES_SHOWN]
    yield from (f"  {size(file.length):>9}  {plain(file.display)}" for file in shown)
    if rest := len(metainfo.files) - len(shown):
        yield f"  {'':>9}  … and {rest:,} more (--files lists all)"


def _torrent_rows(metainfo: Metainfo) -> Iterator[tuple[str, str]]:
    yield "Name", plain(metainfo.name)
    count = len(metainfo.files)
    yield "Size", f"{size(metainfo.size_bytes)} ({metainfo.size_bytes:,} bytes) in {count:,} file{'s'[: count != 1]}"
    kinds = {"v1": "v1", "v2": "v2 (newer clients only)", "hybrid": "hybrid (v1 and v2)"}
    yield "Format", kinds[metainfo.format]
    yield "Pieces", f"{piece_count(metainfo):,} of {binary_size(metainfo.piece_length)}"
    yield "Info-hash v1", metainfo.info_hashes.v1_hex
    yield "Info-hash v2", metainfo.info_hashes.v2_hex
    yield from _listed("Tracker", (url for tier in metainfo.trackers for url in tier))
    yield from _listed("Web seed", metainfo.web_seeds)
    yield "Comment", plain(metainfo.comment)
    yield "Source", plain(metainfo.source)
    yield "MD5", metainfo.files[0].md5sum if metainfo.is_single_file else ""
    yield "Made", " ".join(filter(None, (_date(metainfo), metainfo.created_by and f"by {plain(metainfo.created_by)}")))
    yield from _listed("Similar to", (value.hex() for value in metainfo.similar))


def _magnet_rows(link: Magnet) -> Iterator[tuple[str, str]]:
    yield "Name", plain(link.name) or "(not given)"
    yield "Info-hash v1", link.info_hashes.v1_hex
    yield "Info-hash v2", link.info_hashes.v2_hex
    yield from _listed("Torrent at", link.exact_sources + link.acceptable_sources)
    yield from _listed("Tracker", link.trackers)
    yield from _listed("Web seed", link.web_seeds)
    yield from _listed("Peer", (f"{host}:{port}" for host, port in link.peers))
    chosen = ", ".join(
        f"{part.start}" if len(part) == 1 else f"{part.start} to {part[-1]}" for part in link.select_only
    )
    yield "Files chosen", chosen


def _rows(rows: Iterator[tuple[str, str]]) -> Iterator[str]:
    return (f"{label:<13} {value}" for label, value in rows if value)


def _listed(label: str, values: Iterator[str] | tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for value in values:
        yield label, plain(value)
        label = ""


def _date(metainfo: Metainfo) -> str:
    if metainfo.creation_date is None:
        return ""
    try:
        return datetime.fromtimestamp(metainfo.creation_date, UTC).isoformat(timespec="seconds")
    except (OverflowError, OSError, ValueError):
        return ""


def _near(path: Path) -> str:
    others = sorted(path.parent.glob("*.torrent")) if path.parent.is_dir() else []
    return "Torrent files there: " + ", ".join(other.name for other in others[:5]) if others else ""
