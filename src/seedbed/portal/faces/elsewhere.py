# SPDX-License-Identifier: Apache-2.0
"""Paths of the gateway and of the tracker at the portal's own address: whoever comes here is sent on (307).

So one address serves all without a web server before it. Where one distributes the paths, nothing of this is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.responses import RedirectResponse

from seedbed.errors import NotFoundError
from seedbed.portal.portal import portal_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

AREAS = ("catalog", "v", "latest", "webseed")
DOORS = ("lease", "health", "nodes.json")
"""Of the registry of smartnodes, beside the tracker's announce."""


def to_gateway(request: Request) -> Response:
    """Files, web seeds and the static catalogue.

    Raises:
        NotFoundError: the gateway is said to be at this very address, so nobody is there.
    """
    settings = portal_of(request).settings
    if not settings.data_url or _host(settings.data_url) == _host(settings.public_url):
        raise NotFoundError(
            f"{request.url.path[:200]}: the gateway serves this, and it is not reached at this address",
            hint="seedbed serve --gateway-url says where it is, or a web server sends these paths to it.",
        )
    return RedirectResponse(_moved(request, settings.data_url), 307)


def to_tracker(request: Request) -> Response:
    """The registry's doors.

    Raises:
        NotFoundError: no tracker of ours is known, or it is said to be at this very address.
    """
    settings = portal_of(request).settings
    base = settings.registry_url.rstrip("/")
    if not base or _host(base) == _host(settings.public_url):
        raise NotFoundError(
            f"{request.url.path[:200]}: the tracker serves this, and it is not reached at this address",
            hint="/machines says where the tracker is.",
        )
    return RedirectResponse(_moved(request, base), 307)


def _moved(request: Request, base: str) -> str:
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    path = raw.partition(b"?")[0].decode("latin-1")
    return base + path + (f"?{request.url.query}" if request.url.query else "")


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()
