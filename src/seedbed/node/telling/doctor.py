# SPDX-License-Identifier: Apache-2.0
"""What keeps a node from doing its work, and how to mend it (pure: facts in, findings out)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Verdict: TypeAlias = Literal["good", "unknown", "warn", "bad"]
ENOUGH_FILES = 4_096
"""Descriptors: some hundreds for files, one for each peer."""
FRESH_ROUND_S = 3 * 3_600
"""Rounds are an hour apart."""
UNPROVED_S = 2 * 3_600
"""A registry that could not fetch from us for so long has tried several times."""
CLOCK_S = 300
"""Leases and catalogues are good for much longer; a clock that is more off than that is wrong."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was looked at."""

    folder: str
    folder_trouble: str
    """Why the folder cannot be used; empty when it can."""
    storage_bytes: int
    held_bytes: int
    room_bytes: int
    """That the disk has for us besides."""
    open_files: int
    """Most descriptors that a program may have here."""
    has_ipv6: bool
    """Whether this machine has an IPv6 address that the world can reach."""
    catalog_state: str
    """``fresh``, or what :mod:`seedbed.catalog.trust.standing` calls it; ``own`` for a published folder."""
    catalog_why: str
    is_running: bool
    """Whether a node is at work in the folder."""
    is_paused: bool
    round_age_s: float
    """Since the last round; infinite when there was none."""
    failing: int
    """Units whose last fetch failed."""
    registries: int = 0
    """That know what the node holds, and try to fetch from it."""
    proved_by: int = 0
    """Of those, the ones that did."""
    unproved_s: float = 0.0
    """For which one has tried in vain."""
    clock_off_s: float = 0.0
    """By which others' clocks are ahead of this one; as far as anybody told."""
    client: str = ""
    """The other client that fetches and serves; empty for the built-in engine."""
    client_trouble: str = ""
    """Why it, or the engine, does not answer; empty when it does."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    what: str
    mend: str = ""
    """What to do; empty when there is nothing to do."""


def examine(facts: Facts) -> list[Finding]:
    """Look at everything, the most basic first."""
    return [
        *_disk(facts), _files(facts), _clock(facts), _network(facts), _port(facts), _catalog(facts), _client(facts),
        *_work(facts),
    ]  # fmt: skip


def _disk(facts: Facts) -> Iterator[Finding]:
    if facts.folder_trouble:
        yield Finding("disk", "bad", facts.folder_trouble, "Mount the disk, or give another folder: seedbed node join.")
        return
    still_to_come = facts.storage_bytes - facts.held_bytes
    if still_to_come > facts.room_bytes:
        yield Finding(
            "disk", "warn",
            f"{facts.folder}: {still_to_come:,} bytes are promised yet, and the disk has {facts.room_bytes:,} for them",
            "Free some space, or promise less: seedbed node limit --storage SIZE.",
        )  # fmt: skip
    else:
        yield Finding("disk", "good", f"{facts.folder}: there is room for all that was promised")


def _files(facts: Facts) -> Finding:
    what = f"a program may have {facts.open_files:,} files and connections open here"
    if facts.open_files >= ENOUGH_FILES:
        return Finding("open files", "good", what)
    mend = f"Raise it to {ENOUGH_FILES:,} or more: LimitNOFILE= in the unit file, or ulimit -n before the command."
    return Finding("open files", "warn", what, mend)


def _clock(facts: Facts) -> Finding:
    """Nobody is asked for the time; but a catalogue, a registry or our own last round may speak against it."""
    mend = "Set this machine's clock: timedatectl set-ntp true."
    if facts.round_age_s < -CLOCK_S:
        return Finding("clock", "warn", "the last round was in the future: the clock was set back", mend)
    if abs(facts.clock_off_s) > CLOCK_S:
        return Finding("clock", "warn", f"it is {abs(facts.clock_off_s):,.0f} s off a registry's clock", mend)
    if facts.catalog_state == "clock unsure":
        return Finding("clock", "warn", "it does not agree with the catalogue's signatures", mend)
    return Finding("clock", "good", "nothing speaks against it")


def _port(facts: Facts) -> Finding:
    """Whether others reach the node, from their side: from here it cannot be told."""
    if facts.proved_by:
        return Finding("port", "good", "others can fetch from this node: a registry did")
    if facts.registries and facts.unproved_s > UNPROVED_S:
        hours = facts.unproved_s / 3_600
        mend = "Open the node's port (6881, TCP and UDP) in router and firewall, or run it with --port-mapping."
        return Finding("port", "warn", f"no registry could fetch from this node for {hours:,.0f} hours", mend)
    if facts.registries:
        return Finding("port", "unknown", "a registry knows this node, and has not tried to fetch from it yet")
    return Finding("port", "unknown", "whether others reach this node cannot be told: no registry tries it")


def _client(facts: Facts) -> Finding:
    name = facts.client or "the built-in engine"
    if facts.client_trouble:
        mend = "Start it, and look at its remote control." if facts.client else "The node's log has more."
        return Finding("client", "bad", f"{name}: {facts.client_trouble}", mend)
    return Finding("client", "good", f"{name} fetches and serves")


def _network(facts: Facts) -> Finding:
    if facts.has_ipv6:
        return Finding("IPv6", "good", "this machine has an address that the world can reach")
    return Finding(
        "IPv6", "warn", "this machine has no IPv6 address: behind a router, others may not reach it",
        "Open the node's port (6881, TCP and UDP) in the router, or run it with --port-mapping.",
    )  # fmt: skip


def _catalog(facts: Facts) -> Finding:
    if facts.catalog_state in {"fresh", "own"}:
        return Finding("catalogue", "good", "it is fresh" if facts.catalog_state == "fresh" else "it is our own folder")
    verdict: Verdict = "bad" if facts.catalog_state in {"never pulled", "attack suspected"} else "warn"
    mend = {
        "clock unsure": "It is believed again once this machine's clock is right.",
        "stale": "Its keeper has not signed it lately; nothing new is taken until then.",
    }.get(facts.catalog_state, "seedbed catalog pull says what is wrong with it.")
    return Finding("catalogue", verdict, f"{facts.catalog_state}: {facts.catalog_why}", mend)


def _work(facts: Facts) -> Iterator[Finding]:
    if not facts.is_running:
        yield Finding("node", "bad", "no node is at work", "seedbed node run, or enable its unit file.")
    elif facts.round_age_s > FRESH_ROUND_S:
        yield Finding(
            "node", "bad", "a node is at work, but its last round is long ago", "Its log says what is in its way."
        )  # fmt: skip
    else:
        yield Finding("node", "good", "a node is at work")
    if facts.is_paused:
        yield Finding("pause", "warn", "nothing is fetched or dropped", "seedbed node resume.")
    if facts.failing:
        yield Finding("fetches", "warn", f"the last fetch of {facts.failing:,} datasets failed", "seedbed node why ID.")
