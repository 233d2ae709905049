# SPDX-License-Identifier: Apache-2.0
"""A request's head: what is asked (RFC 9112); pure.

Who attacks: anybody. How: heads that two servers in a row read differently, so that one request hides in another. So
nothing is mended: what is not plainly well formed is refused, and requests have no body.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_HEAD_BYTES = 16_384
_MAX_HEADERS = 100
_FIRST = re.compile(rb"([A-Z]{1,16}) ([\x21-\x7e]{1,8000}) HTTP/1\.([01])")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
_ABSOLUTE = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_QUALITY = re.compile(r"q=([01](?:\.\d{0,3})?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked."""

    method: str
    path: str
    """Percent-encoded, from the first slash on, without the query."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""
    keeps_alive: bool = True


def read_head(data: bytes) -> Request:
    """Read a head with the empty line at its end.

    Raises:
        FormatError: it is not one, or announces a body.
    """
    first, *lines = data.removeprefix(b"\r\n").removesuffix(b"\r\n\r\n").split(b"\r\n")
    match = _FIRST.fullmatch(first)
    if not match or len(lines) > _MAX_HEADERS:
        raise FormatError("request: expected GET /path HTTP/1.1 and at most 100 headers")
    headers: dict[str, str] = {}
    for line in lines:
        one = _HEADER.fullmatch(line)
        if not one:
            raise FormatError("request: expected headers as Name: value")
        name, value = one[1].decode("ascii").lower(), one[2].decode("latin-1").strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
        raise FormatError("request: expected no body")
    is_new = match[3] == b"1"
    if is_new and "host" not in headers:
        raise FormatError("request: expected a Host header")
    said = headers.get("connection", "").lower()
    path = _ABSOLUTE.sub("", match[2].decode("ascii"), count=1).partition("?")[0]
    keeps_alive = "close" not in said and (is_new or "keep-alive" in said)
    return Request(match[1].decode("ascii"), path, headers, keeps_alive)


def prefers_json(accept: str) -> bool:
    """Whether a listing is wanted as JSON: it is named, and not less wanted than HTML (RFC 9110, 12.5.1)."""
    wanted = {"application/json": 0.0, "text/html": 0.0}
    for part in accept.lower().split(","):
        kind, _, options = part.partition(";")
        if kind.strip() in wanted:
            quality = _QUALITY.search(options)
            wanted[kind.strip()] = float(quality[1]) if quality else 1.0
    return 0.0 < wanted["application/json"] >= wanted["text/html"]
