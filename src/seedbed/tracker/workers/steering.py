# SPDX-License-Identifier: Apache-2.0
"""Sockets of several workers at one address: the kernel gives each announce to the worker that owns its swarm.

A swarm belongs to a worker by the first byte of its info-hash. The sockets share a port (SO_REUSEPORT, socket(7)), and
a small program for the kernel chooses among them by the datagram (SO_ATTACH_REUSEPORT_CBPF): announces by that byte,
connects by a byte of the transaction id, all else to the first. So no worker asks another, and no swarm is split.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from typing import TYPE_CHECKING

from seedbed.core.endpoints import Endpoint
from seedbed.errors import InputError
from seedbed.tracker.udp_door import bound

if TYPE_CHECKING:
    from collections.abc import Sequence

_ATTACH = 51
"""SO_ATTACH_REUSEPORT_CBPF of Linux; the standard library does not name it."""
_LENGTH, _BYTE, _AT_LEAST, _IS, _GO, _REST_OF, _CHOOSE, _CHOOSE_THIS = 0x80, 0x30, 0x35, 0x15, 0x05, 0x94, 0x16, 0x06
"""Instructions of classic BPF (linux/filter.h)."""


def owner(info_hash: bytes, workers: int) -> int:
    """Whose a swarm is."""
    return info_hash[0] % workers


def program(workers: int) -> list[tuple[int, int, int, int]]:
    """Instructions: code, how many to pass over when true and when false, operand. It sees the datagram's payload."""
    return [
        (_LENGTH, 0, 0, 0),
        (_AT_LEAST, 0, 4, 36),  # shorter ones may be connects
        (_BYTE, 0, 0, 11),
        (_IS, 0, 6, 1),  # scrapes may be of many swarms: they go to the first
        (_BYTE, 0, 0, 16),
        (_GO, 0, 0, 2),
        (_AT_LEAST, 0, 3, 16),
        (_BYTE, 0, 0, 15),
        (_REST_OF, 0, 0, workers),
        (_CHOOSE, 0, 0, 0),
        (_CHOOSE_THIS, 0, 0, 0),
    ]


def sockets(where: Endpoint, workers: int) -> list[socket.socket]:
    """One for each worker, in order.

    Raises:
        InputError: this system cannot steer datagrams.
        OSError: the address cannot be listened on.
    """
    made: list[socket.socket] = []
    try:
        for _ in range(workers):
            port = made[0].getsockname()[1] if made else where.port
            made.append(bound(Endpoint(where.host, port), is_shared=True))
        _attach(made[0], program(workers))
    except OSError as error:
        for one in made:
            one.close()
        if len(made) == workers:
            raise InputError("several workers: this system does not steer datagrams", hint="--workers 1") from error
        raise
    return made


def _attach(first: socket.socket, instructions: Sequence[tuple[int, int, int, int]]) -> None:
    """Give the kernel its program, for all sockets of the port."""
    text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in instructions))
    first.setsockopt(socket.SOL_SOCKET, _ATTACH, struct.pack("HP", len(instructions), ctypes.addressof(text)))
