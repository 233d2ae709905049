# SPDX-License-Identifier: Apache-2.0
"""The data of a torrent that somebody uploaded: what came with it is proved, the rest is fetched from its swarm."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from seedbed.core import metainfo_reader
from seedbed.errors import StateError

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.portal.uploads.quarantine import Den
    from seedbed.serving.wishes import Wishes
    from seedbed.serving.working.commands import Commands


async def fetch_data(den: Den, wishes: Wishes, commands: Commands) -> tuple[Path, Path]:
    """All data of the one torrent in an upload, below the upload's own folder.

    Returns:
        The .torrent file, and its file or folder.

    Raises:
        CommandError: nobody sends the data.
        StateError: the upload has no torrent any more.
    """
    torrent = next(den.data.rglob("*.torrent"), None)
    if torrent is None:
        raise StateError(f"upload {den.folder.name}: its torrent is gone")
    there = den.folder / "fetched"
    name = await asyncio.to_thread(_lay_out, den.data, torrent, there)
    reach = ["--lan"] if wishes.lan else []  # a stranger's torrent names no server of ours, unless it was asked for
    await commands.run(["fetch", str(torrent), "-o", str(there), *reach, *([] if wishes.dht else ["--no-dht"])])
    return torrent, there / name


def _lay_out(data: Path, torrent: Path, there: Path) -> str:
    """What was uploaded beside the torrent stands where a fetch looks for it; returns the torrent's name."""
    metainfo = metainfo_reader.parse(torrent.read_bytes())
    root = there if metainfo.is_single_file else there / metainfo.name
    for file in metainfo.files:
        source, target = data.joinpath(*file.path), root.joinpath(*file.path)
        if source.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(source, target)
    there.mkdir(parents=True, exist_ok=True)
    return metainfo.name
