# SPDX-License-Identifier: Apache-2.0
"""Connections to public addresses only, judged at the very moment of connecting.

Who attacks: whoever names a URL that we are to read. How: a name that leads to our own network, or that led elsewhere
when it was checked (DNS rebinding). The address that is connected to is the one that is judged: nothing lies between.
``SEEDBED_ONLY_PUBLIC=1`` asks for it in a whole process; a server sets it for programs that read strangers' URLs.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from typing import TYPE_CHECKING, Any

import pycurl

from seedbed.core.hosts import is_private_address

if TYPE_CHECKING:
    from collections.abc import Collection

VARIABLE = "SEEDBED_ONLY_PUBLIC"


class _Handle:
    """A socket for pycurl, which makes its own copy of the handle and forgets this one."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def fileno(self) -> int:
        """The handle."""
        return self._fd

    def __del__(self) -> None:
        os.close(self._fd)


def is_asked() -> bool:
    """Whether this process may connect to public addresses only."""
    return os.environ.get(VARIABLE, "") not in {"", "0"}


def restrict(curl: pycurl.Curl, allowed: Collection[tuple[str, int]] = ()) -> None:
    """Let a transfer connect to public addresses only; it fails to connect (curl's error 7) elsewhere.

    Args:
        curl: The transfer.
        allowed: Addresses and ports that may be connected to although they are private: a keeper's own, tests'.
    """

    def open_socket(_purpose: int, place: Any) -> _Handle | int:
        host, port = place.addr[0], place.addr[1]
        text = host.decode() if isinstance(host, bytes) else host
        if is_private_address(ipaddress.ip_address(text.partition("%")[0])) and (text, port) not in allowed:
            return int(pycurl.SOCKET_BAD)
        return _Handle(socket.socket(place.family, place.socktype, place.protocol).detach())

    curl.setopt(pycurl.OPENSOCKETFUNCTION, open_socket)
    curl.setopt(pycurl.PROXY, "")  # a proxy would connect in our place, and judge nothing
