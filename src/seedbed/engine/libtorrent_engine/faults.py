# SPDX-License-Identifier: Apache-2.0
"""libtorrent's errors in our terms. They come as bare ``RuntimeError`` with a text like ``… [libtorrent:19]``."""

from __future__ import annotations

import errno
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from seedbed.errors import InputError, NoSpaceError, NotFoundError, SeedbedError, StateError, TorrentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libtorrent as lt

_CODE = re.compile(r"^(?P<text>.*?) ?\[(?P<category>\w+):(?P<value>\d+)\]$", re.DOTALL)
_DUPLICATE, _INVALID_HANDLE, _MISSING_LAYERS = 19, 20, 215
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


def is_no_space(category: str, value: int) -> bool:
    """Whether an error code means that the disk, or our share of it, is full."""
    return category in {"system", "generic"} and value in _NO_SPACE


def from_code(code: lt.error_code, subject: str) -> SeedbedError:
    """Our error for an error code in an alert."""
    return _error(subject, code.message(), code.category().name(), code.value())


@contextmanager
def translated(subject: str) -> Iterator[None]:
    """Turn what the block raises into our errors.

    Args:
        subject: What the message is about, as the person knows it.

    Raises:
        SeedbedError: whatever libtorrent raised.
    """
    try:
        yield
    except RuntimeError as error:
        if not (found := _CODE.match(str(error))):
            raise StateError(f"{subject}: the engine says {str(error)!r}") from error
        raise _error(subject, found["text"], found["category"], int(found["value"])) from error


def _error(subject: str, text: str, category: str, value: int) -> SeedbedError:
    facts: dict[str, Any] = {"category": category, "code": value}
    if is_no_space(category, value):
        return NoSpaceError(f"{subject}: no space left on the disk", hint="Make room, then try again.", **facts)
    if category != "libtorrent":
        return StateError(f"{subject}: {text}", **facts)
    if value == _DUPLICATE:
        return InputError(f"{subject}: added twice", **facts)
    if value == _INVALID_HANDLE:
        return NotFoundError(f"{subject}: the engine does not have it", **facts)
    if value == _MISSING_LAYERS:
        return StateError(f"{subject}: its piece layers have not come yet", **facts)
    return TorrentError(f"{subject}: {text}", rule="engine", **facts)
