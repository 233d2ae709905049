# SPDX-License-Identifier: Apache-2.0
"""``Retry-After`` (RFC 9110, 10.2.3): how long a server wants to be left alone, as seconds or as a date."""

from __future__ import annotations

import datetime as dt
import email.utils
import re

_SECONDS = re.compile(r"[0-9]{1,19}")


def wish_s(text: str, now: dt.datetime) -> float:
    """Seconds that a header asks us to wait; 0 when it asks for none, or cannot be read.

    Args:
        text: Its value; empty when it is not there.
        now: By the server's clock, if that is known; without a time zone it is UTC, as dates of servers are.
    """
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text)
        return max((_aware(until) - _aware(now)).total_seconds(), 0.0)
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0


def _aware(moment: dt.datetime) -> dt.datetime:
    return moment.replace(tzinfo=moment.tzinfo or dt.UTC)
