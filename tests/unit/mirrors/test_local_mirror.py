# SPDX-License-Identifier: Apache-2.0
"""A folder is a mirror."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import SourceError
from seedbed.mirrors.content import BytesContent
from seedbed.mirrors.local import INCOMING, LocalMirror
from seedbed.mirrors.push import push
from seedbed.testing.mirror_suite import MirrorSuite, contents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class TestLocalMirror(MirrorSuite):
    """The shared suite, in folders."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.root, self.count = tmp_path / "mirrors", 0

    def holding(self, files: Mapping[str, bytes]) -> LocalMirror:
        """A folder of its own."""
        self.count += 1
        root = self.root / str(self.count)
        for key, data in files.items():
            (root / key).parent.mkdir(parents=True, exist_ok=True)
            (root / key).write_bytes(data)
        return LocalMirror(root)


def test_files_are_for_everybody(tmp_path: Path) -> None:
    """A web server under another user reads them, as far as this user's umask says."""
    umask = os.umask(0o022)
    try:
        push(LocalMirror(tmp_path), contents({"a/b": b"x"}))
    finally:
        os.umask(umask)

    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o644


def test_our_own_folder_is_no_key(tmp_path: Path) -> None:
    """Half files lie in a folder of ours: nobody pushes to it, and it is not listed."""
    mirror = LocalMirror(tmp_path)
    (tmp_path / INCOMING).mkdir()
    (tmp_path / INCOMING / "half").write_bytes(b"h")

    assert list(mirror.list()) == []
    with pytest.raises(SourceError, match=INCOMING):
        push(mirror, contents({f"{INCOMING}/x": b"x"}))


def test_a_file_in_the_way(tmp_path: Path) -> None:
    """A folder cannot be made where a file is: told as that, and the file stays."""
    mirror = LocalMirror(tmp_path)
    push(mirror, contents({"a": b"x"}))

    for key in ("a/b", "a/b/c"):
        with pytest.raises(SourceError, match="a file is where a folder"):
            push(mirror, contents({key: b"y"}))
    assert mirror.read("a", start=0, stop=1) == b"x"


def test_a_killed_push_leaves_nothing_for_long(tmp_path: Path) -> None:
    """What a killed program left is taken away by the next push; what one at work writes is not."""
    program = (
        "import sys; from pathlib import Path; from seedbed.mirrors.local import LocalMirror\n"
        "with LocalMirror(Path(sys.argv[1]))._incoming() as (file, path):\n"
        "    file.write(b'half'); file.flush(); print(path.name, flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        half = tmp_path / INCOMING / other.stdout.readline().decode().strip()
        push(LocalMirror(tmp_path), contents({"a": b"x"}))
        assert half.read_bytes() == b"half"

        other.send_signal(signal.SIGKILL)
        other.wait()
    push(LocalMirror(tmp_path), contents({"b": b"y"}))

    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["a", "b"]


def test_what_is_below_a_prefix_is_found_without_looking_elsewhere(tmp_path: Path) -> None:
    """A mirror may hold very many versions; half a folder's name is a prefix too."""
    mirror = LocalMirror(tmp_path)
    for key in ("lakes/1/lakes/a.csv", "lakes/10/a.csv", "rivers/1/b.csv"):
        push(mirror, {key: BytesContent(key, b"x")})

    assert [one.key for one in mirror.list(prefix="lakes/1/")] == ["lakes/1/lakes/a.csv"]
    assert [one.key for one in mirror.list(prefix="lakes/1")] == ["lakes/1/lakes/a.csv", "lakes/10/a.csv"]
    assert [one.key for one in mirror.list(prefix="riv")] == ["rivers/1/b.csv"]
    assert list(mirror.list(prefix="ponds/1/")) == []
