# SPDX-License-Identifier: Apache-2.0
"""An interrupted ``torrent create`` leaves nothing half-written, and a killed one goes on where it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PROGRAM = str(Path(sys.executable).with_name("seedbed"))


def big(tmp_path: Path) -> Path:
    """A file of 3 GB that takes no room: a hole with a few bytes in it."""
    path = tmp_path / "big.bin"
    with path.open("wb") as file:
        for at in range(0, 3_000_000_000, 400_000_000):
            file.seek(at)
            file.write(b"some bytes at %d" % at)
        file.truncate(3_000_000_001)
    return path


@pytest.mark.timeout(60)
def test_killed_run_goes_on(tmp_path: Path) -> None:
    """``kill -9`` in the middle: no torrent, no part of one; the next run hashes the rest only."""
    path = big(tmp_path)
    settings = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "SEEDBED_HASH_ENGINE": "hashlib"}
    command = [PROGRAM, "torrent", "create", str(path), "--workers", "1", "--quiet"]
    running = subprocess.Popen(command, cwd=tmp_path, env={**os.environ, **settings}, stdout=subprocess.DEVNULL)
    _wait_for_journal(tmp_path / "cache", 100_000)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert not [*tmp_path.glob("*.torrent"), *tmp_path.glob(".*")]

    done = create(path, "--workers", "1", "--json", **settings)

    assert "Going on" in done.stderr
    whole = json.loads(create(path, "--no-resume", "--json", "--force").stdout)
    again = json.loads(done.stdout)
    assert (again["infohash_v1"], again["infohash_v2"]) == (whole["infohash_v1"], whole["infohash_v2"])
    assert not list((tmp_path / "cache").rglob("*.journal"))


def create(path: Path, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    command = [PROGRAM, "torrent", "create", str(path), *options]
    env = {**os.environ, **settings}
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=path.parent, env=env)


def _wait_for_journal(cache: Path, size_bytes: int) -> None:
    deadline_s = time.monotonic() + 20
    while time.monotonic() < deadline_s:
        if sum(path.stat().st_size for path in cache.rglob("*.journal")) > size_bytes:
            return
        time.sleep(0.02)
    pytest.fail("the run kept no journal")


def test_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C: a word to the person, exit code 130, no torrent and no part of one."""
    path = big(tmp_path)
    settings = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "SEEDBED_HASH_ENGINE": "hashlib"}
    running = subprocess.Popen(
        [PROGRAM, "torrent", "create", str(path), "--workers", "1"],
        cwd=tmp_path,
        env={**os.environ, **settings},
        stderr=subprocess.PIPE,
        text=True,
    )
    _wait_for_journal(tmp_path / "cache", 20_000)
    running.send_signal(signal.SIGINT)
    _, words = running.communicate(timeout=10)

    assert running.returncode == 130
    assert "Stopped" in words
    assert "Traceback" not in words
    assert not [*tmp_path.glob("*.torrent"), *tmp_path.glob(".*")]
