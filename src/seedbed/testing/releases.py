# SPDX-License-Identifier: Apache-2.0
"""A catalogue's entry of a small dataset."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.catalog.model import Release, TorrentFacts

if TYPE_CHECKING:
    from seedbed.testing.datasets import Dataset

TRACKER = "udp://127.0.0.1:1/announce"
NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


def release_of(name: str, data: Dataset, **changes: object) -> Release:
    """Version 1 of ``name``, or what ``changes`` makes of it."""
    hashes = data.metainfo.info_hashes
    torrent = TorrentFacts(
        data.metainfo.name, data.metainfo.piece_length, hashes.v1_hex, hashes.v2_hex, trackers=(TRACKER,)
    )
    release = Release(
        name, "1", name, "", "CC0-1.0", torrent, data.metainfo.size_bytes, len(data.contents), NOON, NOON, NOON, NOON
    )
    return replace(release, **changes)  # type: ignore[arg-type]  # fields of it
