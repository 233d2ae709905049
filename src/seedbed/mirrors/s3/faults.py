# SPDX-License-Identifier: Apache-2.0
"""What an object store's failure means, said in our own words.

A store's answer may repeat what was signed and with which key id, and obstore's text holds the whole answer: only the
status and the error code, both of a known form, are taken from it. botocore's errors give these two by themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_STATUS = re.compile(r"status code: (\d{3})\b")
_CODE = re.compile(r"<Code>(\w{3,60})</Code>")
_KNOWN_CODE = re.compile(r"\w{3,60}")
_PASSING = frozenset(("408", "429", "500", "502", "503", "504"))
_PASSING_CODES = frozenset(
    ("SlowDown", "RequestTimeout", "NoSuchUpload", "InvalidPart", "ConditionalRequestConflict", "BadDigest")
)
_ROOM = "What is there already stays; make room, then push again."
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
    "QuotaExceeded": ("the quota is reached", _ROOM),
    "XMinioAdminBucketQuotaExceeded": ("the quota is reached", _ROOM),
    "XMinioStorageFull": ("it is full", _ROOM),
    "InsufficientStorage": ("it is full", _ROOM),
    "NoSuchUpload": ("somebody else ended this upload", "Push again."),
    "InvalidPart": ("somebody else sent other parts to this upload", "Push again."),
    "ConditionalRequestConflict": ("somebody else is pushing the same file", "Push again."),
    "PreconditionFailed": ("a file is there already", ""),
    "BadDigest": ("what arrived is not what was sent", "Something between here and there changes data. Push again."),
    "EntityTooLarge": ("the file is larger than it takes", ""),
    "SlowDown": ("it is busy and asks us to slow down", ""),
}
_STATUS_WORDS = {
    "401": "it wants credentials",
    "403": "it does not let us",
    "404": "it is not there",
    "405": "it only reads",
    "507": "it is full",
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
    return reason(status, code, is_anonymous=is_anonymous)


def reason(status: str, code: str, *, is_anonymous: bool) -> Reason:
    """What a status and an error code mean.

    Args:
        status: Of HTTP; empty when no answer came.
        code: The store's; anything that is not of a code's form is left out.
        is_anonymous: Whether the request was not signed.
    """
    code = code if _KNOWN_CODE.fullmatch(code) and not code.isdigit() else ""
    is_passing = status in _PASSING or code in _PASSING_CODES or not status
    words, hint = _WORDS.get(code, ("", ""))
    if not words:
        words = _STATUS_WORDS.get(status, f"it failed with status {status}" if status else "the connection failed")
        hint = _CREDENTIALS if status in {"401", "403"} else ""
    if is_anonymous and status in {"401", "403"}:
        hint = "Without credentials requests are not signed: set AWS_ACCESS_KEY_ID, or name a profile with ?profile=."
    facts = ", ".join(part for part in (status, code) if part)
    return Reason(f"{words} ({facts})" if facts else words, hint, is_passing)
