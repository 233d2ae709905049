# SPDX-License-Identifier: Apache-2.0
"""What stands behind the question mark of our own URLs (``s3://…?endpoint=…``). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Collection


def read_options(query: str, known: Collection[str]) -> tuple[dict[str, str], str]:
    """The options, and what is wrong with their names; values are not repeated, for some are secret by mistake.

    Args:
        query: What stands behind the question mark.
        known: Names that there are.

    Returns:
        Name -> value, and text for people; the text is empty when every name is known.
    """
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = sorted(options.keys() - set(known))
    if not unknown:
        return options, ""
    expected = ", ".join(sorted(known))
    return options, f"unknown option {unknown[0]!r}: expected {'one of ' if len(known) > 1 else ''}{expected}"
