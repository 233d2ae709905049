# SPDX-License-Identifier: Apache-2.0
"""Values that a person or a file gave under our field names, read into :class:`Said`; every fault is kept (pure).

Here is judged what has the wrong form; ``catalog.checks`` judges what has the wrong value.
"""

from __future__ import annotations

import datetime as dt
import difflib
import math
import re
from typing import TYPE_CHECKING, TypeAlias, get_args
from urllib.parse import urlsplit

from seedbed.catalog import checks
from seedbed.catalog.findings import Finding
from seedbed.catalog.model import Mirror, Provider, SourceAccess, Threat, Translation
from seedbed.catalog.stac.geometry import bounds
from seedbed.publishing import licenses, moments
from seedbed.publishing.said import Place, Said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from seedbed.publishing.said import Times

_Reader: TypeAlias = "Callable[[Any], Any]"
_PROVIDER = re.compile(r"(?P<name>[^<>()]+?)\s*(?:<(?P<url>[^<>\s]*)>)?\s*(?:\((?P<roles>[^()]*)\))?")
_DOI_HEAD = re.compile(r"(https?://(dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)


def read(values: Mapping[str, Any], *, where: str = "") -> tuple[Said, list[Finding]]:
    """Read values under our field names; null means silence.

    Args:
        values: Field -> value as YAML, JSON or the command line gives it.
        where: Added to what is said of a fault, such as the name of a file.

    Returns:
        What could be read, and what is wrong with the rest.
    """
    findings: list[Finding] = []
    said: dict[str, Any] = {}
    place = f" (in {where})" if where else ""
    for key, value in values.items():
        if value is None:
            continue
        try:
            said[key] = _reader_of(key)(value)
        except FieldError as error:
            findings += [Finding(f"{key or repr(key)}{at}", problem + place) for at, problem in error.faults]
    _name_source(said)
    return _placed(said, findings, place), findings


class FieldError(Exception):
    """Faults of one field, each with the place within it: ``[2].url``, or nothing for the field itself."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        super().__init__(faults)
        self.faults = faults


def _name_source(said: dict[str, Any]) -> None:
    """The address that data was taken from names portal and dataset, unless somebody names them better."""
    url = said.pop("source_url", None)
    if url:
        parts = urlsplit(url)
        said.setdefault("source_id", url)
        said.setdefault("source_portal", f"{parts.scheme}://{parts.netloc}")


def _placed(said: dict[str, Any], findings: list[Finding], place: str) -> Said:
    """Box and footprint belong together: whoever gives one of them means both."""
    box, geometry = said.pop("bbox", None), said.pop("geometry", None)
    if geometry is not None and box is None:
        try:
            box = bounds(geometry)
        except (TypeError, AttributeError, RecursionError):
            box = None
        if box is None:
            findings.append(Finding("geometry", f"expected a GeoJSON geometry with points{place}"))
    return Said(**said, place=Place(box, geometry) if box is not None else None)


def _reader_of(key: object) -> _Reader:
    if isinstance(key, str) and key in _READERS:
        return _READERS[key]
    near = difflib.get_close_matches(str(key).casefold().replace("-", "_"), _READERS, 1, cutoff=0.7)
    raise _fault("there is no such field" + (f"; did you mean {near[0]}?" if near else ""))


def _fault(problem: str) -> FieldError:
    return FieldError(("", problem))


def _expected(what: str, value: object, more: str = "") -> FieldError:
    return _fault(f"expected {what}, got {_shown(value)}{more}")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    hint = "; put it in quotes" if isinstance(value, bool | int | float | dt.date) else ""
    raise _expected("a text", value, hint)


def _url(value: Any) -> str:
    text = _text(value)
    if next(checks.url_findings("", text), None):
        raise _expected("an address that starts with http:// or https://", value)
    return text


def _license(value: Any) -> str:
    try:
        return licenses.spdx_of(_text(value))
    except ValueError as error:
        raise _fault(str(error)) from error


def _doi(value: Any) -> str:
    return _DOI_HEAD.sub("", _text(value), count=1).strip().lower()


def _choice(allowed: tuple[Any, ...]) -> _Reader:
    names = [one for one in allowed if one]

    def read_choice(value: Any) -> str:
        text = _text(value)
        if text not in allowed:
            raise _expected(f"one of {', '.join(names)}", value)
        return text

    return read_choice


def _keywords(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split(",")
    words = _each(value, _text)
    return tuple(dict.fromkeys(word for word in words if word or len(words) == 1))


def _each(value: Any, reader: _Reader) -> list[Any]:
    """Each value of a list; all that is wrong at once."""
    if not isinstance(value, list | tuple):
        raise _expected("a list", value)
    found: list[Any] = []
    faults: list[tuple[str, str]] = []
    for at, one in enumerate(value):
        try:
            found.append(reader(one))
        except FieldError as error:
            faults += [(f"[{at}]{place}", problem) for place, problem in error.faults]
    if faults:
        raise FieldError(*faults)
    return found


def _providers(value: Any) -> tuple[Provider, ...]:
    return tuple(_each([value] if isinstance(value, str | dict) else value, _provider))


def _provider(value: Any) -> Provider:
    """``Name <https://…> (producer, host)``, or an object with name, url and roles."""
    if isinstance(value, dict):
        known = _object(value, {"name": _text, "url": _text, "roles": _roles, "description": _text})
        if not known.get("name"):
            raise FieldError((".name", "it is missing"))
        return Provider(known["name"], known.get("roles", ()), known.get("url", ""))
    match = _PROVIDER.fullmatch(_text(value))
    if not match:
        raise _expected("'Name <https://…> (producer, host)'", value)
    return Provider(match["name"], _roles(match["roles"] or ""), match["url"] or "")


def _roles(value: Any) -> tuple[str, ...]:
    words = value.split(",") if isinstance(value, str) else value
    return tuple(word.lower() for word in _each(words, _text) if word)


def _translations(value: Any) -> tuple[Translation, ...]:
    if isinstance(value, dict):  # fr: {title: …}
        value = [{**one, "language": key} if isinstance(one, dict) else one for key, one in value.items()]
    return tuple(_each(value, _translation))


def _translation(value: Any) -> Translation:
    known = _object(value, {"language": _text, "title": _text, "description": _text})
    if missing := [(f".{key}", "it is missing") for key in ("language", "title") if not known.get(key)]:
        raise FieldError(*missing)
    return Translation(known["language"], known["title"], known.get("description", ""))


def _mirrors(value: Any) -> tuple[Mirror, ...]:
    """An object: ``zenodo: https://…``; the address of a folder without folders in it ends in ``{flat}``."""
    if not isinstance(value, dict):
        raise _expected("an object such as {zenodo: https://…}", value)
    known = _object(value, dict.fromkeys(value, _text))
    return tuple(_mirror(str(key), href) for key, href in known.items())


def _mirror(key: str, href: str) -> Mirror:
    if href.endswith("{flat}"):
        return Mirror(key, href.removesuffix("{flat}"), layout="flat")
    return Mirror(key, href.removesuffix("{path}"))


def _object(value: Any, readers: Mapping[str, _Reader]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _expected(f"an object with {', '.join(readers)}", value)
    found: dict[str, Any] = {}
    faults = [
        (f".{key}", f"there is no such field; expected {', '.join(readers)}") for key in value if key not in readers
    ]
    for key in [key for key in value if key in readers and value[key] is not None]:
        try:
            found[key] = readers[key](value[key])
        except FieldError as error:
            faults += [(f".{key}{place}", problem) for place, problem in error.faults]
    if faults:
        raise FieldError(*faults)
    return found


def _bbox(value: Any) -> tuple[float, ...]:
    """Four numbers, or six with heights, in a list or with commas."""
    parts = [part for part in re.split(r"[\s,;]+", value.strip()) if part] if isinstance(value, str) else value
    try:
        numbers = [float(part) for part in parts if not isinstance(part, bool)]
    except (TypeError, ValueError):
        numbers = []
    if not isinstance(parts, list | tuple) or len(numbers) not in {4, 6} or not all(map(math.isfinite, numbers)):
        raise _expected("west,south,east,north in degrees", value)
    return tuple(numbers) if len(numbers) == 4 else (*numbers[:2], *numbers[3:5])


def _geometry(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _expected("a GeoJSON geometry", value)
    return value


def _time(value: Any) -> Times:
    if isinstance(value, dict):
        known = _object(value, {"start": _time_text, "end": _time_text})
        value = f"{known.get('start', '')}/{known.get('end', '')}"
    try:
        return moments.parse_times(_time_text(value))
    except ValueError as error:
        raise _fault(str(error)) from error


def _moment(value: Any) -> dt.datetime:
    try:
        return moments.parse_moment(_time_text(value))
    except ValueError as error:
        raise _fault(str(error)) from error


def _time_text(value: Any) -> str:
    """YAML makes numbers of years and dates of dates."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:04d}"
    return value.isoformat() if isinstance(value, dt.date) else _text(value)


def _columns(value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise _expected("an object of names of columns and what they mean", value)
    return _object(value, dict.fromkeys(value, _text))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


_READERS: dict[str, _Reader] = {
    "title": _text,
    "description": _text,
    "license": _license,
    "license_url": _text,
    "keywords": _keywords,
    "providers": _providers,
    "language": _text,
    "translations": _translations,
    "doi": _doi,
    "concept_doi": _doi,
    "citation": _text,
    "bbox": _bbox,
    "geometry": _geometry,
    "time": _time,
    "jurisdiction": _text,
    "collection": _text,
    "source_portal": _text,
    "source_id": _text,
    "source_url": _url,
    "source_modified": _moment,
    "source_access": _choice(get_args(SourceAccess)),
    "threat": _choice(get_args(Threat)),
    "mirrors": _mirrors,
    "columns": _columns,
}
"""Field -> how its value is read."""

FIELDS = tuple(_READERS)
"""The fields of a metadata file."""
