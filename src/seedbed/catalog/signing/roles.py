# SPDX-License-Identifier: Apache-2.0
"""The four roles of TUF, who holds their keys, and how long a signature of each lasts.

People hold ``root`` and ``targets``: nothing comes into the catalogue without them. A machine holds ``snapshot`` and
``timestamp``: it can say that the newest release still is the newest, and nothing else.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.errors import InputError

if TYPE_CHECKING:
    from seedbed.catalog.signing.public_key import PublicKey

ROOT = "root"
TARGETS = "targets"
SNAPSHOT = "snapshot"
TIMESTAMP = "timestamp"
PEOPLE = (ROOT, TARGETS)
ONLINE = (SNAPSHOT, TIMESTAMP)
ALL = (*PEOPLE, *ONLINE)

LIFETIME = {
    ROOT: dt.timedelta(days=730),
    TARGETS: dt.timedelta(days=180),
    SNAPSHOT: dt.timedelta(days=30),
    TIMESTAMP: dt.timedelta(days=7),
}
"""From a signature to its expiry. A reader notices within the timestamp's that it is shown an old catalogue."""
RENEWED_BEFORE = {
    ROOT: dt.timedelta(days=240),
    TARGETS: dt.timedelta(days=60),
    SNAPSHOT: dt.timedelta(days=23),
    TIMESTAMP: dt.timedelta(days=7),
}
"""With less than this left, ``catalog sign`` renews. A daily job gives the timestamp a new week every day."""
WARNED_BEFORE = {
    ROOT: dt.timedelta(days=60),
    TARGETS: dt.timedelta(days=30),
    SNAPSHOT: dt.timedelta(days=10),
    TIMESTAMP: dt.timedelta(days=3),
}
"""With less than this left, ``catalog status`` warns."""


@dataclass(frozen=True, slots=True)
class RoleKeys:
    """Who may sign for a role, and how many of them must."""

    keys: tuple[PublicKey, ...]
    threshold: int = 1


def check(role: str, holders: RoleKeys) -> None:
    """Do nothing when a role can be signed for.

    Raises:
        InputError: it has more to sign than keys, or one key twice.
    """
    distinct = {key.public_hex for key in holders.keys}
    if len(distinct) != len(holders.keys):
        raise InputError(f"{role}: one key is named twice", hint="Each person signs with a key of their own.")
    if not 1 <= holders.threshold <= len(distinct):
        raise InputError(
            f"{role}: {holders.threshold} signatures of {len(distinct)} key(s): "
            "expected at least one, and not more than there are keys"
        )
