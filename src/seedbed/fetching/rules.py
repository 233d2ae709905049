# SPDX-License-Identifier: Apache-2.0
"""How patient, how polite and how careful a fetch is."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits of one fetch. Times in seconds, sizes in bytes."""

    allows_private: bool = False
    """Whether addresses of this machine's own network may be asked (``--lan``)."""
    source: str = ""
    """Address of ours from which connections come; any, where none is given."""
    connect_timeout_s: float = 15.0
    """Name look-up excluded: the system's resolver has limits of its own."""
    stall_timeout_s: float = 20.0
    """A source that sends nothing for so long is given up for now."""
    min_rate_bytes_per_s: int = 64
    """Less than this over a whole stall time-out is a stall too: a byte now and then keeps nobody waiting for ever."""
    no_progress_timeout_s: float = 60.0
    """The whole fetch ends when no byte came from anybody for so long, rests that sources asked for not counted."""
    connections_per_host: int = 4
    """Connections to one server; browsers use 6, so nobody finds this rude. ``web.services`` may say less."""
    requests_ahead: int = 8
    """Requests sent on a connection before the first is answered (RFC 9112, 9.3.2); libtorrent sends 5 and more."""
    max_redirects: int = 3
    max_head_bytes: int = 65_536
    """Status line and headers; servers themselves accept 8 to 64 KiB."""
    max_torrent_bytes: int = 10_000_000
    """As ``core.bencode.Limits``: 100,000 pieces need 5.2 MB in a hybrid."""
    min_run_bytes: int = 1 * MIB
    """A claim is not smaller than this unless less is left: each costs a round trip."""
    max_run_bytes: int = 32 * MIB
    """A claim is not larger than this: what a source that dies holds up."""
    slow_after_s: float = 2.0
    """An idle source takes over pieces of a claim that would need longer than this."""
    max_failures_in_row: int = 6
    """A source that fails so often without one good piece between is given up."""
    first_rest_s: float = 0.5
    """Rest after a failure; doubles with each further one."""
    max_rest_s: float = 30.0
    """Longest rest that we take by ourselves; a source may ask for more, see :attr:`longest_asked_rest_s`."""
    max_asked_rest_s: float = 90.0
    """A source that asks for a longer rest is given up; services that count requests do so by the minute."""
    max_busy_in_row: int = 6
    """A source that was busy so often without one good piece between is given up."""
    max_wrong: int = 3
    """A source is banned when so many of its pieces had wrong bytes …"""
    good_per_wrong: int = 20
    """… unless it gave this many good ones for each: one rotten file in a large mirror leaves it useful."""
    max_missing: int = 10
    """A source is banned when it lacks so many files and gave fewer good pieces: its address is wrong."""

    @property
    def longest_asked_rest_s(self) -> float:
        """As ``max_asked_rest_s``, but for impatient people less. Waits that a source asked for are no silence."""
        return min(self.max_asked_rest_s, 2 * self.no_progress_timeout_s)


DEFAULT_RULES = Rules()
