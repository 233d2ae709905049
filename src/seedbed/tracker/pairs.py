# SPDX-License-Identifier: Apache-2.0
"""How many peers are in either of a hybrid's two swarms: who is in both is one (pure).

A peer is the same when its address and port are. Those of the smaller swarm are looked up in the larger one; of more
than some thousands every so manieth, so that this never takes longer than a few milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from seedbed.tracker.swarm import V4

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.tracker.swarm import Swarm

SAMPLED = 4_096
"""Peers that are looked up; of more the share of those in both is known to two percent."""


class Both(NamedTuple):
    """Of two swarms together."""

    seeds: int
    leechers: int


def together(one: Swarm, other: Swarm) -> Both:
    """Distinct peers; whoever is a seed in one and a leecher in the other is a seed."""
    small, large = sorted((one, other), key=len)
    seeds = small.count.seeds + large.count.seeds
    leechers = small.count.leechers + large.count.leechers
    step = -(-len(small) // SAMPLED) or 1
    twice_seeds = twice_leechers = 0
    for address, is_seed in _peers(small, step):
        found = _kind(large, address)
        if found is None:
            continue
        if is_seed and found:
            twice_seeds += step
        else:  # one of its two places is a leecher's; when both are, one of them is left
            twice_leechers += step
    return Both(max(seeds - twice_seeds, 0), max(leechers - twice_leechers, 0))


def _peers(swarm: Swarm, step: int) -> Iterator[tuple[bytes, bool]]:
    """Every so manieth address, and whether it is a seed."""
    for family in filter(None, (swarm.v4, swarm.v6)):
        width, addresses = family.width, family.addresses
        for place in range(0, len(family), step):
            yield bytes(addresses[place * width : (place + 1) * width]), place < family.seeds


def _kind(swarm: Swarm, address: bytes) -> bool | None:
    """Whether a peer is a seed there; None when it is not there."""
    family = swarm.v4 if len(address) == V4 else swarm.v6
    place = -1 if family is None else family.find(address)
    return None if family is None or place < 0 else place < family.seeds
