# SPDX-License-Identifier: Apache-2.0
"""``seedbed torrent verify``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output, progress
from seedbed.errors import DataError, NotFoundError

if TYPE_CHECKING:
    from seedbed.core.metainfo import Metainfo
    from seedbed.hashing.check import Checked
    from seedbed.hashing.job import Progress
    from seedbed.hashing.verify import FileFinding

_SHOWN_PIECES = 10


@click.command()
@click.argument("torrent", metavar="FILE")
@click.argument("path", metavar="PATH")
@click.option("--allow-extra", is_flag=True, help="Do not mind files that the torrent does not name.")
@click.option("--workers", type=click.IntRange(0, 256), default=0, metavar="N", help="Threads; one per core if not.")
@output.json_option
@output.quiet_option
def verify(torrent: str, path: str, *, allow_extra: bool, workers: int) -> None:
    """Check the data at PATH against a torrent file.

    PATH is the torrent's folder or file, or the folder it is in. Names each file that is missing, extra, of wrong
    length or content, with its bad pieces; ends with 11 if there is any.
    """
    report_copy(read_torrent(torrent), path, allow_extra=allow_extra, workers=workers)


def report_copy(metainfo: Metainfo, path: str, *, allow_extra: bool, workers: int) -> None:
    """Check a copy, and tell the person.

    Raises:
        NotFoundError: nothing is there.
        DataError: it is not as the torrent says; every file that is not is named.
    """
    from seedbed.hashing import verify as checks  # noqa: PLC0415  # imports stay inside: --help must be quick

    if not Path(path).exists():
        raise NotFoundError(f"{path}: there is nothing here")
    paths = checks.paths_of(metainfo, path)
    checked = _check(metainfo, paths, workers)
    found = checks.findings(checked, paths)
    if not (metainfo.is_single_file or allow_extra):
        found += checks.extra_files(metainfo, checks.locate(metainfo, path))
    if found:
        raise _does_not_verify(checked, found, path)
    output.result(_facts(checked, []), _good(checked))


def read_torrent(torrent: str) -> Metainfo:
    """Read a torrent file.

    Raises:
        NotFoundError: it cannot be opened.
        TorrentError: or BencodeError, NameRefusedError: it is refused.
    """
    from seedbed.core import metainfo_reader  # noqa: PLC0415
    from seedbed.core.bencode import DEFAULT_LIMITS  # noqa: PLC0415

    try:
        with Path(torrent).open("rb") as file:
            return metainfo_reader.parse(file.read(DEFAULT_LIMITS.max_bytes + 1))
    except OSError as error:
        raise NotFoundError(f"{torrent}: {error.strerror}") from error


def _check(metainfo: Metainfo, paths: list[str], workers: int) -> Checked:
    from seedbed.hashing.check import check_files  # noqa: PLC0415

    with progress.bar("Checking") as report:

        def tell(state: Progress) -> None:
            report(state.bytes_done, state.bytes_total, f"{state.files_done:,}/{state.files_total:,} files")

        return check_files(metainfo, paths, workers=workers, progress=tell)


def _does_not_verify(checked: Checked, found: list[FileFinding], path: str) -> DataError:
    lines = "\n  ".join(_line(finding) for finding in found)
    good = f"{output.size(checked.good_bytes)} of {output.size(checked.metainfo.size_bytes)} are right"
    files = f"{len(found):,} file{'' if len(found) == 1 else 's'}"
    extra_only = all(finding.kind == "extra" for finding in found)
    return DataError(
        f"{path}: {files} not as the torrent says; {good}:\n  {lines}",
        hint="--allow-extra accepts files that the torrent does not name."
        if extra_only
        else "seedbed fetch --force with this torrent, into the folder above, gets only what is missing or wrong.",
        **_facts(checked, found),
    )


def _line(finding: FileFinding) -> str:
    what: str = finding.kind
    if finding.kind in {"short", "long"}:
        what = f"expected {finding.expected_length:,} bytes, got {finding.found_length:,}"
    elif finding.kind == "bad":
        what = f"bad content in {_pieces(finding.pieces)}"
    return f"{output.plain(finding.path)}: {what}"


def _pieces(pieces: tuple[int, ...]) -> str:
    more = f" and {len(pieces) - _SHOWN_PIECES:,} more" if len(pieces) > _SHOWN_PIECES else ""
    shown = ", ".join(str(piece) for piece in pieces[:_SHOWN_PIECES])
    return f"piece{'' if len(pieces) == 1 else 's'} {shown}{more}"


def _good(checked: Checked) -> str:
    metainfo = checked.metainfo
    count = len(metainfo.files)
    files = f"all {count:,} files are" if count > 1 else "it is"
    return f"{output.plain(metainfo.name)}: {files} right, {output.size(metainfo.size_bytes)} ({_by_what(checked)})"


def _by_what(checked: Checked) -> str:
    from seedbed.hashing.check import checks_v2  # noqa: PLC0415

    if not checks_v2(checked.metainfo):
        return "by v1 piece hashes"
    also = "; they cover all bytes, so the v1 hashes were not needed" if checked.metainfo.format == "hybrid" else ""
    return f"by v2 hashes{also}"


def _facts(checked: Checked, found: list[FileFinding]) -> dict[str, Any]:
    return {
        "name": checked.metainfo.name,
        "infohash_v1": checked.metainfo.info_hashes.v1_hex,
        "infohash_v2": checked.metainfo.info_hashes.v2_hex,
        "verified": not found,
        "checked_by": _by_what(checked),
        "size_bytes": checked.metainfo.size_bytes,
        "good_bytes": checked.good_bytes,
        "piece_count": len(checked.have_pieces),
        "good_pieces": sum(checked.have_pieces),
        "findings": [
            {"path": one.path, "kind": one.kind, "expected_length": one.expected_length,
             "found_length": one.found_length, "pieces": list(one.pieces)}
            for one in found
        ],
    }  # fmt: skip
