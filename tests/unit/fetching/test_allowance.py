# SPDX-License-Identifier: Apache-2.0
"""Servers that count requests are asked no more than they allow."""

from __future__ import annotations

import pytest

from seedbed.fetching.web.allowance import Allowance
from seedbed.fetching.web.http_wire import Head
from seedbed.fetching.web.services import host_of, service_of


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now_s


def head(left: int, reset_s: int) -> Head:
    """An answer that says how many requests are left."""
    headers = {"x-ratelimit-remaining": str(left), "x-ratelimit-reset": str(reset_s)}
    return Head(200, "OK", headers, keeps_alive=True, length=0, is_chunked=False)


def test_nothing_said_is_no_limit() -> None:
    """A host that does not count is asked as many at once as the rules have it."""
    allowance = Allowance(Clock())
    allowance.take("h")
    allowance.heard("h", Head(200, "OK", {}, keeps_alive=True, length=0, is_chunked=False))

    assert allowance.wait_s("h") == 0
    assert allowance.ahead("h", 8) == 8


def test_the_last_request_is_followed_by_a_wait() -> None:
    """Requests are counted as they are sent, also those that no answer has told of yet."""
    clock = Clock()
    allowance = Allowance(clock)
    allowance.take("h")
    allowance.heard("h", head(2, 30))
    allowance.take("h")
    assert allowance.wait_s("h") == 0
    assert allowance.ahead("h", 8) == 1

    allowance.take("h")
    assert allowance.wait_s("h") == 30
    allowance.heard("h", head(1, 30))  # the answer to the first of both
    clock.now_s += 10

    assert allowance.wait_s("h") == 20
    assert allowance.wait_s("other") == 0
    clock.now_s += 20
    assert allowance.wait_s("h") == 0
    assert allowance.ahead("h", 8) == 1


def test_a_count_that_never_falls_is_no_end() -> None:
    """What a server says is believed, not our own sum: answers may come from a cache. Lost requests do not add up."""
    allowance = Allowance(Clock())
    for _ in range(100):
        for _ in range(3):
            allowance.take("h")
        allowance.heard("h", head(10, 1_000_000))
        allowance.lost("h", 2)
        assert allowance.wait_s("h") == 0


def test_a_new_window_is_a_new_count() -> None:
    """What was used up before does not matter any more."""
    clock = Clock()
    allowance = Allowance(clock)
    allowance.take("h")
    allowance.heard("h", head(0, 5))
    clock.now_s += 5

    allowance.take("h")
    allowance.heard("h", head(60, 60))

    assert allowance.wait_s("h") == 0
    assert allowance.ahead("h", 8) == 8


@pytest.mark.parametrize(
    ("url", "connections"),
    [
        ("https://zenodo.org/records/1/files/{flat}", 2),
        ("https://sandbox.zenodo.org/x", 2),
        ("https://ia800.us.archive.org:443/x", 2),
        ("https://notzenodo.org/x", None),
        ("https://zenodo.org.evil.example/x", None),
        ("http://[", None),
    ],
)
def test_services_are_known_by_their_domain(url: str, connections: int | None) -> None:
    """A domain and what is below it; nothing that only looks alike."""
    service = service_of(host_of(url).partition(":")[0])

    assert (service.connections if service else None) == connections
