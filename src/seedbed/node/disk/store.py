# SPDX-License-Identifier: Apache-2.0
"""The folder that a volunteer gives: whose it is, how much of it is free, and that only one node uses it.

A marker file says that the disk is really there: a folder whose disk is not mounted looks like an empty one, and a node
that believes it would fetch everything again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.errors import BusyError, StateError
from seedbed.fetching.disk.flushing import write_durably
from seedbed.library.cache import Cache
from seedbed.node.choosing.booking import Booking
from seedbed.node.disk.shelf import Shelf
from seedbed.node.disk.trash import Trash

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from seedbed.node.giving.gift import Gift
    from seedbed.node.policy.rules import Rules
    from seedbed.node.state import Held

MARKER, LOCK = ".seedbed-node", ".seedbed-node.lock"
RESERVE_BYTES, RESERVE_SHARE = 5_000_000_000, 0.02
"""Of the disk, left free for whoever else uses it: the larger one; of a small disk a tenth."""


@dataclass(frozen=True, slots=True)
class Place:
    """See the module's text."""

    folder: Path

    @property
    def cache(self) -> Cache:
        """Where the data lies."""
        return Cache(self.folder)

    @property
    def trash(self) -> Trash:
        """What was deleted a short while ago."""
        return Trash(self.folder / "trash", self.cache)

    @property
    def shelf(self) -> Shelf:
        """What lies here, by unit."""
        return Shelf(self.cache, self.trash)

    # -- as if it were one of several: :class:`seedbed.node.disk.places.Places`

    def of(self, _item: str) -> Place:
        """Where a unit lies."""
        return self

    def is_here(self, _item: str) -> bool:
        """Whether its disk is there: a node whose only disk is away does nothing at all."""
        return True

    @property
    def present(self) -> list[Place]:
        """Those that can be used now."""
        return [self]

    @property
    def away(self) -> dict[Path, str]:
        """Those that cannot; see :meth:`is_here`."""
        return {}

    def shares(self, gift: Gift) -> list[tuple[Place, int]]:
        """With the bytes that are given there."""
        return [(self, gift.storage_bytes)]

    def free_bytes(self, units: Mapping[str, Held], gift: Gift, rules: Rules) -> float:
        """Of the budget; see :meth:`seedbed.node.choosing.booking.Booking.free_bytes`."""
        return Booking.of(units).free_bytes(gift.storage_bytes, self.room_bytes(), rules)

    def crowded(self, held: Sequence[str], _gift: Gift, _units: Mapping[str, Held], _rules: Rules) -> tuple[str, ...]:
        """Of units, those that may make room."""
        return tuple(held)

    def find_room(self, _item: str, _bytes: int, _units: Mapping[str, Held], _gift: Gift, _rules: Rules) -> bool:
        """A plan has looked at the room already."""
        return True

    # -- the folder

    def make(self) -> str:
        """Make it a node's folder, once.

        Returns:
            Its mark.

        Raises:
            StateError: the disk refuses.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not (self.folder / MARKER).exists():
                write_durably(self.folder / MARKER, f"{uuid.uuid4()}\n".encode())
            return (self.folder / MARKER).read_text("utf-8").strip()
        except OSError as error:
            raise StateError(f"{self.folder}: it cannot be used: {error.strerror}") from error

    def mark(self) -> str:
        """Whose folder it is; empty when it is nobody's."""
        try:
            return (self.folder / MARKER).read_text("utf-8").strip()
        except OSError:
            return ""

    def check(self, mark: str) -> None:
        """Whether the folder is there, and is the one that was given.

        Raises:
            StateError: it is not; nothing may be fetched or dropped then.
        """
        try:
            found = (self.folder / MARKER).read_text("utf-8").strip()
        except OSError as error:
            raise StateError(
                f"{self.folder}: the node's mark is not there: is the disk mounted?",
                hint="Nothing is fetched or deleted until it is back. 'seedbed node join' gives another folder.",
            ) from error
        if found != mark:
            raise StateError(
                f"{self.folder}: it is another node's folder (mark {found}, expected {mark})",
                hint="'seedbed node join' gives another folder.",
            )

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Have it alone.

        Raises:
            BusyError: another node uses it.
            StateError: the disk refuses.
        """
        try:
            if not (self.folder / LOCK).exists():
                (self.folder / LOCK).touch()
            file = (self.folder / LOCK).open()  # for reading: a disk that became read-only is served from all the same
        except OSError as error:
            raise StateError(f"{self.folder}: it cannot be used: {error.strerror}") from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise BusyError(f"{self.folder}: another node is at work here") from error
            yield

    def room_bytes(self) -> int:
        """Bytes that the disk has for us, with the reserve taken off; 0 when it is full.

        Raises:
            StateError: the disk is not there.
        """
        try:
            facts = shutil.disk_usage(self.folder)
        except OSError as error:
            raise StateError(f"{self.folder}: {error.strerror}") from error
        reserve = min(max(RESERVE_BYTES, int(facts.total * RESERVE_SHARE)), facts.total // 10)
        return max(facts.free - reserve, 0)

    def used_bytes(self) -> int:
        """Bytes that the folder takes on the disk; a file with several names counts once."""
        seen: dict[tuple[int, int], int] = {}
        for root, _, names in os.walk(self.folder):
            for name in names:
                with contextlib.suppress(OSError):
                    facts = os.lstat(os.path.join(root, name))  # noqa: PTH118  # a million of them
                    seen[facts.st_dev, facts.st_ino] = facts.st_blocks * 512
        return sum(seen.values())
