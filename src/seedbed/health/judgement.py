# SPDX-License-Identifier: Apache-2.0
"""What follows from a copy's audits: whether the catalogue goes on naming it (pure).

A copy that gives wrong bytes is withdrawn at once: no accident makes them, and they cost every reader time. Whatever
else is wrong may be an afternoon's maintenance, and is looked at a second time, some hours later. A server that is only
silent gets a week, and is kept even then while no other copy is good: it may come back, and nobody is misled by it.

What was withdrawn is put back when it is found good; after wrong bytes, when it is found good twice.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.health.record import Noted

SECOND_LOOK = dt.timedelta(hours=3)
"""Between two audits that are to confirm each other."""
SILENCE = dt.timedelta(days=7)
AT_ONCE = "wrong-bytes"

Judgement: TypeAlias = Literal["keep", "withdraw", "restore"]


def judge(audits: Sequence[Noted], *, is_withdrawn: bool, others_are_good: bool) -> Judgement:
    """Decide about one copy.

    Args:
        audits: Of this copy, the newest first.
        is_withdrawn: Whether the catalogue names it no longer.
        others_are_good: Whether some other copy of the version was good when it was looked at last.
    """
    if not audits:
        return "keep"
    if is_withdrawn:
        return "restore" if _is_well_again(audits) else "keep"
    return "withdraw" if _is_lost(audits, others_are_good=others_are_good) else "keep"


def _is_lost(audits: Sequence[Noted], *, others_are_good: bool) -> bool:
    newest = audits[0]
    if newest.verdict == "bad":
        return AT_ONCE in newest.troubles or _lasts(audits, {"bad"}, SECOND_LOOK)
    return newest.verdict == "unknown" and others_are_good and _lasts(audits, {"unknown", "bad"}, SILENCE)


def _is_well_again(audits: Sequence[Noted]) -> bool:
    if not _is_good(audits[0]):
        return False
    last_trouble = next((one for one in audits if not _is_good(one)), None)
    needs_two = last_trouble is not None and AT_ONCE in last_trouble.troubles
    return not needs_two or _lasts(audits, {"good", "awkward"}, SECOND_LOOK)


def _is_good(one: Noted) -> bool:
    return one.verdict in {"good", "awkward"}


def _lasts(audits: Sequence[Noted], verdicts: set[str], least: dt.timedelta) -> bool:
    """Whether the newest audits agree, over so long a time."""
    oldest = audits[0]
    for one in audits:
        if one.verdict not in verdicts:
            break
        oldest = one
    return audits[0].at - oldest.at >= least
