# SPDX-License-Identifier: Apache-2.0
"""From a draft in a stage to a release, or to one that waits for more people."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seedbed.catalog.releasing import cleaning
from seedbed.catalog.signing import draft as drafts
from seedbed.catalog.signing import repository, roles
from seedbed.errors import SigningKeyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.catalog.releasing.workplace import Workplace
    from seedbed.catalog.signing.draft import Draft
    from seedbed.catalog.signing.key_ring import KeyRing
    from seedbed.catalog.signing.roles import RoleKeys


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a draft."""

    is_public: bool
    missing_signatures: int
    """0 when it is public, or when only the online key's signature is missing."""


def finish(place: Workplace, draft: Draft, *, now: dt.datetime, note: Mapping[str, Any]) -> Outcome:
    """Sign what can be signed; publish when that is enough, otherwise let it wait.

    Args:
        place: Its stage holds the release's files, without their metadata.
        draft: What is to be signed.
        now: Time of signing.
        note: What is written beside a release that waits.

    Raises:
        SigningKeyError: a key does not open.
        OSError: the disk refused.
    """
    draft.sign(place.ring)
    if draft.missing() or not can_seal(draft, place.ring):
        place.stage.put(drafts.signed_files(draft))
        staged = now.astimezone(dt.UTC).isoformat(timespec="seconds")
        place.stage.keep_waiting({**note, "staged": staged})
        return Outcome(is_public=False, missing_signatures=draft.missing())
    place.stage.put(drafts.seal(draft, place.ring, now=now))
    publish(place)
    return Outcome(is_public=True, missing_signatures=0)


def publish(place: Workplace) -> None:
    """Put a signed stage in place, then remove what nobody reads any more."""
    place.stage.make_ready()
    place.stage.apply()
    cleaning.clean(place.folder, place.disk)
    place.remember()


def can_seal(draft: Draft, ring: KeyRing, *, always: bool = False) -> bool:
    """Whether the online key is at hand, or (unless ``always``) not needed."""
    if not (always or draft.renews_online):
        return True
    holders = [repository.holders(judge, role) for judge in draft.judges for role in roles.ONLINE]
    return all(len(ring.held(one.keys)) >= one.threshold for one in holders)


def open_own_keys(holders: RoleKeys, ring: KeyRing) -> None:
    """Open the keys that a release needs, before any work is done.

    Raises:
        SigningKeyError: none of them is here, or one does not open.
    """
    own = ring.held(holders.keys)
    if not own:
        who = ", ".join(map(str, holders.keys))
        places = ", ".join(map(str, ring.folders))
        raise SigningKeyError(
            f"none of the keys that may sign is here: expected one of {who} in {places}",
            hint="--keys-dir says where your keys are.",
        )
    for key in own:
        ring.private(key)
