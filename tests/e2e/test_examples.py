# SPDX-License-Identifier: Apache-2.0
"""The examples run as they stand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
