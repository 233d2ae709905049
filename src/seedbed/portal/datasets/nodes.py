# SPDX-License-Identifier: Apache-2.0
"""How many smartnodes there are, by country: asked of the community's registry, once a minute at most."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.fetching.faults import Fault
from seedbed.fetching.web.http_document import get_document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seedbed.fetching.rules import Rules

MAX_BYTES = 200_000
FRESH_S = 60.0
MAX_COUNTRIES = 400


@dataclass(frozen=True, slots=True)
class Nodes:
    """As the registry counts them."""

    all: int
    proved: int
    countries: Mapping[str, int]
    """ISO 3166-1 code, as nodes say themselves -> proved nodes."""


class NodesDesk:
    """Remembers the last answer. Safe for several threads.

    Args:
        url: Of the registry, ending in a slash; empty for none.
        rules: How it may be asked.
        clock_s: Monotonic.
    """

    def __init__(self, url: str, rules: Rules, clock_s: Callable[[], float]) -> None:
        self._url = url
        self._rules = rules
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._asked_s = float("-inf")
        self._known: Nodes | None = None

    def now(self) -> Nodes | None:
        """What it said last; None where there is none, or it never answered."""
        with self._lock:
            if self._url and self._clock_s() - self._asked_s > FRESH_S:
                self._asked_s = self._clock_s()
                self._known = self._ask() or self._known
            return self._known

    def _ask(self) -> Nodes | None:
        try:
            body = get_document(f"{self._url}nodes.json", self._rules, max_bytes=MAX_BYTES)
        except Fault:
            return None
        return read_nodes(body)


def read_nodes(body: bytes) -> Nodes | None:
    """A registry's answer; None when it is none."""
    try:
        told = json.loads(body)
        countries = {str(code)[:2].upper(): int(n) for code, n in list(told["countries"].items())[:MAX_COUNTRIES]}
        return Nodes(int(told["nodes"]), int(told["proved"]), countries)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None
