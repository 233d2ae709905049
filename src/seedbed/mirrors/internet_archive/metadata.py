# SPDX-License-Identifier: Apache-2.0
"""What is said of a version, as headers of an upload (Internet Archive, *ias3*, *Setting metadata values via headers*).

Pure. A header holds ASCII only: other text goes as ``uri(…)``, percent-encoded UTF-8.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from seedbed.mirrors.deposits import Description, Wanted
    from seedbed.mirrors.internet_archive.place import Place

_MAX_TEXT = 5_000
"""Characters of a description as they are sent, percent-encoded: servers take about 8 KiB a header."""
_MAX_KEYWORDS = 50


def headers(place: Place, wanted: Wanted, description: Description | None) -> dict[str, str]:
    """Headers that make an item, or say anew what it is.

    Args:
        place: The archive.
        wanted: The version.
        description: None before it is known: then the item says which version it is, and whose publication.
    """
    said: list[tuple[str, str]] = [
        ("mediatype", "data"),
        ("collection", place.collection),
        ("noarchivetorrent", "true"),  # its own torrent holds files that change: ours is a file of the item
        ("external-identifier", wanted.urn),
        ("title", f"{wanted.dataset} {wanted.version}"),
        ("version", wanted.version),
    ]
    if description is not None:
        said = [pair for pair in said if pair[0] != "title"] + _described(description)
    return _numbered(said)


def _described(description: Description) -> list[tuple[str, str]]:
    single = {
        "title": description.title,
        "description": _html(_short(description.text)),
        "date": description.published.isoformat(),
        "publisher": description.publisher,
        "licenseurl": description.license_url,
        "rights": description.license,
        "language": description.language,
        "source": description.url,
    }
    many = {
        "creator": [one.name for one in description.creators],
        "subject": list(description.keywords[:_MAX_KEYWORDS]),
        "relation": [f"{one.relation}: {one.identifier}" for one in description.related],
    }
    pairs = [(name, value) for name, value in single.items() if value]
    return pairs + [(name, value) for name, values in many.items() for value in values if value]


def _numbered(said: list[tuple[str, str]]) -> dict[str, str]:
    """A name that occurs several times is numbered: ``x-archive-meta01-subject``; ``_`` is written ``--``."""
    names = [name for name, _ in said]
    counted: dict[str, int] = {}
    found = {}
    for name, value in said:
        counted[name] = counted.get(name, 0) + 1
        number = f"{counted[name]:02}" if names.count(name) > 1 else ""
        found[f"x-archive-meta{number}-{name.replace('_', '--')}"] = _value(value)
    return found


def _value(text: str) -> str:
    is_plain = text.isascii() and text.isprintable() and text == text.strip() and not text.startswith("uri(")
    return text if is_plain else f"uri({quote(text, safe='')})"


def _short(text: str) -> str:
    """Cut in the middle: at the end are the info-hash and the magnet link."""
    kept = len(text)
    while len(quote(short := _cut(text, kept), safe="")) > _MAX_TEXT:
        kept = kept * 9 // 10
    return short


def _cut(text: str, kept: int) -> str:
    tail = kept // 3
    return text if kept >= len(text) else f"{text[: kept - tail]} … {text[len(text) - tail :]}"


def _html(text: str) -> str:
    """The field is HTML."""
    return html.escape(text, quote=False).replace("\n", "<br>")
