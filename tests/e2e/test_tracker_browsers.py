# SPDX-License-Identifier: Apache-2.0
"""Browsers find each other through our tracker's WebSocket and move a real file over WebRTC."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.clients.base import wait_until
from tests.e2e.clients.chromium import pages
from tests.e2e.clients.seedbed import seedbed
from tests.e2e.data import make_file
from tests.e2e.test_tracker import tracking

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(90)]


def test_webtorrent_in_a_browser(tmp_path: Path) -> None:
    """One page seeds, the other knows a magnet with our tracker alone; a scrape counts both."""
    data = make_file(tmp_path / "data").read_bytes()
    with tracking(tmp_path, "--open") as tracker, pages(data, tracker.ws, tmp_path) as browser:
        wait_until(
            lambda: bool(browser.find("done") or browser.find("error")), "the file came", log=tmp_path / "leech.log"
        )
        wait_until(lambda: tracker.numbers()["seeds"] == 2, "both are seeds now")
        scraped = seedbed("scrape", browser.find("seeding")["infoHash"], "--tracker", tracker.http, "--lan")

    assert not browser.find("error"), json.dumps(browser.told)
    assert browser.find("done")["sha256"] == hashlib.sha256(data).hexdigest()
    assert set(browser.find("done")["kinds"]) == {"webrtc"}
    assert (scraped["datasets"][0]["seeds"], scraped["datasets"][0]["completed"]) == (2, 1)
