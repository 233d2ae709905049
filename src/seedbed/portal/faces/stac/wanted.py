# SPDX-License-Identifier: Apache-2.0
"""What an item search asks for (STAC API 1.0, item search; pure): GET and POST say the same in two forms."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seedbed.catalog.query.search import box
from seedbed.catalog.stac.geometry import bounds, to_wkb
from seedbed.catalog.stac.times import from_text
from seedbed.errors import InputError
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from seedbed.catalog.model import BBox

DEFAULT_LIMIT, MAX_LIMIT = 100, 1_000
MAX_NAMES = 1_000
MAX_TEXT = 200_000
"""Of a geometry in an address."""
NAMES = ("bbox", "datetime", "ids", "collections", "intersects", "limit", "sortby", "fields", "token")
_COLUMNS = {
    "id": "id", "collection": "collection", "datetime": "start_s", "start_datetime": "start_s",
    "end_datetime": "end_s", "published": "published_s", "created": "published_s", "updated": "updated_s",
    "title": "title", "version": "version", "seedbed:version_seq": "version_seq", "seedbed:size_bytes": "size_bytes",
}  # fmt: skip
SORTABLE = tuple(_COLUMNS)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Conditions; all that are given must be met."""

    bbox: BBox | None = None
    """Items whose box meets this one."""
    start_s: float | None = None
    end_s: float | None = None
    ids: tuple[str, ...] | None = None
    collections: tuple[str, ...] | None = None
    limit: int = DEFAULT_LIMIT
    order: tuple[tuple[str, bool], ...] = ()
    """Columns of the index, and whether the largest comes first."""
    token: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


def of_address(given: Mapping[str, str]) -> dict[str, Any]:
    """Parameters of an address in the form of a body."""
    found: dict[str, Any] = {name: given[name] for name in ("datetime", "token") if given.get(name)}
    for name in ("ids", "collections"):
        if given.get(name):
            found[name] = given[name].split(",")
    if given.get("bbox"):
        found["bbox"] = [_number("bbox", one) for one in given["bbox"].split(",")]
    if "limit" in given:
        found["limit"] = given["limit"]
    if given.get("intersects"):
        found["intersects"] = _json(given["intersects"])
    if given.get("sortby"):
        found["sortby"] = [_sort(one) for one in given["sortby"].split(",")]
    if given.get("fields"):
        words = [one.strip() for one in given["fields"].split(",")]
        found["fields"] = {
            "include": [one.lstrip("+") for one in words if not one.startswith("-")],
            "exclude": [one[1:] for one in words if one.startswith("-")],
        }
    return found


def wanted(given: Mapping[str, Any]) -> Wanted:
    """What a body means.

    Raises:
        InputError: a value that cannot be; its name is told.
    """
    area, shape = given.get("bbox"), given.get("intersects")
    if area is not None and shape is not None:
        raise InputError("bbox and intersects: expected one of them, got both")
    start, end = _times(given.get("datetime"))
    fields = {} if given.get("fields") is None else given["fields"]
    if not isinstance(fields, dict):
        raise InputError("fields: expected an object with include and exclude")
    return Wanted(
        bbox=_area(area, shape),
        start_s=start,
        end_s=end,
        ids=_names("ids", given.get("ids")),
        collections=_names("collections", given.get("collections")),
        limit=_limit(given.get("limit")),
        order=tuple(_order(one) for one in _list("sortby", given.get("sortby"))),
        token=_token(given.get("token")),
        include=_names("fields.include", fields.get("include")) or (),
        exclude=_names("fields.exclude", fields.get("exclude")) or (),
    )


def _area(area: Any, shape: Any) -> BBox | None:
    """A box; of a geometry the box around it."""
    if shape is not None:
        if not isinstance(shape, dict):
            raise InputError("intersects: expected a GeoJSON geometry")
        try:
            to_wkb(shape)
            around = bounds(shape)
        except (InputError, RecursionError) as error:
            raise InputError(f"intersects: {error}") from error
        return box(around) if around else None
    if area is None:
        return None
    if isinstance(area, list) and len(area) == 6:  # with heights, which no item has
        area = [*area[:2], *area[3:5]]
    return box(area if isinstance(area, list) else ())


def _times(value: Any) -> tuple[float | None, float | None]:
    """A moment, or two with a slash between; ``..`` or nothing is open."""
    if value is None:
        return None, None
    if not isinstance(value, str):
        raise InputError(f"datetime: expected a text, got {type(value).__name__}")
    parts = value.split("/")
    if len(parts) > 2 or not any(one not in ("", "..") for one in parts):
        raise InputError(
            f"datetime: expected a moment or an interval such as 2024-05-01T00:00:00Z/.., got {value[:80]!r}"
        )
    moments = [None if one in ("", "..") else _moment(one) for one in parts]
    start, end = moments[0], moments[-1]
    if start and end and start > end:
        raise InputError(f"datetime: it ends before it starts: {value[:80]}")
    return start.timestamp() if start else None, end.timestamp() if end else None


def _moment(text: str) -> dt.datetime:
    try:
        return from_text(text)
    except ValueError as error:
        raise InputError(f"datetime: {error}") from error


def _names(what: str, value: Any) -> tuple[str, ...] | None:
    found = None if value is None else _list(what, value)
    if found is None:
        return None
    if not all(isinstance(one, str) for one in found):
        raise InputError(f"{what}: expected a list of texts")
    if len(found) > MAX_NAMES:
        raise RefusedError(f"{what}: expected at most {MAX_NAMES:,}, got {len(found):,}", status=413)
    return tuple(dict.fromkeys(found))


def _list(what: str, value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise InputError(f"{what}: expected a list, got {type(value).__name__}")
    return value


def _limit(value: Any) -> int:
    if value is None:
        return DEFAULT_LIMIT
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdigit() or not int(text[:9]):
        raise InputError(f"limit: expected a number from 1, got {text[:40]!r}")
    return min(int(text[:9]), MAX_LIMIT)


def _order(one: Any) -> tuple[str, bool]:
    name = one.get("field") if isinstance(one, dict) else None
    direction = one.get("direction", "asc") if isinstance(one, dict) else ""
    column = _COLUMNS.get(name.removeprefix("properties.")) if isinstance(name, str) else None
    if column is None or direction not in ("asc", "desc"):
        raise InputError(f"sortby: expected one of {', '.join(_COLUMNS)} with asc or desc, got {str(one)[:80]}")
    return column, direction == "desc"


def _sort(text: str) -> dict[str, str]:
    name = text.strip()
    return {"field": name.lstrip("+-"), "direction": "desc" if name.startswith("-") else "asc"}


def _token(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or value[:2] not in {"a:", "n:"} or (value[:2] == "n:" and not _is_number(value[2:])):
        raise InputError("token: expected one of a link to the next page", hint="Begin at the first page.")
    return value


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _number(what: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{what}: expected numbers, got {text[:40]!r}") from None


def _json(text: str) -> Any:
    if len(text) > MAX_TEXT:
        raise RefusedError("intersects: this geometry is too long for an address", hint="Send it by POST.", status=413)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"intersects: expected JSON: {str(error)[:80]}") from error
