# SPDX-License-Identifier: Apache-2.0
"""A file or folder of this machine becomes an upload of a portal; the same again goes on where it stopped."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.catalog.findings import Finding, refuse
from seedbed.creating.scan import scan
from seedbed.errors import InputError, SourceError
from seedbed.hashing.files import LocalFiles
from seedbed.portal.uploads.sending.client import CONNECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seedbed.portal.uploads.sending.client import Client

POLL_S = 2.0
SETTLED = frozenset(("draft", "checked", "refused", "withdrawn", "published"))
"""States that do not change by themselves."""


@dataclass(frozen=True, slots=True)
class Gift:
    """What is given."""

    path: Path
    kind: str = "files"
    """Or ``zip`` (to be unpacked), ``package``, ``torrent``."""
    name: str = ""
    organisation: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def files(self) -> tuple[str, dict[str, Path]]:
        """Its name, and path below it -> file.

        Raises:
            SeedbedError: it is not there, or its names are not good on every system.
        """
        dataset = scan(str(self.path))
        if not isinstance(dataset.source, LocalFiles):
            raise InputError(f"{self.path}: expected a file or folder of this machine")
        paths = ("/".join(item.path) for item in dataset.items)
        return self.name or dataset.name, dict(zip(paths, map(Path, dataset.source.paths), strict=True))


def give(
    client: Client, gift: Gift, *, progress: Callable[[int, int, str], object] = lambda *_: None
) -> dict[str, Any]:
    """Send everything that the portal does not have yet; returns what it says of the upload.

    Raises:
        SourceError: the portal refuses, or does not answer.
        SeedbedError: the files cannot be read, or their names are refused.
    """
    name, files = gift.files()
    sizes = {path: source.stat().st_size for path, source in files.items()}
    upload = _begun(client, gift, name, sizes) or client.ask("POST", "/api/v1/uploads", _wish(gift, name, sizes))
    known = {one["path"]: one for one in upload["files"]}
    tally = _Tally(sum(sizes.values()), len(files), progress)

    def send(path: str) -> None:
        client.send(upload["files_url"], path, files[path], known.get(path), tally.of(path))
        tally.end(path, sizes[path])

    with ThreadPoolExecutor(CONNECTIONS, "seedbed-send") as pool:
        sending = [pool.submit(send, path) for path in files]
        try:
            for one in sending:
                one.result()
        except BaseException:
            client.stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if gift.metadata:
        client.ask("PUT", f"{upload['url']}/metadata", {**upload.get("metadata", {}), **gift.metadata})
    found: dict[str, Any] = client.ask("GET", upload["url"])
    return found


@dataclass(slots=True)
class _Tally:
    """How far all files are together; told by several threads."""

    total_bytes: int
    files: int
    told: Callable[[int, int, str], object]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _reached: dict[str, int] = field(default_factory=dict)
    _bytes: int = 0
    _ended: int = 0

    def of(self, path: str) -> Callable[[int], None]:
        """What is called with a file's bytes that are there."""
        return lambda reached: self._set(path, reached, 0)

    def end(self, path: str, length: int) -> None:
        """A file is whole."""
        self._set(path, length, 1)

    def _set(self, path: str, reached: int, ended: int) -> None:
        with self._lock:
            self._bytes += reached - self._reached.get(path, 0)
            self._reached[path] = reached
            self._ended += ended
            self.told(self._bytes, self.total_bytes, f"{self._ended:,}/{self.files:,} files")


def submit(client: Client, upload: Mapping[str, Any]) -> dict[str, Any]:
    """Hand it in.

    Raises:
        SourceError: the portal refuses, with each fault of the description.
    """
    found: dict[str, Any] = client.ask("POST", f"{upload['url']}/submit", {})
    return found


def wait(
    client: Client,
    upload: Mapping[str, Any],
    told: Callable[[str], object],
    *,
    sleep: Callable[[float], object] = time.sleep,
) -> dict[str, Any]:
    """Wait until it is published, or needs somebody.

    Args:
        client: Of the portal.
        upload: Which.
        told: Called with each new state.
        sleep: Between two questions.

    Raises:
        MetadataError: the check found faults.
        SourceError: it was refused or withdrawn, with the reason.
    """
    state = ""
    while True:
        found: dict[str, Any] = client.ask("GET", upload["url"])
        if found["state"] != state:
            state = found["state"]
            told(state)
        if state in SETTLED:
            break
        sleep(POLL_S)
    refuse(found["name"], [Finding(one["field"], one["problem"], one["rule"]) for one in found["findings"]])
    if state in {"refused", "withdrawn"}:
        raise SourceError(f"the upload was {state}: {found['reason']}", hint=f"See {found['page']}")
    return found


def _wish(gift: Gift, name: str, sizes: Mapping[str, int]) -> dict[str, Any]:
    return {
        "kind": gift.kind,
        "name": name,
        "organisation": gift.organisation,
        "files": [{"path": path, "length": length} for path, length in sizes.items()],
        "metadata": dict(gift.metadata),
    }


def _begun(client: Client, gift: Gift, name: str, sizes: Mapping[str, int]) -> dict[str, Any] | None:
    """A draft of the same name and kind whose files are all among these: what an earlier run began."""
    for one in client.ask("GET", "/api/v1/uploads")["uploads"]:
        if (one["state"], one["kind"], one["name"]) != ("draft", gift.kind, name):
            continue
        found: dict[str, Any] = client.ask("GET", one["url"])
        if all(sizes.get(file["path"]) == file["length"] for file in found["files"]):
            return found
    return None
