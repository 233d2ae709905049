# SPDX-License-Identifier: Apache-2.0
"""A simulation from its first day to its last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seedbed.node.policy.others import OTHERS
from seedbed.simulating.blind import Blind
from seedbed.simulating.deciding import Deciding
from seedbed.simulating.figures import Figures
from seedbed.simulating.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.simulating.scenario import Scenario


def run(scenario: Scenario, progress: Callable[[float], object] = lambda _day: None) -> Figures:
    """Simulate.

    Args:
        scenario: What.
        progress: Called with the day, now and then.
    """
    network = Network(scenario, np.random.default_rng(scenario.seed))
    deciding, figures = _deciding(network), Figures(network)
    for step in range(1, round(scenario.days * 24 / scenario.tick_h) + 1):
        network.pass_time(scenario.tick_h)
        _strike(network, figures)
        deciding.decide(scenario.tick_h)
        figures.look()
        if step % 48 == 0:
            progress(network.now_h / 24)
    return figures


def _deciding(network: Network) -> Deciding | Blind:
    policy = network.scenario.policy
    return Blind(network, OTHERS[policy]) if policy in OTHERS else Deciding(network, samples=policy == "powd")


def _strike(network: Network, figures: Figures) -> None:
    """What goes wrong on a day of the scenario's."""
    scenario = network.scenario
    if _is_now(network, scenario.herd_d):
        ready = np.flatnonzero(network.online[: network.published] >= 3)
        victims = network.chance.choice(ready, min(scenario.herd_datasets, len(ready)), replace=False)
        network.lose(victims.tolist())
        figures.herd_began(victims)
    if _is_now(network, scenario.shock_d):
        for index in network.chance.permutation(len(network.nodes))[: round(scenario.shock_share * len(network.nodes))]:
            network.die(network.nodes[index], network.now_h)


def _is_now(network: Network, day: float | None) -> bool:
    return day is not None and 0 <= network.now_h - day * 24 < network.scenario.tick_h
