# SPDX-License-Identifier: Apache-2.0
"""The plan: whatever sources do, every piece arrives if one honest source has it, and nobody is asked for nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.fetching.faults import Fault, Kind
from seedbed.fetching.planning.desk import Desk
from seedbed.fetching.planning.plan import Plan
from seedbed.fetching.planning.queue import PieceQueue
from seedbed.fetching.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.fetching.planning.plan import Claim, Source

RULES = Rules(min_run_bytes=2, max_run_bytes=8)
"""With pieces of one byte: runs of 2 to 8 pieces."""
BEHAVIOURS = ["honest", "liar", "lacks-odd", "flaky", "dead", "stalls", "refuses", "no-ranges", "swarm", "busy"]


@dataclass
class Actor:
    """A pretended connection."""

    source: Source
    behaviour: str
    claim: Claim | None = None
    batch: list[int] = field(default_factory=list)
    stalled: int = 0


def step(plan: Plan, actor: Actor, now_s: float, choose: Callable[[int], int]) -> None:
    """Let an actor do one thing."""
    if actor.claim is not None and actor.claim not in actor.source.claims:
        actor.claim, actor.batch = None, []
    if actor.claim is None:
        actor.claim = plan.claim(actor.source, now_s=now_s)
        return
    if actor.behaviour == "swarm":
        if not actor.claim.open:
            plan.finish(actor.claim)
        elif piece := sorted(actor.claim.open)[choose(len(actor.claim.open)) :][:1]:
            plan.came(actor.source, piece[0], now_s=now_s)
        return
    if not actor.batch:
        actor.batch = list(plan.begin(actor.claim, 1 + choose(4)))
        if not actor.batch:
            plan.finish(actor.claim)
        return
    deliver(plan, actor, now_s, choose)


def deliver(plan: Plan, actor: Actor, now_s: float, choose: Callable[[int], int]) -> None:
    """Bring the next piece of a batch, or fail, as the actor's behaviour has it."""
    claim, piece = actor.claim, actor.batch[0]
    assert claim is not None
    faults = {
        "dead": Fault(Kind.BROKEN, "no answer"),
        "refuses": Fault(Kind.REFUSED, "bad certificate"),
        "busy": Fault(Kind.BUSY, "later", retry_after_s=1.0),
    }
    fault = faults.get(actor.behaviour)
    if actor.behaviour == "flaky" and choose(3) == 0:
        fault = Fault(Kind.BROKEN, "reset")
    if actor.behaviour == "no-ranges" and not actor.source.sends_whole_files:
        fault = Fault(Kind.NO_RANGES, "whole files only")
    if actor.behaviour == "lacks-odd" and piece % 2:
        plan.fail(claim, Fault(Kind.MISSING, "404"), now_s=now_s, lacks=[piece])
    elif fault:
        plan.fail(claim, fault, now_s=now_s)
    elif actor.behaviour == "stalls":
        actor.stalled += 1
        if actor.stalled % 200 == 0:
            plan.fail(claim, Fault(Kind.BROKEN, "stalled"), now_s=now_s)
    elif actor.behaviour == "liar":
        plan.wrong(claim, actor.batch.pop(0))
    else:
        plan.proved(claim, actor.batch.pop(0), now_s=now_s)


def check_claims(plan: Plan) -> None:
    """No piece is fetched by more than two claims of sources that are of any use, and never twice by one source's."""
    holders: dict[int, list[Source]] = {}
    for source in plan.sources:
        for claim in source.claims:
            assert claim.open.isdisjoint(range(claim.start, claim.stop))
            for piece in claim.open | set(range(claim.start, claim.stop)):
                holders.setdefault(piece, []).append(source)
    for piece, sources in holders.items():
        if piece in plan.missing:
            assert sum(bool(source.pieces_good) for source in sources) <= 2
            assert len({id(source) for source in sources}) == len(sources)


@settings(max_examples=150, deadline=None)
@given(
    count=st.integers(1, 60),
    others=st.lists(st.sampled_from(BEHAVIOURS), max_size=4),
    honest=st.sampled_from(["honest", "swarm", "no-ranges"]),
    data=st.data(),
)
def test_every_piece_arrives_if_one_source_is_honest(
    count: int, others: list[str], honest: str, data: st.DataObject
) -> None:
    """In any order of events, beside any mix of bad sources."""
    chance = data.draw(st.randoms(use_true_random=False))
    plan = Plan(range(count), piece_length=1, rules=RULES)
    actors: list[Actor] = []
    for number, behaviour in enumerate([honest, *others]):
        source = plan.add_source(f"{behaviour}-{number}", max_claims=2, is_swarm=behaviour == "swarm")
        actors += [Actor(source, behaviour) for _ in range(source.max_claims)]

    for moment in range(20_000):
        if plan.is_done:
            break
        step(plan, chance.choice(actors), moment * 0.05, chance.randrange)
        check_claims(plan)
        assert not plan.is_stuck()

    assert plan.is_done
    good = [source.pieces_good for source in plan.sources]
    assert sum(good) == count
    assert not plan.sources[0].banned


