# SPDX-License-Identifier: Apache-2.0
"""The small files that go beside a version's data on every mirror (pure).

Named after the torrent, so that somebody who finds the data finds how to prove it and where else it is:
``NAME.torrent``, ``NAME.magnet``, ``NAME.btih`` (the info-hash), ``NAME.meta4`` (Metalink 4, RFC 5854) and
``NAME.datapackage.json``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seedbed.publishing.request import Published


ENDINGS = ("torrent", "magnet", "btih", "meta4", "datapackage.json")
"""Behind the torrent's name and a dot."""


def files(version: Published) -> dict[str, bytes]:
    """Name -> bytes.

    Args:
        version: As it will be published.
    """
    facts = version.release.torrent
    package = (
        json.dumps(version.datapackage, ensure_ascii=False, indent=1, sort_keys=True) if version.datapackage else ""
    )
    contents = (
        version.torrent,
        f"{facts.magnet}\n".encode(),
        f"{facts.best_hex}\n".encode(),
        b"",
        package.encode(),
    )
    return {f"{facts.name}.{ending}": data for ending, data in zip(ENDINGS, contents, strict=True) if data}
