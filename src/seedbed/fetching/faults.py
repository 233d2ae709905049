# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a source, by what follows from it."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """What a fault means for the next request."""

    MISSING = "missing"
    """It does not have this file, or has another one in its place. Others of its files may be right."""
    BUSY = "busy"
    """It asks us to come later (429, 503)."""
    SPENT = "spent"
    """It told how many requests it allows, and they are used up: nothing went wrong, we wait by ourselves."""
    BROKEN = "broken"
    """It failed for now: refused, reset, stalled, cut short, an error of its own. A rest may help."""
    REFUSED = "refused"
    """It will not become better, or is unsafe: a bad certificate, a forbidden address, an encoded body."""
    UNSURE = "unsure"
    """It may be the fault of asking ahead: ask again, one at a time, before anything is concluded."""
    NO_RANGES = "no ranges"
    """It sends whole files only."""


class Fault(Exception):  # noqa: N818  # never leaves this package: it is a fact about a source, not a failed fetch
    """One thing that a source did wrong.

    Args:
        kind: What follows from it.
        text: What happened, for people; the source's name is added by who knows it.
        retry_after_s: How long the source asked us to wait; 0 when it did not say.
        is_stall: Whether it took a whole time-out; then a second try at once is not worth it.
        name: The same in one word, for programs: ``missing``, ``wrong-length``, ``tls``; the kind's where not given.
    """

    def __init__(
        self, kind: Kind, text: str, *, retry_after_s: float = 0.0, is_stall: bool = False, name: str = ""
    ) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text
        self.name = name or kind.value.replace(" ", "-")
        self.retry_after_s = retry_after_s
        self.is_stall = is_stall
