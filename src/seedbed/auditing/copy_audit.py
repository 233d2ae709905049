# SPDX-License-Identifier: Apache-2.0
"""One web seed is asked for pieces, and each is proved by the torrent (BEP 19, 52).

It is asked like a fetch asks, with the same judgement of answers and the same refusal of unsafe redirects. Unlike a
fetch it goes on after a file that is wrong: what else is wrong belongs in the report. It stops when the server fails.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.auditing.audited import AuditedCopy, Remark, Verdict
from seedbed.core.layout import web_seed_url
from seedbed.fetching.faults import Fault, Kind
from seedbed.fetching.web.agent import agent
from seedbed.fetching.web.http_wire import Want, split_url
from seedbed.fetching.web.run_reader import Line, Part, RunReader
from seedbed.fetching.web.services import service_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from seedbed.core.metainfo import Metainfo
    from seedbed.fetching.proving.proof import Bench, Prover
    from seedbed.fetching.rules import Rules

MAX_REMARKS = 20
"""A copy with so much wrong needs no longer list; the audit of it ends there."""
_AWKWARD = frozenset(("redirects", "no-ranges"))
_PASSING = frozenset((Kind.BUSY, Kind.SPENT, Kind.BROKEN, Kind.UNSURE))


@dataclass(slots=True)
class CopyAudit:
    """The audit of one web seed; :meth:`run` is a thread's whole work."""

    url: str
    metainfo: Metainfo
    prover: Prover
    rules: Rules
    budget_bytes: int | None = None
    """What a server without ranges may send; None for no limit."""
    told: Callable[[int], object] = lambda _: None
    """Progress: told the bytes of each piece that came."""
    rest: Callable[[float], object] = time.sleep
    _remarks: dict[tuple[str, str], Remark] = field(default_factory=dict)
    _asked: int = 0
    _good: int = 0
    _good_bytes: int = 0
    _spent_bytes: int = 0
    _is_unknown: bool = False
    _sends_whole: bool = False
    _tried: int = -1
    """The piece at which the server failed last: it gets one more try."""

    def run(self, runs: Iterable[range]) -> AuditedCopy:
        """Ask for runs of pieces until all were asked for, or it makes no sense to go on."""
        began_s = time.monotonic()
        line = Line(self.rules, agent(), lambda _: None, lambda _: None)
        bench = self.prover.bench()
        try:
            for run in runs:
                at = run.start
                while at < run.stop:
                    at = self._walk(range(at, run.stop), line, bench)
        except Fault as fault:
            self._is_unknown = fault.kind in _PASSING
            self._remark(fault.name, fault.text)
        except _EnoughError:
            pass
        finally:
            line.close()
        seconds = time.monotonic() - began_s
        remarks = tuple(self._remarks.values())
        return AuditedCopy(self.url, self._verdict(), remarks, self._asked, self._good, self._good_bytes, seconds)

    def _walk(self, run: range, line: Line, bench: Bench) -> int:
        """Ask for the pieces of a run, up to the first trouble; returns the piece to go on with.

        Raises:
            Fault: it is the server that fails, and not a file.
            _EnoughError: enough is known.
        """
        parts = list(self._parts(run))
        if self._is_too_dear(parts):
            return run.stop
        reader = RunReader(line, parts, sends_whole_files=self._sends_whole)
        piece = run.start
        try:
            for piece in run:
                self._read(piece, reader, bench)
                self._prove(piece, reader, bench)
        except Fault as fault:
            line.drop()
            reader.close()
            return self._after(fault, piece, reader)
        reader.close()
        return run.stop

    def _after(self, fault: Fault, piece: int, reader: RunReader) -> int:
        """What a fault means: again, one request at a time; without ranges; past the file; or the end."""
        if reader.line.was_ahead:
            reader.line.one_at_a_time()
            return piece
        if fault.kind is Kind.NO_RANGES and not self._sends_whole:
            self._sends_whole = True
            self._remark(fault.name, fault.text)
            return piece
        if fault.kind is Kind.MISSING:
            file_index = reader.part.file_index if reader.part else self._file_index(piece)
            self._remark(fault.name, fault.text, self.metainfo.files[file_index].display)
            return max(piece + 1, self.prover.map.layout.file_pieces(file_index).stop)
        is_worth_it = fault.kind in _PASSING and not fault.is_stall and fault.retry_after_s <= self.rules.max_rest_s
        if not is_worth_it or self._tried == piece:
            raise fault
        self._tried = piece
        self.rest(max(fault.retry_after_s, self.rules.first_rest_s))
        return piece

    def _parts(self, run: range) -> Iterator[Part]:
        for index, at, length in self.prover.map.run(run.start, run.stop):
            want = Want(at, at + length, self.metainfo.files[index].length)
            yield Part(split_url(web_seed_url(self.url, self.metainfo, index)), want, index)

    def _is_too_dear(self, parts: list[Part]) -> bool:
        """Without ranges everything before a piece comes too."""
        if not self._sends_whole or self.budget_bytes is None:
            return False
        cost_bytes = sum(part.want.stop for part in parts)
        if self._spent_bytes + cost_bytes > self.budget_bytes:
            return True
        self._spent_bytes += cost_bytes
        return False

    def _read(self, piece: int, reader: RunReader, bench: Bench) -> None:
        stretches = self.prover.map.stretches(piece)
        view = bench.view[: self.prover.map.size(piece)]
        reader.read_piece(stretches, view)
        bench.hold(piece, stretches)

    def _prove(self, piece: int, reader: RunReader, bench: Bench) -> None:
        ((held, is_good),) = bench.clear()
        if not is_good and reader.line.was_ahead:
            raise Fault(Kind.UNSURE, "wrong bytes came for requests sent ahead")
        self.told(held.length)
        self._asked += 1
        self._good += is_good
        self._good_bytes += held.data_size if is_good else 0
        if there := self._moved(reader.line):
            self._remark("redirects", f"it redirects to {there}; its final address is better")
        if not is_good:
            name, text = ("web-page", "a web page comes instead of data") if reader.is_html else _WRONG
            self._remark(name, text, self.metainfo.files[self._file_index(piece)].display, piece)

    def _moved(self, line: Line) -> str:
        """The host that a file was sent on to; empty when it was not, or when that is how the service works."""
        host, there = next(((here.host, there.authority) for here, there in line.moved.items()), ("", ""))
        service = service_of(host)
        return "" if service and service.redirects else there

    def _file_index(self, piece: int) -> int:
        """The file of a piece; of several the first."""
        return next(part.file_index for part in self.prover.map.stretches(piece) if part.file_index >= 0)

    def _remark(self, name: str, text: str, file: str = "", *pieces: int) -> None:
        """Note what is wrong, once for each file.

        Raises:
            _EnoughError: the list is long enough.
        """
        known = self._remarks.get((name, file))
        self._remarks[name, file] = Remark(name, text, file, (*(known.pieces if known else ()), *pieces))
        if len(self._remarks) >= MAX_REMARKS:
            raise _EnoughError

    def _verdict(self) -> Verdict:
        """What was wrong stays wrong, whatever the server's state is now."""
        names = {name for name, _ in self._remarks}
        if any(remark.file for remark in self._remarks.values()):
            return Verdict.BAD
        if self._is_unknown:
            return Verdict.UNKNOWN
        if names - _AWKWARD or ("redirects" in names and not self._asked):  # they lead nowhere, or where nobody should
            return Verdict.BAD
        if not self._asked:
            return Verdict.UNKNOWN
        return Verdict.AWKWARD if names else Verdict.GOOD


_WRONG = ("wrong-bytes", "its bytes are wrong")


class _EnoughError(Exception):
    """Enough is known of this copy."""
