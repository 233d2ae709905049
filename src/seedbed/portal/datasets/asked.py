# SPDX-License-Identifier: Apache-2.0
"""A search as its address says it, and back (pure): every result can be bookmarked, and needs no script."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.catalog.query.search import box
from seedbed.errors import InputError
from seedbed.portal.index.query import MAX_LENGTH, Query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from seedbed.catalog.model import BBox

PAGE = 20
MAX_PAGE = 500
_ORDERS = ("", "recent", "title", "size")


def asked(given: Mapping[str, str]) -> Query:
    """The query that parameters mean; what cannot be read is refused by name.

    Raises:
        InputError: a parameter has a value that it cannot have.
    """
    order = given.get("order", "")
    if order not in _ORDERS:
        raise InputError(f"order: expected one of {', '.join(filter(None, _ORDERS))}, got {order!r}")
    page = _number("page", given.get("page", "")) or 1
    return Query(
        words=given.get("q", "")[:MAX_LENGTH],
        collection=given.get("collection", ""),
        license=given.get("license", ""),
        threat=given.get("threat", ""),
        tag=given.get("tag", ""),
        bbox=_box(given),
        start_s=_moment("from", given.get("from", "")),
        end_s=_moment("to", given.get("to", ""), is_end=True),
        order=order,  # type: ignore[arg-type]  # checked above
        limit=PAGE,
        offset=(min(page, MAX_PAGE) - 1) * PAGE,
    )


def _box(given: Mapping[str, str]) -> BBox | None:
    """By one value, as programs say it, or by four fields of a form."""
    text = given.get("bbox", "").strip()
    parts = text.split(",") if text else [given.get(name, "").strip() for name in ("west", "south", "east", "north")]
    if not any(parts):
        return None
    try:
        numbers = [float(one) for one in parts]
    except ValueError:
        raise InputError(f"bbox: expected four numbers, west,south,east,north, got {','.join(parts)!r}") from None
    if len(numbers) != 4:
        raise InputError(f"bbox: expected four numbers, west,south,east,north, got {len(numbers)}")
    return box((numbers[0], numbers[1], numbers[2], numbers[3]))


def _moment(name: str, text: str, *, is_end: bool = False) -> float | None:
    """A year, month or day as seconds of Unix time: its first moment, or its last."""
    if not text.strip():
        return None
    for form, length in (("%Y-%m-%d", 10), ("%Y-%m", 7), ("%Y", 4)):
        try:
            found = dt.datetime.strptime(text.strip(), form).replace(tzinfo=dt.UTC)
        except ValueError:
            continue
        return (_after(found, length) if is_end else found).timestamp()
    raise InputError(f"{name}: expected a year or a day such as 2024-05-01, got {text[:40]!r}")


def _after(start: dt.datetime, length: int) -> dt.datetime:
    """The last second of a day, month or year."""
    if length == 10:
        later = start + dt.timedelta(days=1)
    elif length == 7:
        later = (start.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    else:
        later = start.replace(year=min(start.year + 1, 9999))
    return later - dt.timedelta(seconds=1)


def _number(name: str, text: str) -> int:
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InputError(f"{name}: expected a number, got {text[:40]!r}")
    return int(text)


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of neighbouring pages and of the query with one condition more or less."""

    request: Request
    before: str
    after: str
    page: int
    pages: int

    def but(self, **changed: str) -> str:
        """This query with other values; empty ones are left out. The first page."""
        values = {**self.request.query_params, **changed, "page": "", "part": ""}
        url = self.request.url.replace(query="").include_query_params(**{k: v for k, v in values.items() if v})
        return url.path + ("?" + url.query if url.query else "")

    def has(self, name: str, value: str) -> bool:
        """Whether the query has this value."""
        return self.request.query_params.get(name) == value


def links(request: Request, query: Query, total: int) -> Links:
    """Of a page of hits."""
    page, pages = query.offset // PAGE + 1, max(-(-total // PAGE), 1)

    def at(number: int) -> str:
        url = request.url.remove_query_params("part").include_query_params(page=number)
        return f"{url.path}?{url.query}" if 1 <= number <= min(pages, MAX_PAGE) else ""

    return Links(request, at(page - 1) if page > 1 else "", at(page + 1), page, pages)
