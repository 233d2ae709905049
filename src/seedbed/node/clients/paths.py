# SPDX-License-Identifier: Apache-2.0
"""How the client names the node's folders: the same, unless one of the two is in a container (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from seedbed.errors import InputError


@dataclass(frozen=True, slots=True)
class PathMap:
    """``HERE=THERE``; without it the paths are the same."""

    here: str = ""
    there: str = ""

    @classmethod
    def read(cls, text: str) -> PathMap:
        """Read ``/srv/seedbed=/downloads``.

        Raises:
            InputError: it is none.
        """
        here, found, there = text.partition("=")
        if not found or not here.startswith("/") or not there.startswith("/"):
            raise InputError(f"--client-path {text!r}: expected HERE=THERE, such as /srv/seedbed=/downloads")
        return cls(str(PurePosixPath(here)), str(PurePosixPath(there)))

    def to_client(self, path: Path) -> str:
        """A path of this machine as the client names it."""
        if self.here and path.is_relative_to(self.here):
            return str(PurePosixPath(self.there) / path.relative_to(self.here))
        return str(path)

    def from_client(self, path: str) -> Path:
        """A path as the client names it, on this machine."""
        named = PurePosixPath(path)
        if self.there and named.is_relative_to(self.there):
            return Path(self.here) / named.relative_to(self.there)
        return Path(path)
