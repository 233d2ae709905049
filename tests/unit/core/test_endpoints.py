# SPDX-License-Identifier: Apache-2.0
"""HOST:PORT: what is read, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core.endpoints import Endpoint, read_endpoint

if TYPE_CHECKING:
    import ipaddress

names = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z]{2,8}){0,3}", fullmatch=True)
hosts = names | st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(str)


@given(hosts, st.integers(1, 65_535))
def test_what_is_rendered_is_read(host: str, port: int) -> None:
    """Every endpoint comes back from its text."""
    assert read_endpoint(str(Endpoint(host, port))) == (host, port)


@given(st.text(max_size=40) | st.text("[]:%.0123456789abcf -,", max_size=40))
def test_any_text(text: str) -> None:
    """Any text is read or not; what is read is a plain host and a port, and comes back from its own text."""
    found = read_endpoint(text, default_host="", any_port=True)
    if found is None:
        return
    host, port = found
    assert 0 <= port <= 65_535
    assert not set(host) & set(" ,/[]@?#\t\n")
    assert host.isascii()
    assert read_endpoint(str(Endpoint(host, port)), default_host="", any_port=True) == found


@given(st.ip_addresses(v=6), st.integers(1, 65_535))
def test_ipv6_is_in_brackets(address: ipaddress.IPv6Address, port: int) -> None:
    """Without brackets nobody can say where the address ends and the port begins."""
    assert read_endpoint(f"[{address}]:{port}") == (str(address), port)
    assert read_endpoint(f"{address}:{port}") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("[fe80::1%eth0]:6881", ("fe80::1%eth0", 6881)), ("h_1.example:065", ("h_1.example", 65))],
)  # fmt: skip
def test_endpoints(text: str, expected: tuple[str, int]) -> None:
    """Zones, underscores and leading zeros are read."""
    assert read_endpoint(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", ":", "a", "6881", ":6881", "a:", "a:0", "a:65536", "a:-1", "a:+1", "a:1_0", "a:٣", "a:6881 ", " a:6881",
        "a b:6881", "a,b:6881", "a/b:6881", "u@a:6881", "ä.example:6881", "a\n:6881", "[]:6881", "[a]:6881",
        "[::1:6881", "::1]:6881", "[::1]6881", "[1.2.3.4]:6881", "[::1%]:6881", "[::1%a b]:6881", "a:000006881",
        "a" * 254 + ":1",
    ],
)  # fmt: skip
def test_not_an_endpoint(text: str) -> None:
    """What is not host and port is not read, not even nearly."""
    assert read_endpoint(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6881", ("", 6881)), (":6881", ("", 6881)), ("0", ("", 0)), ("127.0.0.1:0", ("127.0.0.1", 0)),
        ("[::]:6881", ("::", 6881)), ("a", None), ("", None), ("65536", None), ("a b:1", None), ("]:1", None),
    ],
)  # fmt: skip
def test_a_port_alone(text: str, expected: tuple[str, int] | None) -> None:
    """Where a host is given for it, a port alone is enough."""
    assert read_endpoint(text, default_host="", any_port=True) == expected
