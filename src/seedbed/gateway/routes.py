# SPDX-License-Identifier: Apache-2.0
"""Which place a URL's path names; pure. What is not plainly a name of something published is nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

from seedbed.core import names
from seedbed.errors import NameRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

AREAS = frozenset(("v", "latest", "webseed", "catalog", "metrics"))
PAD_FOLDER = ".pad"
_PAD = re.compile(r"[0-9]{1,8}", re.ASCII)
MAX_PAD_BYTES = 64 << 20
"""Pads are shorter than a piece."""


@dataclass(frozen=True, slots=True)
class Route:
    """A place."""

    area: str
    """One of :data:`AREAS`; empty for the root."""
    parts: tuple[str, ...] = ()
    """Names below the area, decoded and safe on every system."""
    is_folder: bool = False
    """Whether the path ends in a slash."""
    pad_bytes: int | None = None
    """Zeros asked for, with ``parts`` the folder that the pads are said to be in."""

    def url(self, *, as_folder: bool = False) -> str:
        """The path again, encoded."""
        return path_of((self.area, *self.parts)) + ("/" if as_folder else "")


def path_of(parts: Sequence[str]) -> str:
    """A path from the root, percent-encoded."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def find_route(path: str) -> Route | None:
    """The place that a request's path names; None when it can name none."""
    if not path.startswith("/"):
        return None
    *folders, last = path[1:].split("/")
    is_folder = not last
    try:
        parts = tuple(unquote_to_bytes(part).decode("utf-8") for part in (*folders, *([last] if last else [])))
    except UnicodeDecodeError:
        return None
    if not parts:
        return Route("", is_folder=True)
    area, inner = parts[0], parts[1:]
    if area not in AREAS:
        return None
    pad = _pad(area, inner, is_folder=is_folder)
    inner = inner if pad is None else inner[:-2]
    if not _is_public(inner):
        return None
    return Route(area, inner, is_folder, pad)


def _pad(area: str, parts: tuple[str, ...], *, is_folder: bool) -> int | None:
    if area != "webseed" or len(parts) < 5 or parts[-2] != PAD_FOLDER or is_folder or not _PAD.fullmatch(parts[-1]):
        return None
    size = int(parts[-1])
    return size if size <= MAX_PAD_BYTES else None


def is_public_name(name: str) -> bool:
    """Whether a file or folder of this name is served: not hidden, and portable."""
    try:
        names.check_component(name)
    except NameRefusedError:
        return False
    return not name.startswith(".")


def _is_public(parts: tuple[str, ...]) -> bool:
    return len(parts) <= names.MAX_DEPTH and all(map(is_public_name, parts))
