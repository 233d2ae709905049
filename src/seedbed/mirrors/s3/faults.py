# SPDX-License-Identifier: Apache-2.0
"""What an object store's failure means, said in our own words.

A store's answer may repeat what was signed and with which key id, and obstore's text holds the whole answer: only the
status and the error code, both of a known form, are taken from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_STATUS = re.compile(r"status code: (\d{3})\b")
_CODE = re.compile(r"<Code>(\w{3,60})</Code>")
_PASSING = frozenset(("408", "429", "500", "502", "503", "504"))
_CREDENTIALS = "Check the credentials: variables AWS_…, or the profile named by ?profile=."
_WORDS = {
    "NoSuchBucket": ("there is no such bucket", "Make it first, or check the mirror's URL and endpoint."),
    "SignatureDoesNotMatch": ("it refuses the signature: the secret key is wrong", _CREDENTIALS),
    "InvalidAccessKeyId": ("it does not know the access key", _CREDENTIALS),
    "ExpiredToken": ("the session token has expired", "Log in again."),
    "TokenRefreshRequired": ("the session token has expired", "Log in again."),
    "InvalidToken": ("it refuses the session token", _CREDENTIALS),
    "RequestTimeTooSkewed": ("this machine's clock is wrong, so signatures are refused", "Set the clock (NTP)."),
    "AccessDenied": ("it does not let us", "Check what the credentials allow: reading, writing, listing?"),
    "QuotaExceeded": ("the quota is reached", "What is there already stays; make room, then push again."),
    "EntityTooLarge": ("the file is larger than it takes", ""),
    "SlowDown": ("it is busy and asks us to slow down", ""),
}
_STATUS_WORDS = {
    "401": "it wants credentials",
    "403": "it does not let us",
    "404": "it is not there",
    "405": "it only reads",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a request failed."""

    what: str
    hint: str = ""
    is_passing: bool = False


def reason_of(text: str, *, is_anonymous: bool) -> Reason:
    """Read a failure.

    Args:
        text: obstore's words.
        is_anonymous: Whether the request was not signed.
    """
    status = found[1] if (found := _STATUS.search(text)) else ""
    code = found[1] if (found := _CODE.search(text)) else ""
    is_passing = status in _PASSING or code == "SlowDown" or not status
    words, hint = _WORDS.get(code, ("", ""))
    if not words:
        words = _STATUS_WORDS.get(status, f"it failed with status {status}" if status else "the connection failed")
        hint = _CREDENTIALS if status in {"401", "403"} else ""
    if is_anonymous and status in {"401", "403"}:
        hint = "Without credentials requests are not signed: set AWS_ACCESS_KEY_ID, or name a profile with ?profile=."
    facts = ", ".join(part for part in (status, code) if part)
    return Reason(f"{words} ({facts})" if facts else words, hint, is_passing)
