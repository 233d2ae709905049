# SPDX-License-Identifier: Apache-2.0
"""qBittorrent's own RSS reader subscribes to a feed, lists its articles, and fetches by a rule of its own."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.clients.base import LOOPBACK, accepts, free_port, process, wait_until
from tests.e2e.clients.qbittorrent import _CONFIG
from tests.e2e.portal_site import SIZE_BYTES, Town, town
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(150)]
_RSS = """
[RSS]
Session\\EnableProcessing=true
Session\\RefreshInterval=1
Session\\FetchDelay=0
AutoDownloader\\EnableProcessing=true
"""


class Reader:
    """qbittorrent-nox, steered by its web API."""

    def __init__(self, web: int) -> None:
        self._base = f"http://{LOOPBACK}:{web}/api/v2"

    def tell(self, path: str, /, **values: str) -> None:
        """Do something."""
        body = urllib.parse.urlencode(values).encode()
        with urllib.request.urlopen(f"{self._base}/{path}", body, timeout=10) as answer:
            answer.read()

    def ask(self, path: str) -> Any:
        """What it says."""
        with urllib.request.urlopen(f"{self._base}/{path}", timeout=10) as answer:
            return json.load(answer)

    def articles(self, name: str) -> list[dict[str, Any]]:
        """Of a feed; empty as long as it has not been read."""
        found: list[dict[str, Any]] = self.ask("rss/items?withData=true")[name].get("articles", [])
        return found


@contextmanager
def reader(scratch: Path) -> Iterator[Reader]:
    """One at work, which takes torrents of feeds by itself."""
    web, port, log = free_port(), free_port(), scratch / "qbittorrent.log"
    config = scratch / "qBittorrent/config/qBittorrent.conf"
    config.parent.mkdir(parents=True)
    config.write_text(_CONFIG.format(port=port, web=web, host=LOOPBACK) + _RSS)
    with process([require("qbittorrent-nox"), f"--profile={scratch}"], log):
        wait_until(lambda: accepts(web), "qbittorrent answers", log=log)
        yield Reader(web)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Two published datasets behind a gateway, and a portal."""
    with town(tmp_path_factory.mktemp("town")) as made:
        yield made


def test_qbittorrent_reads_a_feed_and_fetches_what_is_in_it(site: Town, tmp_path: Path) -> None:
    """Titles, links, dates and torrents as it shows them; then one rule, and the data is there, from our web seed."""
    into = tmp_path / "into"
    with reader(tmp_path / "profile") as client:
        client.tell("rss/addFeed", url=f"{site.url}/rss.xml", path="all")
        client.tell("rss/addFeed", url=f"{site.url}/rss/fits/400kb.rss", path="fits")
        wait_until(lambda: client.articles("all") and client.articles("fits"), "both feeds are read")
        shown = {one["title"]: one for one in client.articles("all")}

        assert set(shown) == {"set-0 (1)", "set-1 (1)"}
        first = shown["set-0 (1)"]
        assert first["torrentURL"] == f"{site.url}/datasets/set-0/1.torrent"
        assert first["link"] == f"{site.url}/datasets/set-0/1"
        assert first["date"]
        assert "For a test." in first["description"]
        assert len(client.articles("fits")) == 1

        rule = {
            "enabled": True,
            "mustContain": "set-1",
            "affectedFeeds": [f"{site.url}/rss.xml"],
            "savePath": str(into),
        }
        client.tell("rss/setRule", ruleName="mine", ruleDef=json.dumps(rule))
        wait_until(lambda: client.ask("torrents/info"), "the rule takes its torrent")
        wait_until(lambda: client.ask("torrents/info")[0]["progress"] == 1, "it is fetched")
        assert len(client.ask("torrents/info")) == 1

    assert (into / "set-1/sub/a.bin").stat().st_size == SIZE_BYTES + 1
