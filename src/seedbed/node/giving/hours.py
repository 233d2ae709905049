# SPDX-License-Identifier: Apache-2.0
"""Hours of the day at which a node may use the line: windows such as ``22-06``, by the clock on the wall (pure).

Nothing is remembered but the windows: whatever a clock did, the hour that it shows now decides. A day with a change to
or from summer time has its missing hour never and its double hour twice.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from seedbed.errors import InputError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

ALWAYS = "always"
_DAY_MIN = 24 * 60
_WINDOW = re.compile(r"(\d{1,2})(?::(\d{2}))?-(\d{1,2})(?::(\d{2}))?", re.ASCII)
_HINT = "Such as 22-06 for the night, or 12:30-14; several are given one by one, 'always' is the whole day."


class Window(NamedTuple):
    """Minutes after midnight, half open; it goes over midnight where it ends before it starts."""

    start_min: int
    stop_min: int

    def has(self, minute: int) -> bool:
        """Whether a minute of the day lies in it."""
        if self.start_min < self.stop_min:
            return self.start_min <= minute < self.stop_min
        return minute >= self.start_min or minute < self.stop_min


def read_window(text: str) -> Window:
    """Read ``22-06`` or ``22:30-6:15``.

    Raises:
        InputError: it is no window.
    """
    found = _WINDOW.fullmatch(text.strip())
    if found is None:
        raise InputError(f"hours {text!r}: expected two times of the day with a dash", hint=_HINT)
    start, stop = (60 * int(found[one]) + int(found[one + 1] or 0) for one in (1, 3))
    if max(start, stop) > _DAY_MIN or any(int(found[one] or 0) > 59 for one in (2, 4)):
        raise InputError(f"hours {text!r}: expected times from 00:00 to 24:00", hint=_HINT)
    if start % _DAY_MIN == stop % _DAY_MIN and (start, stop) != (0, _DAY_MIN):
        raise InputError(f"hours {text!r}: it begins when it ends", hint=_HINT)
    return Window(start % _DAY_MIN, stop)


def read_windows(texts: Sequence[str]) -> tuple[str, ...]:
    """Windows as they are kept: none for the whole day.

    Raises:
        InputError: one is no window, or ``always`` is not alone.
    """
    said = tuple(dict.fromkeys(text.strip().lower() for text in texts))
    if ALWAYS in said:
        if len(said) > 1:
            raise InputError(f"hours {', '.join(said)}: expected windows, or 'always' alone", hint=_HINT)
        return ()
    for text in said:
        read_window(text)
    return said


def is_open(windows: Sequence[str], moment: dt.datetime) -> bool:
    """Whether the line may be used at a local moment.

    Args:
        windows: As :func:`read_windows` gives them; none is always.
        moment: What a clock on the wall shows.
    """
    minute = 60 * moment.hour + moment.minute
    return not windows or any(read_window(text).has(minute) for text in windows)
