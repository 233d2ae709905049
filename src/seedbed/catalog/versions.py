# SPDX-License-Identifier: Apache-2.0
"""The life of a dataset's versions: each is immutable, one is the latest, each knows its neighbours (pure).

STAC version extension 1.2: ``predecessor-version``, ``successor-version``, ``latest-version``, ``deprecated``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from seedbed.catalog.model import FileRow, Release, Status


def in_order(releases: Sequence[Release]) -> list[Release]:
    """A dataset's versions, the oldest first."""
    return sorted(releases, key=lambda one: one.version_seq)


def newest(releases: Sequence[Release]) -> Release | None:
    """The latest version; None of none."""
    return next((one for one in releases if one.latest), None)


def add(known: Sequence[Release], new: Release) -> tuple[Release, ...]:
    """Put a new version after those that are there.

    Args:
        known: All versions of its dataset.
        new: The version to add; its place among them is set here.

    Returns:
        The new version and the one before it, whose standing changed; nothing when exactly this version is there.

    Raises:
        InputError: another content has this version's name, or its content has another name.
    """
    for one in known:
        if one.version == new.version and _same_bytes(one, new):
            return ()
        if one.version == new.version:
            raise InputError(
                f"{one.id}: this version is published with other bytes (info-hash {one.torrent.best_hex}); "
                "a published version never changes",
                hint="Give the new data a new --version.",
            )
        if _same_bytes(one, new):
            raise InputError(
                f"{new.id}: the very same data is published as {one.id}",
                hint="There is nothing new to publish. To change its description use the version that is there.",
            )
    last = newest(known)
    if last is None:
        return (replace(new, version_seq=1, latest=True, predecessor="", successor=""),)
    seq = max(one.version_seq for one in known) + 1
    placed = replace(new, version_seq=seq, latest=True, predecessor=last.version, successor="")
    return replace(last, latest=False, successor=new.version, updated=new.updated), placed


def set_status(
    known: Sequence[Release], version: str, status: Status, *, reason: str, now: datetime
) -> tuple[Release, ...]:
    """Mark a version as deprecated or withdrawn, or take the mark away.

    A marked version may still be the latest: then there is nothing better yet, and people are told so.

    Raises:
        NotFoundError: there is no such version.
        InputError: there is no reason.
    """
    found = next((one for one in known if one.version == version), None)
    if found is None:
        raise NotFoundError(f"version {version!r}: there is no such version")
    if status != "active" and not reason.strip():
        raise InputError(f"{found.id}: a {status} version needs a reason", hint="--reason 'what is wrong with it'")
    return (replace(found, status=status, status_reason=reason.strip() if status != "active" else "", updated=now),)


def shared_with(before: Sequence[FileRow], after: Sequence[FileRow]) -> tuple[int, int]:
    """How many files, and bytes, of a version are in the version before too, whatever they are called there.

    Args:
        before: Files of the version before.
        after: Files of the new version.
    """
    roots = {row.pieces_root for row in before if row.pieces_root}
    same = [row.size_bytes for row in after if row.pieces_root in roots]
    return len(same), sum(same)


def _same_bytes(one: Release, other: Release) -> bool:
    """Whether two releases are one torrent."""
    ours, theirs = one.torrent, other.torrent
    pairs = ((ours.info_hash_v1, theirs.info_hash_v1), (ours.info_hash_v2, theirs.info_hash_v2))
    return any(a and a == b for a, b in pairs)
