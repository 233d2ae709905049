# SPDX-License-Identifier: Apache-2.0
"""N25: what a folder's file system can do is found out when it is given."""

from __future__ import annotations

import errno
import os
import resource
from typing import TYPE_CHECKING, Any

import pytest

from seedbed.errors import StateError
from seedbed.node.choosing.units import Cutter
from seedbed.node.choosing.view import View
from seedbed.node.disk.trial import System, examine
from seedbed.node.giving.gift import Gift, refusal
from seedbed.testing.datasets import make_dataset
from seedbed.testing.releases import release_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def refuses(number: int) -> Callable[..., Any]:
    """A system call that fails."""

    def call(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return call


def test_a_usual_disk(tmp_path: Path) -> None:
    """Nothing is missing, and nothing is left behind."""
    trial = examine(tmp_path)
    trial.require(tmp_path)
    assert "hard-links" not in trial.lacks
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("system", "lacks"),
    [
        (System(link=refuses(errno.EPERM)), "hard-links"),
        (System(link=lambda one, other: other.write_bytes(one.read_bytes())), "hard-links"),
        (System(symlink=refuses(errno.ENOSYS)), "symlinks"),
        (System(truncate=lambda fd, size: os.write(fd, bytes(min(size, 8 << 20)))), "holes"),
        (System(truncate=refuses(errno.EOPNOTSUPP)), "holes"),
    ],
)
def test_what_is_missing_and_may_be(tmp_path: Path, system: System, lacks: str) -> None:
    """FAT, exFAT, SMB: it works without."""
    trial = examine(tmp_path, system)
    trial.require(tmp_path)
    assert lacks in trial.lacks


@pytest.mark.parametrize(
    ("system", "name"),
    [
        (System(fsync=refuses(errno.EIO)), "flush"),
        (System(replace=refuses(errno.EOPNOTSUPP)), "rename"),
        (System(replace=lambda one, _: one.unlink()), "rename"),
        (System(flock=refuses(errno.ENOLCK)), "lock"),
    ],
)
def test_what_cannot_work_is_refused(tmp_path: Path, system: System, name: str) -> None:
    """With the reason, and what to give instead."""
    with pytest.raises(StateError, match=name) as caught:
        examine(tmp_path, system).require(tmp_path)
    assert "local disk" in caught.value.hint


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """It is told."""
    with pytest.raises(StateError, match="nothing can be written"):
        examine(tmp_path / "none")


@pytest.mark.parametrize("most", [(1 << 32) - 1, 1 << 40])
def test_the_largest_file(tmp_path: Path, most: int) -> None:
    """FAT ends at 4 GiB; a disk that is full, or a file system that says another thing, tells nothing."""

    def truncate(_: int, size: int) -> None:
        if size > most:
            raise OSError(errno.EFBIG, "too large")

    assert examine(tmp_path, System(truncate=truncate)).largest_file_bytes == most
    assert examine(tmp_path, System(truncate=refuses(errno.ENOSPC))).largest_file_bytes == 0


def test_a_limit_of_the_system_itself(tmp_path: Path) -> None:
    """``ulimit -f`` counts like the disk's own."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 33, before[1]))
    try:
        assert examine(tmp_path).largest_file_bytes == (1 << 32) - 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_that_the_folder_cannot_hold_is_refused_with_a_reason(tmp_path: Path) -> None:
    """A single file by the catalogue, one in a folder by its torrent; a dataset of many small ones is taken."""
    single = make_dataset(tmp_path, 50_000, name="single")
    large = make_dataset(tmp_path, {"a": 50_000, "b": 9}, name="large")
    small = make_dataset(tmp_path, {"a": 30_000, "b": 30_000}, name="small")
    data = {one.metainfo.name: one for one in (single, large, small)}
    releases = [release_of(name, one) for name, one in data.items()]
    gift = Gift("c", "/x", 10**9, largest_file_bytes=40_000)
    cutter = Cutter(lambda release: data[release.dataset].metainfo)

    view = View.of(releases, cutter, gift, {})

    assert [unit.id for unit in view.units] == ["small@1"]
    facts = {"size_bytes": 50_000, "most_bytes": 40_000}
    assert view.refused == {"single@1": ("file-too-large", facts), "large@1": ("file-too-large", facts)}
    assert not View.of(releases, Cutter(lambda _: None), gift, {}).refused.get("small@1")


def test_without_holes_nothing_is_kept_in_parts(tmp_path: Path) -> None:
    """Each part would take the space of the whole."""
    huge = release_of("huge", make_dataset(tmp_path, 9, name="huge"), size_bytes=5 * 10**12)
    assert refusal(Gift("c", "/x", 10**9), huge) is None
    found = refusal(Gift("c", "/x", 10**9, lacks=("holes",)), huge)
    assert found
    assert found[0] == "no-holes"
