# SPDX-License-Identifier: Apache-2.0
"""What is said on a node's socket: one JSON object a line, in both directions (pure).

A request names what is wanted, such as ``{"do": "status"}``. Its answer is an object too; one with ``error`` says in
words why there is no other. ``events`` is answered by a line for each thing that happens, until somebody hangs up.
"""

from __future__ import annotations

import json
from typing import Any

from seedbed.errors import FormatError

MAX_REQUEST_BYTES = 16_384
"""The longest request is an id of some hundred characters."""
MAX_ANSWER_BYTES = 256 << 20
"""A million units, each with its name and numbers."""
NAMES = ("status", "plan", "why", "pause", "resume", "round", "events")


def read_request(line: bytes) -> dict[str, Any]:
    """Read a request.

    Raises:
        FormatError: it is none.
    """
    found = _object(line)
    if found.get("do") not in NAMES:
        raise FormatError(f"do: expected one of {', '.join(NAMES)}")
    return found


def read_answer(line: bytes) -> dict[str, Any]:
    """Read an answer, or an event.

    Raises:
        FormatError: it is none, or was cut off.
    """
    if not line.endswith(b"\n"):
        raise FormatError("the answer was cut off")
    return _object(line)


def line(value: dict[str, Any]) -> bytes:
    """An object as it is sent."""
    return json.dumps(value, ensure_ascii=False, default=str).encode() + b"\n"


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError("expected a JSON object on a line") from error
    if not isinstance(found, dict):
        raise FormatError("expected a JSON object on a line")
    return found
