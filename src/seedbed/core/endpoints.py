# SPDX-License-Identifier: Apache-2.0
"""HOST:PORT, as people, magnet links and options write it; IPv6 in brackets, since its colons end nowhere else.

A host is a name or an address, and nothing that could be read as more by whoever is handed the text next: no spaces,
commas, slashes, and only ASCII (a name in another script is written as ``xn--…``).
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

EXAMPLES = "192.0.2.7:6881 or [2001:db8::1]:6881"
"""For messages that say how it is written."""
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}")
"""Names of 253 characters are the longest that can be looked up (RFC 1035, 2.3.4)."""
_PORT = re.compile(r"[0-9]{1,5}")
_MAX_PORT = 65_535


class Endpoint(NamedTuple):
    """Where a peer is."""

    host: str
    """An IP address without brackets, or a name where a caller gives one."""
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_endpoint(text: str, *, default_host: str | None = None, any_port: bool = False) -> Endpoint | None:
    """What ``str`` of an endpoint gives, read back; None when the text is not HOST:PORT.

    Args:
        text: What was written.
        default_host: With it, the host may be left out: ``6881`` and ``:6881`` mean this host.
        any_port: Whether port 0, the system's choice, is a port.
    """
    host, _, digits = text.rpartition(":")
    if not _PORT.fullmatch(digits) or not (0 if any_port else 1) <= int(digits) <= _MAX_PORT:
        return None
    if not host:
        return None if default_host is None else Endpoint(default_host, int(digits))
    found = _read_host(host)
    return None if found is None else Endpoint(found, int(digits))


def _read_host(text: str) -> str | None:
    if not (text.startswith("[") and text.endswith("]")):
        return text if _HOST.fullmatch(text) else None
    inner, percent, zone = text[1:-1].partition("%")
    try:
        ipaddress.IPv6Address(inner)
    except ValueError:
        return None
    is_zone = bool(_HOST.fullmatch(zone)) if percent else True
    return text[1:-1] if is_zone else None
