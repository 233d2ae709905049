# SPDX-License-Identifier: Apache-2.0
"""Metadata on its way to being published: made by one person, signed by as many as it takes.

A reader of TUF takes the whole chain of roots first and the timestamp after it. So a root that takes a key away would,
for a moment, leave readers with signatures that do not count any more. A draft therefore says *when* each root goes
in: the last root comes after the timestamp, whose signatures count under the old root too; where they cannot (a key is
taken away), a *bridge* that knows old and new keys comes before it. At each moment what is there is valid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seedbed.catalog.signing import public_key, repository, roles
from seedbed.errors import SigningKeyError

if TYPE_CHECKING:
    import datetime as dt

    from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

    from seedbed.catalog.signing.key_ring import KeyRing
    from seedbed.catalog.signing.public_key import PublicKey
    from seedbed.catalog.signing.repository import Repository


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one piece of metadata is signed."""

    role: str
    version: int
    needed: int
    """Signatures that are still missing."""
    threshold: int
    signed: tuple[PublicKey, ...]
    may_sign: tuple[PublicKey, ...]
    """Whose signature would count and is not there."""


@dataclass(frozen=True, slots=True)
class Draft:
    """New roots and targets; the signatures inside grow."""

    base: Repository | None
    """What is published; None for a catalogue that is being founded."""
    roots: tuple[Metadata[Root], ...] = ()
    """None, the next one, or a bridge and the one after it."""
    targets: Metadata[Targets] | None = None

    @property
    def root(self) -> Metadata[Root]:
        """The root that will be the newest."""
        if self.roots:
            return self.roots[-1]
        assert self.base is not None  # noqa: S101  # founding brings a root
        return self.base.root

    @property
    def judges(self) -> tuple[Root, ...]:
        """The roots under which readers will meet the new metadata of the other roles."""
        if len(self.roots) > 1 or self.base is None:
            return tuple(root.signed for root in self.roots)
        return (self.base.root.signed, *(root.signed for root in self.roots))

    @property
    def renews_online(self) -> bool:
        """Whether a new snapshot and timestamp belong to it."""
        if self.targets is not None or self.base is None:
            return True
        return any(self.base.holders(role) != repository.holders(self.root.signed, role) for role in roles.ONLINE)

    def sign(self, ring: KeyRing) -> list[tuple[str, PublicKey]]:
        """Sign everything that keys of the ring may sign and have not.

        Returns:
            Role and key of each new signature.

        Raises:
            SigningKeyError: a key does not open.
        """
        made = []
        for standing, metadata in self._parts():
            for key in ring.held(standing.may_sign):
                metadata.sign(ring.signer(key), append=True)
                made.append((standing.role, key))
        return made

    def standings(self) -> list[Standing]:
        """How far each part is signed."""
        return [standing for standing, _ in self._parts()]

    def missing(self) -> int:
        """Signatures that people still have to give; the largest number over all parts."""
        return max((standing.needed for standing in self.standings()), default=0)

    def _parts(self) -> list[tuple[Standing, Metadata[Any]]]:
        parts: list[tuple[Standing, Metadata[Any]]] = []
        before = self.base.root.signed if self.base else None
        for root in self.roots:
            parts.append((_standing(roles.ROOT, root, [one for one in (before, root.signed) if one]), root))
            before = root.signed
        if self.targets is not None:
            parts.append((_standing(roles.TARGETS, self.targets, self.judges), self.targets))
        return parts


def signed_files(draft: Draft) -> dict[str, bytes]:
    """Path -> bytes of the parts that people sign, as far as they are signed."""
    files = {repository.role_path(roles.ROOT, root.signed.version): root.to_bytes() for root in draft.roots}
    if draft.targets is not None:
        files[repository.role_path(roles.TARGETS, draft.targets.signed.version)] = draft.targets.to_bytes()
    return files


def seal(draft: Draft, ring: KeyRing, *, now: dt.datetime) -> dict[str, bytes]:
    """Add snapshot and timestamp to a draft that people have signed.

    Returns:
        Path -> bytes of all its metadata.

    Raises:
        SigningKeyError: signatures are missing, or the online key is not in the ring.
    """
    for standing in draft.standings():
        if standing.needed:
            raise SigningKeyError(f"{standing.role}: {_count(standing)}", hint=_who(standing))
    files = signed_files(draft)
    if not draft.renews_online:
        return files
    targets = files.get(repository.role_path(roles.TARGETS, draft.targets.signed.version)) if draft.targets else None
    version = draft.targets.signed.version if draft.targets else 0
    snapshot = _snapshot(draft.base, targets, version, now)
    return files | _online_files(draft, snapshot, ring, now)


