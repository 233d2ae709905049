# SPDX-License-Identifier: Apache-2.0
"""What a gift would choose from a catalogue, told before anything is fetched (pure)."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.errors import InputError, SeedbedError
from seedbed.node.giving.choice import known, names
from seedbed.node.giving.gift import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.catalog.model import Release
    from seedbed.node.giving.gift import Gift

_SHOWN = 3
_NAMES_COMPARED = 20_000


@dataclass(frozen=True, slots=True)
class Survey:
    """Of versions that are chosen; bytes are those of the catalogue, shared files counted in each."""

    datasets: int
    versions: int
    size_bytes: int
    listed: int
    """Versions in the catalogue."""
    idle: tuple[str, ...]
    """Patterns and licences that name nothing, each with what is near it."""


def survey(gift: Gift, releases: Sequence[Release]) -> Survey:
    """Look through a catalogue.

    Raises:
        InputError: a pattern names nothing, but is the words of something: what was meant is not clear.
    """
    chosen = [release for release in releases if refusal(gift, release) is None]
    patterns = dict.fromkeys((*gift.only, *gift.without))
    idle = [pattern for pattern in patterns if not any(map(known(pattern), releases))] if releases else []
    for pattern in idle:
        _require_clear(pattern, releases)
    return Survey(
        len({release.dataset for release in chosen}), len(chosen), sum(release.size_bytes for release in chosen),
        len(releases), tuple(_with_near(pattern, releases) for pattern in idle),
    )  # fmt: skip


def _require_clear(pattern: str, releases: Sequence[Release]) -> None:
    meant = f"words:{pattern}"
    try:
        found = [release.id for release in releases if known(meant)(release)]
    except SeedbedError:  # no words at all
        return
    if found and not pattern.startswith("words:"):
        raise InputError(
            f"{pattern!r} names no collection, dataset or keyword of this catalogue",
            hint=f"'{meant}' finds {len(found):,} versions by their words: {_some(found)}.",
        )


def _with_near(pattern: str, releases: Sequence[Release]) -> str:
    every = {
        name.lower(): name for release in releases[:_NAMES_COMPARED] for name in names(release) if name != release.id
    }
    near = difflib.get_close_matches(pattern.lower(), every, _SHOWN)
    return f"{pattern!r}" + (f" (near it: {', '.join(every[one] for one in near)})" if near else "")


def _some(items: Sequence[str]) -> str:
    return ", ".join(items[:_SHOWN]) + (" …" if len(items) > _SHOWN else "")
