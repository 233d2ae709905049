# SPDX-License-Identifier: Apache-2.0
"""A large file on its way to an object store: in parts, several at once, and only those that are not there yet.

The store itself is the record of what was sent: parts of an unfinished upload of the same key whose MD5 and size are
those of the file are not sent again. The file is still read and hashed whole, and the last part is given out only when
the SHA-256 fits (:mod:`seedbed.mirrors.content`), so an upload that holds strange parts is never completed: the parts
that make the file are named by their tags when it is.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import threading
import time
from typing import TYPE_CHECKING

from seedbed.errors import SeedbedError, SourceError
from seedbed.mirrors.base import taken
from seedbed.mirrors.content import s3_etag
from seedbed.mirrors.s3.body import Body, StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from seedbed.mirrors.content import Stream
    from seedbed.mirrors.s3.uploads import Part, Upload, Uploads

_LOG = logging.getLogger(__name__)
_PARTS_AT_ONCE = 4
"""Of one file. With parts of 8 MiB and four files at once this holds at most about 160 MiB."""
_POLL_S = 0.1
"""How soon a push that waits for a part notices that it is to end."""
_GRACE_S = 2.0
"""How long a push that ends waits for answers to parts that were sent."""
_MAX_LOOKED_AT = 16
"""Unfinished uploads of one key whose parts are asked for, the newest: a bad line must not cost ever more requests."""
_NOT_OFFERED = frozenset(("AccessDenied", "NotImplemented", "MethodNotAllowed", "InvalidRequest", "403", "405", "501"))
"""A store, or what the credentials allow, without a list of uploads: nothing can be gone on with then."""
_NO_CONDITION = frozenset(("NotImplemented", "InvalidArgument", "InvalidRequest", "501"))
"""A store that takes no condition for an upload: that the key is free was asked just before."""


def put(uploads: Uploads, key: str, stream: Stream, *, media_type: str, is_there: Callable[[], bool]) -> str:
    """Send a file, or the rest of it; its tag.

    Args:
        uploads: Of the mirror.
        key: The mirror's; free when this was called.
        stream: The file; its ``checksum`` is set.
        media_type: Of the file.
        is_there: Whether the key is taken now.

    Raises:
        FileChangedError: the file is not what it should be; nothing of it is kept.
        InputError: the key was taken meanwhile.
        SourceError: the store fails; what was sent is kept for the next attempt if the store can tell it then.
    """
    known, can_resume = _known(uploads, key)
    upload, there = _best(uploads, known) or (uploads.begin(key, media_type), {})
    try:
        tag = _finish(uploads, upload, there, stream, is_there)
    except SourceError as error:
        if error.data.get("code") in {"PreconditionFailed", "412", "NoSuchUpload"} and is_there():
            _drop(uploads, (upload,))
            raise taken(uploads.name, key) from None
        if not can_resume:
            _drop(uploads, (upload,))
        raise
    except SeedbedError:
        _drop(uploads, (upload,))
        raise
    _drop(uploads, (one for one in known if one != upload))
    return tag


def _known(uploads: Uploads, key: str) -> tuple[list[Upload], bool]:
    """Unfinished uploads of a key, and whether the store tells them at all."""
    try:
        return [one for one in uploads.all(prefix=key) if one.key == key], True
    except SourceError as error:
        if error.data.get("code") not in _NOT_OFFERED:
            raise
        _LOG.debug("unfinished uploads are not told key=%s error=%s", key, error)
        return [], False


def _best(uploads: Uploads, known: list[Upload]) -> tuple[Upload, dict[int, Part]] | None:
    """The upload with most parts; none when there is none that can be gone on with."""
    found = []
    for one in [one for one in known if not one.wants_checksums][-_MAX_LOOKED_AT:]:
        try:
            found.append((one, uploads.parts(one)))
        except SourceError as error:
            if error.data.get("code") != "NoSuchUpload":  # it ended between the two questions
                raise
    return max(found, key=lambda pair: len(pair[1]), default=None)


def _finish(
    uploads: Uploads, upload: Upload, there: Mapping[int, Part], stream: Stream, is_there: Callable[[], bool]
) -> str:
    parts = _Sending(uploads, upload, there, stream).run()
    if is_there():
        raise _taken_meanwhile()
    stream.checksum = s3_etag([md5 for md5, _tag in parts])
    tags = [tag for _md5, tag in parts]
    try:
        return uploads.complete(upload, tags)
    except SourceError as error:
        if error.data.get("code") not in _NO_CONDITION:
            raise
    return uploads.complete(upload, tags, has_condition=False)


def _taken_meanwhile() -> SourceError:
    return SourceError("the key was taken meanwhile", code="PreconditionFailed")


def _drop(uploads: Uploads, these: Iterable[Upload]) -> None:
    """Abort uploads. That they stay is no failure of the push; ``abandon`` drops them later."""
    for one in these:
        with contextlib.suppress(SeedbedError):
            uploads.abort(one)


class _Sending:
    """One file's parts: one thread reads and hashes the file, others send."""

    def __init__(self, uploads: Uploads, upload: Upload, there: Mapping[int, Part], stream: Stream) -> None:
        self._uploads, self._upload, self._there, self._stream = uploads, upload, there, stream
        self._room = threading.BoundedSemaphore(_PARTS_AT_ONCE)
        self._threads: list[threading.Thread] = []
        self._sent: dict[int, tuple[bytes, str]] = {}
        self._failure: BaseException | None = None
        self._has_ended = threading.Event()
        """Set when a part failed or the push is to end: what is under way ends at its next step."""

    def run(self) -> list[tuple[bytes, str]]:
        """MD5 and tag of each part, in order."""
        try:
            for number, part in enumerate(self._stream.bare_parts(), 1):
                self._wait_for_room()
                self._begin(number, part)
            for _ in range(_PARTS_AT_ONCE):
                self._wait_for_room()
        finally:
            self._has_ended.set()
            self._leave()
        return [self._sent[number] for number in sorted(self._sent)]

    def _begin(self, number: int, part: bytes) -> None:
        """Daemons: a store that hangs must not hold up a person who wants to end the program."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=self._send, args=(number, part), name=f"part-{number}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _leave(self) -> None:
        """Wait a moment for what is under way, so that an upload that is dropped next gets no more parts."""
        end_s = time.monotonic() + _GRACE_S
        for thread in self._threads:
            thread.join(max(0.0, end_s - time.monotonic()))

    def _wait_for_room(self) -> None:
        """Until a part less is under way.

        Raises:
            SeedbedError: a part failed, or the push is to end.
        """
        while not self._room.acquire(timeout=_POLL_S):
            self._stream.check()
        if self._failure:
            raise self._failure

    def _send(self, number: int, part: bytes) -> None:
        try:
            digest = hashlib.md5(part, usedforsecurity=False)
            md5, known = digest.digest(), self._there.get(number)
            if known and (known.tag, known.size_bytes) == (digest.hexdigest(), len(part)):
                tag = known.tag
            else:
                tag = self._uploads.send(self._upload, number, Body(part, self._has_ended.is_set), md5)
            self._sent[number] = (md5, tag)
        except StoppedError:
            pass
        except BaseException as error:  # noqa: BLE001  # it is raised where the file is read
            self._failure = error
            self._has_ended.set()
        finally:
            self._room.release()
