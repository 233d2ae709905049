# SPDX-License-Identifier: Apache-2.0
"""Deleted data stays for a while: a deletion is a rename, and can be undone until its room is needed."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.catalog.ids import parse_ref
from seedbed.errors import InputError, StateError

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.catalog.ids import Ref
    from seedbed.library.cache import Cache


@dataclass(frozen=True, slots=True)
class Trash:
    """A folder beside the data, on the same disk.

    Args:
        folder: Made when first used.
        cache: Where the data lay.
    """

    folder: Path
    cache: Cache

    def put(self, ref: Ref) -> None:
        """Take a version out of the cache; nothing happens when it is not there.

        Raises:
            StateError: the disk refuses.
        """
        source, target = self.cache.data(ref).parent, self._place(ref)
        try:
            shutil.rmtree(target, ignore_errors=True)
            self.folder.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                source.rename(target)
        except OSError as error:
            raise StateError(f"{source}: it cannot be removed: {error.strerror}") from error

    def give_back(self, ref: Ref) -> bool:
        """Put a version back into its place, to be proved there; whether there was one.

        Raises:
            StateError: the disk refuses.
        """
        target = self.cache.data(ref).parent
        try:
            if not self._place(ref).exists() or target.exists():
                return False
            target.parent.mkdir(parents=True, exist_ok=True)
            self._place(ref).rename(target)
        except OSError as error:
            raise StateError(f"{target}: it cannot be put back: {error.strerror}") from error
        return True

    def purge(self, ref: Ref) -> None:
        """Delete a version for good, and contents that no other has."""
        shutil.rmtree(self._place(ref), ignore_errors=True)
        self.cache.collect()

    def refs(self) -> list[Ref]:
        """What is there."""
        found = []
        for place in sorted(self.folder.glob("*@*")):
            with contextlib.suppress(InputError):  # somebody else's
                found.append(parse_ref(place.name))
        return found

    def _place(self, ref: Ref) -> Path:
        return self.folder / str(ref)
