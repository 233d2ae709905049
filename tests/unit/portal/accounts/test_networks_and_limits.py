# SPDX-License-Identifier: Apache-2.0
"""Who is counted, and how often is too often (pure)."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import Request

from seedbed.errors import InputError
from seedbed.portal.accounts import names, networks
from seedbed.portal.accounts.limits import Limits, Rate
from seedbed.portal.accounts.sessions import device_of
from seedbed.portal.web.failures import RefusedError

KEY = b"k" * 32
OURS = networks.proxies_of(["127.0.0.1", "10.0.0.0/8", "fd00::/8"])


def _asked(peer: str, forwarded: str = "") -> str:
    scope: dict[str, Any] = {"type": "http", "client": (peer, 1) if peer else None}
    scope["headers"] = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    return networks.network_of(Request(scope), OURS, KEY)


@pytest.mark.parametrize(
    ("peer", "forwarded", "same_as"),
    [
        ("203.0.113.5", "", "203.0.113.5"),
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),  # no proxy of ours: what it says is nothing
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "198.51.100.9, 198.51.100.1, 10.1.2.3", "198.51.100.1"),  # the first was made up
        ("fd00::1", "2001:db8:1:2::3", "2001:db8:1:2:ffff::1"),  # one household
        ("::ffff:203.0.113.5", "", "203.0.113.5"),
    ],
)
def test_the_network_that_asks_is_the_last_that_is_no_proxy_of_ours(peer: str, forwarded: str, same_as: str) -> None:
    """Nobody gets rid of their own by writing a header."""
    assert _asked(peer, forwarded) == _asked(same_as)


def test_a_proxy_that_adds_a_line_of_its_own_is_the_one_that_counts() -> None:
    """The first line was written by who asks."""
    lines = [(b"x-forwarded-for", b"198.51.100.9"), (b"x-forwarded-for", b"203.0.113.5")]
    scope: dict[str, Any] = {"type": "http", "client": ("127.0.0.1", 1), "headers": lines}

    assert networks.network_of(Request(scope), OURS, KEY) == _asked("203.0.113.5")


def test_different_networks_are_told_apart_and_hidden() -> None:
    """Without the key, a name says nothing."""
    assert _asked("203.0.113.5") != _asked("203.0.113.6")
    assert _asked("2001:db8:1:2::3") != _asked("2001:db8:1:3::3")
    assert "203" not in _asked("203.0.113.5") or len(_asked("203.0.113.5")) == 32
    scope: dict[str, Any] = {"type": "http", "client": ("203.0.113.5", 1), "headers": []}
    assert networks.network_of(Request(scope), OURS, b"other") != _asked("203.0.113.5")


@pytest.mark.parametrize("forwarded", ["", "rubbish", "127.0.0.1", ",,,", "1.2.3.4.5"])
def test_those_whose_address_is_not_told_count_as_one(forwarded: str) -> None:
    """A proxy of ours that forgets the header slows its own people down; it opens no door."""
    assert _asked("127.0.0.1", forwarded) == _asked("")


def test_a_proxy_that_is_no_network_is_refused_at_the_start() -> None:
    """By the operator's own words."""
    with pytest.raises(InputError, match="expected a network"):
        networks.proxies_of(["localhost"])


def test_so_many_at_once_and_then_one_by_one() -> None:
    """Three in a minute: then one each twenty seconds."""
    limits, rate = Limits(), Rate(3, 60)

    taken = [limits.take(("a",), rate, now_s=100) for _ in range(4)]

    assert taken[:3] == [0, 0, 0]
    assert taken[3] == pytest.approx(20)
    assert limits.take(("b",), rate, now_s=100) == 0
    assert limits.take(("a",), rate, now_s=119) == pytest.approx(1)
    assert limits.take(("a",), rate, now_s=120) == 0
    assert limits.take(("a",), rate, now_s=120) > 0
    limits.forget(("a",))
    assert limits.take(("a",), rate, now_s=120) == 0


def test_counts_take_bounded_room() -> None:
    """The oldest is forgotten first."""
    limits, rate = Limits(max_keys=10), Rate(1, 60)
    for number in range(25):
        limits.take((str(number),), rate, now_s=0)

    assert len(limits._paid_s) == 10
    assert limits.take(("24",), rate, now_s=0) > 0
    assert limits.take(("0",), rate, now_s=0) == 0


@pytest.mark.parametrize(
    "name", ["Ana", "Łucja Ñandú", "O'Brien-Smith 2", "山田太郎", "やまだ 太郎", "أنا", "Jean-Luc"]
)
def test_names_of_all_scripts_are_taken(name: str) -> None:
    """One script in one name."""
    assert names.checked_name(name) == name


@pytest.mark.parametrize(
    "name", ["x", "a" * 41, "\u0410na", "a\x00b", "a\u200bb", "<a>", "...", "admin\u202e", "Ana😀"]
)
def test_names_that_deceive_are_refused(name: str) -> None:
    """They look like another one, or like nothing."""
    with pytest.raises(RefusedError):
        names.checked_name(name)


def test_a_browser_is_told_in_two_words() -> None:
    """The whole line would name a person."""
    line = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
    assert device_of(line) == "Firefox, Linux"
    assert device_of("curl/8.0") == ""
