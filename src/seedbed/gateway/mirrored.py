# SPDX-License-Identifier: Apache-2.0
"""A mirror as a root of the gateway: ``<dataset>/<version>/<torrent name>/…`` as keys."""

from __future__ import annotations

import itertools
import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from seedbed.errors import NameRefusedError
from seedbed.gateway.folders import MAX_ENTRIES, Entry
from seedbed.gateway.remote import Remote, our_failure
from seedbed.gateway.routes import is_public_name
from seedbed.mirrors.base import check_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from seedbed.mirrors.base import Mirror, Stored

KEPT_S = 10.0
"""How long a mirror's answer is believed; also how late a new file is seen."""
_KEPT_FILES = 10_000
_KEPT_LISTS = 32
_MAX_LISTED = 200_000
"""Keys that are looked through for one listing."""
_READERS = 8
"""Requests for bytes at a time, to one mirror."""
_Got = TypeVar("_Got")


@dataclass(frozen=True, slots=True)
class OnMirror:
    """A file or folder of a mirror; see :class:`seedbed.gateway.places.Found`."""

    remote: Remote | None
    size_bytes: int = 0
    mark: str = ""
    listed: tuple[Entry, ...] = ()
    handle: None = None

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.remote is None

    def entries(self) -> list[Entry]:
        """What a folder holds."""
        return list(self.listed)

    def close(self) -> None:
        """Nothing is held open."""


class Recent(Generic[_Got]):
    """Answers of the last seconds, as many as fit. For several threads.

    Args:
        count: Kept at most.
        clock: Seconds, monotonic.
    """

    def __init__(self, count: int, clock: Callable[[], float]) -> None:
        self._count, self._clock = count, clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, _Got]] = OrderedDict()

    def get(self, key: str, ask: Callable[[str], _Got]) -> _Got:
        """The answer that is known, or the one that is given now; failures are not kept."""
        with self._lock:
            known = self._kept.get(key)
        if known and self._clock() - known[0] < KEPT_S:
            return known[1]
        answer = ask(key)
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = self._clock(), answer
            if len(self._kept) > self._count:
                self._kept.popitem(last=False)
        return answer


@dataclass(slots=True)
class MirrorRoot:
    """See :class:`seedbed.gateway.places.Root`. Methods raise ``SourceError`` where the mirror fails.

    Args:
        mirror: Read only here.
        clock: Seconds, monotonic.
    """

    mirror: Mirror
    clock: Callable[[], float] = time.monotonic
    _found: Recent[Stored | None] = field(init=False)
    _lists: Recent[tuple[Entry, ...]] = field(init=False)
    _pool: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self._found = Recent(_KEPT_FILES, self.clock)
        self._lists = Recent(_KEPT_LISTS, self.clock)
        self._pool = ThreadPoolExecutor(_READERS, thread_name_prefix="mirror")

    def open(self, dataset: str, version: str, parts: Sequence[str], *, is_file: bool | None = None) -> OnMirror | None:
        """A file or folder; what the catalogue knows of it need not be asked of the mirror."""
        key = "/".join((dataset, version, *parts))
        try:
            check_key(key)
        except NameRefusedError:
            return None
        if is_file is not False and (stored := self._found.get(key, self._find)):
            return OnMirror(Remote(self.mirror, key, self._pool), stored.size_bytes, _mark(stored))
        listed = () if is_file else self._listed(f"{key}/")
        return OnMirror(None, listed=listed) if listed else None

    def contents(self, dataset: str, version: str) -> list[Entry]:
        """What is below a version's prefix; nothing where the mirror cannot list."""
        return list(self._listed(f"{dataset}/{version}/"))

    def datasets(self) -> list[Entry]:
        """Nothing: for this the mirror would have to list every file that it has."""
        return []

    def versions(self, dataset: str) -> list[Entry]:
        """Prefixes below a dataset's."""
        return list(self._listed(f"{dataset}/"))

    def close(self) -> None:
        """Stop reading; what is being read comes to its end."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.mirror.close()

    def _find(self, key: str) -> Stored | None:
        with our_failure(self.mirror, key):
            return self.mirror.find(key)

    def _listed(self, prefix: str) -> tuple[Entry, ...]:
        return self._lists.get(prefix, self._list) if self.mirror.traits.can_list else ()

    def _list(self, prefix: str) -> tuple[Entry, ...]:
        with our_failure(self.mirror, prefix):
            return entries_below(prefix, itertools.islice(self.mirror.list(prefix=prefix), _MAX_LISTED))


def entries_below(prefix: str, stored: Iterable[Stored]) -> tuple[Entry, ...]:
    """Files and folders right below a prefix that ends in a slash, by name; hidden ones are left out."""
    found: dict[str, Entry] = {}
    for one in stored:
        name, slash, _ = one.key.removeprefix(prefix).partition("/")
        if name not in found and is_public_name(name):
            found[name] = Entry(name, is_folder=bool(slash), size_bytes=0 if slash else one.size_bytes)
        if len(found) >= MAX_ENTRIES:
            break
    return tuple(sorted(found.values(), key=lambda entry: entry.name))


def _mark(stored: Stored) -> str:
    """Mirrors never change a file (``mirrors.base``), so without a checksum the length will do."""
    is_tag = stored.checksum.replace("-", "").isalnum()
    return stored.checksum if is_tag and stored.checksum.isascii() else f"{stored.size_bytes:x}"