def refresh(base: Repository, ring: KeyRing, *, now: dt.datetime) -> dict[str, bytes]:
    """A new timestamp that says the newest release still is the newest; a new snapshot when it is due.

    Raises:
        SigningKeyError: the online key is not in the ring.
    """
    draft = Draft(base)
    if base.snapshot.signed.expires - now >= roles.RENEWED_BEFORE[roles.SNAPSHOT]:
        return _timestamp_files(draft, base.snapshot.signed.version, None, ring, now)
    return _online_files(draft, _snapshot(base, None, 0, now), ring, now)


def _snapshot(base: Repository | None, targets: bytes | None, version: int, now: dt.datetime) -> Metadata[Snapshot]:
    from tuf.api.metadata import Metadata, MetaFile, Snapshot  # noqa: PLC0415  # only who signs needs it

    if targets is not None:
        meta = MetaFile.from_data(version, targets, ["sha256"])
    else:
        assert base is not None  # noqa: S101  # founding brings targets
        meta = base.snapshot.signed.meta["targets.json"]
    number = base.snapshot.signed.version + 1 if base else 1
    expires = repository.expiry(roles.SNAPSHOT, now)
    return Metadata(Snapshot(version=number, expires=expires, meta={"targets.json": meta}))


def _online_files(draft: Draft, snapshot: Metadata[Snapshot], ring: KeyRing, now: dt.datetime) -> dict[str, bytes]:
    version = snapshot.signed.version
    data = _sign_online(draft, roles.SNAPSHOT, snapshot, ring)
    files = {repository.role_path(roles.SNAPSHOT, version): data}
    return files | _timestamp_files(draft, version, data, ring, now)


def _timestamp_files(
    draft: Draft, version: int, snapshot: bytes | None, ring: KeyRing, now: dt.datetime
) -> dict[str, bytes]:
    from tuf.api.metadata import Metadata, MetaFile, Timestamp  # noqa: PLC0415

    if snapshot is not None:
        meta = MetaFile.from_data(version, snapshot, ["sha256"])
    else:
        assert draft.base is not None  # noqa: S101  # founding brings a snapshot
        meta = draft.base.timestamp.signed.snapshot_meta
    number = draft.base.timestamp.signed.version + 1 if draft.base else 1
    expires = repository.expiry(roles.TIMESTAMP, now)
    timestamp = Metadata(Timestamp(version=number, expires=expires, snapshot_meta=meta))
    return {repository.role_path(roles.TIMESTAMP, number): _sign_online(draft, roles.TIMESTAMP, timestamp, ring)}


def _sign_online(draft: Draft, role: str, metadata: Metadata[Snapshot] | Metadata[Timestamp], ring: KeyRing) -> bytes:
    """Sign with every key of the ring that counts: while a key is replaced, the old one too if it is still here."""
    known = draft.judges if draft.base is None else (draft.base.root.signed, *draft.judges)
    for key in ring.held(dict.fromkeys(key for root in known for key in repository.holders(root, role).keys)):
        metadata.sign(ring.signer(key), append=True)
    standing = _standing(role, metadata, draft.judges)
    if standing.needed:
        raise SigningKeyError(f"{role}: {_count(standing)}", hint=_who(standing))
    return metadata.to_bytes()


def _standing(role: str, metadata: Metadata[Any], judges: tuple[Root, ...] | list[Root]) -> Standing:
    payload = metadata.signed_bytes
    found = [judge.get_verification_result(role, payload, metadata.signatures) for judge in judges]
    signed = {keyid: key for result in found for keyid, key in result.signed.items()}
    unsigned = {keyid: key for result in found for keyid, key in result.unsigned.items() if keyid not in signed}
    return Standing(
        role,
        metadata.signed.version,
        max(result.missing for result in found),
        max(result.threshold for result in found),
        tuple(map(public_key.from_tuf, signed.values())),
        tuple(map(public_key.from_tuf, unsigned.values())),
    )


def _count(standing: Standing) -> str:
    return f"expected {standing.threshold} signature(s), got {standing.threshold - standing.needed}"


def _who(standing: Standing) -> str:
    return f"One of these keys is needed: {', '.join(map(str, standing.may_sign))}. --keys-dir says where keys are."
