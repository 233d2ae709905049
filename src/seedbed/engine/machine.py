# SPDX-License-Identifier: Apache-2.0
"""How much of a machine engines may take: memory and file descriptors, by what there is.

From 4 GB of memory on, engines have their usual settings; below, what costs memory shrinks with it: connections, their
buffers, messages that wait to be read. A container's limit counts like the machine's own memory. Descriptors are shared
by all engines of a program: two fifths are for connections, one for files of data, the rest for the program itself.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seedbed.engine.settings import Settings

PLENTY_BYTES = 4_000_000_000
"""With so much memory nothing is saved."""
LEAST_CONNECTIONS, LEAST_FILES = 8, 4
"""Fewer would be no engine: a machine that has no descriptors for them is slow and says so in ``node doctor``."""
LEAST_BUFFER_BYTES, LEAST_ALERTS = 128 << 10, 20_000
MOST_FILES = 65_536
"""An engine raises the program's own limit so far, if it may."""
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Of this container (cgroup 2, cgroup 1): ``max`` or a huge number is no limit."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What there is."""

    memory_bytes: int
    """That this program may hope for; 0 where nobody tells."""
    open_files: int
    """Descriptors that it may have."""


def this_machine(root: Path = Path("/")) -> Machine:
    """Ask the system.

    Args:
        root: Where its files are.
    """
    limits = [_memory(root), *(_number(root / path.lstrip("/")) for path in (*_LIMITS, _own_limit(root)))]
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    return Machine(min((one for one in limits if one), default=0), files)


def fitted(settings: Settings, machine: Machine, *, engines: int = 1) -> Settings:
    """Settings that a machine can bear; never more than they were.

    Args:
        settings: Of each engine.
        machine: Where they run.
        engines: That run at a time, this one included.
    """
    share = min(machine.memory_bytes / PLENTY_BYTES, 1.0) if machine.memory_bytes else 1.0
    connections = min(int(settings.connection_limit * share), machine.open_files * 2 // 5 // engines)
    files = min(settings.open_files, machine.open_files // 5 // engines)
    return replace(
        settings,
        connection_limit=max(connections, LEAST_CONNECTIONS),
        open_files=max(files, LEAST_FILES),
        socket_buffer_bytes=max(int(settings.socket_buffer_bytes * share), LEAST_BUFFER_BYTES),
        alert_queue_length=max(int(settings.alert_queue_length * share), LEAST_ALERTS),
    )


def _memory(root: Path) -> int:
    try:
        lines = (root / "proc/meminfo").read_text("ascii").splitlines()
    except (OSError, ValueError):
        return 0
    found = next((line.split() for line in lines if line.startswith("MemTotal:")), ["", "0"])
    return int(found[1]) * 1024


def _own_limit(root: Path) -> str:
    """Of the service that we are (``MemoryMax=`` of systemd)."""
    try:
        lines = (root / "proc/self/cgroup").read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return _LIMITS[0]
    own = next((line.removeprefix("0::").strip("/") for line in lines if line.startswith("0::")), "")
    return f"/sys/fs/cgroup/{own}/memory.max"


def _number(path: Path) -> int:
    try:
        text = path.read_text("ascii").strip()
    except (OSError, ValueError):
        return 0
    return int(text) if text.isdecimal() else 0
