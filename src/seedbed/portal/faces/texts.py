# SPDX-License-Identifier: Apache-2.0
"""Moments and texts as the formats of feeds and tables want them (pure)."""

from __future__ import annotations

import datetime as dt
import re
from email.utils import format_datetime
from html import escape

from seedbed.catalog.stac.times import to_text

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 (2.2) cannot hold."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def of_unix(seconds: float) -> str:
    """RFC 3339."""
    return to_text(dt.datetime.fromtimestamp(seconds, dt.UTC))


def rfc_822(moment: dt.datetime) -> str:
    """As RSS writes moments."""
    return format_datetime(moment.astimezone(dt.UTC), usegmt=True)


def xml(text: str) -> str:
    """Text between tags or in quotes; what XML cannot hold at all becomes U+FFFD."""
    return escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)).replace("\r", "&#13;")


def cell(text: str) -> str:
    """A cell of a CSV table that no spreadsheet takes for a formula (CWE-1236), on one line."""
    line = " ".join(text.split())
    return f"'{line}" if line.startswith(_FORMULA) else line
