# SPDX-License-Identifier: Apache-2.0
"""Engines take what a machine can bear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seedbed.engine.machine import PLENTY_BYTES, Machine, fitted, this_machine
from seedbed.engine.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

USUAL = Settings()


def test_plenty_changes_nothing() -> None:
    """A usual server; nor does a machine that tells nothing of its memory."""
    assert fitted(USUAL, Machine(64_000_000_000, 65_536), engines=4) == USUAL
    assert fitted(USUAL, Machine(0, 65_536), engines=4) == USUAL


@pytest.mark.parametrize("memory_bytes", [300_000_000, 512_000_000, 1_000_000_000, 2_000_000_000])
@pytest.mark.parametrize("open_files", [256, 1_024, 65_536])
def test_a_small_machine_is_not_used_up(memory_bytes: int, open_files: int) -> None:
    """All four engines of a node together, at their worst: a quarter of the memory, most of the descriptors."""
    one = fitted(USUAL, Machine(memory_bytes, open_files), engines=4)
    alert_bytes, state_bytes = 300, 60_000  # of a message and of a connection, as measured
    worst = 4 * (one.connection_limit * state_bytes + one.alert_queue_length * alert_bytes)
    assert worst < memory_bytes / 2
    assert 4 * (one.connection_limit + one.open_files) <= 0.65 * open_files
    assert one.connection_limit >= 8


def test_a_raspberry_pi_of_1_gb_works_by_default() -> None:
    """It serves a good hundred peers."""
    one = fitted(USUAL, Machine(1_000_000_000, 1_024 * 1_024 // 16), engines=4)
    assert one.connection_limit == 125
    assert one.socket_buffer_bytes == 1 << 20


def test_hardly_any_descriptors() -> None:
    """N20: the least that is an engine."""
    one = fitted(USUAL, Machine(PLENTY_BYTES, 40), engines=4)
    assert (one.connection_limit, one.open_files) == (8, 4)


def write(path: Path, text: str) -> None:
    """A file of the system."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_least_of_all_limits_counts(tmp_path: Path) -> None:
    """Memory, container and service; ``max`` and huge numbers are none."""
    write(tmp_path / "proc/meminfo", "MemTotal:        8000000 kB\nMemFree: 1 kB\n")
    assert this_machine(tmp_path).memory_bytes == 8_192_000_000
    write(tmp_path / "sys/fs/cgroup/memory.max", "max\n")
    write(tmp_path / "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")
    assert this_machine(tmp_path).memory_bytes == 8_192_000_000
    write(tmp_path / "sys/fs/cgroup/memory.max", "2000000000\n")
    assert this_machine(tmp_path).memory_bytes == 2_000_000_000
    write(tmp_path / "proc/self/cgroup", "0::/system.slice/seedbed-node.service\n")
    write(tmp_path / "sys/fs/cgroup/system.slice/seedbed-node.service/memory.max", "500000000\n")
    assert this_machine(tmp_path).memory_bytes == 500_000_000


def test_a_system_that_tells_nothing(tmp_path: Path) -> None:
    """It has no limit that we know of."""
    assert this_machine(tmp_path).memory_bytes == 0
    assert this_machine().open_files > 0
