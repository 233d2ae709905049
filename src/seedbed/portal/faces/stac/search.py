# SPDX-License-Identifier: Apache-2.0
"""An item search answered from the index: all versions that are not withdrawn, each by its box and its span of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seedbed.portal.index import query
from seedbed.portal.index.query import Query

if TYPE_CHECKING:
    from seedbed.portal.faces.stac.wanted import Wanted
    from seedbed.portal.index.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Page:
    """One page of ids."""

    ids: tuple[str, ...]
    matched: int
    """On all pages."""
    next_token: str
    """Empty on the last page."""


def search(shelf: Shelf, wanted: Wanted) -> Page:
    """Find a page.

    By default items come by id, and the next page begins behind the last one: a release of the catalogue in between
    neither repeats nor hides any. Sorted otherwise, pages are counted.
    """
    text, values = _where(wanted)
    matched = int(shelf.facts(f"select count(*) as n from entries where {text}", values)[0]["n"])  # noqa: S608  # ours
    skip = 0
    if wanted.token.startswith("a:") and not wanted.order:
        text, values = f"{text} and id > ?", [*values, wanted.token[2:]]
    elif wanted.token.startswith("n:"):
        skip = int(wanted.token[2:])
    order = ", ".join([*(f"{name} {'desc' if falls else 'asc'}" for name, falls in wanted.order), "id"])
    rows = shelf.facts(
        f"select id from entries where {text} order by {order} limit ? offset ?",  # noqa: S608  # texts of ours
        [*values, wanted.limit + 1, skip],
    )
    ids = tuple(str(row["id"]) for row in rows[: wanted.limit])
    return Page(ids, matched, _next(wanted, ids, skip) if len(rows) > wanted.limit else "")


def _next(wanted: Wanted, ids: tuple[str, ...], skip: int) -> str:
    return f"n:{skip + len(ids)}" if wanted.order else f"a:{ids[-1]}"


def _where(wanted: Wanted) -> tuple[str, list[Any]]:
    text, values = query.where(Query(all_versions=True, start_s=wanted.start_s, end_s=wanted.end_s))
    if wanted.bbox:
        more, some = query.meets(wanted.bbox)
        text, values = f"{text} and ({more})", [*values, *some]
    for name, names in (("id", wanted.ids), ("collection", wanted.collections)):
        if names is not None:
            text, values = f"{text} and {name} in ({', '.join('?' for _ in names)})", [*values, *names]
    return text, values


def chosen(item: dict[str, Any], include: tuple[str, ...], exclude: tuple[str, ...]) -> dict[str, Any]:
    """The fields of an item that are wanted (fields extension); what makes it an item always stays."""
    fixed = ("type", "stac_version", "id", "collection", "links")
    made: dict[str, Any] = item
    if include:
        made = {key: item[key] for key in fixed if key in item}
        for path in include:
            _copy(item, made, path.split("."))
    for path in exclude:
        if path not in fixed:
            made = _without(made, path.split("."))
    return made


def _copy(source: dict[str, Any], target: dict[str, Any], path: list[str]) -> None:
    name, rest = path[0], path[1:]
    value = source.get(name)
    if value is None:
        return
    if rest and isinstance(value, dict):
        inner = target.setdefault(name, {})
        if isinstance(inner, dict):
            _copy(value, inner, rest)
    elif not rest:
        target[name] = value


def _without(source: dict[str, Any], path: list[str]) -> dict[str, Any]:
    name, rest = path[0], path[1:]
    if name not in source:
        return source
    if not rest:
        return {key: value for key, value in source.items() if key != name}
    inner = source[name]
    return {**source, name: _without(inner, rest)} if isinstance(inner, dict) else source
