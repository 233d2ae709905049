# SPDX-License-Identifier: Apache-2.0
"""Errors as answers: a page for people, JSON for programs; what is wrong, where, and what to do next."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from seedbed.errors import BusyError, InputError, NoSpaceError, NotFoundError, SeedbedError, SourceError, StateError
from seedbed.portal.portal import portal_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

log = logging.getLogger(__name__)

_STATUSES: tuple[tuple[type[SeedbedError], int], ...] = (
    (NotFoundError, 404),
    (BusyError, 409),
    (NoSpaceError, 507),
    (InputError, 400),
    (SourceError, 502),
    (StateError, 503),
)
"""The first that fits."""


class RefusedError(InputError):
    """A request that is refused with a status of its own.

    Args:
        message: What is wrong.
        hint: What to do next.
        status: Of HTTP: 401, 403, 409, 413, 415, 423, 429.
        field: Of a form, where one is to blame.
        headers: Of the answer: ``Retry-After``.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        status: int = 400,
        field: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.field = field
        self.headers = headers or {}


def status_of(error: SeedbedError) -> int:
    """Of HTTP."""
    if isinstance(error, RefusedError):
        return error.status
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)


def wants_json(request: Request) -> bool:
    """Whether a program asks."""
    accept = request.headers.get("accept", "")
    return request.url.path.startswith(("/api/", "/stac", "/generate_torrents")) or (
        "json" in accept and "text/html" not in accept
    )


async def failed(request: Request, error: Exception) -> Response:
    """The answer to one of our errors, as Starlette calls it."""
    return answer_to(request, error, as_json=wants_json(request))


def answer_to(request: Request, error: Exception, *, as_json: bool) -> Response:
    """The answer to an error: a page, or JSON."""
    if isinstance(error, SeedbedError):
        status, what, hint = status_of(error), str(error), error.hint
    elif isinstance(error, HTTPException):
        status, what, hint = error.status_code, error.detail, ""
    else:
        log.error("request failed", exc_info=error)
        status, what, hint = 500, HTTPStatus.INTERNAL_SERVER_ERROR.phrase, ""
    headers = dict(getattr(error, "headers", None) or {})
    if as_json:
        told = {"status": status, "what": what, "where": getattr(error, "field", ""), "hint": hint}
        return JSONResponse({"error": told}, status, headers)
    pages = portal_of(request).pages
    return pages.render(request, "web/failure.html", status=status, headers=headers, code=status, what=what, hint=hint)
