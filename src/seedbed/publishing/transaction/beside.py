# SPDX-License-Identifier: Apache-2.0
"""The small files that go beside a version's data on every mirror (pure).

Named after the torrent, so that somebody who finds the data finds how to prove it and where else it is:
``NAME.torrent``, ``NAME.magnet``, ``NAME.btih`` (the info-hash), ``NAME.meta4`` (Metalink 4, RFC 5854) and
``NAME.datapackage.json``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from seedbed.catalog import metalink, paths

if TYPE_CHECKING:
    from seedbed.publishing.request import Published


ENDINGS = ("torrent", "magnet", "btih", "meta4", "datapackage.json")
"""Behind the torrent's name and a dot."""


def files(version: Published, site_url: str) -> dict[str, bytes]:
    """Name -> bytes.

    Args:
        version: As it will be published.
        site_url: Of the catalogue, ending in ``/``; empty when it has no address.
    """
    facts = version.release.torrent
    package = (
        json.dumps(version.datapackage, ensure_ascii=False, indent=1, sort_keys=True) if version.datapackage else ""
    )
    contents = (
        version.torrent,
        f"{facts.magnet}\n".encode(),
        f"{facts.best_hex}\n".encode(),
        _metalink(version, site_url),
        package.encode(),
    )
    return {f"{facts.name}.{ending}": data for ending, data in zip(ENDINGS, contents, strict=True) if data}


def _metalink(version: Published, site_url: str) -> bytes:
    """Empty for a version that nobody has on the web, or that is too long."""
    release = version.release
    if not metalink.is_made(release):
        return b""
    torrent_url = site_url + paths.torrent(release.torrent.best_hex) if site_url else ""
    return metalink.render(release, version.files, torrent_url=torrent_url)
