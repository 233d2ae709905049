# SPDX-License-Identifier: Apache-2.0
"""What keeps a node from its work is named, with the mend."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from seedbed.node.telling.doctor import Facts, examine

WELL = Facts(
    folder="/srv", folder_trouble="", storage_bytes=1_000, held_bytes=400, room_bytes=600, open_files=65_536,
    has_ipv6=True, catalog_state="fresh", catalog_why="", is_running=True, is_paused=False, round_age_s=60, failing=0,
    registries=2, proved_by=1,
)  # fmt: skip


def test_all_is_well() -> None:
    """And nothing is to be mended."""
    assert {one.verdict for one in examine(WELL)} == {"good"}
    assert not any(one.mend for one in examine(WELL))


@pytest.mark.parametrize(
    ("change", "name", "verdict", "mend"),
    [
        ({"folder_trouble": "/srv: the mark is not there"}, "disk", "bad", "Mount"),
        ({"room_bytes": 599}, "disk", "warn", "limit"),
        ({"open_files": 1_024}, "open files", "warn", "LimitNOFILE"),
        ({"has_ipv6": False}, "IPv6", "warn", "6881"),
        ({"catalog_state": "stale"}, "catalogue", "warn", "keeper"),
        ({"proved_by": 0, "unproved_s": 3 * 3_600}, "port", "warn", "--port-mapping"),
        ({"clock_off_s": -400.0}, "clock", "warn", "timedatectl"),
        ({"round_age_s": -9_000.0}, "clock", "warn", "timedatectl"),
        ({"client": "Transmission 4.0.6", "client_trouble": "it does not answer"}, "client", "bad", "Start it"),
        ({"client_trouble": "it does not answer"}, "client", "bad", "log"),
        ({"catalog_state": "attack suspected"}, "catalogue", "bad", "catalog pull"),
        ({"catalog_state": "never pulled"}, "catalogue", "bad", "catalog pull"),
        ({"is_running": False}, "node", "bad", "node run"),
        ({"round_age_s": math.inf}, "node", "bad", "log"),
        ({"is_paused": True}, "pause", "warn", "resume"),
        ({"failing": 2}, "fetches", "warn", "why"),
    ],
)
def test_each_trouble_is_named_alone_with_its_mend(change: dict[str, Any], name: str, verdict: str, mend: str) -> None:
    """What is well beside it is said to be well."""
    troubles = [one for one in examine(replace(WELL, **change)) if one.verdict != "good"]
    assert [(one.name, one.verdict) for one in troubles] == [(name, verdict)]
    assert mend in troubles[0].mend


def test_our_own_catalogue_is_always_fresh() -> None:
    """Nobody signs it for us."""
    assert {one.verdict for one in examine(replace(WELL, catalog_state="own"))} == {"good"}


def test_a_clock_that_the_catalogue_doubts() -> None:
    """Two findings of one trouble: the clock has the mend."""
    troubles = [one for one in examine(replace(WELL, catalog_state="clock unsure")) if one.verdict != "good"]
    assert [one.name for one in troubles] == ["clock", "catalogue"]
    assert "timedatectl" in troubles[0].mend


@pytest.mark.parametrize("change", [
    {"registries": 0, "proved_by": 0}, {"proved_by": 0}, {"proved_by": 0, "unproved_s": 600.0},
])  # fmt: skip
def test_what_cannot_be_told(change: dict[str, Any]) -> None:
    """Whether others reach the port is not guessed: nothing is well, and nothing is to be mended."""
    port = next(one for one in examine(replace(WELL, **change)) if one.name == "port")
    assert (port.verdict, port.mend) == ("unknown", "")
