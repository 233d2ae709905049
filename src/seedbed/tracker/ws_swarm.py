# SPDX-License-Identifier: Apache-2.0
"""Browsers in swarms: who is there, who is offered a connection, who may answer (pure).

A browser is reached by its connection to us only, so it stands apart from the peers of :mod:`.swarm`, and leaves when
that connection closes. It is known by the connection, never by the ``peer_id`` that it gives: nobody takes another's
place, and in one swarm nobody is many (two clients of one page that share a socket are one).
An answer goes where an offer came from, and only from whom it was passed to: so nobody can be written to unasked but
by offers, and of these each may send some in a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept and passed on."""

    lease_s: int = 600
    """Silent in a swarm for so long, a browser is no longer in it, connected or not: five intervals."""
    max_swarms_each: int = 250
    """Of one connection."""
    max_peers: int = 200_000
    """Of all swarms together: some 1,400 bytes each, two thirds of it the offers that they may answer."""
    max_asked: int = 50
    """Offers that one may still answer in a swarm; of more the oldest are forgotten. Clients wait 50 s for answers."""
    max_offers_a_minute: int = 20
    """Of one connection, for each swarm that it is in; programs send five every two minutes."""


class Connection:
    """One WebSocket, as its owner and we name it."""

    __slots__ = ("is_open", "members", "minute", "offered")

    def __init__(self) -> None:
        self.is_open = True
        self.members: dict[bytes, Member] = {}
        """By info-hash."""
        self.minute = -1
        self.offered = 0
        """How many offers of it were passed on in that minute."""


class Member:
    """One connection in one swarm."""

    __slots__ = ("asked", "connection", "is_seed", "peer_id", "place", "seen_s")

    def __init__(self, connection: Connection, peer_id: str) -> None:
        self.connection = connection
        self.peer_id = peer_id
        self.is_seed = False
        self.place = -1
        """In the list of its kind."""
        self.seen_s = 0
        self.asked: dict[tuple[str, str], Member] = {}
        """Whose offers it may answer, by their peer_id and offer_id."""


class _Swarm:
    __slots__ = ("leechers", "seeds")

    def __init__(self) -> None:
        self.seeds: list[Member] = []
        self.leechers: list[Member] = []

    def add(self, member: Member) -> None:
        kind = self.seeds if member.is_seed else self.leechers
        member.place = len(kind)
        kind.append(member)

    def remove(self, member: Member) -> None:
        """The last one takes its place."""
        kind = self.seeds if member.is_seed else self.leechers
        last = kind.pop()
        if last is not member:
            kind[member.place] = last
            last.place = member.place
        member.place = -1


