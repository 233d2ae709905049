# SPDX-License-Identifier: Apache-2.0
"""A file whose hash somebody tells later, as a test wants it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from seedbed.mirrors.content import FileContent, is_over, sha256_of

if TYPE_CHECKING:
    from concurrent.futures import Future
    from contextlib import AbstractContextManager
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class HashedLater:
    """A :class:`seedbed.mirrors.content.Content` that is hashed while it is sent."""

    path: Path
    size_bytes: int
    digest: Future[str]

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    @property
    def sha256(self) -> str:
        """Once it is known."""
        return sha256_of(self.digest, self.name)

    def is_hashed(self, *, wait_s: float) -> bool:
        """Whether it is."""
        return is_over(self.digest, wait_s=wait_s)

    def open(self) -> AbstractContextManager[IO[bytes]]:
        """Read from the beginning."""
        return FileContent(self.path, self.size_bytes, "").open()
