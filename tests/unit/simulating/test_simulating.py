# SPDX-License-Identifier: Apache-2.0
"""A small network: what the policy promises holds, and what is known to fail, fails."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seedbed.simulating import summary
from seedbed.simulating.deciding import Deciding
from seedbed.simulating.network import Network
from seedbed.simulating.plot import plot
from seedbed.simulating.run import run
from seedbed.simulating.scenario import Scenario

SMALL = Scenario(
    datasets=400, catalog_bytes=0.8e12, nodes=30, days=9, mirrors_end_d=3, herd_d=6, herd_datasets=12,
    published_per_day=5,
)  # fmt: skip


def test_one_seed_gives_one_result() -> None:
    """Down to the last digit; another seed gives another."""
    short = replace(SMALL, days=6)
    assert repr(summary.of(run(short))) == repr(summary.of(run(short)))
    assert repr(summary.of(run(short))) != repr(summary.of(run(replace(short, seed=2))))


def test_ours_keeps_what_lists_lose() -> None:
    """Against today's smartnodes, in the same network."""
    larger = replace(SMALL, datasets=800, catalog_bytes=1.6e12, nodes=40, days=14, mirrors_end_d=5, herd_d=9)
    ours, theirs = (summary.of(run(replace(larger, policy=policy))) for policy in ("rendezvous", "collect"))
    assert ours.lost == 0
    assert ours.healed_late_h < 24  # among forty nodes, each a fortieth of the space, chance has a large part
    assert ours.new_late_h < 6
    assert ours.crowd <= 20
    assert ours.units_short < theirs.units_short / 3


def test_everybody_after_the_rarest_is_worse_than_nothing_clever() -> None:
    """It moves bytes in circles."""
    greedy = summary.of(run(replace(SMALL, policy="greedy", days=5)))
    assert greedy.moved_gb > 3 * summary.of(run(replace(SMALL, days=5))).moved_gb


def test_the_books_agree_with_the_truth_at_any_time() -> None:
    """Counts that are kept up step by step, against counting anew."""
    network = Network(replace(SMALL, liars=0.1), np.random.default_rng(3))
    deciding = Deciding(network)
    for step in range(120):
        network.pass_time(0.5)
        deciding.decide(0.5)
        if step % 40 == 0:
            _check_books(network)
    assert network.moved_bytes > 0


def _check_books(network: Network) -> None:
    counts = np.zeros((4, len(network.units.keys)), np.int64)
    for node in network.nodes:
        kept = [unit for fetch in node.queue for unit in fetch.room]
        counts[0, node.held.items] += node.is_online
        np.add.at(counts[1], [*node.held.items, *kept], 1)
        counts[2, [fetch.unit for fetch in node.queue]] += node.is_listed
        sizes = network.units.sizes_bytes
        used = sizes[node.held.items].sum() + sizes[kept].sum() + sizes[[one.unit for one in node.queue]].sum()
        assert node.used_bytes == pytest.approx(used)
        assert used <= node.budget_bytes + sizes[kept].sum()
    assert (counts[0] == network.online).all()
    assert (counts[1] == network.existing).all()
    # nodes that died are listed for a while yet
    assert (network.fetching >= counts[2]).all()
    assert (network.listed + network.claimed >= 0).all()


def test_numbers_are_words_for_people() -> None:
    """And null for programs where there is none."""
    found = summary.of(run(replace(SMALL, days=6, herd_d=None)))
    rows = dict(summary.rows(found))
    assert rows["units lost"] == "0"
    assert rows["  copies moved each"] == "-"
    assert summary.text(float("inf")) == "never"
    assert summary.as_json(replace(found, new_h=float("inf")))["new_h"] is None


def test_a_bar_that_is_missed_is_named() -> None:
    """Also that of an uneven fill."""
    found = summary.of(run(replace(SMALL, days=6)))
    assert summary.missed(replace(found, worst_day=50.0, fill=(90, 20, 90, 90)))[-1] == "fill"
    assert "worst_day" in summary.missed(replace(found, worst_day=50.0))


def test_a_plot_is_svg_with_a_line_each() -> None:
    """Names are escaped."""
    drawn = plot("Short & long", "%", {"ours": [(0, 0.1), (10, 0.04)], "theirs": [(0, 3), (10, 7)]})
    assert drawn.count('fill="none"') == 2
    assert "Short &amp; long" in drawn
    assert "day 10" in drawn
