# SPDX-License-Identifier: Apache-2.0
"""Who fetches which pieces: the decisions of a fetch, without clock, chance, files or sockets.

Missing pieces lie in one queue. A source claims a run of them from it, sized so that a fast source comes back often
and takes the most. A source that fails rests, longer each time; one that proves useless is banned, with the reason.
When the queue is empty an idle source takes over the second half of the slowest claim, and at the very end fetches
the same piece a second time (*endgame*): a stalled source holds nobody up.

Rules: a piece is in one claim at a time, in endgame in at most two of different sources, those not counted that are
slow and have never brought anything: several dead mirrors must not keep a piece from the living one. A piece leaves the
plan only by :meth:`Plan.proved`. Nothing here is thread-safe; ``desk`` is the one owner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.fetching.faults import Kind
from seedbed.fetching.planning.queue import PieceQueue

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from seedbed.fetching.faults import Fault
    from seedbed.fetching.rules import Rules


@dataclass(slots=True, eq=False)
class Claim:
    """A run of pieces that a source is fetching, in order."""

    source: Source
    start: int
    """First piece not yet handed to the source's reader."""
    stop: int
    """Piece after the last one; moves down when another source takes over the end."""
    began_s: float
    moved_s: float
    """When it last got on."""
    open: set[int] = field(default_factory=set)
    """Pieces begun and not yet proved."""
    pieces_done: int = 0

    def left(self) -> int:
        """Pieces not yet proved."""
        return self.stop - self.start + len(self.open)


@dataclass(slots=True, eq=False)
class Source:
    """What the plan knows about a source. Changed by the plan only."""

    name: str
    max_claims: int
    """Connections that may be busy at once."""
    is_swarm: bool = False
    """The peers together. Their pieces come in any order, so a claim of theirs is open as a whole at once; it is taken
    from the queue's end, where the others come last."""
    claims: list[Claim] = field(default_factory=list)
    pieces_good: int = 0
    wrong: list[int] = field(default_factory=list)
    """Pieces that came with wrong bytes: the proof of a ban."""
    lacks: set[int] = field(default_factory=set)
    """Pieces that it must not be asked for again."""
    files_missing: int = 0
    failures_in_row: int = 0
    rests_until_s: float = 0.0
    asked_rest_until_s: float = 0.0
    """Until when it rests because it asked us to: that is no silence."""
    min_run_bytes: int = 0
    """Its claims are not smaller than this unless less is left."""
    sends_whole_files: bool = False
    """It knows no ranges: one connection, one long claim."""
    banned: str = ""
    """Why nothing more is asked of it; empty while it is in use."""
    faults: dict[str, int] = field(default_factory=dict)
    """What went wrong, and how often."""


