# SPDX-License-Identifier: Apache-2.0
"""From a magnet link to a torrent: first the URLs that it names (``xs``, ``as``), then peers (BEP 9).

Who attacks: whoever answers for such a URL. How: with another torrent than the one asked for (table T, row 41). So its
info-hash must be the magnet's; another one is refused, named, and the next source is tried.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.core import magnet as magnets
from seedbed.core import metainfo_reader
from seedbed.core.endpoints import Endpoint
from seedbed.core.metainfo import Rules as TorrentRules
from seedbed.engine import base
from seedbed.engine.base import Addition
from seedbed.errors import NoSourceError, SeedbedError
from seedbed.fetching.peers.engines import open_engine
from seedbed.fetching.torrent.found import FoundTorrent

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.core.magnet import Magnet
    from seedbed.core.metainfo import Metainfo
    from seedbed.engine.base import Engine, TorrentId
    from seedbed.engine.stream import EventStream
    from seedbed.fetching.options import Options

LOOK_AGAIN_S = 4.0
"""Between two questions to the distributed hash table."""
_FROM_PEERS = TorrentRules(require_piece_layers=False)
"""Peers send the info dictionary alone; piece layers come later, or not at all."""


async def find(text: str, options: Options, *, get: Callable[[str], Metainfo]) -> FoundTorrent:
    """The torrent of a magnet link.

    Args:
        text: The link.
        options: Of the fetch.
        get: Gets a .torrent from a URL; blocks.

    Raises:
        MagnetError: it is not a magnet link that we accept.
        NoSourceError: nobody gives the torrent; the message names each source and what it said.
    """
    magnet = magnets.parse(text)
    said: list[str] = []
    metainfo = await _from_urls(magnet, get, said)
    if metainfo is None:
        metainfo, options = await _from_peers(magnet, options, said)
    metainfo = replace(
        metainfo,
        web_seeds=tuple(dict.fromkeys((*metainfo.web_seeds, *magnet.web_seeds))),
        trackers=metainfo.trackers or tuple((url,) for url in magnet.trackers),
    )
    return FoundTorrent(metainfo, _with_peers(options, magnet.peers), magnet.select_only, is_from_magnet=True)


def _with_peers(options: Options, peers: tuple[tuple[str, int], ...]) -> Options:
    return replace(options, found_peers=tuple(dict.fromkeys((*options.found_peers, *peers)))) if peers else options


async def _from_urls(magnet: Magnet, get: Callable[[str], Metainfo], said: list[str]) -> Metainfo | None:
    for url in dict.fromkeys((*magnet.exact_sources, *magnet.acceptable_sources)):
        try:
            metainfo = await asyncio.to_thread(get, url)
        except SeedbedError as error:
            said.append(error.message if error.message.startswith(url) else f"{url}: {error.message}")
            continue
        if metainfo.info_hashes.agrees_with(magnet.info_hashes):
            return metainfo
        said.append(f"{url}: it gives another torrent: expected {magnet.info_hashes}, got {metainfo.info_hashes}")
    return None


async def _from_peers(magnet: Magnet, options: Options, said: list[str]) -> tuple[Metainfo, Options]:
    """Ask peers for the metadata; those who had it are asked for the data too."""
    has_tracker = options.uses_trackers and bool(magnet.trackers)
    has_peers = has_tracker or options.uses_dht or bool(options.peers or magnet.peers)
    if not options.uses_peers or not has_peers:
        raise _nobody(magnet, said)
    try:
        async with asyncio.timeout(options.rules.no_progress_timeout_s), open_engine(options) as engine:
            return await _ask(engine, magnet, options, said)
    except TimeoutError as error:
        said.append(f"peers: nobody sent it in {options.rules.no_progress_timeout_s:g} s")
        raise _nobody(magnet, said) from error


async def _ask(engine: Engine, magnet: Magnet, options: Options, said: list[str]) -> tuple[Metainfo, Options]:
    with engine.events() as events:
        addition = Addition(
            magnet,
            options.folder,
            peers=tuple(Endpoint(*peer) for peer in options.peers),
            use_trackers=options.uses_trackers,
            hold_at_metadata=True,
        )
        torrent = await engine.add(addition)
        async with asyncio.TaskGroup() as group:
            looking = group.create_task(_look_again(engine, torrent))
            metainfo = await _metadata(events, said)
            looking.cancel()
        if metainfo is None:
            raise _nobody(magnet, said)
        peers = tuple((peer.endpoint.host, peer.endpoint.port) for peer in await engine.peers(torrent))
        return metainfo, _with_peers(options, peers)


async def _look_again(engine: Engine, torrent: TorrentId) -> None:
    """Ask the table anew: the engine's first question comes before it knows anybody there, its second much later."""
    while True:
        await asyncio.sleep(LOOK_AGAIN_S)
        await engine.find_peers(torrent)


async def _metadata(events: EventStream, said: list[str]) -> Metainfo | None:
    async for event in events:
        if isinstance(event, base.MetadataReceived):
            return metainfo_reader.parse_info(event.info, rules=_FROM_PEERS)
        if isinstance(event, base.MetadataRefused):
            raise event.error
        if isinstance(event, base.TrackerFailed):
            said.append(f"tracker {event.url}: {event.reason}")
    return None


def _nobody(magnet: Magnet, said: list[str]) -> NoSourceError:
    told = "".join(f"\n    {line}" for line in dict.fromkeys(said))
    return NoSourceError(
        f"{magnet.name or magnet.info_hashes}: nobody gives the torrent of this magnet link{':' if told else ''}{told}",
        hint="Ask the publisher for the .torrent file, or for a link with xs= in it.",
        sources=list(dict.fromkeys(said)),
    )