@settings(max_examples=100, deadline=None)
@given(
    count=st.integers(1, 60),
    behaviours=st.lists(st.sampled_from(["liar", "dead", "refuses", "lacks-odd"]), min_size=1, max_size=4),
    data=st.data(),
)
def test_it_ends_when_nobody_can_help(count: int, behaviours: list[str], data: st.DataObject) -> None:
    """With useless sources only, the plan says that it is stuck after boundedly many requests."""
    chance = data.draw(st.randoms(use_true_random=False))
    plan = Plan(range(1, 2 * count, 2), piece_length=1, rules=RULES)
    actors = [
        Actor(source, behaviour)
        for number, behaviour in enumerate(behaviours)
        for source in [plan.add_source(f"{behaviour}-{number}", max_claims=1)]
    ]

    for moment in range(40_000):
        if plan.is_stuck():
            break
        step(plan, chance.choice(actors), moment * 0.05, chance.randrange)

    assert plan.is_stuck()
    assert plan.missing == set(range(1, 2 * count, 2))


def test_a_fast_source_gets_most() -> None:
    """A source that comes back ten times as often does most of the work."""
    plan = Plan(range(1000), piece_length=1, rules=RULES)
    fast, slow = plan.add_source("fast", max_claims=1), plan.add_source("slow", max_claims=1)

    now_s = 0.0
    while not plan.is_done:
        for source, every in ((fast, 1), (slow, 10)):
            if int(now_s * 10) % every == 0 and (claim := plan.claim(source, now_s=now_s)):
                for piece in plan.begin(claim, 100):
                    plan.proved(claim, piece, now_s=now_s)
                plan.finish(claim)
        now_s += 0.1

    assert fast.pieces_good > 5 * slow.pieces_good


def test_a_stalled_claim_is_taken_over_by_another_source() -> None:
    """Its untouched half first, at the very end the piece in hand too; whoever comes first counts."""
    plan = Plan(range(4), piece_length=1, rules=replace(RULES, min_run_bytes=4))
    slow, quick = plan.add_source("slow", max_claims=1), plan.add_source("quick", max_claims=1)
    stalled = plan.claim(slow, now_s=0.0)
    assert stalled is not None
    plan.begin(stalled, 1)

    assert plan.claim(quick, now_s=0.5) is None
    taken: list[int] = []
    while claim := plan.claim(quick, now_s=100.0):
        for piece in plan.begin(claim, 10):
            taken.append(piece)
            plan.proved(claim, piece, now_s=100.0)
        plan.finish(claim)

    assert sorted(taken) == [0, 1, 2, 3]
    assert plan.is_done
    assert not plan.proved(stalled, 0, now_s=101.0)


def test_rest_grows_and_a_good_piece_ends_it() -> None:
    """Back-off doubles; four connections that fail at once count once; Retry-After is kept."""
    plan = Plan(range(10), piece_length=1, rules=RULES)
    source = plan.add_source("one", max_claims=4)
    claims = [plan.claim(source, now_s=0.0) for _ in range(4)]

    for claim in claims:
        assert claim is not None
        plan.fail(claim, Fault(Kind.BROKEN, "reset"), now_s=0.0)
    assert source.failures_in_row == 1
    assert plan.claim(source, now_s=0.49) is None
    again = plan.claim(source, now_s=0.5)
    assert again is not None
    plan.fail(again, Fault(Kind.BUSY, "busy", retry_after_s=20.0), now_s=0.5)

    assert plan.claim(source, now_s=20.0) is None
    last = plan.claim(source, now_s=20.5)
    assert last is not None
    plan.proved(last, next(iter(plan.begin(last, 1))), now_s=21.0)
    assert source.failures_in_row == 0


def test_a_source_that_asks_for_hours_is_given_up() -> None:
    """Waiting longer than the whole fetch may be silent makes no sense."""
    plan = Plan(range(10), piece_length=1, rules=RULES)
    source = plan.add_source("one", max_claims=1)
    claim = plan.claim(source, now_s=0.0)
    assert claim is not None

    plan.fail(claim, Fault(Kind.BUSY, "busy", retry_after_s=3600.0), now_s=0.0)

    assert source.banned
    assert plan.is_stuck()


def test_a_mostly_good_mirror_stays_in_use() -> None:
    """A few rotten pieces among many good ones are no reason to ban."""
    plan = Plan(range(500), piece_length=1, rules=RULES)
    source = plan.add_source("one", max_claims=1)

    while not plan.is_stuck() and not plan.is_done:
        claim = plan.claim(source, now_s=0.0)
        assert claim is not None
        for piece in plan.begin(claim, 8):
            if piece % 100 == 99:
                plan.wrong(claim, piece)
            else:
                plan.proved(claim, piece, now_s=0.0)
        plan.finish(claim)

    assert not source.banned
    assert source.wrong == [99, 199, 299, 399, 499]
    assert plan.missing == {99, 199, 299, 399, 499}


