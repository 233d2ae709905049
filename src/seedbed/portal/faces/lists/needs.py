# SPDX-License-Identifier: Apache-2.0
"""Which versions need another copy most, and which of them fit into a space (pure but for reading the index).

The need is the chance that a version is gone in a month (``health.risk``), weighed by what threatens its source: what
the source may lose tomorrow cannot be got again. Versions in equal need come in an order that a seed shuffles, so that
a thousand people who ask with seeds of their own do not all take the same one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.health import risk
from seedbed.health.risk import Copies

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from seedbed.health.current import Health
    from seedbed.portal.portal import Portal

NEEDY = ("lost", "last copy", "at risk")
"""Words that ask for help."""
WEIGHTS = {"gone": 1.0, "at-risk": 0.9, "watch": 0.6, "none": 0.4, "": 0.4}
"""Of threats to the source."""
OLD_WEIGHT = 0.5
"""Of a version that a newer one follows, or that is deprecated."""
UNKNOWN_RISK = 0.5
"""Of what nobody has looked at yet."""


@dataclass(frozen=True, slots=True)
class Need:
    """Of one version."""

    id: str
    size_bytes: int
    threat: str
    word: str
    risk: float
    peers: int
    mirrors: int
    is_current: bool
    need: float
    """From 0 to 1."""

    @property
    def reasons(self) -> list[str]:
        """Why it is on a list, in words."""
        copies = "nobody has counted its copies yet" if self.word == "unknown" else _counted(self.peers, self.mirrors)
        word = {"lost": "no copy known", "last copy": "one last copy", "at risk": "few copies"}.get(self.word, "")
        source = {"gone": "its source is gone", "at-risk": "its source is endangered", "watch": "its source is watched"}
        found = [word, copies, source.get(self.threat, ""), "" if self.is_current else "a newer version exists"]
        return [one for one in found if one]


def _counted(peers: int, mirrors: int) -> str:
    return f"{peers} peer{'s' * (peers != 1)}, {mirrors} web server{'s' * (mirrors != 1)}"


def ranked(portal: Portal, seed: str = "") -> list[Need]:
    """Every version that is not withdrawn, the most needed first.

    Args:
        portal: Whose catalogue, and whose numbers of health.
        seed: Shuffles equals.
    """
    known = portal.health.all()
    plain = portal.shelf.derived("needs", known, lambda: _ranked(portal, known))
    if not seed:
        return plain
    return sorted(plain, key=lambda one: (-one.need, shuffled(seed, one.id)))


def shuffled(seed: str, item_id: str) -> float:
    """From 0 to 1: a version's place among equals, by a seed."""
    return int.from_bytes(hashlib.blake2s(f"{seed}\0{item_id}".encode(), digest_size=6).digest()) / (1 << 48)


def _ranked(portal: Portal, known: Mapping[str, Health]) -> list[Need]:
    rows = portal.shelf.facts(
        "select id, size_bytes, threat, mirror_count, is_latest, status from entries where status <> 'withdrawn'"
    )
    found = (
        _need(row["id"], row["size_bytes"], row["threat"], known.get(row["id"]), mirror_count=row["mirror_count"],
              is_current=bool(row["is_latest"]) and row["status"] == "active")
        for row in rows
    )  # fmt: skip
    return sorted(found, key=lambda one: (-one.need, shuffled("", one.id)))


def _need(
    item_id: str, size_bytes: int, threat: str, health: Health | None, *, mirror_count: int, is_current: bool
) -> Need:
    copies = health.copies if health else Copies(unknown_mirrors=mirror_count)
    word = health.word if health else "unknown"
    chance = UNKNOWN_RISK if word == "unknown" else risk.risk(copies)
    weight = WEIGHTS.get(threat, WEIGHTS[""]) * (1.0 if is_current else OLD_WEIGHT)
    return Need(
        item_id, size_bytes, threat, word, chance, copies.peers, copies.good_mirrors, is_current,
        round(chance * weight, 9),
    )  # fmt: skip


def choose(needs: Iterable[Need], space_bytes: int, *, limit: int) -> list[Need]:
    """The most needed that fit, one after the other; what is too large for what is left is passed over.

    Args:
        needs: The most needed first.
        space_bytes: For all together.
        limit: At most so many.
    """
    chosen, left = list[Need](), space_bytes
    for one in needs:
        if len(chosen) >= limit:
            break
        if one.size_bytes <= left:
            chosen.append(one)
            left -= one.size_bytes
    return chosen
