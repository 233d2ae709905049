# SPDX-License-Identifier: Apache-2.0
"""Looking up and storing an item in the distributed hash table, and a swarm's size, as a guest (BEP 5, 33, 43, 44).

libtorrent's Python binding cannot store the dictionary that BEP 46 wants; and a pointer is needed before there is any
torrent to run an engine for. So these few messages are our own. It answers no questions and keeps no table.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import secrets
import socket
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from seedbed.core import krpc
from seedbed.core.hosts import is_private_address
from seedbed.errors import NoSourceError
from seedbed.following.dht.swarm import Swarm

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from seedbed.core.krpc import MutableItem, Node, Reply

log = logging.getLogger(__name__)

BOOTSTRAP = (("router.bittorrent.com", 6881), ("dht.transmissionbt.com", 6881), ("dht.libtorrent.org", 25401))
"""Where everybody begins who knows nobody."""
CLOSEST = 8
"""Nodes that keep an item (BEP 5: K)."""
AT_ONCE = 6
"""Questions under way; a third of nodes never answer, so fewer would be slow."""
MAX_QUERIES = 200
"""An honest look-up needs about 40. A ring of liars could send us on for ever."""
REPLY_TIMEOUT_S = 1.5
LOOKUP_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of each node."""

    target: bytes
    """20 bytes: where in the table it would be."""
    render: Callable[[bytes, bytes, bytes], bytes] = krpc.get_query
    """Transaction, node id, target -> datagram."""
    salt: bytes = b""


@dataclass(slots=True)
class Lookup:
    """What a look-up found."""

    tokens: dict[Node, bytes] = field(default_factory=dict)
    """Nodes that answered and would store, by their token."""
    items: list[MutableItem] = field(default_factory=list)
    """All that were sent; unverified."""
    swarm: Swarm = field(default_factory=Swarm)
    asked: set[tuple[str, int]] = field(default_factory=set)
    known: dict[tuple[str, int], Node] = field(default_factory=dict)
    answered: set[tuple[str, int]] = field(default_factory=set)

    def closest(self, target: bytes, *, count: int = CLOSEST) -> list[Node]:
        """Nodes that answered and would store, the nearest first."""
        return sorted(self.tokens, key=lambda node: _distance(node.id, target))[:count]

    def next(self, target: bytes) -> Node | None:
        """The nearest node that was not asked, if it may still bring us nearer."""
        ranked = sorted(self.known.values(), key=lambda node: _distance(node.id, target))
        alive = [node for node in ranked if _where(node) in self.answered or _where(node) not in self.asked]
        return next((node for node in alive[:CLOSEST] if _where(node) not in self.asked), None)


