# SPDX-License-Identifier: Apache-2.0
"""A catalogue's copies are kept true: looked at in rounds, withdrawn when they are bad, put back when they are good."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from seedbed.auditing.audit import BUDGET_BYTES, audit
from seedbed.catalog import paths
from seedbed.catalog.model import Change
from seedbed.catalog.stac.terms import MIRROR_KEYS
from seedbed.core import metainfo_reader
from seedbed.errors import InputError
from seedbed.health import rounds
from seedbed.health.judgement import judge
from seedbed.health.record import Done, Noted
from seedbed.library.copies import copies
from seedbed.publishing.copies import Copy, copy_at, with_copies

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from seedbed.auditing.audited import Audited
    from seedbed.catalog.model import Mirror, Release
    from seedbed.core.metainfo import Metainfo
    from seedbed.fetching.rules import Rules
    from seedbed.health.record import HealthRecord


@dataclass(frozen=True, slots=True)
class Looked:
    """One version whose copies were looked at."""

    release: Release
    audited: Audited
    deeds: tuple[Done, ...]
    """What follows from it and from what was known."""


@dataclass(slots=True)
class Round:
    """Looks at copies: :meth:`look` for each version, then :meth:`change` for what follows from all together."""

    folder: Path
    """Of the catalogue."""
    record: HealthRecord
    """What was found before; what is found now is added."""
    rules: Rules
    now: Callable[[], dt.datetime]
    budget_bytes: int | None = BUDGET_BYTES
    """Asked of each copy; None for everything."""
    told: Callable[[int, int], object] = lambda _done, _total: None
    """Progress of one version: bytes done, and in all."""
    _deeds: list[Done] = field(default_factory=list)
    _after: dict[str, tuple[Release, bytes]] = field(default_factory=dict)

    def due(self, item_ids: Iterable[str], every: dt.timedelta = rounds.EVERY) -> list[str]:
        """The versions to look at, those that have waited longest first."""
        known, looked = set(item_ids), self.record.last_looked()
        doubtful = [item_id for item_id in looked if item_id in known and self._is_doubtful(item_id)]
        return rounds.due(known, looked, doubtful, self.now(), every)

    def look(self, release: Release) -> Looked | None:
        """Audit a version's copies, note what was found, and decide what follows; None when it has no copies.

        Raises:
            FormatError: its torrent cannot be read.
        """
        data = self._torrent(release)
        torrent = metainfo_reader.parse(data)
        named = copies(release, torrent)
        gone = self.record.withdrawn(release.id)
        urls = [*named, *(url for url in gone if url not in named)]
        if not urls:
            return None
        audited = audit(torrent, urls, rules=self.rules, budget_bytes=self.budget_bytes, told=self.told)
        self.record.note(noted(release.id, audited, self.now()))
        deeds = tuple(self._decide(release, torrent, urls, named))
        if deeds:
            self._deeds += deeds
            self._after[release.id] = _after(release, torrent, data, deeds, self.now())
        return Looked(release, audited, deeds)

    def change(self) -> Change | None:
        """What the catalogue shall say from now on, by one release; None when nothing follows.

        The deeds are written down before: if the release then fails, the copies are still named, and the next round
        comes to the same end; the other way round a withdrawn copy would be forgotten, and never be put back.
        """
        if not self._after:
            return None
        self.record.do(self._deeds)
        releases = tuple(release for release, _ in self._after.values())
        return Change(releases, torrents={one.torrent.best_hex: data for one, data in self._after.values()})

    def _decide(self, release: Release, torrent: Metainfo, urls: Sequence[str], named: Sequence[str]) -> Iterator[Done]:
        audits, gone, now = self.record.audits(release.id), self.record.withdrawn(release.id), self.now()
        good = {url for url in urls if url in named and audits[url][0].verdict in {"good", "awkward"}}
        for url in urls:
            verdict = judge(audits[url], is_withdrawn=url not in named, others_are_good=bool(good - {url}))
            why = ", ".join(audits[url][0].troubles)
            if verdict == "withdraw":
                yield Done(release.id, url, now, "withdrawn", why, copy_at(release, torrent, url).as_json())
            elif verdict == "restore":
                yield Done(release.id, url, now, "restored", "it is good again", gone[url].mirror)

    def _is_doubtful(self, item_id: str) -> bool:
        newest = (noted[0] for noted in self.record.audits(item_id).values())
        return any(one.verdict not in {"good", "awkward"} for one in newest) or bool(self.record.withdrawn(item_id))

    def _torrent(self, release: Release) -> bytes:
        path = self.folder / paths.torrent(release.torrent.best_hex)
        try:
            return path.read_bytes()
        except OSError as error:
            raise InputError(f"{release.id}: its torrent {path} cannot be read: {error.strerror}") from error


def noted(item_id: str, audited: Audited, now: dt.datetime) -> list[Noted]:
    """What an audit found, as the record keeps it."""
    return [
        Noted(item_id, one.url, now, one.verdict.value, tuple(remark.name for remark in one.remarks), one.good_bytes)
        for one in audited.copies
    ]


def _after(
    release: Release, torrent: Metainfo, data: bytes, deeds: Iterable[Done], now: dt.datetime
) -> tuple[Release, bytes]:
    """The entry and torrent after the deeds."""
    mirrors, seeds = list(release.mirrors), list(release.torrent.web_seeds)
    for deed in deeds:
        copy = Copy.of_json(deed.mirror)
        if deed.deed == "withdrawn":
            there = copy_at(release, torrent, deed.url)
            mirrors = [one for one in mirrors if one != there.mirror]
            seeds = [one for one in seeds if one != there.web_seed]
        else:
            mirrors += [_with_free_key(one, mirrors) for one in (copy.mirror,) if one]
            seeds += [one for one in (copy.web_seed,) if one and one not in seeds]
    return with_copies(release, data, mirrors=mirrors, web_seeds=seeds, now=now)


def _with_free_key(mirror: Mirror, others: Sequence[Mirror]) -> Mirror:
    """A copy that comes back may find its word taken by another."""
    taken = {one.key for one in others}
    return replace(mirror, key=next((key for key in (mirror.key, *MIRROR_KEYS) if key not in taken), "other"))
