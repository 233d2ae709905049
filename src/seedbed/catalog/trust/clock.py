# SPDX-License-Identifier: Apache-2.0
"""Which time counts when expiry is judged (pure).

Who attacks: nobody needs to. A Raspberry Pi without a battery wakes up in 1970, a wrong time server sends a machine ten
years ahead; then everything is expired, or nothing ever is. A signed catalogue tells when it was made: that time has
passed for certain.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

MAX_BEHIND = dt.timedelta(days=1)
"""A clock further behind a signed time is wrong: signers' own clocks may differ by hours, not days."""
MAX_AHEAD = dt.timedelta(days=400)
"""A clock further ahead is wrong, or the catalogue was not renewed for a year: either way nothing is concluded."""
NEVER_EXPIRED = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Moment:
    """The time by which expiry is judged."""

    reference: dt.datetime
    doubt: str = ""
    """Why this machine's clock is not believed; then expiry is not judged, and nothing is deleted for its sake."""

    @property
    def is_sure(self) -> bool:
        """Whether expiry can be judged."""
        return not self.doubt


def judge(clock: dt.datetime, trusted: dt.datetime | None) -> Moment:
    """Compare the machine's clock with the latest signed time.

    Args:
        clock: What the machine says, UTC.
        trusted: Latest time that a verified catalogue proves to have passed; None before the first.
    """
    if trusted is None:
        return Moment(clock)
    if clock < trusted - MAX_BEHIND:
        days = (trusted - clock).days
        return Moment(NEVER_EXPIRED, f"this machine's clock is {days:,} days behind the catalogue's last release")
    if clock > trusted + MAX_AHEAD:
        days = (clock - trusted).days
        return Moment(NEVER_EXPIRED, f"this machine's clock is {days:,} days ahead of the catalogue's last renewal")
    return Moment(max(clock, trusted))


def advanced(
    trusted: dt.datetime | None, moment: Moment, *, signed_at: dt.datetime | None, renewed: dt.datetime
) -> dt.datetime | None:
    """The latest time that is proved to have passed, after a verified refresh.

    Args:
        trusted: The one before.
        moment: By which the refresh was judged.
        signed_at: When the targets say they were drawn up; None when they do not say.
        renewed: About when its timestamp was signed; believed only up to a clock that is itself believed.
    """
    times = [time for time in (trusted, signed_at) if time]
    if moment.is_sure:
        times.append(min(renewed, moment.reference))
    return max(times, default=None)
