# SPDX-License-Identifier: Apache-2.0
"""One item: what the archive says of it, uploads to it, and waiting until they are taken in.

An upload that was accepted is put in place by a queue: seconds later as a rule, hours later on bad days. Only then do
the archive's pages know of it (Internet Archive, *ias3*, *Metadata API*).
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from seedbed.mirrors.base import Stored, failure
from seedbed.mirrors.rest import Ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from seedbed.mirrors.rest import Rest

_URN = re.compile(r"urn:uuid:[0-9a-f-]{36}")
_LOOK_S = 20.0
"""So long an answer about an item counts while files are pushed: each lists all files, and each file asks."""
_STILL = "the archive is still taking it in"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long the archive's queue is waited for."""

    first_s: float = 1.0
    """Until it is looked again; each further pause is twice as long, up to ``interval_s``."""
    interval_s: float = 15.0
    max_s: float = 1800.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep


@dataclass(frozen=True, slots=True)
class Seen:
    """What the archive says of an item."""

    said: Mapping[str, Any]
    files: Mapping[str, Stored]
    """Those that were uploaded."""

    @property
    def is_there(self) -> bool:
        """An identifier that nobody uses is an empty answer."""
        return bool(self.said.get("metadata"))

    @property
    def is_pending(self) -> bool:
        """Whether its queue holds more to do."""
        return bool(self.said.get("pending_tasks"))

    @property
    def urns(self) -> frozenset[str]:
        """The publications that it says it belongs to."""
        found = (self.said.get("metadata") or {}).get("external-identifier") or ()
        return frozenset(urn for urn in ([found] if isinstance(found, str) else found) if _URN.fullmatch(urn))


@dataclass(slots=True)
class Item:
    """See the module.

    Args:
        identifier: What it is called.
        s3: Takes uploads.
        web: The archive's pages.
        waiting: For its queue.
    """

    identifier: str
    s3: Rest
    web: Rest
    waiting: Waiting
    sent: dict[str, Stored] = field(default_factory=dict)
    """Accepted from this program, by key; perhaps not in place yet."""
    _seen: Seen | None = None
    _seen_at_s: float = 0.0

    def look(self, *, is_fresh: bool = True) -> Seen:
        """What the archive says.

        Args:
            is_fresh: Whether it must be asked now, however many files it has.
        """
        now_s = self.waiting.clock()
        if self._seen is None or is_fresh or now_s - self._seen_at_s > _LOOK_S:
            said = self.web.json(Ask("GET", f"/metadata/{self.identifier}", "look at the item", is_open=True))
            self._seen, self._seen_at_s = _seen(self.identifier, said if isinstance(said, dict) else {}), now_s
        return self._seen

    def upload(self, key: str, body: bytes | Iterable[bytes], size_bytes: int, headers: Mapping[str, str]) -> None:
        """Send a file, and make the item if it is the first."""
        headers = {
            "Content-Type": "application/octet-stream",
            "x-archive-auto-make-bucket": "1",
            "x-archive-keep-old-version": "0",
            "x-archive-queue-derive": "0",
            "x-archive-size-hint": str(size_bytes),
            **headers,
        }
        self.s3.ask(Ask("PUT", self._path(key), "upload", key, headers=headers, body=body, size_bytes=size_bytes))

    def describe(self, headers: Mapping[str, str]) -> None:
        """Say what it is, instead of whatever was said before; made if it is not there."""
        headers = {"x-archive-ignore-preexisting-bucket": "1", "x-archive-queue-derive": "0", **headers}
        self.s3.ask(Ask("PUT", f"/{self.identifier}", "describe the item", headers=headers, body=b""))
        self._seen = None

    def delete(self, key: str) -> None:
        """Delete a file, and what was made from it."""
        headers = {"x-archive-cascade-delete": "1", "x-archive-keep-old-version": "0"}
        self.s3.ask(Ask("DELETE", self._path(key), "remove the file", key, headers=headers, allows=(404,)))
        self.sent.pop(key, None)
        self._seen = None

    def is_over_limit(self) -> bool:
        """Whether the archive takes no uploads now."""
        asked = {"check_limit": "1", "bucket": self.identifier}
        said = self.s3.json(Ask("GET", "/", "ask for the limit", query=asked))
        return isinstance(said, dict) and bool(said.get("over_limit"))

    def wait(self, is_done: Callable[[Seen], bool]) -> Seen:
        """Wait for the queue.

        Raises:
            SourceError: it takes longer than we wait.
        """
        until_s, pause_s = self.waiting.clock() + self.waiting.max_s, self.waiting.first_s
        while not is_done(seen := self.look()):
            if self.waiting.clock() >= until_s:
                hint = "seedbed publish --resume later; the archive's queue may need hours."
                raise failure(f"{self.web.name} item {self.identifier}", "", _STILL, hint=hint, is_passing=True)
            self.waiting.sleep(pause_s)
            pause_s = min(2 * pause_s, self.waiting.interval_s)
        return seen

    def _path(self, key: str) -> str:
        return f"/{self.identifier}/{quote(key)}"


def _seen(identifier: str, said: Mapping[str, Any]) -> Seen:
    files = [one for one in said.get("files") or () if _is_uploaded(identifier, one)]
    return Seen(
        said, {one["name"]: Stored(one["name"], int(one.get("size") or 0), one.get("md5") or "") for one in files}
    )


def _is_uploaded(identifier: str, file: Mapping[str, Any]) -> bool:
    return (
        file.get("source") == "original"
        and file.get("format") != "Metadata"
        and not is_reserved(identifier, str(file["name"]))
    )


def is_reserved(identifier: str, key: str) -> bool:
    """Whether the archive keeps files of its own under a name."""
    endings = ("_meta.xml", "_meta.sqlite", "_files.xml", "_reviews.xml", "_archive.torrent")
    is_own = any(key == identifier + ending for ending in endings)
    return is_own or key == "__ia_thumb.jpg" or key.startswith("history/")