@given(st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)), st.integers(1, 9), st.booleans())
def test_a_queue_is_a_set_taken_in_runs(
    pieces: set[int],
    without: set[int],
    size: int,
    from_end: bool,  # noqa: FBT001
) -> None:
    """What is put in comes out once, in allowed runs of bounded length, from the end that was asked for."""
    queue = PieceQueue(pieces)
    assert list(queue) == sorted(pieces)
    assert len(queue) == len(pieces)

    taken: list[int] = []
    while run := queue.take(size, without=without, from_end=from_end):
        assert 0 < run[1] - run[0] <= size
        taken += range(*run) if not from_end else reversed(range(*run))

    assert taken == sorted(pieces - without, reverse=from_end)
    assert set(queue) == pieces & without
    queue.put(taken)
    assert set(queue) == pieces


@given(st.sets(st.integers(0, 40)), st.integers(0, 50))
def test_the_tail_of_a_queue_stays_in_it(pieces: set[int], count: int) -> None:
    """The last pieces are shown, not taken."""
    queue = PieceQueue(pieces)

    assert queue.tail(count) == set(sorted(pieces)[len(pieces) - min(count, len(pieces)) :])
    assert set(queue) == pieces


@pytest.mark.parametrize("piece", [0, 3, 5, 9, 10])
def test_one_piece_is_taken_out_of_a_queue(piece: int) -> None:
    """From the middle, from an edge, or nothing when it is not there."""
    queue = PieceQueue([0, 1, 2, 3, 4, 5, 8, 9])

    queue.take_out(piece)

    assert set(queue) == {0, 1, 2, 3, 4, 5, 8, 9} - {piece}
    assert len(queue) == len(set(queue))


def test_two_dead_sources_do_not_keep_a_piece_from_the_living_one() -> None:
    """The second dead one takes over from the first; the living one gets the piece all the same."""
    plan = Plan(range(1), piece_length=1, rules=RULES)
    living, *dead = (plan.add_source(name, max_claims=1) for name in ("living", "hangs", "hangs too"))
    for at, source in enumerate(dead):
        claim = plan.claim(source, now_s=3.0 * at)
        assert claim
        assert plan.begin(claim, 1) == range(1)

    assert plan.claim(living, now_s=4.0) is None
    claim = plan.claim(living, now_s=6.0)

    assert claim
    assert plan.begin(claim, 1) == range(1)


def test_a_source_whose_requests_are_used_up_waits_without_blame() -> None:
    """Nothing went wrong with it: it rests as long as it said, and goes on."""
    plan = Plan(range(8), piece_length=1, rules=RULES)
    source = plan.add_source("counted", max_claims=1)
    claim = plan.claim(source, now_s=0)
    assert claim

    plan.fail(claim, Fault(Kind.SPENT, "no more for 30 s", retry_after_s=30), now_s=0)

    assert plan.claim(source, now_s=29.9) is None
    assert not plan.is_stuck()
    assert plan.claim(source, now_s=30)
    assert not source.faults
    assert not source.banned


@pytest.mark.parametrize("kind", [Kind.SPENT, Kind.BUSY])
def test_who_asks_for_too_long_a_rest_is_given_up(kind: Kind) -> None:
    """Nobody waits an hour for a limit to pass."""
    plan = Plan(range(8), piece_length=1, rules=RULES)
    source = plan.add_source("counted", max_claims=1)
    claim = plan.claim(source, now_s=0)
    assert claim

    plan.fail(claim, Fault(kind, "no more for 3600 s", retry_after_s=3600), now_s=0)

    assert source.banned == "no more for 3600 s"
    assert plan.is_stuck()


def test_who_is_busy_for_ever_is_given_up() -> None:
    """Again and again without one good piece between: then it is not busy, it is closed."""
    plan = Plan(range(8), piece_length=1, rules=RULES)
    source = plan.add_source("busy", max_claims=1)
    now_s = 0.0
    for _ in range(RULES.max_busy_in_row):
        claim = plan.claim(source, now_s=now_s)
        assert claim
        plan.fail(claim, Fault(Kind.BUSY, "later", retry_after_s=50), now_s=now_s)
        now_s += 50

    assert "later" in source.banned


def test_a_wait_that_was_asked_for_is_no_silence() -> None:
    """A fetch does not end because it keeps to what a server asked for; of other silence it does."""
    now_s = 0.0
    desk = Desk(Plan(range(8), piece_length=1, rules=RULES), clock=lambda: now_s)
    source = desk.add_source("counted", max_claims=1)
    claim = desk.next_claim(source, waits=False)
    assert claim
    desk.fail(claim, Fault(Kind.SPENT, "no more for 50 s", retry_after_s=50))

    now_s = 45.0
    assert desk.silent_s() == 0
    now_s = 55.0
    assert desk.silent_s() == 5


def test_a_source_that_counts_requests_gets_large_claims() -> None:
    """Others would get smaller ones at the end; its requests are too dear for that."""
    plan = Plan(range(20), piece_length=1, rules=RULES)
    counted = plan.add_source("counted", max_claims=2, min_run_bytes=6)
    other = plan.add_source("other", max_claims=2)

    first, second = plan.claim(counted, now_s=0), plan.claim(other, now_s=0)

    assert first
    assert second
    assert (first.left(), second.left()) == (6, 2)
