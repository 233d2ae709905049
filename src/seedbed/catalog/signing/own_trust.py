# SPDX-License-Identifier: Apache-2.0
"""A keeper does not trust the folder either.

The published folder often lies on a web server. Whoever breaks into that must not get their rows signed by the next
honest release. So before a key is used: the chain of roots starts with the one that this keeper remembers, each
signature counts, versions have not gone back since the last time, and the tables are those that were signed.

The memory is a small file in the keys' folder, ``<site id>/known.json``. A keeper who has none yet takes what is there
(trust on first use), as with any key that is seen for the first time.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from seedbed.catalog import paths
from seedbed.catalog.signing import repository, roles
from seedbed.errors import StateError, TrustError

if TYPE_CHECKING:
    from pathlib import Path

    from tuf.api.metadata import Metadata, Root

    from seedbed.catalog.signing.repository import Repository

MEMORY = "known.json"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """What a keeper remembers of a catalogue."""

    root_sha256: str
    """Of the first root: 64 hex digits."""
    root_version: int
    targets_version: int


def verified(folder: Path) -> Repository:
    """The newest metadata, every signature and hash of it checked; expiry is not, for renewing it is our work.

    Raises:
        NotFoundError: there is no catalogue here.
        CatalogError: its metadata cannot be read.
        TrustError: something is not signed as it must be.
    """
    found = repository.load(folder)
    _verify_roots(folder, found.root)
    for role, metadata in ((roles.TARGETS, found.targets), (roles.SNAPSHOT, found.snapshot),
                           (roles.TIMESTAMP, found.timestamp)):  # fmt: skip
        result = found.root.signed.get_verification_result(role, metadata.signed_bytes, metadata.signatures)
        if not result:
            raise _refuse(folder, f"{role}: expected {result.threshold} signature(s), got {len(result.signed)}")
    _verify_hash(folder, found.timestamp.signed.snapshot_meta, roles.SNAPSHOT)
    _verify_hash(folder, found.snapshot.signed.meta["targets.json"], roles.TARGETS)
    return found


def verify_tables(folder: Path, found: Repository) -> None:
    """Do nothing when the tables under plain names are those that were signed.

    Raises:
        TrustError: one is not.
    """
    facts = found.target_facts()
    for path in (paths.CATALOG, paths.FILES, paths.RELEASES_LOG):
        if path not in facts or _sha256(folder / path) != facts[path].sha256:
            raise _refuse(folder, f"{path}: it is not the one that was signed")


def check_memory(folder: Path, memory: Path, found: Repository) -> None:
    """Do nothing when a catalogue is the one that is remembered, and not older; remember it when it is new.

    Args:
        folder: The catalogue.
        memory: The keys' folder of this catalogue.
        found: Its verified metadata.

    Raises:
        TrustError: it is another one, or an older one.
        StateError: the memory cannot be read.
    """
    now, before = _known(folder, found), _read(memory / MEMORY)
    if before is not None:
        hint = f"Put the newest folder back, from a mirror. Only if that is lost for good, remove {memory / MEMORY}."
        if before.root_sha256 != now.root_sha256:
            raise _refuse(folder, "its first root is not the one that you know", hint=hint)
        for what, old, new in (("root", before.root_version, now.root_version),
                               ("targets", before.targets_version, now.targets_version)):  # fmt: skip
            if new < old:
                raise _refuse(folder, f"{what}: expected version {old} or newer, got {new}", hint=hint)
    if before != now:
        _remember(memory, now)


def remember(folder: Path, memory: Path) -> None:
    """Remember a catalogue as it is now, after it was published."""
    _remember(memory, _known(folder, repository.load(folder)))


def _remember(memory: Path, known: Known) -> None:
    spare = memory / f"{MEMORY}.part"
    try:
        memory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with spare.open("w", encoding="ascii") as file:
            file.write(json.dumps(asdict(known), indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        spare.replace(memory / MEMORY)
    except OSError as error:  # keys on a write-protected stick are no reason not to sign
        _log.warning("%s: cannot be written, so an older catalogue would not be noticed: %s", memory, error.strerror)


def _read(path: Path) -> Known | None:
    try:
        return Known(**json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise StateError(f"{path}: cannot be read: {error}", hint="Remove it to begin a new memory.") from error


def _known(folder: Path, found: Repository) -> Known:
    first = _sha256(folder / repository.role_path(roles.ROOT, 1))
    return Known(first, found.root.signed.version, found.targets.signed.version)


def _verify_roots(folder: Path, newest: Metadata[Root]) -> None:
    from tuf.api.metadata import Root  # noqa: PLC0415  # only who signs needs it

    before: Root | None = None
    for version in range(1, newest.signed.version + 1):
        root = repository.read(folder, repository.role_path(roles.ROOT, version), Root)
        if root.signed.version != version:
            raise _refuse(folder, f"root {version}: it says that it is version {root.signed.version}")
        if not root.signed.get_root_verification_result(before, root.signed_bytes, root.signatures):
            raise _refuse(folder, f"root {version}: it is not signed by enough of those who may")
        before = root.signed


def _verify_hash(folder: Path, meta: Any, role: str) -> None:
    path = repository.role_path(role, meta.version)
    if meta.hashes and _sha256(folder / path) != meta.hashes.get("sha256"):
        raise _refuse(folder, f"{path}: it is not the one that was signed")


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise StateError(f"{path}: cannot be read: {error.strerror}") from error


def _refuse(folder: Path, what: str, *, hint: str = "") -> TrustError:
    usual = "Somebody may have changed it. Put it back from a mirror, and look into who could write here."
    return TrustError(f"{folder}: {what}", hint=hint or usual, rule="own-folder")
