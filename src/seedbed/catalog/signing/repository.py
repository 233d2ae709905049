# SPDX-License-Identifier: Apache-2.0
"""The signed metadata of a catalogue, as its publisher keeps it (TUF 1.0, *consistent snapshots*).

Everything here is values: what is read from ``metadata/`` and what is to be written there, as path -> bytes.
Putting it in place without ever showing half of it is ``catalog.releasing``'s work.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from seedbed.catalog import paths
from seedbed.catalog.signing import public_key, roles
from seedbed.errors import CatalogError, NotFoundError, StateError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tuf.api.metadata import Metadata, Root, Snapshot, TargetFile, Targets, Timestamp

    from seedbed.catalog.signing.roles import RoleKeys

SITE_FIELD = "x-seedbed-site"
"""Of the root: the catalogue's id."""
SIGNED_AT_FIELD = "x-seedbed-signed-at"
"""Of the targets: when they were drawn up. A moment that has passed for certain, whatever a reader's clock says."""
POINTER_FIELD = "x-seedbed-pointer"
"""Of the root: public key of the DHT pointer, 64 hex digits. It is not a trust key."""
_ROOT_NAME = re.compile(r"([1-9][0-9]{0,8})\.root\.json", re.ASCII)
_S = TypeVar("_S", "Root", "Targets", "Snapshot", "Timestamp")


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """What is signed of one target."""

    length: int
    """Bytes."""
    sha256: str
    """64 hex digits."""
    custom: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Repository:
    """The newest published metadata of each role."""

    root: Metadata[Root]
    targets: Metadata[Targets]
    snapshot: Metadata[Snapshot]
    timestamp: Metadata[Timestamp]

    @property
    def site_id(self) -> str:
        """The catalogue's id."""
        return site_id(self.root.signed)

    @property
    def pointer(self) -> str:
        """Public key of the DHT pointer in hex; empty when there is none."""
        return str(self.root.signed.unrecognized_fields.get(POINTER_FIELD, ""))

    def holders(self, role: str) -> RoleKeys:
        """Who may sign for a role."""
        return holders(self.root.signed, role)

    def target_facts(self) -> dict[str, TargetFacts]:
        """Target path -> what is signed of it."""
        return {path: from_target(target) for path, target in self.targets.signed.targets.items()}


def site_id(root: Root) -> str:
    """The catalogue's id, from its root."""
    return str(root.unrecognized_fields.get(SITE_FIELD, ""))


def holders(root: Root, role: str) -> RoleKeys:
    """Who may sign for a role, by this root."""
    found = root.roles[role]
    return roles.RoleKeys(tuple(public_key.from_tuf(root.keys[keyid]) for keyid in found.keyids), found.threshold)


def load(folder: Path) -> Repository:
    """Read a catalogue's metadata as its publisher: the folder is ours, signatures are checked when it is signed anew.

    Args:
        folder: The catalogue.

    Raises:
        NotFoundError: there is no catalogue here.
        CatalogError: its metadata cannot be read.
    """
    newest = root_version(folder)
    if not newest or not (folder / paths.TIMESTAMP).is_file():
        raise NotFoundError(
            f"{folder}: there is no catalogue here", hint="seedbed catalog init DIR makes one, with its keys."
        )
    from tuf.api.metadata import Root, Snapshot, Targets, Timestamp  # noqa: PLC0415  # only who signs needs it

    timestamp = read(folder, paths.TIMESTAMP, Timestamp)
    snapshot = read(folder, role_path(roles.SNAPSHOT, timestamp.signed.snapshot_meta.version), Snapshot)
    version = snapshot.signed.meta["targets.json"].version
    targets = read(folder, role_path(roles.TARGETS, version), Targets)
    return Repository(read(folder, role_path(roles.ROOT, newest), Root), targets, snapshot, timestamp)


def root_version(folder: Path) -> int:
    """The newest root's version; 0 without any."""
    names = (_ROOT_NAME.fullmatch(path.name) for path in (folder / paths.METADATA).glob("*.root.json"))
    return max((int(name[1]) for name in names if name), default=0)


def role_path(role: str, version: int) -> str:
    """Where a role's metadata of one version stands."""
    return paths.TIMESTAMP if role == roles.TIMESTAMP else f"{paths.METADATA}/{version}.{role}.json"


def read(folder: Path, path: str, kind: type[_S]) -> Metadata[_S]:
    """Read one metadata file.

    Raises:
        StateError: the disk refused.
        CatalogError: it is not metadata of this kind.
    """
    try:
        data = (folder / path).read_bytes()
    except OSError as error:
        raise StateError(f"{folder / path}: cannot be read: {error.strerror}") from error
    return parse(data, kind, where=str(folder / path))


def parse(data: bytes, kind: type[_S], *, where: str) -> Metadata[_S]:
    """Read metadata without looking at signatures.

    Raises:
        CatalogError: it is not metadata of this kind.
    """
    from tuf.api.metadata import Metadata  # noqa: PLC0415
    from tuf.api.serialization import DeserializationError  # noqa: PLC0415

    try:
        found: Metadata[Any] = Metadata.from_bytes(data)
    except DeserializationError as error:
        raise CatalogError(f"{where}: not TUF metadata: {error}", rule="metadata") from error
    if not isinstance(found.signed, kind):
        raise CatalogError(f"{where}: expected {kind.type} metadata, got {found.signed.type}", rule="metadata")
    return found


def to_target(path: str, facts: TargetFacts) -> TargetFile:
    """As targets metadata holds it."""
    from tuf.api.metadata import TargetFile  # noqa: PLC0415

    extra = {"custom": dict(facts.custom)} if facts.custom is not None else None
    return TargetFile(facts.length, {"sha256": facts.sha256}, path, extra)


def from_target(target: TargetFile) -> TargetFacts:
    """As targets metadata holds it."""
    custom = target.custom if isinstance(target.custom, dict) else None
    return TargetFacts(target.length, target.hashes.get("sha256", ""), custom)


def expiry(role: str, now: dt.datetime) -> dt.datetime:
    """Until when a signature made now is good."""
    return now.astimezone(dt.UTC).replace(microsecond=0) + roles.LIFETIME[role]