class DhtClient:
    """A guest of the table; open it with :func:`open_client`."""

    def __init__(self, bootstrap: Sequence[tuple[str, int]], *, allows_private: bool) -> None:
        self._bootstrap = bootstrap
        self._allows_private = allows_private
        self._id = secrets.token_bytes(krpc.ID_LENGTH)
        self._waiting: dict[tuple[bytes, tuple[str, int]], asyncio.Future[bytes]] = {}
        self.transport: asyncio.DatagramTransport | None = None

    async def get(self, public_key: bytes, salt: bytes, *, verify: Callable[[MutableItem], bool]) -> MutableItem | None:
        """The newest item that is signed as it must be; None when there is none.

        Raises:
            NoSourceError: nobody in the table answers.
        """
        target = krpc.target_of(public_key, salt)
        found = await self._look_up(Question(target, salt=salt))
        good = [item for item in found.items if item.public_key == public_key and verify(item)]
        return max(good, key=lambda item: item.seq, default=None)

    async def put(self, item: MutableItem) -> int:
        """Store a signed item at the nodes nearest to it; returns how many took it.

        Raises:
            NoSourceError: nobody in the table answers.
        """
        found = await self._look_up(Question(item.target, salt=item.salt))
        stored = 0
        for node in found.closest(item.target):
            render = partial(krpc.put_query, node_id=self._id, token=found.tokens[node], item=item)
            reply = await self._ask(_where(node), render)
            stored += reply is not None and not reply.error
            if reply is not None and reply.error:
                log.info("a node of the table refuses the item: %s", reply.error)
        return stored

    async def swarm(self, info_hash: bytes) -> Swarm:
        """What the table knows of a torrent's peers.

        Args:
            info_hash: 20 bytes.

        Raises:
            NoSourceError: nobody in the table answers.
        """
        return (await self._look_up(Question(info_hash, krpc.get_peers_query))).swarm

    async def _look_up(self, question: Question) -> Lookup:
        found = Lookup()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOKUP_TIMEOUT_S):
                await self._begin(found, question)
                await self._walk(found, question)
        if not found.answered:
            raise NoSourceError(
                "the distributed hash table: nobody answers",
                hint="Is UDP allowed to leave this network? --dht-node HOST:PORT names a node to begin at.",
            )
        return found

    async def _begin(self, found: Lookup, question: Question) -> None:
        async with asyncio.TaskGroup() as group:
            for host, port in self._bootstrap:
                group.create_task(self._ask_known(found, host, port, question))

    async def _ask_known(self, found: Lookup, host: str, port: int, question: Question) -> None:
        loop = asyncio.get_running_loop()
        try:
            rows = await loop.getaddrinfo(host, port, family=socket.AF_INET, type=socket.SOCK_DGRAM)
        except OSError as error:
            log.info("the table's entrance %s is not found: %s", host, error)
            return
        await self._ask_node(found, (str(rows[0][4][0]), port), question)

    async def _walk(self, found: Lookup, question: Question) -> None:
        pending: set[asyncio.Task[None]] = set()
        async with asyncio.TaskGroup() as group:
            while len(found.asked) < MAX_QUERIES:
                while len(pending) < AT_ONCE and (node := found.next(question.target)):
                    found.asked.add(_where(node))
                    pending.add(group.create_task(self._ask_node(found, _where(node), question)))
                if not pending:
                    return
                _, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)

    async def _ask_node(self, found: Lookup, where: tuple[str, int], question: Question) -> None:
        found.asked.add(where)
        reply = await self._ask(where, lambda it: question.render(it, self._id, question.target), salt=question.salt)
        if reply is None or reply.error or not reply.node_id:
            return
        found.answered.add(where)
        me = krpc.Node(reply.node_id, *where)
        found.known[where] = me
        if reply.token:
            found.tokens[me] = reply.token
        if reply.item:
            found.items.append(reply.item)
        found.swarm.add(reply)
        for node in reply.nodes:
            if self._allows(node.host):
                found.known.setdefault(_where(node), node)

    def _allows(self, host: str) -> bool:
        """Nobody makes us send datagrams into our own network."""
        return self._allows_private or not is_private_address(ipaddress.ip_address(host))

    async def _ask(
        self, where: tuple[str, int], render: Callable[[bytes], bytes], *, salt: bytes = b""
    ) -> Reply | None:
        if self.transport is None:
            raise RuntimeError("the client is not open")
        transaction = secrets.token_bytes(4)
        answer = asyncio.get_running_loop().create_future()
        self._waiting[transaction, where] = answer
        try:
            self.transport.sendto(render(transaction), where)
            async with asyncio.timeout(REPLY_TIMEOUT_S):
                return krpc.read_reply(await answer, salt=salt)
        except TimeoutError:
            return None
        finally:
            self._waiting.pop((transaction, where), None)

    def received(self, data: bytes, where: tuple[str, int]) -> None:
        """Take a datagram: an answer that somebody waits for, or nothing."""
        reply = krpc.read_reply(data)
        answer = self._waiting.get((reply.transaction, where)) if reply else None
        if answer and not answer.done():
            answer.set_result(data)


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, client: DhtClient) -> None:
        self._client = client

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._client.received(data, (addr[0], addr[1]))


@contextlib.asynccontextmanager
async def open_client(
    bootstrap: Sequence[tuple[str, int]] = BOOTSTRAP, *, allows_private: bool = False
) -> AsyncIterator[DhtClient]:
    """A guest of the table, with its socket.

    Args:
        bootstrap: Nodes to begin at.
        allows_private: Whether nodes in private networks may be asked.
    """
    client = DhtClient(bootstrap, allows_private=allows_private)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Protocol(client), local_addr=("0.0.0.0", 0))  # noqa: S104  # a guest hears answers only
    client.transport = transport
    try:
        yield client
    finally:
        transport.close()


def _where(node: Node) -> tuple[str, int]:
    return (node.host, node.port)


def _distance(one: bytes, other: bytes) -> int:
    return int.from_bytes(one) ^ int.from_bytes(other)
