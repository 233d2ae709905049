# SPDX-License-Identifier: Apache-2.0
"""Who a tracker says has a torrent: asked as a client would, and left at once, so as to be no fetcher there."""

from __future__ import annotations

import contextlib
import ipaddress
from typing import TYPE_CHECKING

from seedbed.core.hosts import is_private_address
from seedbed.health.probes import announce_wire
from seedbed.health.scrape import over_http, over_udp
from seedbed.health.scrape.counted import Unanswered
from seedbed.tracker.addresses import is_good_port

if TYPE_CHECKING:
    from seedbed.health.probes.announce_wire import Peer, Who


async def peers(announce: str, who: Who, *, allows_private: bool) -> list[Peer]:
    """Ask a tracker.

    Args:
        announce: Its URL, over HTTP or UDP.
        who: Asks; is not in the answer.
        allows_private: Whether trackers and peers of private networks are spoken to.

    Raises:
        Unanswered: it gives no answer.
    """
    scheme = announce.partition(":")[0].lower()
    if scheme not in {"http", "https", "udp"}:
        raise Unanswered("no-scrape", "only http, https and udp are asked")
    found = await (_over_udp if scheme == "udp" else _over_http)(announce, who, allows_private=allows_private)
    return [
        one for one in found
        if is_good_port(one.port) and (allows_private or not is_private_address(ipaddress.ip_address(one.ip)))
    ]  # fmt: skip


async def _over_http(announce: str, who: Who, *, allows_private: bool) -> list[Peer]:
    rules = over_http.rules(allows_private=allows_private)
    try:
        return announce_wire.read(await over_http.get(announce_wire.url(announce, who, announce_wire.STARTED), rules))
    finally:
        with contextlib.suppress(Unanswered):
            await over_http.get(announce_wire.url(announce, who, announce_wire.STOPPED), rules)


async def _over_udp(announce: str, who: Who, *, allows_private: bool) -> list[Peer]:
    async with over_udp.connected(announce, allows_private=allows_private) as line:
        data = await line.ask(lambda to, number: announce_wire.datagram(to, number, who, announce_wire.STARTED))
        with contextlib.suppress(Unanswered):
            await line.ask(lambda to, number: announce_wire.datagram(to, number, who, announce_wire.STOPPED))
        return announce_wire.read_datagram(data, is_ipv6=line.is_ipv6)
