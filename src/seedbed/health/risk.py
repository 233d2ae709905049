# SPDX-License-Identifier: Apache-2.0
"""How likely it is that a dataset is gone in a month, if nobody does anything about it (pure; docs/guide/health.md).

Copies fail by themselves: a node lives for some three months, a server of an institution for years. What nobody has
proved counts little, and what stands in one country is not counted safer than a country is. The number is a yardstick,
not a forecast: it puts what needs help first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

PROVED, SEEN, UNPROVED = 0.3, 0.4, 0.7
"""A copy's chance to be gone in a month: of a node that was proved (a mean life of 90 days); of a seed that trackers
name, where there is no registry; and of one that a registry could not prove."""
MOST_UNPROVED = 2
"""Unproved seeds that are counted: who invents a thousand gains nothing."""
GOOD_MIRROR, UNKNOWN_MIRROR = 0.02, 0.5
"""Of a web server whose copy was found good; and of one that nobody has looked at."""
MOST_UNKNOWN = 2
ONE_COUNTRY, ANYWHERE = 1e-3, 1e-5
"""What can go wrong for all copies at once, where they are known to be in one country; and anyhow."""
AT_RISK, THIN = 0.05, 0.003
_DECADES = 5

Word: TypeAlias = Literal["lost", "unknown", "last copy", "at risk", "thin", "safe"]
WORDS: tuple[Word, ...] = ("lost", "unknown", "last copy", "at risk", "thin", "safe")
"""The worst first; ``unknown`` is what nobody told anything of."""


@dataclass(frozen=True, slots=True)
class Copies:
    """What is known of a dataset's copies."""

    proved: int = 0
    """Independent peers that a registry has proved."""
    unproved: int = 0
    """Further seeds that trackers name."""
    has_registry: bool = False
    """Whether a registry was there to prove them."""
    good_mirrors: int = 0
    """Web servers, each once, whose copy was found good when it was looked at last."""
    unknown_mirrors: int = 0
    """Those that nobody has looked at, or that did not answer."""
    countries: int = 0
    """In which the proved peers say that they are; 0 where none tells."""

    @property
    def peers(self) -> int:
        """Independent ones, proved or seen: the first of the two numbers."""
        return self.proved if self.has_registry else self.unproved

    @property
    def all(self) -> int:
        """Everything that may be a copy."""
        return self.proved + self.unproved + self.good_mirrors + self.unknown_mirrors


def risk(copies: Copies) -> float:
    """From 0 to 1."""
    if not copies.all:
        return 1.0
    alone = PROVED**copies.proved * GOOD_MIRROR**copies.good_mirrors
    alone *= UNKNOWN_MIRROR ** min(copies.unknown_mirrors, MOST_UNKNOWN)
    if copies.has_registry:
        alone *= UNPROVED ** min(copies.unproved, MOST_UNPROVED)
    else:
        alone *= SEEN**copies.unproved
    together = ONE_COUNTRY if copies.countries == 1 and not copies.good_mirrors else ANYWHERE
    return max(alone, together)


def word(copies: Copies) -> Word:
    """The same for people."""
    if not copies.all:
        return "lost"
    if copies.all == 1:
        return "last copy"
    chance = risk(copies)
    if chance >= AT_RISK:
        return "at risk"
    return "thin" if chance >= THIN else "safe"


def score(copies: Copies) -> int:
    """From 0 to 100, for tables and plots: ten points less is a risk that is about three times smaller."""
    return round(100 + 100 / _DECADES * math.log10(risk(copies)))
