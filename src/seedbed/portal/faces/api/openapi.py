# SPDX-License-Identifier: Apache-2.0
"""OpenAPI 3.1 from the tables of operations (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedbed.portal.faces.api import shapes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seedbed.portal.faces.api.operations import Operation, Parameter
    from seedbed.portal.settings import Settings

TAGS = {
    "datasets": "Datasets, versions and files. Everybody may read.",
    "health": "How many copies there are.",
    "lists": "What is needed most.",
    "stac": "STAC API 1.0 over all versions.",
    "uploads": "Giving data: by token with the scope upload, or a session.",
    "accounts": "Tokens, and who asks.",
    "review": "What waits for a reviewer; reports.",
}
ANY = "any"
"""A token of whatever scope."""
_REFUSED = {
    400: "Something that was asked cannot be; the answer says what.",
    401: "A token is needed, or this one is no longer good.",
    403: "This person may not do that.",
    404: "There is no such thing.",
    409: "It does not fit to how things are now.",
    410: "It is withdrawn; the answer says why.",
    413: "It is too much at once.",
    415: "It is of another kind than expected.",
    422: "What is said has faults; all are listed.",
    423: "Somebody else is writing this file now.",
    429: "Too often; Retry-After says when again.",
    460: "A part does not match its checksum.",
}


def document(settings: Settings, version: str, operations: Iterable[Operation]) -> dict[str, Any]:
    """The description.

    Args:
        settings: Title and address.
        version: Of the program.
        operations: All, of whatever part.
    """
    paths: dict[str, dict[str, Any]] = {}
    known = list(operations)
    for one in known:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    used = {one.tag for one in known}
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": settings.title,
            "version": version,
            "description": "The catalogue for programs. Readings need no key, and may be kept: each has an ETag.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": settings.public_url}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items() if name in used],
        "paths": paths,
        "components": {
            "schemas": shapes.SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "Made at /account."}},
        },
    }


def _operation(one: Operation) -> dict[str, Any]:
    made: dict[str, Any] = {"operationId": one.name, "summary": one.summary, "tags": [one.tag]}
    needs = ""
    if one.needs:
        needs = "Needs a token." if one.needs == ANY else f"Needs a token with the scope {one.needs}."
    if text := " ".join(filter(None, (one.more, needs))):
        made["description"] = text
    if one.parameters:
        made["parameters"] = [_parameter(each) for each in one.parameters]
    if one.takes:
        made["requestBody"] = {"required": True, "content": {one.takes.media_type: {"schema": one.takes.schema}}}
    made["responses"] = _responses(one)
    return made | ({"security": [{"token": []}]} if one.needs else {})


def _parameter(one: Parameter) -> dict[str, Any]:
    made: dict[str, Any] = {"name": one.name, "in": one.place, "description": one.meaning, "schema": one.schema}
    if one.is_required:
        made["required"] = True
    return made | ({"example": one.example} if one.example is not None else {})


def _responses(one: Operation) -> dict[str, Any]:
    content = {kind: {"schema": schema} for kind, schema in one.gives.items()}
    good: dict[str, Any] = {"description": one.summary, **({"content": content} if content else {})}
    if one.method == "GET" and one.status == 200 and not one.needs:
        good["headers"] = {"ETag": {"description": "For If-None-Match.", "schema": shapes.TEXT}}
    found = {str(one.status): good}
    error = {"application/json": {"schema": shapes.ref("Error")}}
    for status in sorted({*one.refusals, 404}):  # NUL in an address is nowhere
        found[str(status)] = {"description": _REFUSED[status], "content": error}
    return found
