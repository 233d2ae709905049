# SPDX-License-Identifier: Apache-2.0
"""What is simulated: how large, for how long, and what goes wrong (values only)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scenario:
    """The reference network, unless said otherwise: 100,000 datasets, 2,000 nodes, a year."""

    datasets: int = 100_000
    catalog_bytes: float = 200e12
    """Bytes of all datasets; sizes are log-normal, with a median of a twentieth of the mean."""
    nodes: int = 2_000
    space_ratio: float = 6.0
    """Budgets of all nodes over the bytes of all datasets."""
    days: float = 365.0
    seed: int = 1
    tick_h: float = 0.5
    decide_every_h: float = 1.0
    """Each node, give or take a quarter by chance."""
    life_d: float = 90.0
    """Mean life of a node; then it is gone with its data, and another one joins, empty."""
    away_h: float = 8.0
    """Mean time that a node is away and comes back."""
    tracker_lag_h: float = 0.75
    """Until a node that is gone is no longer listed: one and a half announce intervals."""
    mirrors_end_d: float = 60.0
    """From this day on all HTTP mirrors are gone for good."""
    published_per_day: int = 20
    """New datasets, in the second half."""
    liars: float = 0.0
    """Share of nodes that claim to hold everything, and hold nothing."""
    proof_h: float = 2.0
    """Mean time until a node that joined is probed. Five anchors with 500 probes a day each, whose results all believe,
    look at newcomers first: there are some 22 a day."""
    shock_d: float | None = None
    """On this day some nodes die at once."""
    shock_share: float = 0.15
    herd_d: float | None = 200.0
    """On this day so many datasets lose all copies but one."""
    herd_datasets: int = 200
    capacity_error: float = 1.0
    """The published capacity over the true one."""
    policy: str = "rendezvous"


UPTIMES = ((0.3, 0.99), (0.5, 0.90), (0.2, 0.70))
"""Share of nodes, and the part of the time that they are online: servers, homes, laptops. The mean is 0.887."""
