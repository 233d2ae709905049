# SPDX-License-Identifier: Apache-2.0
"""Where a release can be had over HTTP: the web seeds of its torrent, and the mirrors of its entry (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.core.layout import web_seed_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seedbed.catalog.model import Release
    from seedbed.core.metainfo import Metainfo


def copies(release: Release, metainfo: Metainfo) -> tuple[str, ...]:
    """Addresses of all copies, those of the torrent first: URLs (BEP 19) and templates (``core.layout``)."""
    mirrors = (mirror.web_seed(is_single_file=metainfo.is_single_file) for mirror in release.mirrors)
    return _each_once((*metainfo.web_seeds, *release.torrent.web_seeds, *mirrors), metainfo)


def further_copies(release: Release, metainfo: Metainfo) -> tuple[str, ...]:
    """Those that the torrent does not name."""
    return copies(release, metainfo)[len(_each_once(metainfo.web_seeds, metainfo)) :]


def _each_once(addresses: Iterable[str], metainfo: Metainfo) -> tuple[str, ...]:
    """Without those that lead to the same files as one before: where the first file is, the others are too."""
    known: dict[str, str] = {}
    for address in addresses:
        known.setdefault(web_seed_url(address, metainfo, 0), address)
    return tuple(known.values())
