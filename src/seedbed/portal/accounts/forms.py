# SPDX-License-Identifier: Apache-2.0
"""Small forms and small JSON, read with limits, and handed to plain handlers (which may block, in a thread)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from starlette.concurrency import run_in_threadpool

from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    Handler: TypeAlias = "Callable[[Request], Awaitable[Response]]"

MAX_BYTES = 256 << 10
"""Of a form or a JSON text: more is no form of ours."""
MAX_FIELDS = 200


class Fields(dict[str, list[str]]):
    """What a form holds: each field's values in the order sent."""

    def one(self, name: str) -> str:
        """A field's text without spaces around it; empty where it is missing."""
        return (self.get(name) or [""])[0].strip()

    def whole(self, name: str) -> str:
        """A field's text as it is: for passwords."""
        return (self.get(name) or [""])[0]

    def all(self, name: str) -> tuple[str, ...]:
        """All values of a field: boxes that are ticked."""
        return tuple(self.get(name, ()))

    def is_ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.one(name))


def posted(handler: Callable[[Request, Fields], Response]) -> Handler:
    """A handler for a page's form."""

    async def read(request: Request) -> Response:
        await _body(request)
        async with request.form(max_files=0, max_fields=MAX_FIELDS, max_part_size=MAX_BYTES) as form:
            fields = Fields()
            for name, value in form.multi_items():
                fields.setdefault(name, []).append(check_text(str(value), name))
        return await run_in_threadpool(handler, request, fields)

    return read


def sent(handler: Callable[[Request, dict[str, Any]], Response]) -> Handler:
    """A handler for JSON: an object."""

    async def read(request: Request) -> Response:
        value = _object(await _body(request))
        return await run_in_threadpool(handler, request, value)

    return read


def _object(body: bytes) -> dict[str, Any]:
    """A JSON object of texts that can be kept; an empty body is an empty one."""
    try:
        value = json.loads(body or b"{}")
        check_texts(value)
    except RecursionError:
        raise RefusedError("the body is nested too deeply") from None
    except ValueError as error:
        raise RefusedError(f"the body is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise RefusedError(f"the body: expected an object, got {type(value).__name__}")
    return value


def check_text(text: str, field: str = "") -> str:
    """A text that every database can hold: without NUL, and without halves of characters (surrogates).

    Raises:
        RefusedError: it has one.
    """
    try:
        text.encode()
        is_text = "\0" not in text
    except UnicodeEncodeError:
        is_text = False
    if not is_text:
        raise RefusedError(f"{field or 'a text'}: it has a character that is none", field=field)
    return text


def check_texts(value: Any, field: str = "") -> None:
    """All texts of a JSON value. It is as deep as its reader allowed."""
    if isinstance(value, str):
        check_text(value, field)
    elif isinstance(value, dict):
        for name, one in value.items():
            check_text(name)
            check_texts(one, name)
    elif isinstance(value, list):
        for one in value:
            check_texts(one, field)


async def _body(request: Request) -> bytes:
    """All of it, kept for whoever reads it next; the reading stops where it grows too long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise RefusedError(f"the form is longer than {MAX_BYTES:,} bytes", status=413)
    request._body = bytes(body)  # noqa: SLF001  # where Starlette's own body() keeps it
    return request._body  # noqa: SLF001
