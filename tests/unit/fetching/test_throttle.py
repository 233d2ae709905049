# SPDX-License-Identifier: Apache-2.0
"""A limit that several fetches share."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from seedbed.fetching.web.throttle import Throttle


@dataclass
class Clock:
    """Goes on when somebody waits."""

    now_s: float = 100.0

    def __call__(self) -> float:
        """Now."""
        return self.now_s

    def sleep(self, pause_s: float) -> None:
        """Wait."""
        assert pause_s > 0
        self.now_s += pause_s


def throttle_of(rate: int) -> tuple[Throttle, Clock]:
    """One with its own clock."""
    clock = Clock()
    return Throttle(rate, clock, clock.sleep), clock


@pytest.mark.parametrize("rate", [5_000, 1_000_000])
def test_in_the_long_run_the_rate_is_kept(rate: int) -> None:
    """In steps of a tenth of a second, whatever is asked for."""
    throttle, clock = throttle_of(rate)

    while clock.now_s < 110:
        throttle.took(throttle.step(1 << 20))

    assert throttle.received_bytes == pytest.approx(10 * rate, rel=0.03)


def test_no_limit_counts_and_never_waits() -> None:
    """Whole reads."""
    throttle, clock = throttle_of(0)
    assert throttle.step(1 << 20) == 1 << 20
    throttle.took(1 << 30)
    assert (clock.now_s, throttle.received_bytes) == (100.0, 1 << 30)


def test_what_was_not_used_is_not_saved_up() -> None:
    """After an idle hour it is as slow as before."""
    throttle, clock = throttle_of(1_000)
    clock.now_s += 3_600
    throttle.took(1_000)
    assert clock.now_s == pytest.approx(3_701)


def test_peers_bytes_are_paid_for_by_http() -> None:
    """A fetch by both ways keeps one limit; a burst of peers stops HTTP for two seconds, not for an hour."""
    throttle, clock = throttle_of(10_000)
    throttle.took_elsewhere(5_000)
    throttle.took(5_000)
    assert clock.now_s == pytest.approx(101.0)
    throttle.took_elsewhere(10**9)
    throttle.took(0)
    assert clock.now_s == pytest.approx(103.0)
    assert throttle.received_bytes == 5_000


def test_a_fetch_that_ends_does_not_wait() -> None:
    """However much is owed."""
    throttle, clock = throttle_of(10)
    throttle.took(10_000, lambda: clock.now_s > 101)
    assert clock.now_s == pytest.approx(101.2, abs=0.3)


def test_the_rate_changes_while_it_is_used() -> None:
    """A person who lifts the limit waits for nothing more."""
    throttle, clock = throttle_of(1_000)
    throttle.took(1_000)
    throttle.rate_bytes_per_s = 0
    throttle.took(10**9)
    assert clock.now_s == pytest.approx(101)
