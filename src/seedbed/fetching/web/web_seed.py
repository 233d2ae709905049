# SPDX-License-Identifier: Apache-2.0
"""A web seed at work: one thread, one connection; claims runs, proves their pieces, has them written.

The thread that received a piece also proves and writes it, while it is warm in the processor's cache and the system
goes on receiving; with a few connections both cores are busy and there is nothing to hand over.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.core.layout import web_seed_url
from seedbed.errors import SeedbedError, StateError
from seedbed.fetching.faults import Fault, Kind
from seedbed.fetching.web.allowance import Allowance
from seedbed.fetching.web.http_wire import Want, split_url
from seedbed.fetching.web.run_reader import Line, Part, RunReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seedbed.core.metainfo import Metainfo
    from seedbed.fetching.disk.store import Writer
    from seedbed.fetching.planning.desk import Desk
    from seedbed.fetching.planning.plan import Claim, Source
    from seedbed.fetching.proving.proof import Bench, Prover
    from seedbed.fetching.rules import Rules
    from seedbed.fetching.web.http_connection import Connection
    from seedbed.fetching.web.http_wire import Address
    from seedbed.fetching.web.throttle import Throttle

PIECES_AT_ONCE = 64
"""Asked of the plan at a time: small files come several thousand a second."""
_CONFUSABLE = frozenset((Kind.MISSING, Kind.REFUSED, Kind.NO_RANGES, Kind.UNSURE))
"""Faults that answers in the wrong order look like: no verdict before it was asked one at a time."""
SETTLE_S = 0.25
"""What was read is proved and written at least so often."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """What all web seeds of a fetch share."""

    metainfo: Metainfo
    prover: Prover
    desk: Desk
    rules: Rules
    agent: str
    open_writer: Callable[[], Writer]
    allowance: Allowance = field(default_factory=Allowance)
    """How many requests the servers still allow."""
    throttle: Throttle | None = None
    """How many bytes a second may come."""


@dataclass(slots=True)
class WebSeed:
    """One connection's worth of a web seed; :meth:`run` is a thread's whole work."""

    job: Job
    base_url: str
    source: Source
    _open: set[Connection] = field(default_factory=set)
    _root: tuple[str, Address] | None = None
    """What all addresses of this web seed begin with, when it is written in the usual way."""

    def run(self) -> None:
        """Fetch until there is nothing more to do."""
        desk = self.job.desk
        try:
            with self.job.open_writer() as writer:
                line = Line(
                    self.job.rules, self.job.agent, self._opened, self._open.discard,
                    allowance=self.job.allowance, throttle=self.job.throttle,
                )  # fmt: skip
                bench = self.job.prover.bench()
                try:
                    while claim := desk.next_claim(self.source):
                        self._fetch(claim, line, bench, writer)
                finally:
                    line.close()
        except SeedbedError as error:
            desk.stop(error)
        except Exception as error:
            log.exception("web seed thread failed url=%s", self.base_url)
            desk.stop(StateError(f"fetching from {self.base_url} failed: {error!r}"))
            raise

    def abort(self) -> None:
        """End a read that is waiting, from another thread."""
        for connection in list(self._open):
            connection.abort()

    def received_s(self) -> float:
        """When the last bytes came, by the monotonic clock."""
        return max((connection.received_s for connection in list(self._open)), default=0.0)

    def _opened(self, connection: Connection) -> None:
        self._open.add(connection)
        if self.job.desk.is_over():
            connection.abort()

    def _fetch(self, claim: Claim, line: Line, bench: Bench, writer: Writer) -> None:
        desk = self.job.desk
        parts = self._parts(claim.start, claim.stop)
        reader = RunReader(line, parts, sends_whole_files=self.source.sends_whole_files)
        try:
            while pieces := desk.begin(claim, PIECES_AT_ONCE):
                self._fetch_pieces(claim, pieces, reader, bench, writer)
        except Fault as caught:
            fault = caught
            line.drop()
            reader.close()
            if reader.part:
                line.forget(reader.part.address)
            log.debug("web seed fault url=%s fault=%s", self.base_url, fault.text)
            if line.was_ahead and fault.kind in _CONFUSABLE:
                line.one_at_a_time()
                fault = Fault(Kind.UNSURE, fault.text)
            desk.fail(claim, self._named(fault, reader), lacks=self._lacks(fault, reader))
        else:
            desk.finish(claim)
            reader.close()

    def _fetch_pieces(self, claim: Claim, pieces: range, reader: RunReader, bench: Bench, writer: Writer) -> None:
        """Read pieces and settle them together; sooner if the source is slow: little is lost when we are killed."""
        settled_s = time.monotonic()
        try:
            for piece in pieces:
                stretches = self.job.prover.map.stretches(piece)
                if (view := bench.room(stretches)) is None:
                    self._settle(claim, reader, bench, writer)
                    view = bench.view[: self.job.prover.map.size(piece)]
                reader.read_piece(stretches, view)
                bench.hold(piece, stretches)
                if (now_s := time.monotonic()) > settled_s + SETTLE_S:
                    self._settle(claim, reader, bench, writer)
                    settled_s = now_s
        finally:
            self._settle(claim, reader, bench, writer)  # also what came before a fault

    def _settle(self, claim: Claim, reader: RunReader, bench: Bench, writer: Writer) -> None:
        good, wrong = [], []
        for held, is_good in bench.clear():
            if is_good:
                good.append(held)
            else:
                wrong.append(held.piece)
        writer.write(good, bench.view)
        is_certain = not (wrong and reader.line.was_ahead)
        self.job.desk.settle(claim, [(held.piece, held.data_size) for held in good], wrong if is_certain else ())
        if not is_certain:
            raise Fault(Kind.UNSURE, "wrong bytes came for requests sent ahead")
        if wrong and reader.is_html:
            raise Fault(Kind.MISSING, "an error page (text/html) comes instead of data")

    def _parts(self, start: int, stop: int) -> Iterator[Part]:
        """The requests for a run of pieces."""
        for index, at, length in self.job.prover.map.run(start, stop):
            want = Want(at, at + length, self.job.metainfo.files[index].length)
            yield Part(self._address(index), want, index)

    def _address(self, file_index: int) -> Address:
        """Where a file is: only what differs from file to file is made each time."""
        url = web_seed_url(self.base_url, self.job.metainfo, file_index)
        if self._root is None or not url.startswith(self._root[0]):
            address = split_url(url)
            text = f"{address.scheme}://{address.authority}"
            self._root = (text, address) if url.startswith(text) and address.target == url[len(text) :] else None
            return address
        text, root = self._root
        return root._replace(target=url[len(text) :])

    def _named(self, fault: Fault, reader: RunReader) -> Fault:
        """A fault of a file says which; the others are the server's."""
        if fault.kind is not Kind.MISSING or reader.part is None:
            return fault
        name = self.job.metainfo.files[reader.part.file_index].display
        return Fault(fault.kind, f"{name}: {fault.text}")

    def _lacks(self, fault: Fault, reader: RunReader) -> range:
        if fault.kind is not Kind.MISSING or reader.part is None:
            return range(0)
        return self.job.prover.map.layout.file_pieces(reader.part.file_index)