class Plan:
    """The pieces still to be fetched and who is at it.

    Args:
        pieces: Those missing.
        piece_length: Bytes.
        rules: Limits.
    """

    def __init__(self, pieces: Iterable[int], *, piece_length: int, rules: Rules) -> None:
        self._rules = rules
        self._piece_length = piece_length
        self._queue = PieceQueue(pieces)
        self.missing = set(self._queue)
        """Pieces not proved yet, whoever has claimed them."""
        self.sources: list[Source] = []
        self._min_pieces = max(rules.min_run_bytes // piece_length, 1)
        self._max_pieces = max(rules.max_run_bytes // piece_length, 1)

    @property
    def is_done(self) -> bool:
        """Whether every piece is proved."""
        return not self.missing

    def add_source(self, name: str, *, max_claims: int, is_swarm: bool = False, min_run_bytes: int = 0) -> Source:
        """A new source, which may be asked at once."""
        source = Source(name, max_claims, is_swarm, min_run_bytes=min_run_bytes)
        self.sources.append(source)
        return source

    def is_stuck(self) -> bool:
        """Whether something is missing that nobody in use can bring, and nobody is fetching anything."""
        busy = any(source.claims for source in self.sources)
        return bool(self.missing) and not busy and not any(self._can_help(source) for source in self.sources)

    def _can_help(self, source: Source) -> bool:
        if source.banned:
            return False
        return len(source.lacks) < len(self.missing) or not self.missing <= source.lacks

    def claim(self, source: Source, *, now_s: float) -> Claim | None:
        """The next run for a source; None when there is nothing for it at this moment."""
        if source.banned or now_s < source.rests_until_s or not self._has_room(source):
            return None
        run = self._queue.take(self._run_pieces(source), without=source.lacks, from_end=source.is_swarm)
        if run is None:
            return self._take_over(source, now_s=now_s)
        return self._new_claim(source, run[0], run[1], now_s=now_s)

    def _has_room(self, source: Source) -> bool:
        """Whether a source may have another claim; for a swarm pieces count, since fragments make small claims."""
        if source.is_swarm:
            held = sum(len(claim.open) for claim in source.claims)
            return self.is_alone(source) or held < source.max_claims * self._run_pieces(source)
        return len(source.claims) < (1 if source.sends_whole_files else source.max_claims)

    def spare(self, count: int) -> set[int]:
        """Pieces that nobody has claimed, those that will be claimed last; they stay free."""
        return self._queue.tail(count)

    def is_alone(self, source: Source) -> bool:
        """Whether no other source is in use."""
        return all(other.banned for other in self.sources if other is not source)

    def _new_claim(self, source: Source, start: int, stop: int, *, now_s: float) -> Claim:
        claim = Claim(source, start, stop, now_s, now_s)
        if source.is_swarm:
            claim.open, claim.start = set(range(start, stop)) & self.missing, stop
        source.claims.append(claim)
        return claim

    def _run_pieces(self, source: Source) -> int:
        if source.sends_whole_files or (source.is_swarm and self.is_alone(source)):
            return len(self._queue)
        busy = sum(other.max_claims for other in self.sources if not other.banned)
        fair = len(self._queue) // (2 * max(busy, 1))
        least = max(self._min_pieces, source.min_run_bytes // self._piece_length)
        return min(max(fair, least), self._max_pieces)

    def _take_over(self, source: Source, *, now_s: float) -> Claim | None:
        """Help with the claim that will take longest, if that is long."""
        others = [claim for one in self.sources for claim in one.claims if self._is_slow(claim, now_s)]
        for claim in sorted(others, key=lambda one: self._time_left_s(one, now_s), reverse=True):
            if (split := claim.start + (claim.stop - claim.start) // 2) < claim.stop:
                run = range(split, claim.stop)
                if source.lacks.isdisjoint(run):
                    claim.stop = split
                    return self._new_claim(source, run.start, run.stop, now_s=now_s)
            elif claim.source is not source and (run := self._open_run(source, claim, now_s)):
                return self._new_claim(source, run.start, run.stop, now_s=now_s)
        return None

    def _open_run(self, source: Source, claim: Claim, now_s: float) -> range:
        """Pieces that another source has begun, to fetch them too; peers give theirs up, all but the last."""
        dead = {id(one) for one in self._claims() if self._is_dead(one, now_s) and one.source is not source}
        free = sorted((claim.open & self.missing) - source.lacks - self._claimed(besides=claim, and_besides=dead))
        if not free:
            return range(0)
        if not claim.source.is_swarm:
            return range(free[0], free[0] + 1)
        count = len(free) if not claim.pieces_done else -(-len(free) // 2)
        start = stop = free[-1] + 1
        while start - 1 in claim.open and stop - start < min(count, self._max_pieces):
            start -= 1
        if len(claim.open) > 1:
            claim.open.difference_update(range(start, stop))
        return range(start, stop)

    def _claimed(self, *, besides: Claim, and_besides: Container[int] = ()) -> set[int]:
        others = [claim for claim in self._claims() if claim is not besides and id(claim) not in and_besides]
        return {piece for claim in others for piece in (*claim.open, *range(claim.start, claim.stop))}

    def _claims(self) -> list[Claim]:
        return [claim for source in self.sources for claim in source.claims]

    def _time_left_s(self, claim: Claim, now_s: float) -> float:
        """How long a claim will need at its own pace; a claim that has shown no pace is judged by its age."""
        took_s = now_s - claim.began_s
        per_piece_s = max(took_s / max(claim.pieces_done, 1), (now_s - claim.moved_s) / 2)
        return per_piece_s * claim.left()

    def _is_slow(self, claim: Claim, now_s: float) -> bool:
        return self._time_left_s(claim, now_s) > self._rules.slow_after_s

    def _is_dead(self, claim: Claim, now_s: float) -> bool:
        """Whether a claim may well never end: its source is slow, and nothing good ever came from it."""
        return not claim.source.pieces_good and self._is_slow(claim, now_s)

    def begin(self, claim: Claim, max_pieces: int) -> range:
        """The next pieces of a claim, for its source to read now; empty when the claim is over."""
        if claim.source.banned or claim not in claim.source.claims:
            return range(0)
        while claim.start < claim.stop and claim.start not in self.missing:
            claim.start += 1  # another source was faster in endgame
        stop = claim.start
        while stop < min(claim.stop, claim.start + max_pieces) and stop in self.missing:
            stop += 1
        pieces = range(claim.start, stop)
        claim.open.update(pieces)
        claim.start = stop
        return pieces

    def proved(self, claim: Claim, piece: int, *, now_s: float) -> bool:
        """A piece came and is right; False when it was there already."""
        source = claim.source
        claim.open.discard(piece)
        claim.pieces_done += 1
        claim.moved_s = now_s
        source.failures_in_row = 0
        is_new = piece in self.missing
        if is_new:
            self.missing.discard(piece)
            source.pieces_good += 1
        return is_new

    def came(self, source: Source, piece: int, *, now_s: float) -> bool:
        """As :meth:`proved`, for a swarm, which does not know its claims; also for a piece that it had given up."""
        claim = next((claim for claim in source.claims if piece in claim.open), None)
        if claim is None:
            is_new = piece in self.missing
            self.missing.discard(piece)
            self._queue.take_out(piece)
            source.pieces_good += is_new
            return is_new
        is_new = self.proved(claim, piece, now_s=now_s)
        if not claim.open:
            self.finish(claim)
        return is_new

    def wrong(self, claim: Claim, piece: int) -> None:
        """A piece came and is not what its hash says: it is for another source."""
        source = claim.source
        claim.open.discard(piece)
        source.lacks.add(piece)
        source.wrong.append(piece)
        self._give_back([piece], claim)
        rules = self._rules
        if len(source.wrong) >= rules.max_wrong and source.pieces_good < rules.good_per_wrong * len(source.wrong):
            source.banned = source.banned or f"wrong bytes in {len(source.wrong)} pieces"

    def fail(self, claim: Claim, fault: Fault, *, now_s: float, lacks: Iterable[int] = ()) -> None:
        """A claim ended in a fault; its pieces go back, the source rests or is banned.

        Args:
            claim: It is over with this call.
            fault: What happened.
            now_s: Now.
            lacks: For MISSING: the pieces that the source does not have.
        """
        source = claim.source
        self.finish(claim)
        if fault.kind is Kind.UNSURE:
            return
        if fault.kind is Kind.SPENT:
            self._rest_as_asked(source, fault, now_s)
            return
        source.faults[fault.text] = source.faults.get(fault.text, 0) + 1
        if fault.kind is Kind.REFUSED:
            source.banned = source.banned or fault.text
        elif fault.kind is Kind.NO_RANGES:
            source.sends_whole_files = True
        elif fault.kind is Kind.MISSING:
            self._lack(source, fault, set(lacks))
        else:
            self._rest(source, fault, now_s)

    def finish(self, claim: Claim) -> None:
        """A claim is over; what it did not bring goes back into the queue."""
        if claim in claim.source.claims:
            claim.source.claims.remove(claim)
            self._give_back([*claim.open, *range(claim.start, claim.stop)], claim)
            claim.open.clear()

    def _give_back(self, pieces: Iterable[int], claim: Claim) -> None:
        self._queue.put((set(pieces) & self.missing) - self._claimed(besides=claim))

    def _lack(self, source: Source, fault: Fault, pieces: set[int]) -> None:
        if pieces <= source.lacks:
            return  # its other connections asked for the same file: one finding, not four
        source.lacks |= pieces
        source.files_missing += 1
        if source.files_missing >= self._rules.max_missing and source.pieces_good < source.files_missing:
            source.banned = source.banned or f"{fault.text}, like {source.files_missing - 1} other files"

    def _rest(self, source: Source, fault: Fault, now_s: float) -> None:
        if now_s < source.rests_until_s:
            return  # its other connections failed with the same fault: one failure, not four
        source.failures_in_row += 1
        rules = self._rules
        most = rules.max_failures_in_row if fault.kind is Kind.BROKEN else rules.max_busy_in_row
        if source.failures_in_row >= most:
            source.banned = source.banned or f"{fault.text} ({source.failures_in_row} times in a row)"
        rest_s = min(rules.first_rest_s * 2 ** (source.failures_in_row - 1), rules.max_rest_s)
        source.rests_until_s = now_s + rest_s
        self._rest_as_asked(source, fault, now_s)

    def _rest_as_asked(self, source: Source, fault: Fault, now_s: float) -> None:
        """Rest for as long as the source wishes, or do without it."""
        if fault.retry_after_s > self._rules.longest_asked_rest_s:
            source.banned = source.banned or fault.text
        source.asked_rest_until_s = max(source.asked_rest_until_s, now_s + fault.retry_after_s)
        source.rests_until_s = max(source.rests_until_s, now_s + fault.retry_after_s)
