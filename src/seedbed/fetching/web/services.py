# SPDX-License-Identifier: Apache-2.0
"""What is known of services that keep many publishers' data: how gently each wants to be asked.

Facts, not tricks: all that is not here is asked by the rules that hold for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Service:
    """How a service is asked."""

    connections: int
    """To one of its hosts, at most."""
    min_run_bytes: int = 0
    """Its requests are counted, so they are made large: a claim is not smaller unless less is left."""
    redirects: bool = False
    """Whether it is normal that each file is sent on to another host."""


_SERVICES = {
    "zenodo.org": Service(2, min_run_bytes=8 * MIB),
    "archive.org": Service(2, min_run_bytes=4 * MIB, redirects=True),
}
"""By domain; hosts below it count too. Zenodo counts requests (60 a minute for guests is what it promises, and it tells
how many are left); the archive's front sends each file to the node that has it."""


def service_of(host: str) -> Service | None:
    """The service that a host belongs to; None for all others."""
    parts = host.lower().rstrip(".").split(".")
    return next((found for at in range(len(parts)) if (found := _SERVICES.get(".".join(parts[at:])))), None)


def host_of(url: str) -> str:
    """The host and port of a URL, to know which ones share a server; empty when it cannot be read."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
