# SPDX-License-Identifier: Apache-2.0
"""A whole server that remembers in PostgreSQL: two processes of it work on one database."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests import postgres
from tests.servers import Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(120)]

SAMPLE = Path(__file__).parents[2] / "examples/data/sample"
PASSWORD = "lamp otter violin moss"
ITEM = "lakes@1"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """With a published dataset; without tracker, node and schedule."""
    if reason := postgres.missing():
        pytest.skip(reason)
    with postgres.running() as cluster:
        parts = ("--only", "portal", "--only", "worker", "--only", "gateway")
        with serving(tmp_path / "server", "--database", cluster.database(), *parts) as opened:
            shutil.copytree(SAMPLE, tmp_path / "lakes")
            words = ["publish", str(tmp_path / "lakes"), "--dataset", "lakes", "--version", "1", "--title", "Lakes"]
            catalog = ["--catalog", str(opened.folder / "catalog"), "--license", "CC0-1.0", "--lan"]
            mirror = ["--mirror", f"file://{opened.folder}/data?public={opened.files}/webseed/"]
            command = [sys.executable, "-m", "seedbed", *words, *catalog, *mirror]
            subprocess.run(command, env=opened.environment, check=True, capture_output=True, timeout=60)
            opened.until("lakes/1")
            yield opened


def _send(web: httpx2.Client, page: str, fields: dict[str, str]) -> httpx2.Response:
    """Open a page, and send its form."""
    found = re.search(r'name="csrf_token" value="(\w+)"', web.get(page).text)
    assert found
    return web.post(page.partition("?")[0], data={"csrf_token": found[1], **fields})


def _until(server: Server, text: str, *, is_there: bool, seconds: float = 40) -> None:
    """The dataset's page follows the signed catalogue."""
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        page = httpx2.get(f"{server.url}/datasets/lakes/1", headers={"Accept": "text/html"}, timeout=20).text
        if (text in page) == is_there:
            return
        time.sleep(0.2)
    pytest.fail(f"the page did not {'get' if is_there else 'lose'} {text!r} in {seconds} s")


def test_report_takedown_and_put_back_in_the_signed_catalogue(server: Server) -> None:
    """The portal decides, the worker does: through rows of PostgreSQL."""
    link = server.facts["admin_link"].removeprefix(server.url)
    with httpx2.Client(base_url=server.url, headers={"Accept": "text/html"}, timeout=20) as web:
        made = _send(web, link, {"name": "Root", "password": PASSWORD, "again": PASSWORD})
        report = _send(web, f"/report?item={ITEM}", {"item": ITEM, "kind": "wrong", "text": "These are seas."})
        place = "/review/reports/" + report.headers["location"].removeprefix("/reports/").partition("?")[0]
        down = _send(web, place, {"action": "takedown", "reason": "They are no lakes."})
        _until(server, "They are no lakes.", is_there=True)
        back = _send(web, place, {"action": "put-back", "reason": "Lakes after all."})
        _until(server, "They are no lakes.", is_there=False)
        log = web.get("/admin/log").text

    assert [one.status_code for one in (made, report, down, back)] == [303] * 4
    assert "report-put-back" in log
