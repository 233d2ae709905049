# SPDX-License-Identifier: Apache-2.0
"""Keys of those who may ask a tracker, each in its owner's announce URL; their file is read again when it changes."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NOBODY = frozenset({"\u2014"})
"""When the list is empty: no set of keys means everybody. No path has this character, for paths are bytes."""
_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
log = logging.getLogger(__name__)


def checked(texts: Iterable[str], where: str) -> frozenset[str]:
    """Keys as they may stand in an address.

    Args:
        texts: What should be keys.
        where: Names them in an error.

    Raises:
        InputError: one is none. Its text is not told: it is a secret.
    """
    found = frozenset(texts)
    if any(not _KEY.fullmatch(one) for one in found):
        raise InputError(f"{where}: expected keys of 8 to 64 letters, digits, - and _")
    return found


class KeyFile:
    """Gives the keys whenever they are others. A file that cannot be read leaves the old ones.

    Args:
        path: One key a line; empty lines, and what follows a ``#``, are passed over.
        more: Keys besides.
    """

    def __init__(self, path: Path, more: frozenset[str] = frozenset()) -> None:
        self._path = path
        self._more = more
        self._seen: tuple[int, int, int] | None = None

    def read(self) -> frozenset[str]:
        """The keys now.

        Raises:
            InputError: the file cannot be read, or has something else in it.
        """
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{self._path}: the keys cannot be read: {error}") from error
        words = (line.partition("#")[0].strip() for line in lines)
        return checked(filter(None, words), str(self._path)) | self._more or NOBODY

    def __call__(self) -> frozenset[str] | None:
        """The keys, if they may be others; None while the file did not change."""
        try:
            facts = self._path.stat()
            state = (facts.st_ino, facts.st_size, facts.st_mtime_ns)
            if state == self._seen:
                return None
            found = self.read()
        except (InputError, OSError) as error:
            log.warning("the tracker's keys cannot be read, the old ones stay: %s", error)
            return None
        self._seen = state
        return found
