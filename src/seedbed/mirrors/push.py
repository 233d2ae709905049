# SPDX-License-Identifier: Apache-2.0
"""Files are put on mirrors: several at once, each compared with what should be there, and again without harm.

A push that was interrupted is simply run again: what is there and right is skipped, what is missing is put.
"""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.core import names
from seedbed.errors import InputError, SeedbedError
from seedbed.mirrors.base import check_key, failure, read_only, taken
from seedbed.mirrors.compare import fits, is_same
from seedbed.mirrors.content import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seedbed.mirrors.base import Mirror, Stored
    from seedbed.mirrors.content import Content

WORKERS = 4
"""Files at once: small ones wait for answers, not for bandwidth; large ones go in parallel parts anyway."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did; keys in the order given."""

    put: tuple[str, ...]
    """Not there before."""
    skipped: tuple[str, ...]
    """There before, with the same bytes."""


def push(
    mirror: Mirror,
    files: Mapping[str, Content],
    *,
    workers: int = WORKERS,
    told: Callable[[str, int], object] = lambda _key, _bytes: None,
    stop: threading.Event | None = None,
) -> Pushed:
    """Put files on a mirror and prove that they are there.

    Args:
        mirror: Where to.
        files: By key.
        workers: Files at once.
        told: Progress, from several threads: key, and bytes sent since last time; negative when a part is sent again.
        stop: Set by somebody who wants no more: the push ends within a second, if its mirror does not hang.

    Raises:
        FileChangedError: a file changed after it was hashed.
        InputError: other bytes are under a key already.
        NameRefusedError: a key is not good on every system, or has a twin.
        SourceError: the mirror cannot be written to, takes no such files, fails, keeps other bytes than were sent; or
            the push was stopped.
    """
    _check(mirror, files)
    run = _Run(mirror, told, stop or threading.Event())
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="push") as pool:
        jobs = {key: pool.submit(run.push_one, key, content) for key, content in files.items()}
        try:
            wait(jobs.values(), return_when=FIRST_EXCEPTION)
        finally:
            run.has_ended.set()
            pool.shutdown(cancel_futures=True)
    if run.failures:
        raise run.failures[0]
    was_put = {key for key, job in jobs.items() if job.result()}
    return Pushed(
        put=tuple(key for key in files if key in was_put), skipped=tuple(key for key in files if key not in was_put)
    )


def push_all(
    jobs: Mapping[str, tuple[Mirror, Mapping[str, Content]]],
    *,
    workers: int = WORKERS,
    told: Callable[[str, str, int], object] = lambda _mirror, _key, _bytes: None,
    stop: threading.Event | None = None,
) -> dict[str, Pushed | SeedbedError]:
    """Put files on several mirrors at the same time; a mirror that fails does not hinder the others.

    Args:
        jobs: Mirrors and what each gets, under names of the caller's.
        workers: Files at once, for each mirror.
        told: Progress: the mirror's name here, and what :func:`push` tells.
        stop: Ends all, as in :func:`push`. An interruption (Ctrl-C) sets it.

    Returns:
        What was done on each mirror, or why not.
    """
    stop = stop or threading.Event()

    def one(name: str) -> Pushed | SeedbedError:
        mirror, files = jobs[name]
        try:
            return push(mirror, files, workers=workers, told=lambda *sent: told(name, *sent), stop=stop)
        except SeedbedError as error:
            return error

    with ThreadPoolExecutor(max_workers=max(len(jobs), 1), thread_name_prefix="mirror") as pool:
        begun = {name: pool.submit(one, name) for name in jobs}
        try:
            wait(begun.values())
        except BaseException:
            stop.set()
            raise
    return {name: job.result() for name, job in begun.items()}


def _check(mirror: Mirror, files: Mapping[str, Content]) -> None:
    """Refuse before the first byte what the mirror cannot take."""
    traits = mirror.traits
    if not traits.is_writable:
        raise read_only(mirror.name, "")
    names.check_unique([key.split("/") for key in files])
    if traits.max_files is not None and len(files) > traits.max_files:
        raise failure(mirror.name, "", f"too many files: expected at most {traits.max_files:,}, got {len(files):,}")
    for key, content in files.items():
        check_key(key)
        if "/" in key and not traits.has_folders:
            raise failure(mirror.name, key, "it keeps no folders: expected a name without slash")
        if traits.max_file_bytes is not None and content.size_bytes > traits.max_file_bytes:
            limit = f"expected at most {traits.max_file_bytes:,} bytes, got {content.size_bytes:,}"
            raise failure(mirror.name, key, f"the file is too large: {limit}")


@dataclass(frozen=True, slots=True)
class _Run:
    mirror: Mirror
    told: Callable[[str, int], object]
    stop: threading.Event
    """Set when the person wants no more."""
    has_ended: threading.Event = field(default_factory=threading.Event)
    """Set when a file failed: the others end at their next part."""
    failures: list[BaseException] = field(default_factory=list)
    """The first is why the push ends; what follows are those that it stopped."""

    def push_one(self, key: str, content: Content) -> bool:
        """Whether the file had to be put."""
        try:
            self._check(key)
            return self._put(key, content)
        except BaseException as error:
            self.failures.append(error)
            self.has_ended.set()
            raise

    def _put(self, key: str, content: Content) -> bool:
        if self._is_there(key, content):
            return False
        kind = self.mirror.traits.checksum
        stream = Stream(content, kind, lambda sent_bytes: self._tell(key, sent_bytes), lambda: self._check(key))
        try:
            stored = self.mirror.put(key, stream)
        except InputError as error:
            # Somebody else's push of the same file came first; or our own did, and only its answer was lost.
            if error.data.get("rule") == "taken" and self._is_there(key, content):
                return False
            raise
        _prove(self.mirror, stored, content, stream.checksum)
        return True

    def _is_there(self, key: str, content: Content) -> bool:
        found = self.mirror.find(key)
        if found and not is_same(self.mirror, found, content):
            raise taken(self.mirror.name, key)
        return found is not None

    def _tell(self, key: str, sent_bytes: int) -> None:
        self._check(key)
        self.told(key, sent_bytes)

    def _check(self, key: str) -> None:
        if self.stop.is_set() or self.has_ended.is_set():
            why = "" if self.stop.is_set() else ", because another file failed"
            raise failure(self.mirror.name, key, f"it was stopped{why}")


def _prove(mirror: Mirror, stored: Stored, content: Content, checksum: str) -> None:
    """Take back what arrived otherwise than it was sent: it would stand in the way of the right bytes for good."""
    if fits(mirror, stored, content, checksum):
        return
    with contextlib.suppress(SeedbedError):
        mirror.remove(stored.key)
    raise failure(
        mirror.name,
        stored.key,
        "it keeps other bytes than were sent; they were taken back",
        hint="Something between here and there changes data (a proxy, bad memory). Push again.",
        is_passing=True,
    )
