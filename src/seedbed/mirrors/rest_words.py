# SPDX-License-Identifier: Apache-2.0
"""What a web service's answer says when it is no: its words, and how long it wants to be left alone. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from seedbed.core.retry_after import wish_s

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

MAX_WORDS = 400
"""Characters of a service's own words that are shown."""
_PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))
_XML = re.compile(r"<(Code|Message|Resource)>([^<]{1,300})</")
_STATUS = {
    400: "it does not accept the request",
    401: "it refuses the credentials",
    403: "it does not let us",
    404: "it is not there",
    405: "it cannot be done there",
    409: "it is taken",
    410: "it is gone",
    413: "it is too large",
    422: "it does not accept what is said",
    429: "it is busy and wants to be left alone",
    503: "it is busy",
}
_HIDDEN = "…"


def is_passing_status(status: int) -> bool:
    """Whether the same request may succeed later (RFC 9110, 15.5 and 15.6; RFC 6585, 4)."""
    return status in _PASSING


def what_of(status: int, body: bytes, *, secrets: Iterable[str]) -> str:
    """A failure in our words, then the service's.

    Args:
        status: The answer's.
        body: The answer's.
        secrets: What must not be shown, should the service repeat it.
    """
    ours = _STATUS.get(status, f"it failed with status {status}")
    theirs = " ".join(_words(body).split())
    for secret in sorted(secrets, key=len, reverse=True):
        theirs = theirs.replace(secret, _HIDDEN) if secret else theirs
    theirs = theirs if len(theirs) <= MAX_WORDS else theirs[:MAX_WORDS] + _HIDDEN
    return f"{ours} ({status})" + (f": {theirs}" if theirs else "")


def _words(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    try:
        said = json.loads(text)
    except ValueError:
        return "; ".join(found[1] for found in _XML.findall(text))
    return "; ".join(dict.fromkeys(_of_json(said)))


def _of_json(said: object) -> Iterator[str]:
    """The sentences in an answer of InvenioRDM (``message``, ``errors``), JSON:API (``errors``), the Archive."""
    if isinstance(said, str):
        yield said
    elif isinstance(said, list):
        for one in said:
            yield from _of_json(one)
    elif isinstance(said, dict):
        for name in ("message", "error", "title", "detail"):
            if isinstance(said.get(name), str):
                yield _located(said, said[name])
        if isinstance(said.get("messages"), list):
            yield from (_located(said, str(one)) for one in said["messages"])
        if isinstance(said.get("errors"), list):
            yield from _of_json(said["errors"])


def _located(said: Mapping[str, object], words: str) -> str:
    where = said.get("field") or said.get("source")
    return f"{where}: {words}" if isinstance(where, str) else words


def retry_after_s(headers: Mapping[str, str], *, now: dt.datetime) -> float:
    """How long a service wants to be left alone, in seconds; 0 when it does not say.

    Args:
        headers: By lower-case name. ``Retry-After`` as seconds or date (RFC 9110, 10.2.3); ``X-RateLimit-Reset`` as
            seconds since 1970 (as InvenioRDM sends it), where nothing remains.
        now: With time zone.
    """
    if wish := headers.get("retry-after", "").strip():
        return wish_s(wish, now)
    reset = _number(headers.get("x-ratelimit-reset", "").strip())
    if reset is not None and headers.get("x-ratelimit-remaining", "0").strip() in {"0", "-1"}:
        return max(0.0, reset - now.timestamp())
    return 0.0


def _number(text: str) -> int | None:
    """Decimal digits; no header means more than twelve of them."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None
