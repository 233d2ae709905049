# SPDX-License-Identifier: Apache-2.0
"""How a followed catalogue stands: whether it may be relied upon, and what follows when it may not (pure)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from seedbed.catalog.trust import clock

if TYPE_CHECKING:
    from seedbed.catalog.trust.record import Active

State: TypeAlias = Literal["never pulled", "fresh", "stale", "clock unsure", "attack suspected"]

WARN_AFTER = dt.timedelta(hours=48)
"""A keeper's machine may be down for a day; after two somebody should look."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The state, and what it means."""

    state: State
    why: str = ""
    warns: bool = False
    """Whether a person should look."""

    @property
    def may_adopt(self) -> bool:
        """Whether new releases may be taken up."""
        return self.state == "fresh"

    @property
    def may_delete(self) -> bool:
        """Whether data may be removed for what the catalogue says: only when it is known to be the newest."""
        return self.state == "fresh"


def judge(
    active: Active | None,
    *,
    expires: dt.datetime | None,
    trusted_time: dt.datetime | None,
    suspicion: str,
    now: dt.datetime,
) -> Standing:
    """How a catalogue stands.

    Args:
        active: The adopted catalogue.
        expires: When its timestamp does.
        trusted_time: Latest time that is proved to have passed.
        suspicion: Why an attack is suspected.
        now: The machine's clock, UTC.
    """
    if active is None:
        return Standing("never pulled", "nothing was adopted yet", warns=True)
    if suspicion:
        return Standing("attack suspected", suspicion, warns=True)
    moment = clock.judge(now, trusted_time)
    if not moment.is_sure:
        return Standing("clock unsure", moment.doubt, warns=True)
    if expires and moment.reference > expires:
        late = moment.reference - expires
        why = (
            f"its timestamp expired {_days(late)} ago: seeding and repair go on, nothing new is taken, nothing deleted"
        )
        return Standing("stale", why, warns=late > WARN_AFTER)
    return Standing("fresh")


def _days(time: dt.timedelta) -> str:
    return f"{time.days} days" if time.days > 1 else f"{int(time.total_seconds() // 3600)} hours"
