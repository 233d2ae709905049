# SPDX-License-Identifier: Apache-2.0
"""What a program or a form asks for when it begins an upload, read and judged (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seedbed.core import names
from seedbed.errors import NameRefusedError
from seedbed.portal.uploads.draft_files import MAX_FILES
from seedbed.portal.uploads.drafts import KINDS
from seedbed.portal.web.failures import RefusedError

MAX_PLACES = 1_000
"""URLs of one upload; a prefix of an object store is one."""
UNNAMED = "data"
"""What several files without a folder are called until their dataset has a name."""
_FIELDS = ("kind", "name", "organisation", "files", "urls", "metadata")


@dataclass(frozen=True, slots=True)
class Wish:
    """A new upload."""

    kind: str = "files"
    name: str = ""
    organisation: str = ""
    files: tuple[tuple[str, int], ...] = ()
    """Path and bytes of what is to come, as far as it is known."""
    urls: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


def read(value: Any) -> Wish:
    """From JSON.

    Raises:
        RefusedError: a field has the wrong form; ``field`` names it.
        NameRefusedError: a name or path is not good on every system.
    """
    if not isinstance(value, Mapping):
        raise RefusedError(f"expected an object with {', '.join(_FIELDS)}")
    if unknown := sorted(set(value) - set(_FIELDS)):
        raise RefusedError(f"{unknown[0]}: there is no such field; expected {', '.join(_FIELDS)}", field=unknown[0])
    files = tuple(_file(one) for one in _list(value, "files", MAX_FILES))
    urls = tuple(_text(one, "urls") for one in _list(value, "urls", MAX_PLACES))
    metadata = value.get("metadata") or {}
    if not isinstance(metadata, Mapping):
        raise RefusedError("metadata: expected an object", field="metadata")
    kind = _text(value.get("kind", "places" if urls else "files"), "kind")
    if kind not in KINDS:
        raise RefusedError(f"kind: expected one of {', '.join(KINDS)}, got {kind[:40]!r}", field="kind")
    wish = Wish(kind, _text(value.get("name") or "", "name"), _text(value.get("organisation") or "", "organisation"),
                files, urls, dict(metadata))  # fmt: skip
    return _named(wish)


def _named(wish: Wish) -> Wish:
    """With a name: that of the only file, or of where the data is, where none was given."""
    name = wish.name
    if not name and len(wish.files) == 1:
        name = wish.files[0][0].rpartition("/")[2]
    if not name and wish.urls:
        name = wish.urls[0].split("?")[0].rstrip("/").rpartition("/")[2]
    name = name or UNNAMED
    names.check_component(name)
    for path, _ in wish.files:
        names.check_path(path.split("/"))
    _check_unique(wish)
    return Wish(wish.kind, name, wish.organisation, wish.files, wish.urls, wish.metadata)


def _check_unique(wish: Wish) -> None:
    try:
        names.check_unique(path.split("/") for path, _ in wish.files)
    except NameRefusedError as error:
        raise RefusedError(error.message, hint=error.hint, status=409, field="files") from error


def _list(value: Mapping[str, Any], key: str, most: int) -> list[Any]:
    found = value.get(key) or []
    if not isinstance(found, list):
        raise RefusedError(f"{key}: expected a list", field=key)
    if len(found) > most:
        raise RefusedError(f"{key}: expected at most {most:,}, got {len(found):,}", status=413, field=key)
    return found


def _file(value: Any) -> tuple[str, int]:
    path, length = (value.get("path"), value.get("length")) if isinstance(value, Mapping) else (None, None)
    is_good = isinstance(path, str) and isinstance(length, int) and not isinstance(length, bool)
    if not is_good or not 0 <= int(length or 0) < 1 << 63:
        raise RefusedError("files: expected objects with a path, and a length in bytes", field="files")
    return str(path), int(length or 0)


def _text(value: Any, key: str) -> str:
    if not isinstance(value, str) or len(value) > 4_000:
        raise RefusedError(f"{key}: expected a text", field=key)
    return value
