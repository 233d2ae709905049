# SPDX-License-Identifier: Apache-2.0
"""A fetch from faulty servers in a few words, and the promise that every fetch keeps."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.core import bencode
from seedbed.fetching.flow import Options, fetch
from seedbed.fetching.rules import Rules
from seedbed.testing.faulty_http import FaultyHttpServer, HttpFault

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seedbed.fetching.result import Fetched
    from seedbed.testing.datasets import Dataset

QUICK = Rules(
    allows_private=True,
    connect_timeout_s=2.0,
    stall_timeout_s=0.3,
    no_progress_timeout_s=3.0,
    first_rest_s=0.02,
    max_rest_s=0.1,
    slow_after_s=0.2,
    min_run_bytes=32_768,
)
"""Impatient rules, so that a test with a dead source takes a second."""


def server_of(dataset: Dataset, *faults: HttpFault, piece_pause_s: float = 0.0) -> FaultyHttpServer:
    """A server that holds a dataset's files below its root."""
    files = {f"/{path}": body for path, body in dataset.contents.items()}
    return FaultyHttpServer(files, *faults, piece_pause_s=piece_pause_s)


def torrent_with(dataset: Dataset, folder: Path, *servers: FaultyHttpServer, also: Sequence[str] = ()) -> Path:
    """A .torrent file of a dataset that names servers as web seeds, and folders ``also`` of the first one."""
    outer: dict[bytes, bencode.Value] = {**dataset.metainfo.outer}
    outer[b"url-list"] = [
        *(server.url.encode() for server in servers),
        *(f"{servers[0].url}{path}".encode() for path in also),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{dataset.metainfo.name}.torrent"
    path.write_bytes(bencode.encode(outer))
    return path


def run_fetch(
    dataset: Dataset, folder: Path, servers: Sequence[FaultyHttpServer], options: Options | None = None
) -> Fetched:
    """Fetch a dataset from web seeds only, impatiently."""
    options = options or Options(rules=QUICK)
    torrent = torrent_with(dataset, folder.parent / "torrents", *servers)
    return asyncio.run(fetch(str(torrent), replace(options, folder=folder, uses_peers=False)))


def final_names(folder: Path) -> list[str]:
    """What a person sees in a folder: the hidden work folder is not a final name."""
    return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith(".")) if folder.exists() else []


def leftovers(folder: Path) -> list[str]:
    """Hidden work folders."""
    return sorted(entry.name for entry in folder.iterdir() if entry.name.startswith(".")) if folder.exists() else []