class WebSwarms:
    """All swarms of browsers. Not for several threads.

    Args:
        limits: How much is kept and passed on.
        chance: Gives a whole number below its argument, each as often.
    """

    def __init__(self, limits: Limits, chance: Callable[[int], int]) -> None:
        self._limits = limits
        self._chance = chance
        self._swarms: dict[bytes, _Swarm] = {}
        self.peers = 0
        """Of all swarms together; one connection counts in each of its swarms."""

    def __len__(self) -> int:
        return len(self._swarms)

    def info_hashes(self) -> list[bytes]:
        """Of all swarms with anybody in them."""
        return list(self._swarms)

    def knows(self, info_hash: bytes) -> bool:
        """Whether anybody is in such a swarm: only what is listed has one, and who asks so spares the list."""
        return info_hash in self._swarms

    def count(self, info_hash: bytes) -> tuple[int, int]:
        """Seeds and leechers."""
        swarm = self._swarms.get(info_hash)
        if swarm is None:
            return 0, 0
        return len(swarm.seeds), len(swarm.leechers)

    def join(
        self,
        connection: Connection,
        info_hash: bytes,
        peer_id: str,
        is_seed: bool | None,  # noqa: FBT001
        now_s: int,
    ) -> Member | str:
        """Note that a browser is in a swarm.

        Args:
            connection: Its own.
            info_hash: 20 bytes; who may announce it is decided elsewhere.
            peer_id: What it calls itself; with another one than before it is a new one.
            is_seed: Whether it has everything; None for as before.
            now_s: Seconds of a clock that never goes back.

        Returns:
            It, or in words why there is no room.
        """
        member = connection.members.get(info_hash)
        if member is not None and member.peer_id != peer_id:
            self.leave(connection, info_hash)
            member = None
        if member is None:
            if len(connection.members) >= self._limits.max_swarms_each:
                return f"expected at most {self._limits.max_swarms_each} torrents over one connection"
            if self.peers >= self._limits.max_peers:
                return "this tracker is full: try again later"
            member = self._add(connection, info_hash, peer_id, bool(is_seed))
        elif is_seed is not None and is_seed != member.is_seed:
            swarm = self._swarms[info_hash]
            swarm.remove(member)
            member.is_seed = is_seed
            swarm.add(member)
        member.seen_s = now_s
        return member

    def leave(self, connection: Connection, info_hash: bytes) -> None:
        """Forget a browser in a swarm, and the swarm when it was the last."""
        member = connection.members.pop(info_hash, None)
        if member is None:
            return
        swarm = self._swarms[info_hash]
        swarm.remove(member)
        member.asked.clear()
        self.peers -= 1
        if not swarm.seeds and not swarm.leechers:
            del self._swarms[info_hash]

    def close(self, connection: Connection) -> None:
        """Forget a browser in all its swarms."""
        connection.is_open = False
        for info_hash in list(connection.members):
            self.leave(connection, info_hash)

    def drop(self, info_hash: bytes) -> None:
        """Forget a swarm that may no longer be."""
        self._leave_all(info_hash, lambda _: True)

    def expire(self, info_hashes: Sequence[bytes], now_s: int) -> None:
        """Forget who is silent in some swarms: a few at a time, so that nobody waits long."""
        before_s = now_s - self._limits.lease_s
        for info_hash in info_hashes:
            self._leave_all(info_hash, lambda member: member.seen_s < before_s)

    def offer(self, info_hash: bytes, member: Member, offer_ids: Sequence[str], now_s: int) -> list[Connection]:
        """Choose to whom offers go, and note who may answer them.

        Args:
            info_hash: Of the swarm that the member is in.
            member: Whose offers they are.
            offer_ids: One for each.
            now_s: As in :meth:`join`.

        Returns:
            Where the first offers go, in their order: none twice; fewer when there are fewer others, or the member
            has sent many.
        """
        wanted = min(len(offer_ids), self._may_offer(member.connection, now_s))
        chosen = self._others(self._swarms[info_hash], member, wanted) if wanted > 0 else []
        member.connection.offered += len(chosen)
        for offer_id, other in zip(offer_ids, chosen, strict=False):
            other.asked[member.peer_id, offer_id] = member
            if len(other.asked) > self._limits.max_asked:
                del other.asked[next(iter(other.asked))]
        return [other.connection for other in chosen]

    def answer(self, connection: Connection, info_hash: bytes, to_peer_id: str, offer_id: str) -> Connection | None:
        """Where an answer goes: once, to whose offer it was; None when there was none, or that one left."""
        member = connection.members.get(info_hash)
        asker = member.asked.pop((to_peer_id, offer_id), None) if member else None
        return asker.connection if asker and asker.place >= 0 else None

    def _may_offer(self, connection: Connection, now_s: int) -> int:
        """Leaving and coming again does not help: the connection is counted, not who it says to be."""
        if connection.minute != now_s // 60:
            connection.minute, connection.offered = now_s // 60, 0
        return self._limits.max_offers_a_minute * len(connection.members) - connection.offered

    def _add(self, connection: Connection, info_hash: bytes, peer_id: str, is_seed: bool) -> Member:  # noqa: FBT001
        member = connection.members[info_hash] = Member(connection, peer_id)
        member.is_seed = is_seed
        self._swarms.setdefault(info_hash, _Swarm()).add(member)
        self.peers += 1
        return member

    def _leave_all(self, info_hash: bytes, who: Callable[[Member], bool]) -> None:
        swarm = self._swarms.get(info_hash)
        for member in [*swarm.seeds, *swarm.leechers] if swarm else ():
            if who(member):
                self.leave(member.connection, info_hash)

    def _others(self, swarm: _Swarm, member: Member, wanted: int) -> list[Member]:
        """Some of the row of seeds and leechers, taken as a ring from a place by chance; for seeds, of leechers."""
        seeds = [] if member.is_seed else swarm.seeds
        total = len(seeds) + len(swarm.leechers)
        start, count = self._chance(total) if total else 0, min(total, wanted + 2)  # itself, maybe twice, is among them
        row = _stretch(seeds, swarm.leechers, start, count)
        if start + count > total:
            row += _stretch(seeds, swarm.leechers, 0, start + count - total)
        return [other for other in row if other.peer_id != member.peer_id][:wanted]


def _stretch(first: list[Member], then: list[Member], start: int, count: int) -> list[Member]:
    """A part of two lists that stand one behind the other."""
    at = start - len(first)
    return first[start : start + count] + then[max(at, 0) : max(at + count, 0)]
