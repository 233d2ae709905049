# SPDX-License-Identifier: Apache-2.0
"""Versions as faces find them: what is withdrawn is told as gone, with its reason, and is in no list."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

from seedbed.catalog import ids
from seedbed.catalog.stac.item import from_item
from seedbed.errors import InputError, NotFoundError
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from starlette.requests import Request

    from seedbed.catalog.model import Release
    from seedbed.portal.index.shelf import Shelf

STEP = 200
"""Versions read at a time: a long answer does not hold the index open, and memory stays flat."""


def asked_version(request: Request, shelf: Shelf) -> Release:
    """The version that an address names.

    Raises:
        NotFoundError: there is none.
        RefusedError: it is withdrawn (410).
    """
    return available(shelf.release(item_id(request.path_params["dataset"], request.path_params["version"])))


def asked_newest(request: Request, shelf: Shelf) -> Release:
    """The newest version of the dataset that an address names.

    Raises:
        NotFoundError: there is none.
        RefusedError: it is withdrawn (410).
    """
    return available(shelf.newest(request.path_params["dataset"]))


def item_id(dataset: str, version: str) -> str:
    """An item's id, if there can be one of this name.

    Raises:
        NotFoundError: there cannot.
    """
    try:
        return ids.item_id(ids.check_dataset(dataset), ids.check_version(version))
    except InputError as error:
        raise NotFoundError(f"{dataset}@{version}: there is no such version") from error


def available(release: Release) -> Release:
    """The version itself.

    Raises:
        RefusedError: it is withdrawn (410 Gone).
    """
    if release.status == "withdrawn":
        raise RefusedError(
            f"{release.id}: withdrawn: {release.status_reason}",
            hint="The page of the dataset says what there is instead.",
            status=410,
        )
    return release


def walk(shelf: Shelf, *, all_versions: bool = False, after: str = "", step: int = STEP) -> Iterator[Release]:
    """Every version that is not withdrawn, by id, read step by step.

    Args:
        shelf: The catalogue.
        all_versions: Not only the newest of each dataset.
        after: Only ids behind this one.
        step: How many at a time.
    """
    while items := _some(shelf, all_versions=all_versions, after=after, step=step):
        yield from map(from_item, items)
        after = items[-1]["id"]


def _some(shelf: Shelf, *, all_versions: bool, after: str, step: int) -> list[dict[str, Any]]:
    condition = "" if all_versions else "and is_latest = 1"
    rows = shelf.facts(
        "select item from entries join items using (id) "  # noqa: S608  # texts of ours
        f"where status <> 'withdrawn' {condition} and id > ? order by id limit ?",
        [after, step],
    )
    return [json.loads(zlib.decompress(row["item"])) for row in rows]


def items_of(shelf: Shelf, item_ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The STAC items of these versions, in this order; those that are gone meanwhile are left out."""
    for start in range(0, len(item_ids), STEP):
        some = item_ids[start : start + STEP]
        marks = ", ".join("?" for _ in some)
        rows = shelf.facts(f"select id, item from items where id in ({marks})", some)  # noqa: S608  # marks only
        found = {row["id"]: row["item"] for row in rows}
        yield from (json.loads(zlib.decompress(found[one])) for one in some if one in found)


def releases_of(shelf: Shelf, item_ids: Sequence[str]) -> Iterator[Release]:
    """These versions, in this order."""
    yield from map(from_item, items_of(shelf, item_ids))


def ids_of(rows: Iterable[Any]) -> list[str]:
    """The ids in rows of the index."""
    return [str(row["id"]) for row in rows]
