# SPDX-License-Identifier: Apache-2.0
"""A signed catalogue folder of any targets, for those who test readers: no tables, no crash safety, any clock."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from seedbed.catalog import paths
from seedbed.catalog.signing import changes, draft, keys, repository, roles
from seedbed.catalog.signing.key_ring import KeyRing
from seedbed.catalog.signing.repository import TargetFacts
from seedbed.catalog.signing.roles import RoleKeys

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from pathlib import Path

    from seedbed.catalog.signing.draft import Draft
    from seedbed.catalog.signing.public_key import PublicKey


class SignedFolder:
    """A publisher that writes plainly.

    Args:
        folder: The catalogue; made.
        keys_folder: Where its keys are made: ``person-1`` … and ``online``.
        people: How many people have a key for root and targets.
        threshold: How many of them must sign; all of them always do.
    """

    def __init__(
        self, folder: Path, keys_folder: Path, *, people: int = 1, threshold: int = 1, site_id: str = "site"
    ) -> None:
        self.folder = folder
        self.keys_folder = keys_folder
        self.site_id = site_id
        person = tuple(keys.create(keys_folder, f"person-{number + 1}") for number in range(people))
        self.online = keys.create(keys_folder, "online")
        self.pointer = keys.create(keys_folder, "pointer")
        self.holders = {role: RoleKeys(person, threshold) for role in roles.PEOPLE}
        self.holders |= {role: RoleKeys((self.online,)) for role in roles.ONLINE}

    @property
    def ring(self) -> KeyRing:
        """All keys."""
        return KeyRing([self.keys_folder])

    @property
    def repository(self) -> repository.Repository:
        """What is published."""
        return repository.load(self.folder)

    @property
    def root_sha256(self) -> str:
        """The pin of a join link: hash of the first root."""
        return hashlib.sha256((self.folder / "metadata/1.root.json").read_bytes()).hexdigest()

    def release(
        self, targets: Mapping[str, bytes], *, now: dt.datetime, custom: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        """Publish these targets and no others; the first call founds the catalogue.

        Args:
            targets: Path -> bytes.
            now: Time of signing.
            custom: Path -> TUF ``custom``.
        """
        facts = {}
        for path, data in targets.items():
            digest = hashlib.sha256(data).hexdigest()
            facts[path] = TargetFacts(len(data), digest, (custom or {}).get(path))
            self.write(path, data)
            self.write(paths.hashed(path, digest), data)
        if (self.folder / paths.TIMESTAMP).exists():
            self.publish(changes.release(self.repository, facts, now=now), now=now)
        else:
            pointer = self.pointer.public_hex
            self.publish(changes.found(self.site_id, self.holders, facts, now=now, pointer=pointer), now=now)

    def refresh(self, *, now: dt.datetime) -> None:
        """A new timestamp."""
        for path, data in draft.refresh(self.repository, self.ring, now=now).items():
            self.write(path, data)

    def rotate(self, *names: str, old: PublicKey, new_name: str, now: dt.datetime) -> PublicKey:
        """Replace a key of roles by a new one."""
        new = keys.create(self.keys_folder, new_name)
        self.publish(changes.replace_key(self.repository, names, old, new, now=now), now=now)
        return new

    def publish(self, work: Draft, *, now: dt.datetime) -> None:
        """Sign a draft with all keys and write it."""
        work.sign(self.ring)
        for path, data in draft.seal(work, self.ring, now=now).items():
            self.write(path, data)

    def write(self, path: str, data: bytes) -> None:
        """Write one file of the folder."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
