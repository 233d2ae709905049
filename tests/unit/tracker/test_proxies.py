# SPDX-License-Identifier: Apache-2.0
"""Whom a proxy speaks for."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.tracker.addresses import packed
from seedbed.tracker.proxies import Networks

OURS = Networks.of(["127.0.0.1", "10.0.0.0/8", "fd00::/8"])


@pytest.mark.parametrize(
    ("came_from", "fields", "client"),
    [
        ("192.0.2.1", [b"198.51.100.7"], "192.0.2.1"),  # nobody's proxy
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", [b"198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", [b"1.2.3.4, 198.51.100.7"], "198.51.100.7"),  # what the client wrote itself stands left
        ("127.0.0.1", [b"1.2.3.4", b"198.51.100.7"], "198.51.100.7"),  # the same in two fields
        ("127.0.0.1", [b"1.2.3.4, 198.51.100.7, 10.1.1.1, 10.2.2.2"], "198.51.100.7"),  # several proxies of ours
        ("127.0.0.1", [b"198.51.100.7,10.1.1.1", b"fd00::3"], "198.51.100.7"),
        ("127.0.0.1", [b"10.1.1.1"], "10.1.1.1"),  # all are ours: the farthest
        ("127.0.0.1", [b"nonsense, 10.1.1.1"], "10.1.1.1"),
        ("127.0.0.1", [b"nonsense"], "127.0.0.1"),
        ("127.0.0.1", [b""], "127.0.0.1"),
        ("127.0.0.1", [b"unknown"], "127.0.0.1"),
        ("127.0.0.1", [b"198.51.100.7:4711"], "198.51.100.7"),
        ("127.0.0.1", [b"[2001:db8::1]:4711"], "2001:db8::1"),
        ("127.0.0.1", [b" 2001:db8::1 "], "2001:db8::1"),
        ("127.0.0.1", [b"::ffff:198.51.100.7"], "198.51.100.7"),  # IPv4 that a proxy heard on an IPv6 socket
        ("::ffff:10.9.9.9", [b"198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", [b"198.51.100.7, " + b"10.0.0.1," * 40 + b"10.0.0.1"], "10.0.0.1"),  # a loop
    ],
)
def test_whom_a_proxy_speaks_for(came_from: str, fields: list[bytes], client: str) -> None:
    """The last that none of our proxies is; never what the client invents."""
    assert OURS.client(packed(came_from), fields) == packed(client)


def test_nobody_is_trusted_by_default() -> None:
    """Anybody could be anybody."""
    assert Networks().client(packed("127.0.0.1"), [b"198.51.100.7"]) == packed("127.0.0.1")
    assert not Networks()


@pytest.mark.parametrize("text", ["::ffff:10.0.0.0/104", "10.0.0.0/8"])
def test_mapped_networks(text: str) -> None:
    """IPv4 is IPv4, however it is written."""
    assert packed("10.77.0.1") in Networks.of([text])
    assert packed("11.0.0.1") not in Networks.of([text])
    assert packed("fd00::1") not in Networks.of([text])


@pytest.mark.parametrize("text", ["", "proxy.example.org", "10.0.0.1/8", "10.0.0.0/40", "300.1.1.1"])
def test_what_is_no_network(text: str) -> None:
    """It is said so at the start."""
    with pytest.raises(ValueError, match=r"\S"):
        Networks.of([text])


@given(st.lists(st.binary(max_size=60), max_size=4))
def test_any_bytes_lead_to_an_address(fields: list[bytes]) -> None:
    """Never an error."""
    assert ipaddress.ip_address(OURS.client(packed("127.0.0.1"), fields))
