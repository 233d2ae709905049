# SPDX-License-Identifier: Apache-2.0
"""Forms that another site sends in a person's name do nothing (CSRF, table U50).

A request that changes something must show a secret which only our own pages hold. It follows from the session, so it
needs no row; a stranger's follows from a cookie that is set when a form is shown, and never before: pages without forms
stay the same for all readers, and can be cached (double submit; ``__Host-`` keeps neighbours from setting the cookie).

Where browsers say that a request comes from elsewhere (``Sec-Fetch-Site``, ``Origin``), it is refused without more.
Requests without any of our cookies carry nobody's rights: they need a token only if they are forms (log in, sign up).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from seedbed.portal.accounts import cookies, secret

if TYPE_CHECKING:
    from starlette.requests import Request

    from seedbed.portal.settings import Settings

HEADER = "x-csrf-token"
FIELD = "csrf_token"
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
PEEK_BYTES = 64 << 10
"""A form's token stands so early: fields before a file are no longer."""
_SAFE = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))
_URLENCODED = re.compile(rb"(?:^|&)csrf_token=([0-9a-f]{64})(?=&|$)")
_MULTIPART = re.compile(rb'; name="csrf_token"\r\n(?:[^\r\n]+\r\n)*\r\n([0-9a-f]{64})\r\n')


def token_of(held: str) -> str:
    """The token that goes with a cookie, of a session or of a stranger's form."""
    return secret.bound(held, "csrf") if held else ""


def is_asked(request: Request, settings: Settings) -> bool:
    """Whether a request must show a token."""
    if request.method in _SAFE or _is_bearer(request):
        return False
    return bool(cookies.read(request, settings, cookies.SESSION)) or is_form(request)


def is_form(request: Request) -> bool:
    """Whether it is what a page without scripts sends."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() in FORM_TYPES


def is_from_elsewhere(request: Request, settings: Settings) -> bool:
    """Whether the browser says that another site sent it; programs say nothing."""
    site = request.headers.get("sec-fetch-site", "")
    if site:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    if origin is None:
        return False
    ours = {urlsplit(settings.public_url).netloc, request.headers.get("host", "")}
    return urlsplit(origin).netloc not in ours


def in_body(request: Request, beginning: bytes) -> str:
    """The token in the first part of a form; empty if none is there."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    found = (_MULTIPART if kind == FORM_TYPES[1] else _URLENCODED).search(beginning)
    return found[1].decode() if found else ""


def _is_bearer(request: Request) -> bool:
    return request.headers.get("authorization", "").lower().startswith("bearer ")
