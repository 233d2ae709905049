# SPDX-License-Identifier: Apache-2.0
"""Our cookies: not for scripts, not for other sites, and by HTTPS only where the site has it (RFC 6265bis).

``__Host-`` keeps other hosts of the same domain from setting them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.datastructures import MutableHeaders
    from starlette.requests import Request

    from seedbed.portal.settings import Settings

SESSION = "session"
FORM = "form"
PROVIDER = "provider"
MAX_CHARACTERS = 512
"""A longer one is not of ours."""


def name_of(settings: Settings, kind: str) -> str:
    """A cookie's name."""
    return f"__Host-seedbed-{kind}" if settings.is_secure else f"seedbed-{kind}"


def read(request: Request, settings: Settings, kind: str, *, limit: int = MAX_CHARACTERS) -> str:
    """What a browser holds; empty for nothing."""
    value = request.cookies.get(name_of(settings, kind), "")
    return value if len(value) <= limit else ""


def put(headers: MutableHeaders, settings: Settings, kind: str, value: str, *, max_age_s: int | None = None) -> None:
    """Have a browser hold it; until it is closed, unless ``max_age_s`` is given (0: throw it away)."""
    age = "" if max_age_s is None else f"; Max-Age={max_age_s}"
    secure = "; Secure" if settings.is_secure else ""
    text = f"{name_of(settings, kind)}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}"
    headers.append("Set-Cookie", text)
    headers["Cache-Control"] = "no-store"  # else a shared cache would hand one person's cookie to the next


def drop(headers: MutableHeaders, settings: Settings, kind: str) -> None:
    """Have a browser throw it away."""
    put(headers, settings, kind, "", max_age_s=0)
