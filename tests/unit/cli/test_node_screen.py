# SPDX-License-Identifier: Apache-2.0
"""What people see of a node: on wide and narrow terminals, with nothing and with very much."""

from __future__ import annotations

from typing import Any

import pytest

from seedbed.cli.columns import Column, lines, shortened
from seedbed.cli.node_screen import screen


def unit(item: str, stage: str = "held", **more: Any) -> dict[str, Any]:
    """As ``status`` gives it."""
    usual = {
        "id": item, "stage": stage, "size_bytes": 6_000_000, "verified_s": 1, "copies": 1.0, "target": 3.0,
        "is_only_copy": False, "collection": "ortho-2024", "now": {},
    }  # fmt: skip
    return {**usual, **more}


def facts(*units: dict[str, Any], **more: Any) -> dict[str, Any]:
    """As ``status`` gives them, of a node that runs."""
    count = {stage: sum(one["stage"] == stage for one in units) for stage in ("held", "fetching", "leaving")}
    usual = {
        "catalog": "canada", "folder": "/srv/seedbed", "storage_bytes": 500_000_000_000, "held_bytes": 12_000_000,
        "is_paused": False, "warning": "", "is_running": True, "large": [], "collections": [],
        "units": list(units), **count,
        "hours": [], "monthly_bytes": 0, "traffic_bytes": 0,
        "now": {"sent_bytes": 0, "received_bytes": 0, "trouble": ""},
    }  # fmt: skip
    return {**usual, **more}


def test_what_a_volunteer_wants_to_know() -> None:
    """What it protects, how far a fetch is and how fast, and what is nowhere else."""
    going = {
        "doing": "fetching", "bytes_done": 3_000_000, "bytes_total": 6_000_000, "bytes_per_s": 1_100_000, "peers": 2,
        "mirrors": 1,
    }  # fmt: skip
    serving = {"doing": "serving", "peers": 4, "bytes_per_s": 2_000, "sent_bytes": 7_000_000, "error": ""}
    protects = {"collection": "ortho-2024", "held": 1, "of": 125, "percent": 0.8, "only_here": 12, "parts": 0}

    shown = screen(
        facts(
            unit("lakes@2", is_only_copy=True, now=serving), unit("roads@1", "fetching", copies=0.0, now=going),
            collections=[protects],
        )
    )  # fmt: skip

    text = "\n".join(shown)
    assert "You protect 0.8 % of ortho-2024 (1 of 125 datasets), the only copy of 12 datasets." in text
    assert "Up 2.0 kB/s (0 B since the start), down 1.1 MB/s (0 B)" in text
    assert shown[-2].split() == ["roads@1", "fetching", "50", "%", "6.0", "MB", "0/3", "2+1", "1.1", "MB/s"]
    assert shown[-1].split() == ["lakes@2", "serving", "6.0", "MB", "1/3!", "4", "2.0", "kB/s", "7.0", "MB"]


@pytest.mark.parametrize("width", [30, 40, 60, 80, 200])
def test_every_line_fits(width: int) -> None:
    """On any terminal; the first and the second column, and the sentences, stay whole."""
    protects = {"collection": "ortho-2024", "held": 1, "of": 125, "percent": 0.8, "only_here": 12, "parts": 0}
    units = [unit(f"a-very-long-name-of-a-dataset-{number:03}@2024-06") for number in range(3)]

    shown = screen(facts(*units, collections=[protects]), width=width)

    assert max(map(len, shown)) <= width
    assert "the only copy of 12 datasets." in " ".join(" ".join(shown).split())
    assert shown[-1].endswith("1/3") or "held" in shown[-1]


def test_no_more_lines_than_there_are() -> None:
    """What moves is shown first; the rest is counted."""
    units = [unit(f"set-{number}@1") for number in range(1_000)]

    shown = screen(facts(*units, unit("late@1", "fetching")), rows=20)

    assert len(shown) <= 20
    assert any(line.startswith("late@1") for line in shown)
    assert shown[-1].startswith("and 98")


@pytest.mark.parametrize(("changes", "said"), [
    ({"is_running": False, "now": {}}, "No node is at work here"),
    ({"is_paused": True}, "Paused"),
    ({"warning": "the catalogue is stale"}, "Warning: the catalogue is stale"),
    ({"now": {"trouble": "is the disk mounted?"}}, "Trouble: is the disk mounted?"),
    ({"hours": ["22-06"]}, "Hours: 22-06"),
    ({"line": {"reason": "hours-closed", "facts": {"hours": "22-06"}}}, "silent until its hours (22-06) begin"),
    ({"monthly_bytes": 10**12, "traffic_bytes": 10**9}, "1.0 GB of 1.0 TB traffic this month"),
    ({}, "Nothing is held yet."),
])  # fmt: skip
def test_what_a_person_should_know_first(changes: dict[str, Any], said: str) -> None:
    """It is said in words."""
    assert said in "\n".join(screen(facts(**changes)))


@pytest.mark.parametrize(("one", "said"), [
    (unit("a@1", verified_s=0), "proving"),
    (unit("a@1"), "held"),
    (unit("a@1", "leaving"), "leaving"),
    (unit("a@1", "fetching"), "waiting"),
    (unit("a@1", now={"doing": "serving", "peers": 0, "error": "no such file"}), "trouble"),
    (unit("a@1", "fetching", now={"doing": "torrent", "bytes_done": 0, "bytes_total": 0, "peers": 0}), "looking"),
])  # fmt: skip
def test_what_is_done_with_a_dataset(one: dict[str, Any], said: str) -> None:
    """In a word."""
    assert said in screen(facts(one))[-1]


@pytest.mark.parametrize(("percent", "said"), [
    (100.0, "all of"), (99.97, "99.9 %"), (0.8, "0.8 %"), (0.000_1, "less than 0.1 %"),
])  # fmt: skip
def test_shares(percent: float, said: str) -> None:
    """Something is never told as nothing, and nearly all never as all."""
    one = {"collection": "water", "held": 1, "of": 2, "percent": percent, "only_here": 0, "parts": 0}
    assert f"You protect {said}" in "\n".join(screen(facts(collections=[one])))


def test_a_version_that_is_too_large_for_one_node() -> None:
    """How much of it is here."""
    one = {"id": "ortho@2024", "held": 3, "of": 41, "percent": 7.3, "only_here": 2}
    shown = "\n".join(screen(facts(unit("ortho@2024#3"), large=[one])))
    assert "You protect 7.3 % of ortho@2024 (3 of 41 parts), the only copy of 2 parts." in shown


def test_names_from_outside_cannot_steer_the_terminal() -> None:
    """Escapes of a collection's or a dataset's name are shown as what they are."""
    one = {"collection": "\x1b[2Jwater", "held": 1, "of": 2, "percent": 5.0, "only_here": 0, "parts": 0}
    assert "\x1b" not in "\n".join(screen(facts(unit("\x1b[31ma@1"), collections=[one])))


def test_tables_lose_columns_before_names() -> None:
    """The least important ones first; with room for all nothing is cut."""
    columns = [Column("Name", ["a" * 30]), Column("Kept", ["x"]), Column("More", ["y" * 9], "right", 1)]

    assert lines(columns)[1] == "a" * 30 + "  x   " + "  " + "y" * 9
    assert lines(columns, 30)[0].split() == ["Name", "Kept"]
    assert len(lines(columns, 30)[1]) <= 30
    assert shortened("a-long-name-of-a-dataset@12", 12) == "a-long-n…@12"
