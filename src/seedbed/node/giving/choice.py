# SPDX-License-Identifier: Apache-2.0
"""What a volunteer chooses from a catalogue, as patterns that people type (pure).

| Pattern | Names |
|---|---|
| ``imagery``, ``lakes*``, ``lakes@2`` | a collection, dataset, version or keyword (globs, in any case) |
| ``words:lake ice`` | all that have these words in title, name, description, keywords or a translation |
| ``bbox:-75,45,-73,46`` | all whose box meets this one: west, south, east, north in degrees |
| ``year:2020``, ``year:2015..2020``, ``year:2020..`` | all that describe some moment of these years |

Words, boxes and years are meant as in ``seedbed search``: a release of the whole world meets every box.
"""

from __future__ import annotations

import functools
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias

from seedbed.catalog.query.conditions import words_of
from seedbed.catalog.query.search import box
from seedbed.catalog.query.words import fold
from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.catalog.model import BBox, Release

Matcher: TypeAlias = "Callable[[Release], bool]"
_YEARS = re.compile(r"(\d{4})?(\.\.)?(\d{4})?", re.ASCII)
_HINT = "A name such as imagery or lakes*, words:lake ice, bbox:-75,45,-73,46 or year:2020..2024."


def matcher(pattern: str) -> Matcher:
    """What tells whether a release is named.

    Raises:
        InputError: the pattern cannot be understood.
    """
    kind, colon, rest = pattern.partition(":")
    if colon and kind.lower() in _KINDS:
        return _KINDS[kind.lower()](rest)
    if not pattern.strip():
        raise InputError("a pattern is empty", hint=_HINT)
    return functools.partial(_has_name, pattern.lower())


@functools.lru_cache(maxsize=256)
def known(pattern: str) -> Matcher:
    """The same, made once: a million releases are asked."""
    return matcher(pattern)


def names(release: Release) -> tuple[str, ...]:
    """All that a plain pattern may name a release by."""
    return (release.collection, release.dataset, release.id, *release.keywords)


def _has_name(pattern: str, release: Release) -> bool:
    return any(fnmatchcase(name.lower(), pattern) for name in names(release))


def _words(text: str) -> Matcher:
    words = [fold(word) for word in words_of(text)]
    if not words:
        raise InputError("words: expected at least one word", hint=_HINT)
    return lambda release: _has_words(release, words)


def _has_words(release: Release, words: list[str]) -> bool:
    texts = [release.title, release.dataset, *release.keywords, release.description]
    texts += [text for one in release.translations for text in (one.title, one.description)]
    whole = "\n".join(texts)
    lowered = whole.lower()
    if not lowered.isascii():  # folding takes ten times as long
        lowered = fold(whole)
    return all(word in lowered for word in words)


def _box(text: str) -> Matcher:
    try:
        asked = box([float(side) for side in text.split(",")])
    except ValueError as error:
        raise InputError(f"bbox:{text}: expected four numbers with commas", hint=_HINT) from error
    return lambda release: _meets(release.bbox, asked)


def _meets(one: BBox, other: BBox) -> bool:
    """Whether two boxes have a point in common; either may cross the antimeridian, and then is two (RFC 7946, 5.2)."""
    if one[1] > other[3] or one[3] < other[1]:
        return False
    return any(a[0] <= b[1] and a[1] >= b[0] for a in _spans(one) for b in _spans(other))


def _spans(one: BBox) -> list[tuple[float, float]]:
    west, _, east, _ = one
    return [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]


def _years(text: str) -> Matcher:
    found = _YEARS.fullmatch(text.strip())
    if found is None or not (found[1] or found[3]) or (found[3] and not found[2]):
        raise InputError(f"year:{text}: expected a year, or two with dots between", hint=_HINT)
    first = int(found[1] or 0)
    last = int(found[3] or (9999 if found[2] else found[1]))
    if first > last:
        raise InputError(f"year:{text}: it ends before it begins", hint=_HINT)
    return lambda release: _is_of(release, first, last)


def _is_of(release: Release, first: int, last: int) -> bool:
    begins, ends = release.start_datetime or release.datetime, release.end_datetime or release.datetime
    return (ends is None or ends.year >= first) and (begins is None or begins.year <= last)


_KINDS: dict[str, Callable[[str], Matcher]] = {"words": _words, "bbox": _box, "year": _years}
