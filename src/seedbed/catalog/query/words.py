# SPDX-License-Identifier: Apache-2.0
"""Words as patterns that know neither case nor accents (pure).

The other way, to strip the accents of every text of the catalogue, takes ten times as long: a pattern in which each
letter stands for its variants leaves the texts as they are.
"""

from __future__ import annotations

import re
import unicodedata

_ACCENTED = (range(0xC0, 0x250), range(0x370, 0x530), range(0x1E00, 0x2000))
"""Where letters with accents are: Latin, Greek, Cyrillic, and their extensions."""


def fold(text: str) -> str:
    """The same without case and accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def pattern(text: str) -> str:
    """An RE2 pattern that finds a text however it is written: ``rios`` finds ``Ríos``, composed or not."""
    folded = fold(text)
    variants = _variants(set(folded))
    return "(?i)" + "".join(_letter(character, variants.get(character, "")) + r"\pM*" for character in folded)


def _letter(character: str, variants: str) -> str:
    return f"[{character}{variants}]" if variants else re.escape(character)


def _variants(letters: set[str]) -> dict[str, str]:
    """For each letter those that are it with an accent."""
    found: dict[str, list[str]] = {}
    for point in (point for points in _ACCENTED for point in points):
        folded = fold(chr(point))
        if folded in letters:
            found.setdefault(folded, []).append(chr(point))
    return {letter: "".join(those) for letter, those in found.items()}
