# SPDX-License-Identifier: Apache-2.0
"""Which proxy stands between, and what it is told."""

from __future__ import annotations

import pytest

from seedbed.fetching.faults import Fault
from seedbed.fetching.web.http_wire import split_url
from seedbed.fetching.web.proxies import Proxy, proxy_of, render, render_connect


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has."""
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("http://proxy.example:3128", Proxy("proxy.example", 3128)),
        ("proxy.example:3128/", Proxy("proxy.example", 3128)),
        ("http://proxy.example", Proxy("proxy.example", 8080)),
        ("http://[fd00::1]:3128", Proxy("fd00::1", 3128)),
        ("http://me:a%3Ab@proxy.example", Proxy("proxy.example", 8080, "Basic bWU6YTpi")),
    ],
)
def test_a_proxy_is_read(value: str, expected: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names, ports, passwords, with and without a scheme."""
    monkeypatch.setenv("https_proxy", value)
    assert proxy_of(split_url("https://data.example/a")) == expected
    assert proxy_of(split_url("http://data.example/a")) is None


@pytest.mark.parametrize("value", ["socks5://proxy.example:1080", "https://proxy.example", "http://", "http://x:y:z"])
def test_a_proxy_that_makes_no_sense_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked directly behind the person's back."""
    monkeypatch.setenv("http_proxy", value)
    with pytest.raises(Fault, match="expected http://HOST:PORT"):
        proxy_of(split_url("http://data.example/"))


@pytest.mark.parametrize("url", ["http://127.0.0.1:80/", "http://localhost/", "http://[::1]:8000/", "http://a.lan/"])
def test_near_addresses_are_asked_directly(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine, and what ``no_proxy`` names."""
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "lan")
    assert proxy_of(split_url(url)) is None
    assert proxy_of(split_url("http://data.example/")) is not None


def test_plain_http_names_the_whole_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 9112, 3.2.2; the password goes to the proxy only."""
    address = split_url("http://data.example:8000/a b?x=1")
    assert render(address, agent="us").startswith(b"GET /a%20b?x=1 HTTP/1.1\r\n")
    monkeypatch.setenv("http_proxy", "http://me:pw@proxy.example:3128")
    told = render(address, agent="us", start=5, stop=9)
    assert told.startswith(b"GET http://data.example:8000/a%20b?x=1 HTTP/1.1\r\nHost: data.example:8000\r\n")
    assert b"\r\nRange: bytes=5-8\r\n" in told
    assert told.endswith(b"Proxy-Authorization: Basic bWU6cHc=\r\n\r\n")


def test_https_asks_for_a_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The request itself is the server's alone."""
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    address = split_url("https://[fd00::7]/a")
    assert render_connect(address, Proxy("proxy.example", 3128)) == (
        b"CONNECT [fd00::7]:443 HTTP/1.1\r\nHost: [fd00::7]:443\r\n\r\n"
    )
    assert b"proxy" not in render(address, agent="us").lower()
