# SPDX-License-Identifier: Apache-2.0
"""What became of the sources: for the result, and for the error when data is missing at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from seedbed.errors import DataError, NoSourceError
from seedbed.fetching.result import SourceReport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.core.metainfo import Metainfo
    from seedbed.fetching.planning.desk import Desk
    from seedbed.fetching.planning.plan import Source


@dataclass(slots=True)
class Tallies:
    """What each source did, over all rounds."""

    bytes_from_mirrors: int = 0
    bytes_from_peers: int = 0
    sources: tuple[SourceReport, ...] = ()

    def add(self, desk: Desk) -> None:
        """Take in a round."""
        for source in desk.sources:
            count = desk.tallies[source.name].good
            if source.is_swarm:
                self.bytes_from_peers += count
            else:
                self.bytes_from_mirrors += count
            wrong = tuple(sorted(source.wrong))
            faults = () if source.is_swarm and count else tuple(source.faults)  # peers come and go; that is no fault
            self.sources += (SourceReport(source.name, count, wrong, source.banned, faults),)


def raise_failure(metainfo: Metainfo, desk: Desk) -> NoReturn:
    """Say why data is missing.

    Raises:
        SeedbedError: what stopped our own side.
        DataError: wrong bytes came, and nobody had right ones.
        NoSourceError: nobody has, or sends, what is missing.
    """
    if desk.trouble:
        raise desk.trouble
    missing = desk.missing()
    facts: dict[str, object] = {
        "missing_pieces": len(missing),
        "sources": {source.name: _said(source) for source in desk.sources},
    }
    told = "".join(f"\n    {source.name}: {_said(source)}" for source in desk.sources)
    wrong = any(missing.intersection(source.wrong) for source in desk.sources)
    if wrong:
        raise DataError(
            f"{metainfo.name}: wrong bytes for {len(missing):,} pieces, and no source that has the right ones:{told}",
            hint="Tell the publisher that the copies above are damaged; what was right is kept for another try.",
            **facts,
        )
    if not desk.sources:
        raise NoSourceError(
            f"{metainfo.name}: it names nobody who has the data: no web seed, no tracker, no peer",
            hint="Give a peer with --peer HOST:PORT, or ask the publisher for a torrent with web seeds.",
            **facts,
        )
    raise NoSourceError(
        f"{metainfo.name}: {len(missing):,} pieces are missing and nobody sends them:{told}",
        hint="Try again later: what was fetched is kept and not fetched again.",
        **facts,
    )


def _said(source: Source) -> str:
    """What a source did wrong, for people."""
    parts = list(source.faults)
    if source.banned and source.banned not in parts:
        parts.append(source.banned)
    if source.wrong:
        shown = ", ".join(str(piece) for piece in sorted(source.wrong)[:5])
        parts.append(f"wrong bytes in {len(source.wrong)} pieces ({shown}{', …' if len(source.wrong) > 5 else ''})")
    nothing = "nobody was found who has the data" if source.is_swarm else "it sent nothing in time"
    return "; ".join(dict.fromkeys(parts)) or nothing


def refuse_disagreeing(metainfo: Metainfo, files: Sequence[int]) -> DataError:
    """A hybrid torrent means two different contents: no source can have what is right for both."""
    names = [metainfo.files[index].display for index in files]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
    return DataError(
        f"{metainfo.name}: the torrent's v1 and v2 hashes are of different contents: {shown}",
        hint="The torrent is faulty or forged: no copy can be right. Nothing of it was kept; tell its publisher.",
        files=names,
    )
