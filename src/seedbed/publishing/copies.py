# SPDX-License-Identifier: Apache-2.0
"""Which copies a published version names changes: in its entry, and in its torrent's list of web seeds (BEP 19).

The list stands outside the info dictionary: the torrent's name stays, and with it every swarm.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Self

from seedbed.catalog.model import Mirror
from seedbed.core import magnet
from seedbed.core.layout import web_seed_url
from seedbed.core.metainfo_writer import with_web_seeds

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from seedbed.catalog.model import Release
    from seedbed.core.metainfo import Metainfo


def with_copies(
    release: Release, torrent: bytes, *, mirrors: Sequence[Mirror], web_seeds: Sequence[str], now: dt.datetime
) -> tuple[Release, bytes]:
    """A version that names other copies.

    Args:
        release: As it is.
        torrent: Its .torrent.
        mirrors: All that its entry shall name.
        web_seeds: All that its torrent shall name.
        now: The time, with a zone.

    Returns:
        The entry, and the torrent that belongs to it.

    Raises:
        FormatError: the torrent cannot be read.
    """
    data = with_web_seeds(torrent, web_seeds)
    link = replace(magnet.parse(release.torrent.magnet), web_seeds=tuple(web_seeds))
    facts = replace(
        release.torrent,
        web_seeds=tuple(web_seeds),
        magnet=magnet.render(link),
        sha256=hashlib.sha256(data).hexdigest(),
        length=len(data),
    )
    return replace(release, torrent=facts, mirrors=tuple(mirrors), updated=now), data


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy as a version names it: by its entry, by its torrent, or by both."""

    mirror: Mirror | None = None
    web_seed: str = ""

    def as_json(self) -> str:
        """To be remembered while the copy is withdrawn."""
        return json.dumps({"mirror": asdict(self.mirror) if self.mirror else None, "web_seed": self.web_seed})

    @classmethod
    def of_json(cls, text: str) -> Self:
        """What :meth:`as_json` wrote."""
        found = json.loads(text)
        return cls(Mirror(**found["mirror"]) if found["mirror"] else None, found["web_seed"])


def copy_at(release: Release, torrent: Metainfo, address: str) -> Copy:
    """What a version says of the copy at an address; both parts empty when it does not name it.

    Args:
        release: The version.
        torrent: Its torrent.
        address: As a fetch asks it: a URL or a template (``core.layout``).
    """
    first = web_seed_url(address, torrent, 0)
    seeds = [url for url in release.torrent.web_seeds if web_seed_url(url, torrent, 0) == first]
    single = torrent.is_single_file
    mirrors = [one for one in release.mirrors if web_seed_url(one.web_seed(is_single_file=single), torrent, 0) == first]
    return Copy(next(iter(mirrors), None), next(iter(seeds), ""))
