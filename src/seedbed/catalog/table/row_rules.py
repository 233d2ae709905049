# SPDX-License-Identifier: Apache-2.0
"""What every row of a stranger's catalogue must meet (C25, C30 - C33), as SQL; ``table_rules`` has the rest.

A row that meets these can be read as a release, and its texts, lists and numbers are of a size that can be shown and
stored. What is merely strange (a footprint that crosses itself, a title with HTML) is no reason to refuse a whole
catalogue: footprints are passed over when they are read, texts are escaped when they are shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from seedbed.catalog import checks
from seedbed.catalog.stac import terms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class Rule(NamedTuple):
    """One thing that must hold."""

    number: str
    """Row of the table of faults."""
    words: str
    """What must hold; in ``table_rules`` what must not."""
    sql: str
    """A condition on a row, where unknown counts as no; for whole tables a query for a culprit as ``who``."""


DATASET, VERSION = "^[a-z0-9][a-z0-9._-]{0,127}$", "^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$"
MAX_GEOMETRY_BYTES = 4 << 20
"""A quarter of a million vertices: such a footprint is passed over, a larger one is an attack."""
MAX_LIST_CHARACTERS = 1_000_000
"""Of all texts of a list together."""
_MAX_PATH_CHARACTERS = 1_000
_OTHER_TEXTS = (
    "seedbed:predecessor",
    "seedbed:successor",
    "table:primary_geometry",
    "proj:code",
    "type",
    "stac_version",
)


def row_rules(found: Collection[str]) -> Iterator[Rule]:
    """Rules for each row of ``catalog.parquet``.

    Args:
        found: Paths of the file's leaf columns: older files lack those of ``schema.LATER``.
    """
    yield from _identity()
    yield from _torrent()
    yield from _mirrors(found)
    yield from _layouts(found)
    yield from _numbers()
    yield from _texts()
    yield from _lists()
    moments = " AND ".join(
        f"coalesce({name} BETWEEN '0001-01-02'::TIMESTAMPTZ AND '9999-12-30'::TIMESTAMPTZ, {is_optional})"
        for name, is_optional in (
            ("datetime", "start_datetime IS NOT NULL AND end_datetime IS NOT NULL"),
            ("start_datetime", "true"), ("end_datetime", "true"), ('"seedbed:source_modified"', "true"),
            ("created", "false"), ("updated", "false"), ("published", "false"),
        )
    )  # fmt: skip
    yield Rule("C32", "the moments are between the years 1 and 9999", moments)


def _identity() -> Iterator[Rule]:
    yield Rule(
        "C25",
        "dataset and version have plain names",
        (f"""regexp_matches("seedbed:dataset", '{DATASET}') AND regexp_matches(version, '{VERSION}')"""),
    )
    yield Rule("C25", "the id is dataset@version", """id = concat("seedbed:dataset", '@', version)""")
    yield Rule("C25", "the collection has a plain name", f"regexp_matches(collection, '{DATASET}')")
    yield Rule("C25", "title and license are there", "title <> '' AND license <> ''")
    for name, allowed, is_optional in (
        ("seedbed:status", ("active", "deprecated", "withdrawn"), "false"),
        ("seedbed:threat", ("none", "watch", "at-risk", "gone"), "true"),
        ("seedbed:source_access", ("open", "restricted", "gone"), "true"),
    ):
        values = ", ".join(f"'{one}'" for one in allowed)
        yield Rule("C25", f"{name} is one of {', '.join(allowed)}", f'coalesce("{name}" IN ({values}), {is_optional})')


def _numbers() -> Iterator[Rule]:
    wanted = ("seedbed:size_bytes", "seedbed:file_count", "seedbed:reused_files", "seedbed:reused_bytes")
    yield Rule("C30", "sizes and counts are 0 or more", " AND ".join(f'"{name}" >= 0' for name in wanted))
    yield Rule(
        "C30",
        "the size of the data is that of the torrent",
        ("""coalesce(assets.data."file:size", assets.package."file:size") = "seedbed:size_bytes" """),
    )
    yield Rule("C30", "there are no more reused bytes than bytes", '"seedbed:reused_bytes" <= "seedbed:size_bytes"')
    yield Rule("C30", "row counts are 0 or more", 'coalesce("table:row_count" >= 0, true)')
    yield Rule("C34", "version_seq is 1 or more", '"seedbed:version_seq" >= 1 AND "seedbed:latest" IS NOT NULL')


def _texts() -> Iterator[Rule]:
    most = {
        "title": 500, "description": 100_000, "sci:citation": 5_000, "seedbed:status_reason": 5_000, "license": 100,
        "seedbed:source_portal": 500, "seedbed:source_id": 500, "seedbed:jurisdiction": 100, "sci:doi": 300,
        "seedbed:concept_doi": 300, "bt:magnet": 65_536, **dict.fromkeys(_OTHER_TEXTS, 500),
    }  # fmt: skip
    yield Rule(
        "C33",
        "no text is too long",
        " AND ".join(f'coalesce(length("{name}") <= {count}, true)' for name, count in most.items()),
    )
    yield Rule(
        "C31",
        f"the footprint has at most {MAX_GEOMETRY_BYTES:,} bytes",
        (f"coalesce(octet_length(geometry) <= {MAX_GEOMETRY_BYTES}, true)"),
    )


def _lists() -> Iterator[Rule]:
    counts = {
        "keywords": checks.MAX_KEYWORDS, "providers": checks.MAX_PROVIDERS, "languages": 100,
        "seedbed:translations": checks.MAX_TRANSLATIONS, "table:columns": checks.MAX_COLUMNS, "proj:shape": 9,
        "proj:transform": 9, "links": 100, "stac_extensions": 100,
    }  # fmt: skip
    yield Rule(
        "C33",
        "no list is too long",
        " AND ".join(f'coalesce(len("{name}") <= {count}, true)' for name, count in counts.items()),
    )
    inner = {
        "keywords": "one", "stac_extensions": "one",
        "providers": "concat(one.name, one.url, array_to_string(one.roles, ''))",
        "seedbed:translations": "concat(one.language, one.title, one.description)",
        "table:columns": "concat(one.name, one.type, one.description)",
        "links": "concat(one.rel, one.href, one.type)",
    }  # fmt: skip
    yield Rule(
        "C33",
        "no list has too much text",
        " AND ".join(
            f'coalesce(list_sum(list_transform("{name}", lambda one: length({text}))), 0) <= {MAX_LIST_CHARACTERS}'
            for name, text in inner.items()
        ),
    )
    needed = {"providers": "name", "seedbed:translations": "language", "table:columns": "name"}
    yield Rule(
        "C25",
        "providers, translations and columns have names",
        " AND ".join(
            f"coalesce(list_bool_and(list_transform(\"{name}\", lambda one: coalesce(one.{key}, '') <> '')), true)"
            for name, key in needed.items()
        ),
    )
    yield Rule(
        "C25",
        "pixels are counted in whole numbers",
        ('coalesce(list_bool_and(list_transform("proj:shape", lambda one: one >= 0)), true)'),
    )


def _torrent() -> Iterator[Rule]:
    torrent = "assets.torrent."
    yield Rule(
        "C25",
        "there is one of the assets data and package",
        ("(coalesce(assets.data.href, '') <> '') <> (coalesce(assets.package.href, '') <> '')"),
    )
    for digits, key in ((40, "bt:infohash_v1"), (64, "bt:infohash_v2")):
        yield Rule(
            "C25",
            f"{key} is {digits} hex digits and the same twice",
            (
                f"""coalesce(regexp_matches("{key}", '^[0-9a-f]{{{digits}}}$'), true) """
                f'AND "{key}" IS NOT DISTINCT FROM {torrent}"{key}"'
            ),
        )
    yield Rule("C25", "there is an info-hash", 'coalesce("bt:infohash_v1", "bt:infohash_v2") IS NOT NULL')
    yield Rule(
        "C25",
        "the torrent has a name and pieces",
        (
            f"""length({torrent}"bt:name") BETWEEN 1 AND 255 """
            f'AND {torrent}"bt:piece_length" BETWEEN 1 AND {checks.MAX_PIECE_LENGTH} '
            f'AND coalesce({torrent}"file:size" >= 0, true)'
        ),
    )
    yield Rule(
        "C25",
        "checksums are multihashes",
        " AND ".join(
            f"""coalesce(regexp_matches({asset}."file:checksum", '^[0-9a-f]{{2,200}}$'), true)"""
            for asset in ("assets.data", "assets.package", "assets.torrent")
        ),
    )
    for key, most in (("bt:webseeds", checks.MAX_WEB_SEEDS), ("bt:trackers", checks.MAX_TRACKERS)):
        longest = f'list_max(list_transform({torrent}"{key}", lambda one: length(one)))'
        enough = f'coalesce(len({torrent}"{key}") <= {most}, true)'
        sql = f"{enough} AND coalesce({longest}, 0) <= {checks.MAX_URL_CHARACTERS}"
        yield Rule("C33", f"there are at most {most} of {key}", sql)


def _mirrors(found: Collection[str]) -> Iterator[Rule]:
    keys = ", ".join(f"'{key}'" for key in terms.MIRROR_KEYS)
    hrefs = []
    for asset in ("assets.data", "assets.package"):
        yield Rule("C25", "mirrors have known names", f"""coalesce({asset}."seedbed:mirror" IN ({keys}), true)""")
        hrefs.append(f"coalesce(length({asset}.href) <= {checks.MAX_URL_CHARACTERS * 20}, true)")
        hrefs.append(f'coalesce(length({asset}."alternate:name") <= 500, true)')
        hrefs.append(f"coalesce(len({asset}.bands) <= {checks.MAX_BANDS}, true)")
        for key in (key for key in terms.MIRROR_KEYS if f"{asset}.alternate.{key}.href" in found):
            other = f'{asset}.alternate."{key}"'
            hrefs.append(f"coalesce(length({other}.href) BETWEEN 1 AND {checks.MAX_URL_CHARACTERS}, {other} IS NULL)")
            hrefs.append(f'coalesce(length({other}."alternate:name") <= 500, true)')
    yield Rule("C25", "mirrors have addresses of a bearable length", " AND ".join(hrefs))


def _layouts(found: Collection[str]) -> Iterator[Rule]:
    """How a mirror holds files: a word that we do not know would make a reader ask for what is not there."""
    known = ", ".join(f"'{one}'" for one in terms.MIRROR_LAYOUTS)
    layouts = []
    for key in terms.MIRROR_KEYS:
        data, package = (f'assets.{asset}.alternate."{key}"."seedbed:layout"' for asset in ("data", "package"))
        layouts += [f"{data} IS NULL"] if data.replace('"', "") in found else []
        layouts += [f"coalesce({package} IN ({known}), true)"] if package.replace('"', "") in found else []
    yield Rule("C25", "mirrors have known layouts, and those of single files none", " AND ".join(layouts) or "true")


def file_rules() -> Iterator[Rule]:
    """Rules for each row of ``files.parquet``."""
    yield Rule("C30", "sizes and offsets are 0 or more", "size_bytes >= 0 AND offset_bytes >= 0")
    yield Rule(
        "C25",
        "paths stay in their folder",
        (f"length(path) BETWEEN 1 AND {_MAX_PATH_CHARACTERS} AND NOT regexp_matches(path, '(^|/)(\\.{{0,2}})(/|$)')"),
    )
    for key, digits in (("sha256", 64), ("md5", 32), ("pieces_root", 64)):
        yield Rule(
            "C25", f"{key} is {digits} hex digits", f"coalesce(regexp_matches({key}, '^[0-9a-f]{{{digits}}}$'), true)"
        )
    yield Rule(
        "C33",
        "no text is too long",
        (
            "coalesce(length(media_type) <= 500, true) AND coalesce(length(torrent_infohash) <= 64, true) "
            "AND length(item_id) <= 200"
        ),
    )
