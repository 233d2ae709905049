# SPDX-License-Identifier: Apache-2.0
"""Which share of its life a node is at work, as it measures it itself (pure)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Self

FORGETS_S = 30 * 86_400.0
"""Of a longer life only as much is remembered."""
_GUESS, _GUESS_S = 0.75, 86_400.0
"""A newcomer's share, until a day has shown a better one."""


@dataclass(frozen=True, slots=True)
class Uptime:
    """Seconds at work, and in all."""

    work_s: float = 0.0
    life_s: float = 0.0

    @classmethod
    def read(cls, text: str) -> Self:
        """As it was written down; nothing is known of what is none."""
        try:
            work_s, life_s = map(float, json.loads(text))
        except (ValueError, TypeError):
            return cls()
        return cls(work_s, life_s) if 0 <= work_s <= life_s < 2 * FORGETS_S else cls()

    def after(self, work_s: float, away_s: float = 0.0) -> Uptime:
        """So much later.

        Args:
            work_s: At work meanwhile.
            away_s: Not at work meanwhile.
        """
        work, life = self.work_s + max(work_s, 0.0), self.life_s + max(work_s, 0.0) + max(away_s, 0.0)
        scale = min(FORGETS_S / life, 1.0) if life else 1.0
        return Uptime(work * scale, life * scale)

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return (self.work_s + _GUESS * _GUESS_S) / (self.life_s + _GUESS_S)

    def __str__(self) -> str:
        return json.dumps([round(self.work_s), round(self.life_s)])
