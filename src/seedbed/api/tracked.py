# SPDX-License-Identifier: Apache-2.0
"""Which info-hashes a catalogue lists, for its tracker; read again when the catalogue changes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from seedbed.errors import SeedbedError
from seedbed.tracker.access import Listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

log = logging.getLogger(__name__)


class CatalogAccess:
    """Gives a new list whenever the catalogue is another one. A catalogue that cannot be read leaves the old list.

    Args:
        catalog: Gives the path of the tables now: a followed catalogue's moves with each release.
        more: Info-hashes that are served besides, in hex.
    """

    def __init__(self, catalog: Callable[[], Path], more: Iterable[str] = ()) -> None:
        self._catalog = catalog
        self._more = {bytes.fromhex(one)[:20]: one for one in more}
        self._seen: tuple[str, int, int, int] | None = None

    def __call__(self) -> Listed | None:
        """The list, if it is a new one; None while nothing changed."""
        try:
            path = self._catalog()
            facts = path.stat()
            state = (str(path), facts.st_ino, facts.st_size, facts.st_mtime_ns)
            if state == self._seen:
                return None
            found = read(path)
        except (SeedbedError, OSError) as error:
            log.warning("the catalogue cannot be read, the old list stays: %s", error)
            return None
        self._seen = state
        return Listed({**found, **self._more})


def read(path: Path) -> dict[bytes, str]:
    """Info-hash (of 20 bytes) -> id of the version, of all versions that are not withdrawn.

    Raises:
        SeedbedError: it is no catalogue.
    """
    from seedbed.catalog.table.reader import read_catalog  # noqa: PLC0415  # pyarrow: 100 ms

    found: dict[bytes, str] = {}
    for release in read_catalog(path):
        if release.status == "withdrawn":
            continue
        for text in (release.torrent.info_hash_v1, release.torrent.info_hash_v2):
            if text:
                found[bytes.fromhex(text)[:20]] = release.id
    return found
