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
from seedbed.fetching.http_wire import Want
from seedbed.fetching.proof import Held
from seedbed.fetching.run_reader import Line, Part, RunReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seedbed.core.layout import Layout, Span
    from seedbed.core.metainfo import Metainfo
    from seedbed.fetching.desk import Desk
    from seedbed.fetching.http_connection import Connection
    from seedbed.fetching.plan import Claim, Source
    from seedbed.fetching.proof import Bench, Prover
    from seedbed.fetching.rules import Rules
    from seedbed.fetching.store import Writer

SETTLE_S = 0.25
"""What was read is proved and written at least so often."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """What all web seeds of a fetch share."""

    metainfo: Metainfo
    layout: Layout
    prover: Prover
    desk: Desk
    rules: Rules
    agent: str
    open_writer: Callable[[], Writer]


@dataclass(slots=True)
class WebSeed:
    """One connection's worth of a web seed; :meth:`run` is a thread's whole work."""

    job: Job
    base_url: str
    source: Source
    _open: set[Connection] = field(default_factory=set)

    def run(self) -> None:
        """Fetch until there is nothing more to do."""
        desk = self.job.desk
        try:
            with self.job.open_writer() as writer:
                line, bench = Line(self.job.rules, self.job.agent, self._opened), self.job.prover.bench()
                try:
                    while claim := desk.next_claim(self.source):
                        self._fetch(claim, line, bench, writer)
                finally:
                    line.drop()
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

    def _opened(self, connection: Connection) -> None:
        self._open = {connection}
        if self.job.desk.is_over():
            connection.abort()

    def _fetch(self, claim: Claim, line: Line, bench: Bench, writer: Writer) -> None:
        desk = self.job.desk
        parts = self._parts(claim.start, claim.stop)
        reader = RunReader(line, parts, sends_whole_files=self.source.sends_whole_files)
        try:
            while pieces := desk.begin(claim, self.job.prover.pieces_at_once):
                self._fetch_batch(claim, pieces, reader, bench, writer)
        except Fault as fault:
            line.drop()
            log.debug("web seed fault url=%s fault=%s", self.base_url, fault.text)
            desk.fail(claim, self._named(fault, reader), lacks=self._lacks(fault, reader))
        else:
            desk.finish(claim)
            reader.close()

    def _fetch_batch(self, claim: Claim, pieces: range, reader: RunReader, bench: Bench, writer: Writer) -> None:
        """Read pieces and settle them together; sooner if the source is slow: little is lost when we are killed."""
        batch: list[Held] = []
        at = 0
        began_s = time.monotonic()
        for piece in pieces:
            length = self._read_piece(piece, reader, bench.view[at:])
            batch.append(Held(piece, at, length))
            at += length
            if time.monotonic() - began_s > SETTLE_S:
                self._settle(claim, batch, reader, bench, writer)
                batch, at, began_s = [], 0, time.monotonic()
        self._settle(claim, batch, reader, bench, writer)

    def _settle(self, claim: Claim, batch: list[Held], reader: RunReader, bench: Bench, writer: Writer) -> None:
        good, wrong = [], []
        for held, is_good in zip(batch, bench.proved(batch), strict=True):
            if is_good:
                good.append((held.piece, bench.view[held.at : held.at + held.length]))
            else:
                wrong.append(held.piece)
        writer.write(good)
        self.job.desk.settle(claim, [(piece, self.job.prover.data_size(piece)) for piece, _ in good], wrong)
        if wrong and reader.is_html:
            raise Fault(Kind.MISSING, "an error page (text/html) comes instead of data")

    def _read_piece(self, piece: int, reader: RunReader, view: memoryview) -> int:
        """Read a piece to the beginning of ``view``; returns its bytes."""
        at = 0
        for span in self.job.layout.piece_spans(piece):
            if span.file_index is not None:
                reader.read(view[at : at + span.length])
                self.job.desk.touch(self.source)
            elif self.job.prover.needs_padding:
                view[at : at + span.length] = bytes(span.length)
            else:
                continue
            at += span.length
        return at

    def _parts(self, start: int, stop: int) -> Iterator[Part]:
        """The requests for a run of pieces; URLs are made when their turn comes."""
        layout = self.job.layout
        length = layout.piece_length
        for span in layout.spans(start * length, min(stop * length, layout.total)):
            if span.file_index is not None:
                yield self._part(span.file_index, span)

    def _part(self, file_index: int, span: Span) -> Part:
        url = web_seed_url(self.base_url, self.job.metainfo, file_index)
        return Part(url, Want(span.start, span.stop, self.job.metainfo.files[file_index].length), file_index)

    def _named(self, fault: Fault, reader: RunReader) -> Fault:
        """A fault of a file says which; the others are the server's."""
        if fault.kind is not Kind.MISSING or reader.part is None:
            return fault
        name = self.job.metainfo.files[reader.part.file_index].display
        return Fault(fault.kind, f"{name}: {fault.text}")

    def _lacks(self, fault: Fault, reader: RunReader) -> range:
        if fault.kind is not Kind.MISSING or reader.part is None:
            return range(0)
        return self.job.layout.file_pieces(reader.part.file_index)
