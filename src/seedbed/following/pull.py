# SPDX-License-Identifier: Apache-2.0
"""Getting the newest catalogue from whoever has it: web servers first, then its own torrent by the DHT pointer.

All ways end in the same verification. A way that fails, or lies, is noted, and the next one is tried; never is anything
believed because nothing better came.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from seedbed.catalog.releasing import lock
from seedbed.catalog.trust.adopt import Adopted, adopt
from seedbed.catalog.trust.record import Record
from seedbed.core import krpc
from seedbed.errors import CatalogError, NoSourceError, SeedbedError, SourceError, TrustError
from seedbed.fetching.options import Options
from seedbed.fetching.rules import DEFAULT_RULES, Rules
from seedbed.following.dht import client, pointer
from seedbed.following.folder_source import FolderSource
from seedbed.following.http_source import HttpSource
from seedbed.following.torrent_source import TorrentSource

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Generator

    from seedbed.catalog.join_link import JoinLink
    from seedbed.catalog.trust.source import Source
    from seedbed.catalog.trust.store import Store
    from seedbed.fetching.result import Progress

log = logging.getLogger(__name__)

_POINTER = "pointer"
ATTACK_RULES = frozenset(("rollback", "mismatch", "unsigned", "fork", "other-catalog"))
"""What no honest mirror does. One of them may be broken; two of them are a pattern."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How a follower may look for the catalogue."""

    rules: Rules = DEFAULT_RULES
    uses_dht: bool = True
    dht_nodes: tuple[tuple[str, int], ...] = ()
    """Where to begin in the table; empty begins where everybody does."""
    peers: tuple[tuple[str, int], ...] = ()
    """Who may have the catalogue's torrent, besides those that are found."""
    with_files: bool = True
    """Whether the table of files is wanted too."""
    wait_s: float = 60.0
    """For another program that pulls the same catalogue now."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A way that did not lead to the catalogue."""

    source: str
    error: SeedbedError


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of a pull."""

    adopted: Adopted
    failures: tuple[Failure, ...] = field(default=())
    """What was tried before in vain."""


def pull(
    store: Store,
    link: JoinLink,
    ways: Ways,
    *,
    now: dt.datetime,
    on_progress: Callable[[Progress], object] = lambda _: None,
) -> Pulled:
    """Bring a followed catalogue up to date.

    Args:
        store: Where it is kept; made when missing.
        link: The join link.
        ways: Where may be looked.
        now: The machine's clock, UTC.
        on_progress: Told while the catalogue's torrent is fetched.

    Raises:
        TrustError: a source gives what must not be believed, and none gives better.
        CatalogError: it is signed, and not a catalogue that we can read.
        NoSourceError: no way leads there.
        StateError: or NoSpaceError: our disk; or BusyError: another program pulls it.
    """
    store.make()
    failures: list[Failure] = []
    with (
        lock.held(store.folder, wait_s=ways.wait_s, busy="another program is pulling this catalogue"),
        contextlib.closing(_sources(store, link, ways, failures, on_progress)) as sources,
    ):
        for name, source in sources:
            try:
                return Pulled(_adopted(store, source, link, ways, now), tuple(failures))
            except (SourceError, TrustError, CatalogError) as error:
                log.info("no catalogue from %s: %s", name, error)
                failures.append(Failure(name, error))
        _note_suspicion(store, failures)
    raise _nothing(failures)


def _adopted(store: Store, source: Source, link: JoinLink, ways: Ways, now: dt.datetime) -> Adopted:
    with contextlib.ExitStack() as stack:
        if isinstance(source, HttpSource):
            stack.enter_context(source)
        return adopt(store, source, pin=link.root_sha256, now=now, with_files=ways.with_files)


def _sources(
    store: Store, link: JoinLink, ways: Ways, failures: list[Failure], on_progress: Callable[[Progress], object]
) -> Generator[tuple[str, Source]]:
    """All ways in their order; each is looked for only when those before failed."""
    for url in link.urls:
        yield url, source_at(url, store, ways.rules)
    if not (link.pointer_key and ways.uses_dht):
        return
    try:
        info_hash = _follow_pointer(store, bytes.fromhex(link.pointer_key), ways)
    except SeedbedError as error:
        failures.append(Failure("DHT pointer", error))
        return
    folder = store.folder / "torrent"
    options = Options(
        folder, peers=ways.peers, uses_web_seeds=False, uses_trackers=False, dht_nodes=ways.dht_nodes, rules=ways.rules
    )
    try:
        yield "catalogue torrent", TorrentSource(info_hash, options, on_progress=on_progress)
    finally:  # what was adopted has been copied
        shutil.rmtree(folder, ignore_errors=True)


def source_at(url: str, store: Store, rules: Rules) -> Source:
    """What reads a catalogue's folder at a URL of a join link."""
    if url.startswith("file://"):
        return FolderSource(Path(unquote(urlsplit(url).path)))
    return HttpSource(url, rules, tags=store.folder / "timestamp.kept")


def _follow_pointer(store: Store, public_key: bytes, ways: Ways) -> bytes:
    """The catalogue's torrent that the pointer names.

    Raises:
        SourceError: there is none, or an older one than was seen.
        NoSourceError: nobody in the table answers.
    """
    item = asyncio.run(_look_up(public_key, ways))
    if item is None:
        raise SourceError("DHT pointer: nobody has it now", hint="The keeper's machine puts it there every hour.")
    info_hash = krpc.pointed_at(item.value)
    if info_hash is None:
        raise SourceError("DHT pointer: its value is not the pointer of BEP 46")
    with Record(store.record_path) as record:
        seen = record.seen(_POINTER, public_key.hex())
        if item.seq < seen:
            raise SourceError(
                f"DHT pointer: it is older than one seen before: expected {seen} or newer, got {item.seq}"
            )
        record.see(_POINTER, public_key.hex(), item.seq)  # a new key in the link begins a new count
    return info_hash


async def _look_up(public_key: bytes, ways: Ways) -> krpc.MutableItem | None:
    nodes = ways.dht_nodes or client.BOOTSTRAP
    async with client.open_client(nodes, allows_private=ways.rules.allows_private) as guest:
        return await guest.get(public_key, pointer.SALT, verify=pointer.is_signed)


def _note_suspicion(store: Store, failures: list[Failure]) -> None:
    liars = [one for one in failures if one.error.data.get("rule") in ATTACK_RULES]
    if len(liars) >= 2:
        with Record(store.record_path) as record:
            record.suspicion = "; ".join(one.error.message for one in liars)


def _nothing(failures: list[Failure]) -> SeedbedError:
    """The most telling of several failures, with all of them in its text."""
    if len(failures) == 1:
        return failures[0].error
    ranked = sorted(
        failures, key=lambda one: (not isinstance(one.error, TrustError), isinstance(one.error, SourceError))
    )
    told = "".join(f"\n  {one.source}: {one.error.message}" for one in failures)
    if not ranked or isinstance(ranked[0].error, SourceError):
        return NoSourceError(
            f"the catalogue: no way leads to it{':' if told else ''}{told}",
            hint="What was pulled before stays in use.",
        )
    worst = ranked[0].error
    return type(worst)(f"the catalogue: nothing that came can be believed:{told}", hint=worst.hint, **worst.data)
