# SPDX-License-Identifier: Apache-2.0
"""Strangers' files are opened only in a child process with limits (``catalog.table.limited_child``), without a network.

Who attacks: whoever uploads a file that crashes a library, fills the memory, computes for ever, or names addresses of
our own network that a library then asks. What it costs them: a finding, or an absent preview; the portal goes on.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seedbed.catalog.table.limited_child import ask_child
from seedbed.catalog.table.limits import ExamineLimits
from seedbed.errors import CatalogError, FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000
"""Flags of ``unshare(2)``."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a child may cost."""

    memory_bytes: int = 2 << 30
    """Of address space; libraries for maps reserve half of it."""
    cpu_s: int = 60
    wall_s: float = 120.0
    written_bytes: int = 0
    """Largest file that it may write."""


def ask(module: str, question: Mapping[str, Any], cost: Cost, *, name: str) -> dict[str, Any]:
    """Let a child answer.

    Args:
        module: What the child runs; it calls ``answer_parent``.
        question: Of JSON values.
        cost: What it may cost.
        name: What is looked at, for the error's words.

    Raises:
        FormatError: the child came to its limits; ``data['rule']`` is ``limits``.
    """
    limits = ExamineLimits(memory_bytes=cost.memory_bytes, cpu_s=cost.cpu_s, wall_s=cost.wall_s)
    try:
        return ask_child(module, question, limits, name=name, max_written_bytes=cost.written_bytes)
    except CatalogError as error:
        what = error.message if error.data.get("rule") not in {"C19", "C20"} else f"{name}: it took too much to read"
        raise FormatError(
            what,
            hint=f"At most {cost.memory_bytes >> 20:,} MiB of memory and {cost.cpu_s} s of computing are given to it.",
            rule="limits",
        ) from error


def leave_network() -> None:
    """Let this process see no network; where the system does not allow that, it goes on as it is."""
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        flags = _NEW_NETWORK if os.geteuid() == 0 else _NEW_NETWORK | _NEW_USER
        libc.unshare(flags)
