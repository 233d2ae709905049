# SPDX-License-Identifier: Apache-2.0
"""python-tuf's own client on a folder: what any TUF reader would say of a catalogue."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface, Updater

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


class FolderFetcher(FetcherInterface):
    """Reads ``file://`` addresses; what is not there is a 404."""

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = Path(url.removeprefix("file://"))
        if not path.is_file():
            raise DownloadHTTPError(f"{path}: not there", 404)
        return iter([path.read_bytes()])


@contextmanager
def opened(folder: Path, cache: Path, *, now: dt.datetime = NOW, root: bytes | None = None) -> Iterator[Updater]:
    """A client that pins the first root and has refreshed; its clock shows ``now``."""
    bootstrap = root if root is not None else (folder / "metadata/1.root.json").read_bytes()
    (cache / "targets").mkdir(parents=True, exist_ok=True)
    updater = Updater(
        str(cache), f"file://{folder}/metadata/", str(cache / "targets"), f"file://{folder}/", FolderFetcher(),
        bootstrap=bootstrap,
    )  # fmt: skip
    updater._trusted_set.reference_time = now
    updater.refresh()
    yield updater


def read(folder: Path, cache: Path, target: str, *, now: dt.datetime = NOW) -> bytes:
    """A target's bytes as a client gets them."""
    with opened(folder, cache, now=now) as updater:
        info = updater.get_targetinfo(target)
        assert info is not None, target
        return Path(updater.download_target(info)).read_bytes()
