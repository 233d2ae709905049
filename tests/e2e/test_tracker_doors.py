# SPDX-License-Identifier: Apache-2.0
"""The tracker behind nginx, with TLS of its own, and for those with a key."""

from __future__ import annotations

import http.client
import json
import ssl
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.e2e.clients.base import process, wait_until
from tests.e2e.clients.seedbed import PROGRAM
from tests.e2e.nginx import web_seed
from tests.e2e.test_tracker import tracking
from tests.secure_web import certificate

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]
ASK = "announce?info_hash=aaaaaaaaaaaaaaaaaaaa&port=6881&left=0"
SCRAPE = json.dumps({"action": "scrape", "info_hash": "a" * 20})


def get(url: str, path: str, *, source: str = "", context: ssl.SSLContext | None = None, **fields: str) -> bytes:
    """A page, asked for from one of this machine's addresses."""
    place, own = url.split("/")[2], (source or "127.0.0.1", 0)
    line = http.client.HTTPConnection(place, timeout=10, source_address=own)
    if context:
        line = http.client.HTTPSConnection(place, timeout=10, source_address=own, context=context)
    try:
        line.request("GET", f"/{path}", headers={name.replace("_", "-"): value for name, value in fields.items()})
        return line.getresponse().read()
    finally:
        line.close()


def test_behind_nginx(tmp_path: Path) -> None:
    """With the configuration of the guide: over HTTP and WebSocket, and everybody is who nginx heard."""
    with tracking(tmp_path, "--open", "--trust-proxy", "127.0.0.1/32") as tracker:
        more = (
            f"location = /announce {{ proxy_pass {tracker.http};"
            "  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }"
            f"location = /browsers {{ proxy_pass {tracker.ws.replace('ws', 'http', 1)}; proxy_http_version 1.1;"
            '  proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'
            "  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_read_timeout 1h; }"
        )
        with web_seed(tmp_path, tmp_path / "nginx", more=more) as url:
            through = get(url, ASK, source="127.0.0.77", X_Forwarded_For="1.2.3.4")
            past = get(tracker.http, ASK, source="127.0.0.78", X_Forwarded_For="1.2.3.4")
            with connect(url.replace("http", "ws", 1) + "browsers") as browser:
                browser.send(SCRAPE)
                told = json.loads(browser.recv(timeout=10))

    assert b"11:external ip4:\x7f\0\0\x4d" in through
    assert b"11:external ip4:\x7f\0\0\x4e" in past
    assert told["files"]["a" * 20]["complete"] == 2


def test_tls_and_a_renewed_certificate(tmp_path: Path) -> None:
    """HTTPS and WSS; a new certificate is used without a restart, and one that is broken is not."""
    used, log = tmp_path / "used.pem", tmp_path / "tracker.log"
    first, second = (certificate(tmp_path / name, name="localhost", days=days) for name, days in (("a", 10), ("b", 20)))
    used.write_bytes(first.read_bytes())
    command = [*PROGRAM, "tracker", "--open", "--lan", "--https", "127.0.0.1:0", "--wss", "127.0.0.1:0", "--json",
               "--tls-cert", used, "--tls-key", used, "--record", tmp_path / "tracker.sqlite"]  # fmt: skip

    def trusting(pem: Path) -> ssl.SSLContext:
        made = ssl.create_default_context(cafile=str(pem))
        made.check_hostname = False
        return made

    def is_used(pem: Path, url: str) -> bool:
        try:
            return b"8:complete" in get(url, ASK, context=trusting(pem))
        except ssl.SSLError:
            return False

    with process([str(word) for word in command], log) as started:
        wait_until(lambda: "ready" in log.read_text() or started.poll() is not None, "the tracker is ready", log=log)
        https, wss = json.loads(log.read_text().splitlines()[0])["urls"]
        assert is_used(first, https)
        with connect(wss, ssl=trusting(first), server_hostname="localhost") as browser:
            browser.send(SCRAPE)
            assert "files" in json.loads(browser.recv(timeout=10))
            used.write_bytes(b"half of it")
            used.write_bytes(second.read_bytes())
            wait_until(lambda: is_used(second, https), "the new certificate is used", log=log)
            browser.send(SCRAPE)
            assert "files" in json.loads(browser.recv(timeout=10))
        assert not is_used(first, https)
        with pytest.raises((http.client.HTTPException, OSError)):
            get(https, ASK)  # no TLS
        assert is_used(second, https)


def test_keys(tmp_path: Path) -> None:
    """Each wire serves those with a key; a new list is in force soon."""
    keys = tmp_path / "keys"
    keys.write_text("# the town\ntown-archive\n")

    def may(tracker: Any, key: str) -> tuple[bool, bool]:
        try:
            with connect(f"{tracker.ws}/{key}") as browser:
                browser.send(SCRAPE)
                over_ws = "files" in json.loads(browser.recv(timeout=10))
        except InvalidStatus:
            over_ws = False
        return b"8:complete" in get(tracker.http, f"{key}/{ASK}"), over_ws

    with tracking(tmp_path, "--open", "--key", "always-there", "--keys", keys) as tracker:
        assert may(tracker, "town-archive") == may(tracker, "always-there") == (True, True)
        assert may(tracker, "no-such-key") == (False, False)
        assert b"/KEY/announce" in get(tracker.http, ASK)
        keys.write_text("museum-2027  # since May\n")
        wait_until(lambda: may(tracker, "museum-2027") == (True, True), "the new key is known")
        assert may(tracker, "town-archive") == (False, False)
