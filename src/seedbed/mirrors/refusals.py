# SPDX-License-Identifier: Apache-2.0
"""Whose move it is when a service says no: the person's, when it is about credentials or what was said."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from seedbed.errors import InputError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

_CREDENTIALS = "Check the credentials and what they allow (docs/mirrors.md); tokens expire."
_INPUT = frozenset((400, 401, 403, 409, 422))


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Within, what a service refuses for good is an ``InputError`` with the service's words.

    Raises:
        InputError: it refused.
    """
    try:
        yield
    except SourceError as error:
        status = error.data.get("status")
        if status not in _INPUT:
            raise
        hint = _CREDENTIALS if status in {401, 403} else error.hint
        raise InputError(error.message, hint=hint, **error.data) from None
