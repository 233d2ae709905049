# SPDX-License-Identifier: Apache-2.0
"""What commands share that run until somebody stops them: the sign to stop, and where they listen."""

from __future__ import annotations

import asyncio
import signal

from seedbed.core.endpoints import EXAMPLES, Endpoint, read_endpoint
from seedbed.errors import InputError


def stop_sign() -> asyncio.Event:
    """Set by Ctrl-C or a TERM signal, from now on; for the running loop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


def listening(option: str, text: str, *, default_host: str) -> Endpoint:
    """Where to listen, as an option says it.

    Args:
        option: Its name, for the message.
        text: Its value; port 0 is any.
        default_host: For a port alone.

    Raises:
        InputError: it is no HOST:PORT.
    """
    found = read_endpoint(text, default_host=default_host, any_port=True)
    if found is None:
        raise InputError(f"{option} {text!r}: expected HOST:PORT, such as {EXAMPLES}")
    return found
