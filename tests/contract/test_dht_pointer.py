# SPDX-License-Identifier: Apache-2.0
"""Our pointer in a table of libtorrent's nodes: stored, read by us, read by libtorrent, never set back."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import libtorrent
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from seedbed.core import krpc
from seedbed.errors import NoSourceError
from seedbed.following.dht import client, pointer
from seedbed.testing.loopback_dht import LoopbackDht

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.core.krpc import MutableItem

pytestmark = pytest.mark.slow

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
PATIENCE_S = 15
FIRST, SECOND = b"\x01" * 20, b"\x02" * 20


@pytest.fixture(scope="module")
def table() -> Iterator[LoopbackDht]:
    """One table for all tests; each uses a salt of its own by its own key. On a busy machine its nodes meet slowly."""
    first = pointer.signed(Ed25519PrivateKey.from_private_bytes(b"0" * 32), FIRST, 1)
    with LoopbackDht() as nodes:
        deadline = time.monotonic() + PATIENCE_S
        while asyncio.run(put(nodes, first)) < len(nodes.nodes) - 1 and time.monotonic() < deadline:
            time.sleep(0.2)
        yield nodes


async def put(table: LoopbackDht, item: MutableItem) -> int:
    """Store as the keeper does."""
    async with client.open_client(table.nodes[:1], allows_private=True) as guest:
        return await guest.put(item)


async def get(table: LoopbackDht, public: bytes = PUBLIC) -> MutableItem | None:
    """Read as a follower does."""
    async with client.open_client(table.nodes[-1:], allows_private=True) as guest:
        return await guest.get(public, pointer.SALT, verify=pointer.is_signed)


def test_a_pointer_is_stored_and_found_from_elsewhere(table: LoopbackDht) -> None:
    """Who knows one node and the public key finds the newest torrent."""
    stored = asyncio.run(put(table, pointer.signed(KEY, FIRST, 1)))
    item = asyncio.run(get(table))

    assert stored >= 3
    assert item is not None
    assert krpc.pointed_at(item.value) == FIRST


def test_a_newer_pointer_takes_its_place_and_an_older_one_does_not(table: LoopbackDht) -> None:
    """Nodes keep the highest sequence number (BEP 44)."""
    asyncio.run(put(table, pointer.signed(KEY, SECOND, 5)))
    refused = asyncio.run(put(table, pointer.signed(KEY, FIRST, 4)))
    item = asyncio.run(get(table))

    assert refused == 0
    assert item is not None
    assert (item.seq, krpc.pointed_at(item.value)) == (5, SECOND)


def test_libtorrent_reads_what_we_stored(table: LoopbackDht) -> None:
    """The item is one of BEP 46 for others too."""
    key = Ed25519PrivateKey.from_private_bytes(b"l" * 32)
    asyncio.run(put(table, pointer.signed(key, FIRST, 7)))
    session = table.sessions[2]

    session.dht_get_mutable_item(key.public_key().public_bytes_raw(), pointer.SALT)
    until = time.monotonic() + 10
    items: list[libtorrent.dht_mutable_item_alert] = []
    while not items and time.monotonic() < until:
        session.wait_for_alert(200)
        items = [
            alert for alert in session.pop_alerts()
            if isinstance(alert, libtorrent.dht_mutable_item_alert) and alert.item
        ]  # fmt: skip

    assert items[0].item == {b"ih": FIRST}
    assert items[0].seq == 7


def test_a_key_that_nobody_used_has_no_pointer(table: LoopbackDht) -> None:
    """Nothing is found, and nothing is raised."""
    assert asyncio.run(get(table, b"\x07" * 32)) is None


def test_a_table_that_does_not_answer_is_said_to_be_so() -> None:
    """A firewall that drops UDP looks like this."""

    async def ask() -> None:
        async with client.open_client([("127.0.0.1", 9)], allows_private=True) as guest:
            await guest.get(PUBLIC, pointer.SALT, verify=pointer.is_signed)

    with pytest.raises(NoSourceError, match="nobody answers"):
        asyncio.run(ask())


def test_an_item_with_another_signature_is_not_believed() -> None:
    """Whoever stores under our key's target without the key changes nothing."""
    item = pointer.signed(KEY, FIRST, 1)

    assert pointer.is_signed(item)
    assert not pointer.is_signed(
        pointer.signed(KEY, SECOND, 1).__class__(PUBLIC, 2, item.value, item.salt, item.signature)
    )
