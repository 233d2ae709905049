# SPDX-License-Identifier: Apache-2.0
"""How a release is cited: as text, BibTeX, RIS or CSL-JSON (pure).

The version and its DOI are always part of it; without a DOI the info-hash stands in its place, because it names exactly
these bytes.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from seedbed.catalog.model import Release

Style: TypeAlias = Literal["text", "bibtex", "ris", "csl"]
_TEX = str.maketrans(
    {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
     "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)  # fmt: skip


def cite(release: Release, style: Style = "text") -> str:
    """The citation of a release.

    Args:
        release: What is cited.
        style: How.
    """
    writers = {"text": _text, "bibtex": _bibtex, "ris": _ris, "csl": _csl}
    return writers[style](release)


def authors(release: Release) -> tuple[str, ...]:
    """Who made the data; without producers, all who are named."""
    makers = tuple(one.name for one in release.providers if "producer" in one.roles)
    return makers or tuple(one.name for one in release.providers)


def link(release: Release) -> str:
    """What leads to exactly these bytes: the DOI, or else the info-hash."""
    if release.doi:
        return f"https://doi.org/{release.doi}"
    facts = release.torrent
    return f"urn:btih:{facts.info_hash_v1}" if facts.info_hash_v1 else f"urn:btmh:1220{facts.info_hash_v2}"


def _publisher(release: Release) -> str:
    return next((one.name for one in release.providers if "host" in one.roles), "")


def _text(release: Release) -> str:
    if release.citation:
        return release.citation if release.doi in release.citation else f"{release.citation} {link(release)}"
    who = "; ".join(authors(release)) or _publisher(release)
    lead = f"{who} ({release.published.year}). " if who else ""
    year = "" if who else f" ({release.published.year})"
    host = _publisher(release)
    tail = f" {host}." if host and host != who else ""
    return f"{lead}{release.title}{year} (version {release.version}) [Data set].{tail} {link(release)}"


def _bibtex(release: Release) -> str:
    fields = {
        "title": f"{{{release.title.translate(_TEX)}}}",
        "author": " and ".join(f"{{{name.translate(_TEX)}}}" for name in authors(release)),
        "year": str(release.published.year),
        "month": str(release.published.month),
        "version": release.version.translate(_TEX),
        "publisher": _publisher(release).translate(_TEX),
        "doi": release.doi,
        "url": "" if release.doi else link(release),
        "note": f"Licence {release.license}".translate(_TEX),
    }
    rows = ",\n".join(f"  {key} = {{{value}}}" for key, value in fields.items() if value)
    key = re.sub(r"[^A-Za-z0-9]+", "-", release.id).strip("-")
    return f"@dataset{{{key},\n{rows}\n}}"


def _ris(release: Release) -> str:
    rows = [("TY", "DATA"), *(("AU", name) for name in authors(release)), ("TI", release.title)]
    rows += [("PY", str(release.published.year)), ("DA", release.published.strftime("%Y/%m/%d"))]
    rows += [("ET", release.version), ("PB", _publisher(release)), ("DO", release.doi), ("UR", link(release))]
    rows += [("KW", word) for word in release.keywords]
    lines = [f"{tag}  - {' '.join(value.split())}" for tag, value in rows if value]
    return "\n".join([*lines, "ER  - "])


def _csl(release: Release) -> str:
    day = release.published
    entry: dict[str, object] = {
        "id": release.id,
        "type": "dataset",
        "title": release.title,
        "author": [{"literal": name} for name in authors(release)],
        "issued": {"date-parts": [[day.year, day.month, day.day]]},
        "version": release.version,
        "publisher": _publisher(release),
        "DOI": release.doi,
        "URL": link(release),
        "abstract": release.description,
        "language": release.language,
    }
    return json.dumps([{key: value for key, value in entry.items() if value}], indent=2, ensure_ascii=False)
