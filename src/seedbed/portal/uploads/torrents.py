# SPDX-License-Identifier: Apache-2.0
"""A .torrent that is there already: kept byte for byte, judged, and told what of it is not used.

Who attacks: whoever gives a torrent whose trackers know them by a secret (a passkey in the URL), so that everybody who
takes it from us speaks in their name; or one that names addresses of our own network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from seedbed.core.hosts import is_private_url
from seedbed.core.metainfo_reader import parse
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.core.metainfo import Metainfo

MAX_BYTES = 10 << 20
"""Of a torrent (reliability.md, 2.3)."""
_SECRET = re.compile(r"(?i)(pass_?key|auth_?key|torrent_?pass|token|uid|user|key|secret)=|/[0-9a-f]{20,64}(/|$)|@")
"""A parameter, or a part of the path, that tells one person from another."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A torrent that can be published."""

    metainfo: Metainfo
    remarks: tuple[str, ...]
    """For people."""


def judge(data: bytes) -> Judged:
    """Read a torrent, and refuse what must not be published.

    Raises:
        BencodeError: not a torrent (table T).
        TorrentError: not one that we accept (table T).
        NameRefusedError: a name in it is not good on every system.
        RefusedError: it holds a passkey, or is too large.
    """
    if len(data) > MAX_BYTES:
        raise RefusedError(f"the torrent is longer than {MAX_BYTES:,} bytes", status=413)
    metainfo = parse(data)
    trackers = [url for tier in metainfo.trackers for url in tier]
    for url in trackers:
        if _names_somebody(url):
            raise RefusedError(
                f"tracker {urlsplit(url).hostname}: its address holds what looks like a passkey",
                hint="Whoever takes this torrent would act in your name there. Take the tracker out, or give the data.",
                field="torrent",
            )
    return Judged(metainfo, tuple(_remarks(metainfo, trackers)))


def _names_somebody(url: str) -> bool:
    parts = urlsplit(url)
    return bool(_SECRET.search(parts.query) or _SECRET.search(parts.path) or "@" in parts.netloc)


def _remarks(metainfo: Metainfo, trackers: list[str]) -> Iterator[str]:
    private = [url for url in trackers if is_private_url(url)]
    if private:
        yield f"{len(private)} trackers are on a private network: nobody else reaches them."
    if trackers:
        yield "The catalogue names its own trackers; those of the torrent stay in the file as they are."
    if not metainfo.info_hashes.v2:
        yield "It is a torrent of version 1: its files cannot be told apart by their contents."
