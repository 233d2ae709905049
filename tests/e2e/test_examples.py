# SPDX-License-Identifier: Apache-2.0
"""The examples run as they stand."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.servers import free_ports

EXAMPLES = Path(__file__).parents[2] / "examples"

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@pytest.mark.parametrize(
    ("name", "last_words"), [("demo.py", "it stayed."), ("torrents.py", "a flipped bit was mended.")]
)
def test_an_example_tells_its_story_to_the_end(name: str, last_words: str) -> None:
    """What a newcomer runs first."""
    done = subprocess.run([sys.executable, EXAMPLES / name], capture_output=True, text=True, check=False, timeout=170)

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert last_words in done.stdout


@pytest.mark.slow
def test_the_portal_s_example_shows_its_dataset_and_ends_in_order(tmp_path: Path) -> None:
    """``make portal``, in a folder of its own and on free ports."""
    names = ("--listen", "--gateway", "--tracker", "--tracker-ws", "--node")
    places = [word for name, port in zip(names, free_ports(5), strict=True) for word in (name, f"127.0.0.1:{port}")]
    command = [sys.executable, str(EXAMPLES / "portal.py"), *places]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as running:
        try:
            line = next(line for line in running.stdout or () if line.startswith("Open "))
            with urllib.request.urlopen(f"{line.split()[1]}datasets/cities-and-lakes/2026-11", timeout=20) as page:
                assert b"Cities and lakes of North America" in page.read()
        finally:
            running.send_signal(signal.SIGINT)
            assert running.wait(60) == 0
