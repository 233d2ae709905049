# SPDX-License-Identifier: Apache-2.0
"""Whether a request's conditions hold (RFC 9110, 13); pure.

We tell no time of last change: copies of one file on several machines would differ in it. So conditions on times are
passed over, as the RFC demands of whoever has no such time.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')


class Verdict(enum.Enum):
    """What is to be done."""

    SEND = "send"
    UNCHANGED = "unchanged"
    """Status 304: the client has it."""
    FAILED = "failed"
    """Status 412: it is not what the client thinks it is."""


def judge(headers: Mapping[str, str], etag: str) -> Verdict:
    """Judge ``If-Match`` and ``If-None-Match``.

    Args:
        headers: Of the request, by lower-case name.
        etag: The strong tag of what is there, with its quotes.
    """
    wanted = headers.get("if-match")
    if wanted is not None and wanted.strip() != "*" and etag not in _TAG.findall(wanted):
        return Verdict.FAILED
    known = headers.get("if-none-match")
    if known is not None and (known.strip() == "*" or etag in [tag.removeprefix("W/") for tag in _TAG.findall(known)]):
        return Verdict.UNCHANGED
    return Verdict.SEND


def may_send_part(headers: Mapping[str, str], etag: str) -> bool:
    """Whether ``If-Range`` lets a part be sent; otherwise the whole is (RFC 9110, 13.1.5)."""
    return headers.get("if-range", etag).strip() == etag
