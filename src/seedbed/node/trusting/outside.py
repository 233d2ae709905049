# SPDX-License-Identifier: Apache-2.0
"""Whom a node tells what it holds, and how it checks what others say: what touches the network is passed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from seedbed.health.leases.report import Report
    from seedbed.node.choosing.units import Unit
    from seedbed.node.trusting.identity import Identity


class Speaks(Protocol):
    """Speaks with registries; blocks. :class:`seedbed.health.leases.over_http.OverHttp`."""

    def post(self, base: str, lease: bytes, /) -> bytes:
        """Hand a lease over; returns the answer, or raises SourceError."""
        ...

    def health(self, base: str, /) -> Report:
        """What it tells, or raises SourceError."""
        ...


class Checks(Protocol):
    """Asks peers that trackers name for a piece of a unit."""

    async def __call__(self, unit: Unit, places: tuple[str, ...], port: int, /) -> bool | None:
        """Whether one of them gave it; None when nobody could be asked."""
        ...


@dataclass(frozen=True, slots=True)
class Outside:
    """See the module's text; by default nobody is told or asked anything."""

    identity: Identity | None = None
    """Signs leases."""
    speaks: Speaks | None = None
    checks: Checks | None = None
