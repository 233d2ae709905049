# SPDX-License-Identifier: Apache-2.0
"""Catalogues to publish into, and changes to publish."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seedbed.catalog import versions
from seedbed.catalog.model import Change, FileRow, Site
from seedbed.catalog.releasing.founding import found
from seedbed.catalog.releasing.publisher import open_publisher
from seedbed.catalog.signing import keys, roles
from seedbed.catalog.signing.key_ring import KeyRing
from seedbed.catalog.signing.roles import RoleKeys
from tests import releases
from tests.plain_tables import PlainTables
from tests.tuf_client import NOW

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator
    from pathlib import Path

    from seedbed.catalog.model import Release
    from seedbed.catalog.releasing.disk import Disk
    from seedbed.catalog.releasing.publisher import Publisher
    from seedbed.catalog.releasing.tables import Tables


@dataclass(frozen=True, slots=True)
class Keeper:
    """A catalogue and those who keep it."""

    folder: Path
    keys: Path
    """Of all people, each in a folder of their own name, and of the machine: ``online``."""
    people: tuple[str, ...]
    tables: Tables

    @contextmanager
    def open(
        self, person: str = "", *, now: dt.datetime = NOW, disk: Disk | None = None, wait_s: float = 0
    ) -> Iterator[Publisher]:
        """Hold it open as one of the people, with the online key."""
        folder = self.keys / (person or self.people[0])
        with open_publisher(
            self.folder, folder, wait_s=wait_s, now=lambda: now, tables=self.tables, disk=disk
        ) as publisher:
            yield publisher

    def ring(self, person: str) -> KeyRing:
        """A person's keys and the machine's."""
        return KeyRing([self.keys / person, self.keys / person / "site"])


def keeper(tmp_path: Path, *, people: int = 1, threshold: int = 1, tables: Tables | None = None) -> Keeper:
    """A new catalogue ``site`` without rows; with threshold 2 its founding waits for the second person."""
    made = Keeper(tmp_path / "site", tmp_path / "keys", tuple("abcde"[:people]), tables or PlainTables())
    own = tuple(keys.create(made.keys / person, person) for person in made.people)
    online = keys.create(made.keys, "online")
    for person in made.people:
        (made.keys / person / "site").mkdir()
        for path in made.keys.glob("online.*"):
            (made.keys / person / "site" / path.name).write_bytes(path.read_bytes())
            (made.keys / person / "site" / path.name).chmod(0o600)
    holders = {role: RoleKeys(own, threshold) for role in roles.PEOPLE}
    holders |= {role: RoleKeys((online,)) for role in roles.ONLINE}
    found(made.folder, Site("site"), holders, made.ring(made.people[0]), now=lambda: NOW, tables=made.tables)
    return made


def change(
    publisher: Publisher | None = None, dataset: str = "rivers", version: str = "1", *, file_count: int = 2
) -> Change:
    """One new version, placed after those that the publisher knows."""
    torrent = f"torrent of {dataset} {version}".encode()
    plain = releases.release(dataset, version)
    facts = replace(plain.torrent, sha256=hashlib.sha256(torrent).hexdigest(), length=len(torrent))
    files = rows(plain, file_count)
    size = sum(one.size_bytes for one in files)
    whole = replace(plain, torrent=facts, file_count=len(files), size_bytes=size)
    placed = versions.add(publisher.versions(dataset) if publisher else [], whole)
    return Change(placed, files, {facts.best_hex: torrent})


def rows(release: Release, count: int) -> tuple[FileRow, ...]:
    """Files of a release."""
    return tuple(
        FileRow(release.id, f"{number}.csv", 1_000, sha256=releases.digest(release.id, number))
        for number in range(count)
    )
