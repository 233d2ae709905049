# SPDX-License-Identifier: Apache-2.0
"""Releases as people and programs see them: a line, a sheet, or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedbed.cli import output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.catalog.model import FileRow, Mirror, Release

_SHOWN_FILES = 20
_SHOWN_COLUMNS = 30


def facts(release: Release) -> dict[str, Any]:
    """For scripts: the release as its STAC item."""
    from seedbed.catalog.stac.item import to_item  # noqa: PLC0415  # imports stay inside: --help must be quick

    return to_item(release)


def table(releases: Sequence[Release]) -> str:
    """One line for each: id, size, what it is."""
    rows = [(one.id, output.size(one.size_bytes), output.plain(one.title) + mark(one)) for one in releases]
    width = max((len(row[0]) for row in rows), default=0)
    return "\n".join(f"{name:<{width}}  {size:>9}  {title}" for name, size, title in rows)


def sheet(release: Release, files: Sequence[FileRow] | None, *, all_files: bool = False) -> str:
    """All that a person wants to know of a release."""
    rows = [(name, output.plain(value)) for name, value in _rows(release) if value]
    width = max(len(name) for name, _ in rows)
    lines = [f"{output.plain(release.title)}{mark(release)}", *_paragraph(release.description)]
    lines += ["", *(f"{name:<{width}}  {value}" for name, value in rows)]
    if release.contents.columns:
        lines += ["", f"Columns ({len(release.contents.columns)}):", *_columns(release)]
    if files is not None:
        lines += ["", *_files(files, len(files) if all_files else _SHOWN_FILES)]
    return "\n".join(lines)


def mark(release: Release) -> str:
    """That it is not to be used any more, and why; empty while all is well."""
    return "" if release.status == "active" else f" [{release.status}: {output.plain(release.status_reason)}]"


def _paragraph(text: str) -> list[str]:
    return [output.plain(line) for line in text.strip().splitlines()]


def _rows(release: Release) -> list[tuple[str, str]]:
    contents, torrent = release.contents, release.torrent
    shape = " x ".join(map(str, reversed(contents.shape)))
    newest = "yes" if release.latest else f"no, {release.dataset} has newer ones"
    shared = f"{release.reused_files:,} files, {output.size(release.reused_bytes)}" if release.reused_files else ""
    return [
        ("id", release.id),
        ("newest", newest),
        ("after", release.predecessor),
        ("shared with it", shared),
        ("licence", release.license),
        ("by", "; ".join(one.name for one in release.providers)),
        ("keywords", ", ".join(release.keywords)),
        ("time", _time(release)),
        ("box", _box(release)),
        ("system", contents.proj_code),
        ("rows", f"{contents.row_count:,}" if contents.row_count is not None else ""),
        ("pixels", f"{shape}, {len(contents.band_types)} bands" if shape else ""),
        ("size", f"{output.size(release.size_bytes)} in {release.file_count:,} file{_s(release.file_count)}"),
        ("published", f"{release.published:%Y-%m-%d}"),
        ("DOI", release.doi),
        ("info-hash v1", torrent.info_hash_v1),
        ("info-hash v2", torrent.info_hash_v2),
        ("magnet", torrent.magnet),
        ("mirrors", ", ".join(map(_mirror, release.mirrors)) or ", ".join(torrent.web_seeds)),
        ("source", " ".join(filter(None, (release.source_portal, release.source_id)))),
    ]


def _mirror(mirror: Mirror) -> str:
    """As in a metadata file: a folder without folders in it ends in ``{flat}``."""
    return mirror.href + ("{flat}" if mirror.layout else "")


def _time(release: Release) -> str:
    if release.start_datetime and release.end_datetime:
        return f"{release.start_datetime:%Y-%m-%d} to {release.end_datetime:%Y-%m-%d}"
    if release.datetime and not release.datetime_default:
        return f"{release.datetime:%Y-%m-%d}"
    return ""


def _box(release: Release) -> str:
    if release.geometry_default:
        return ""
    west, south, east, north = release.bbox
    return f"{west:g} {south:g} {east:g} {north:g}"


def _columns(release: Release) -> list[str]:
    columns = release.contents.columns
    width = max(len(one.name) for one in columns[:_SHOWN_COLUMNS])
    rows = [f"  {output.plain(one.name):<{width}}  {output.plain(one.type)}" for one in columns[:_SHOWN_COLUMNS]]
    left = len(columns) - len(rows)
    return [row.rstrip() for row in rows] + ([f"  and {left:,} more"] if left else [])


def _files(files: Sequence[FileRow], count: int) -> list[str]:
    rows = [f"  {output.size(one.size_bytes):>9}  {output.plain(one.path)}" for one in files[:count]]
    left = len(files) - len(rows)
    return ["Files:", *rows] + ([f"  and {left:,} more (--files shows all)"] if left else [])


def _s(count: int) -> str:
    return "" if count == 1 else "s"
