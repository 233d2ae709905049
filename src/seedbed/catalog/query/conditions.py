# SPDX-License-Identifier: Apache-2.0
"""A search as SQL. What people wrote only ever becomes a bound value, never a part of the text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from seedbed.catalog.query.search import MAX_WORD_LENGTH, MAX_WORDS, Search, bare_doi, check_hex
from seedbed.catalog.query.words import pattern
from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seedbed.catalog.model import BBox

Condition: TypeAlias = tuple[str, list[Any]]
"""SQL with a ``?`` for each value."""

WORD_COLUMNS = (
    "title",
    '"seedbed:dataset"',
    "array_to_string(keywords, chr(10))",
    "description",
    'CAST("seedbed:translations" AS VARCHAR)',
)
"""Where words are looked for; a row that has one in an earlier place is not looked through further."""


def word_conditions(words: Sequence[str]) -> Iterator[Condition]:
    """Rows that have all the words, wherever."""
    for word in words:
        found = pattern(word)
        yield " OR ".join(f"regexp_matches({column}, ?)" for column in WORD_COLUMNS), [found] * len(WORD_COLUMNS)


def words_of(text: str) -> list[str]:
    """The words that all must be there.

    Raises:
        InputError: too many of them, or too long a one.
    """
    words = text.split()
    if len(words) > MAX_WORDS:
        raise InputError(f"search: expected at most {MAX_WORDS} words, got {len(words):,}")
    if longest := max((len(word) for word in words if len(word) > MAX_WORD_LENGTH), default=0):
        raise InputError(f"search: expected words of at most {MAX_WORD_LENGTH} characters, got {longest:,}")
    return words


def conditions(search: Search) -> Iterator[Condition]:
    """What a release must meet, the cheapest first; the words are in :func:`word_conditions`."""
    if search.newest_only:
        yield '"seedbed:latest"', []
    if search.status is None:
        yield "\"seedbed:status\" <> 'withdrawn'", []
    else:
        yield '"seedbed:status" = ?', [search.status]
    for column, value in (("seedbed:dataset", search.dataset), ("collection", search.collection)):
        if value:
            yield f'"{column}" = ?', [value]
    if search.license:
        yield "lower(license) = lower(?)", [search.license]
    if search.bbox:
        yield box_condition(search.bbox)
    if search.start:
        yield "coalesce(end_datetime, datetime) >= ?", [search.start]
    if search.end:
        yield "coalesce(start_datetime, datetime) <= ?", [search.end]
    yield from _names(search)
    yield from _file_conditions(search)


def _names(search: Search) -> Iterator[Condition]:
    if search.doi:
        doi = bare_doi(search.doi)
        yield '(lower("sci:doi") = ? OR lower("seedbed:concept_doi") = ?)', [doi, doi]
    if search.info_hash:
        value = check_hex(search.info_hash, (40, 64))
        yield f'"bt:infohash_v{1 if len(value) == 40 else 2}" = ?', [value]
    if search.keyword:
        whole = f"(^|\\n){pattern(search.keyword)}(\\n|$)"
        yield "regexp_matches(array_to_string(keywords, chr(10)), ?)", [whole]
    if search.provider:
        names = "list_transform(providers, lambda one: one.name)"
        yield f"regexp_matches(array_to_string({names}, chr(10)), ?)", [pattern(search.provider)]


def _file_conditions(search: Search) -> Iterator[Condition]:
    if search.file_name:
        condition, values = file_name_condition(search.file_name)
        yield f"id IN (SELECT item_id FROM files WHERE {condition})", values
    if search.file_hash:
        items, values = items_with_hash(check_hex(search.file_hash, (32, 64)))
        yield f"id IN ({items})", values


def file_name_condition(text: str) -> Condition:
    """Files called so: a pattern for the name or the path, or a part of the path; case does not matter."""
    if any(mark in text for mark in "*?["):
        return "(lower(path) GLOB lower(?) OR lower(parse_filename(path)) GLOB lower(?))", [text, text]
    return "contains(lower(path), lower(?))", [text]


def items_with_hash(value: str) -> Condition:
    """A query for the releases of files with this hash: 32 hex digits are an MD5, 64 a SHA-256 or a pieces root.

    Two queries rather than one with OR: only so the bloom filter of each column is used.
    """
    items = "SELECT item_id FROM files WHERE"
    if len(value) == 32:
        return f"{items} md5 = ?", [value]
    return f"{items} sha256 = ? UNION ALL {items} pieces_root = ?", [value, value]


def box_condition(box: BBox) -> Condition:
    """Boxes that meet this one; either may cross the antimeridian, and then is two."""
    west, south, east, north = box
    spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    is_plain, plain, split = (
        "bbox.xmin <= bbox.xmax",
        "bbox.xmin <= ? AND bbox.xmax >= ?",
        "bbox.xmin <= ? OR bbox.xmax >= ?",
    )
    meets = f"CASE WHEN {is_plain} THEN {plain} ELSE {split} END"
    text = " OR ".join(f"({meets})" for _ in spans)
    values = [value for span in spans for value in (span[1], span[0], span[1], span[0])]
    return f"bbox.ymin <= ? AND bbox.ymax >= ? AND ({text})", [north, south, *values]
