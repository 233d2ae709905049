# SPDX-License-Identifier: Apache-2.0
"""Several mirrors at once, and files that are hashed while they are sent."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import FileChangedError, SeedbedError, SourceError, StateError
from seedbed.mirrors.base import failure
from seedbed.mirrors.local import LocalMirror
from seedbed.mirrors.memory import MemoryMirror
from seedbed.mirrors.push import Pushed, push, push_all
from seedbed.testing.faulty_mirror import FaultyMirror
from seedbed.testing.mirror_suite import PART, contents
from tests.hashed_later import HashedLater

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.mirrors.base import Mirror, Stored
    from seedbed.mirrors.content import Content, Stream

FILES = {"a": b"first", "b/c": b"second" * 9, "empty": b""}
PATIENCE_S = 10.0
"""Longest wait for another thread; nothing waits so long unless it hangs."""


class _Meeting(MemoryMirror):
    """Takes a file when all mirrors of a meeting have begun one."""

    def __init__(self, door: threading.Barrier) -> None:
        super().__init__()
        self._door = door

    def put(self, key: str, stream: Stream) -> Stored:
        """Wait for the others."""
        self._door.wait(PATIENCE_S)
        return super().put(key, stream)


def test_all_mirrors_at_once() -> None:
    """Each gets its own files, at the same time, and progress says which mirror it is about."""
    door = threading.Barrier(3)
    mirrors = {name: _Meeting(door) for name in "xyz"}
    sent: list[tuple[str, str, int]] = []

    done = push_all(
        {name: (mirror, contents({"k": name.encode()})) for name, mirror in mirrors.items()},
        told=lambda *one: sent.append(one),
    )

    assert done == dict.fromkeys("xyz", Pushed(put=("k",), skipped=()))
    assert {name: mirror.files["k"] for name, mirror in mirrors.items()} == {"x": b"x", "y": b"y", "z": b"z"}
    assert sorted(sent) == [("x", "k", 1), ("y", "k", 1), ("z", "k", 1)]


@pytest.mark.parametrize("fails_at", range(1, 12))
def test_one_failure_does_not_hinder_the_others(fails_at: int) -> None:
    """Its error is in its place."""
    good, bad = MemoryMirror(), FaultyMirror(MemoryMirror(), fails_at=fails_at)

    done = push_all({"good": (good, contents(FILES)), "bad": (bad, contents(FILES))}, workers=1)

    assert done["good"] == Pushed(put=tuple(FILES), skipped=())
    assert good.files == FILES
    if fails_at <= bad.calls:
        assert isinstance(done["bad"], SourceError)
        assert f"cut at call {fails_at}" in done["bad"].message


def test_no_mirrors() -> None:
    """Nothing to do is no error."""
    assert push_all({}) == {}


def test_stop_ends_all(tmp_path: Path) -> None:
    """Files that wait for a hash, and files that were not begun: every mirror says that it was stopped."""
    stop, begun = threading.Event(), threading.Semaphore(0)
    (tmp_path / "data").write_bytes(b"x" * (PART + 1))
    later = HashedLater(tmp_path / "data", PART + 1, Future())
    mirrors: dict[str, Mirror] = {"memory": MemoryMirror(), "folder": LocalMirror(tmp_path / "mirror")}

    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(
            push_all,
            {name: (mirror, {f"{n}": later for n in range(9)}) for name, mirror in mirrors.items()},
            told=lambda *_: begun.release(),
            stop=stop,
        )
        for _ in range(4):
            assert begun.acquire(timeout=PATIENCE_S)
        stop.set()
        done = job.result(PATIENCE_S)

    assert all(isinstance(one, SourceError) and one.message.endswith("it was stopped") for one in done.values())
    assert not [one for mirror in mirrors.values() for one in mirror.list()]
    assert not [path for path in (tmp_path / "mirror").rglob("*") if path.is_file()]


class _Interrupting(MemoryMirror):
    def put(self, key: str, stream: Stream) -> Stored:  # noqa: ARG002  # the Protocol's
        raise KeyboardInterrupt


def test_what_is_no_error_of_ours_is_raised() -> None:
    """After the others have ended."""
    other = MemoryMirror()

    with pytest.raises(KeyboardInterrupt):
        push_all({"a": (_Interrupting(), contents(FILES)), "b": (other, contents(FILES))})

    assert other.files == FILES


@pytest.mark.parametrize("size_bytes", [0, 1, PART, PART + 1])
def test_sent_while_it_is_hashed(tmp_path: Path, size_bytes: int) -> None:
    """All parts but the last go before the hash is known; the last one, and so the file, only after."""
    (tmp_path / "data").write_bytes(b"x" * size_bytes)
    digest: Future[str] = Future()
    mirror, sent = MemoryMirror(), threading.Semaphore(0)

    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(
            push, mirror, {"k": HashedLater(tmp_path / "data", size_bytes, digest)}, told=lambda *_: sent.release()
        )
        for _ in range(size_bytes // (PART + 1)):
            assert sent.acquire(timeout=PATIENCE_S)
        assert not sent.acquire(timeout=0.01)
        assert not mirror.files
        digest.set_result(hashlib.sha256(b"x" * size_bytes).hexdigest())

        assert job.result(PATIENCE_S).put == ("k",)
    assert mirror.files == {"k": b"x" * size_bytes}


def _failed(error: Exception) -> Future[str]:
    digest: Future[str] = Future()
    digest.set_exception(error)
    return digest


def _cancelled() -> Future[str]:
    digest: Future[str] = Future()
    digest.cancel()
    return digest


def _wrong() -> Future[str]:
    digest: Future[str] = Future()
    digest.set_result("00")
    return digest


@pytest.mark.parametrize("size_bytes", [0, 1, PART + 1])
@pytest.mark.parametrize(
    ("digest", "kind", "words"),
    [
        (_failed(FileChangedError("data: it changed")), FileChangedError, "it changed"),
        (_failed(failure("m", "k", "gone")), SourceError, "gone"),
        (_cancelled(), StateError, "was not hashed to its end"),
        (_wrong(), FileChangedError, "expected SHA-256 00"),
    ],
)
def test_a_hashing_that_fails_ends_the_push(
    tmp_path: Path, size_bytes: int, digest: Future[str], kind: type[SeedbedError], words: str
) -> None:
    """With the hashing's own error; nothing is kept, on memory and in a folder."""
    (tmp_path / "data").write_bytes(b"x" * size_bytes)
    content: Content = HashedLater(tmp_path / "data", size_bytes, digest)

    for mirror in (MemoryMirror(), LocalMirror(tmp_path / "mirror")):
        with pytest.raises(kind, match=words):
            push(mirror, {"k": content})
        assert not list(mirror.list())
