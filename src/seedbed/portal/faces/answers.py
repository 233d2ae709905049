# SPDX-License-Identifier: Apache-2.0
"""Answers that anybody may read and keep: ETag, If-None-Match (RFC 9110, 13.1.2), Vary, and CORS for every site.

Nothing here depends on who asks: no cookie, no person. So caches in between may answer for us.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from typing import TYPE_CHECKING, Any, TypeAlias

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from seedbed.errors import NotFoundError, SeedbedError
from seedbed.portal.portal import portal_of
from seedbed.portal.web.failures import answer_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from starlette.requests import Request

    from seedbed.portal.portal import Portal

    Answer: TypeAlias = Callable[[Request], Response]

KEPT_S = 60
"""A cache may answer for so long without asking; a release of the catalogue is seen a little later for it."""
BLOCK_BYTES = 65_536
"""Of a long answer."""
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Location, Retry-After",
}


def reading(
    path: str,
    answer: Answer,
    *,
    methods: Iterable[str] = ("GET",),
    varies: str = "",
    kept_s: int = KEPT_S,
    otherwise: Answer | None = None,
) -> Route:
    """An address of a face.

    Args:
        path: As Starlette writes it.
        answer: Makes the answer; runs in a thread.
        methods: Those besides ``OPTIONS`` and ``HEAD``.
        varies: Names of the request's headers that the answer depends on, with commas between.
        kept_s: How long a cache may answer without asking.
        otherwise: Tried where there is no such thing: a page, which is not for everybody to keep.
    """
    names = tuple(filter(None, (one.strip() for one in varies.split(","))))
    allowed = [*methods, "OPTIONS"]

    def endpoint(request: Request) -> Response:
        if request.method == "OPTIONS":
            return preflight(allowed)
        headers = {**CORS, "Cache-Control": f"public, max-age={kept_s}"} | ({"Vary": varies} if varies else {})
        tag = etag(portal_of(request), request, names)
        if request.method in {"GET", "HEAD"} and is_known(request, tag):
            return Response(status_code=304, headers={**headers, "ETag": tag})
        return _answered(request, answer, {**headers, "ETag": tag}, otherwise)

    return Route(path, endpoint, methods=allowed)


def _answered(
    request: Request, answer: Answer, headers: Mapping[str, str], otherwise: Answer | None = None
) -> Response:
    try:
        made = answer(request)
    except SeedbedError as error:
        if otherwise and isinstance(error, NotFoundError):
            with contextlib.suppress(NotFoundError):
                return otherwise(request)
        refused = answer_to(request, error, as_json="text/html" not in request.headers.get("accept", ""))
        refused.headers.update(CORS)
        return refused
    if made.status_code == 200:
        for name, value in headers.items():
            made.headers.setdefault(name, value)
    else:
        made.headers.update(CORS)
    return made


def preflight(methods: Iterable[str]) -> Response:
    """What a browser asks before it sends JSON to another site."""
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": "Content-Type, If-None-Match",
        "Access-Control-Max-Age": "86400",
    }
    return Response(status_code=204, headers=headers)


def etag(portal: Portal, request: Request, varies: Iterable[str] = ()) -> str:
    """What changes whenever the answer may: the release of the catalogue, the numbers of health, the program."""
    said = [request.headers.get(name, "") for name in varies]
    parts = [portal.shelf.mark, portal.health.changed_s, portal.pages.version, portal.settings.public_url, *said]
    return f'"{hashlib.blake2s(repr(parts).encode(), digest_size=10).hexdigest()}"'


def is_known(request: Request, tag: str) -> bool:
    """Whether who asks has this already (weak comparison)."""
    known = request.headers.get("if-none-match", "")
    return known.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in known.split(",")}


def streamed(
    parts: Iterable[str], media_type: str, headers: Mapping[str, str] | None = None, *, size: int = BLOCK_BYTES
) -> Response:
    """A long text as it is made: memory stays flat. In blocks, because each is a step of the event loop."""

    def blocks() -> Iterator[bytes]:
        block = bytearray()
        for one in parts:
            block += one.encode("utf-8", "replace")
            if len(block) >= size:
                yield bytes(block)
                block.clear()
        yield bytes(block)

    return StreamingResponse(blocks(), media_type=media_type, headers=headers)


def as_json(value: Any, media_type: str = "application/json", headers: Mapping[str, str] | None = None) -> Response:
    """A JSON document."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(body.encode("utf-8", "backslashreplace"), media_type=media_type, headers=headers)
