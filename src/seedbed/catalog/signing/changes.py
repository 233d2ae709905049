# SPDX-License-Identifier: Apache-2.0
"""Drafts for what a publisher does: found a catalogue, release, renew, change keys."""

from __future__ import annotations

import copy
import datetime as dt
from typing import TYPE_CHECKING

from seedbed.catalog.signing import repository, roles
from seedbed.catalog.signing.draft import Draft
from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tuf.api.metadata import Metadata, Root, Targets

    from seedbed.catalog.signing.public_key import PublicKey
    from seedbed.catalog.signing.repository import Repository, TargetFacts
    from seedbed.catalog.signing.roles import RoleKeys


def found(
    site_id: str,
    holders: Mapping[str, RoleKeys],
    targets: Mapping[str, TargetFacts],
    *,
    now: dt.datetime,
    pointer: str = "",
) -> Draft:
    """A new catalogue.

    Args:
        site_id: The catalogue's id.
        holders: Role -> who signs, for all four roles.
        targets: Target path -> what is signed of it.
        now: Time of signing.
        pointer: Public key of the DHT pointer, 64 hex digits.

    Raises:
        InputError: a role could never be signed for.
    """
    from tuf.api.metadata import Metadata, Root  # noqa: PLC0415  # only who signs needs it

    extra = {repository.SITE_FIELD: site_id} | ({repository.POINTER_FIELD: pointer} if pointer else {})
    root = Root(version=1, expires=repository.expiry(roles.ROOT, now), unrecognized_fields=extra)
    for role in roles.ALL:
        _set_holders(root, role, holders[role])
    return Draft(None, (Metadata(root),), _targets(1, targets, now))


def release(base: Repository, targets: Mapping[str, TargetFacts], *, now: dt.datetime) -> Draft:
    """New targets; all of them are given, also those that stay."""
    return Draft(base, (), _targets(base.targets.signed.version + 1, targets, now))


def renew(base: Repository, due: Iterable[str], *, now: dt.datetime) -> Draft:
    """The same contents with a new expiry, for ``root``, ``targets`` or both."""
    wanted = set(due)
    root = _next_root(base.root, now) if roles.ROOT in wanted else None
    return Draft(base, (root,) if root else (), _same_targets(base, now) if roles.TARGETS in wanted else None)


def add_key(base: Repository, names: Iterable[str], key: PublicKey, *, threshold: int, now: dt.datetime) -> Draft:
    """One more key that may sign for roles.

    Args:
        base: What is published.
        names: The roles.
        key: The new key.
        threshold: How many must sign from now on; 0 leaves it as it is.
        now: Time of signing.

    Raises:
        InputError: the key is there already, or the threshold cannot be met.
    """
    root = _next_root(base.root, now)
    wanted = tuple(names)
    for role in wanted:
        held = repository.holders(root.signed, role)
        _set_holders(root.signed, role, roles.RoleKeys((*held.keys, key), threshold or held.threshold))
    raised = roles.TARGETS in wanted and threshold > base.holders(roles.TARGETS).threshold
    return Draft(base, (root,), _same_targets(base, now) if raised else None)


def replace_key(base: Repository, names: Iterable[str], old: PublicKey, new: PublicKey, *, now: dt.datetime) -> Draft:
    """Another key in the place of one that was lost, stolen or has served long enough.

    Raises:
        InputError: the old key is not one of the role's, or the new one is already.
    """
    wanted = tuple(names)
    bridge = _next_root(base.root, now)
    others = [role for role in wanted if role != roles.ROOT]
    for role in others:
        _swap(bridge.signed, role, old, new, keeps_old=True)
    last = _next_root(bridge if others else base.root, now)
    for role in wanted:
        _swap(last.signed, role, old, new, keeps_old=False)
    targets = _same_targets(base, now) if roles.TARGETS in wanted else None
    return Draft(base, (bridge, last) if others else (last,), targets)


def _targets(version: int, targets: Mapping[str, TargetFacts], now: dt.datetime) -> Metadata[Targets]:
    from tuf.api.metadata import Metadata, Targets  # noqa: PLC0415

    files = {path: repository.to_target(path, facts) for path, facts in sorted(targets.items())}
    signed_at = {repository.SIGNED_AT_FIELD: now.astimezone(dt.UTC).replace(microsecond=0).isoformat()}
    expires = repository.expiry(roles.TARGETS, now)
    return Metadata(Targets(version=version, expires=expires, targets=files, unrecognized_fields=signed_at))


def _same_targets(base: Repository, now: dt.datetime) -> Metadata[Targets]:
    return _targets(base.targets.signed.version + 1, base.target_facts(), now)


def _next_root(root: Metadata[Root], now: dt.datetime) -> Metadata[Root]:
    from tuf.api.metadata import Metadata  # noqa: PLC0415

    following = copy.deepcopy(root.signed)
    following.version += 1
    following.expires = repository.expiry(roles.ROOT, now)
    return Metadata(following)


def _swap(root: Root, role: str, old: PublicKey, new: PublicKey, *, keeps_old: bool) -> None:
    held = repository.holders(root, role)
    if old.public_hex not in {key.public_hex for key in held.keys}:
        raise InputError(
            f"{role}: {old} is not one of its keys: expected one of {', '.join(map(str, held.keys))}",
            hint="seedbed catalog status shows who holds what.",
        )
    others = tuple(key for key in held.keys if key.public_hex not in {old.public_hex, new.public_hex})
    _set_holders(root, role, roles.RoleKeys((*others, *((old,) if keeps_old else ()), new), held.threshold))


def _set_holders(root: Root, role: str, holders: RoleKeys) -> None:
    roles.check(role, holders)
    _check_names(role, holders)
    for key in repository.holders(root, role).keys:
        root.revoke_key(key.to_tuf().keyid, role)
    for key in holders.keys:
        root.add_key(key.to_tuf(), role)
    root.roles[role].threshold = holders.threshold


def _check_names(role: str, holders: RoleKeys) -> None:
    names = [key.name for key in holders.keys]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{role}: two different keys are called {twice[0]!r}", hint="Give one of them another name.")
