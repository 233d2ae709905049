# SPDX-License-Identifier: Apache-2.0
"""Asking again, going slowly, telling the log: around any mirror."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import InputError, SourceError
from seedbed.mirrors.base import failure
from seedbed.mirrors.memory import MemoryMirror
from seedbed.mirrors.push import push
from seedbed.mirrors.wrappers import Limit, Log, Patience, Wrapped
from seedbed.testing.mirror_suite import MirrorSuite, contents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.mirrors.base import Mirror


class TestWrapped(MirrorSuite):
    """A wrapped mirror is a mirror."""

    def holding(self, files: Mapping[str, bytes]) -> Mirror:
        """All wrappers around memory."""
        mirror = MemoryMirror()
        mirror.files.update(files)
        limited = Wrapped(mirror, Limit(at_once=2, per_s=1e6))
        return Wrapped(Wrapped(limited, Patience(sleep=lambda _: None)), Log(mirror.name))


def test_patience_obeys_the_mirror() -> None:
    """Its own wish counts where it is longer; a wish without end, a lasting failure, our own fault are told at once."""
    slept: list[float] = []
    patience = Patience(pauses_s=(1.0, 2.0), sleep=slept.append)
    wishes = [failure("m", "k", "busy", is_passing=True, retry_after_s=wish_s) for wish_s in (0, 9)]

    def busy_twice() -> str:
        if wishes:
            raise wishes.pop(0)
        return "done"

    assert patience("find", "k", busy_twice) == "done"
    assert slept == [1.0, 9.0]
    for error in (
        failure("m", "k", "busy", is_passing=True, retry_after_s=9e9),
        failure("m", "k", "no"),
        InputError("x"),
    ):

        def fails(error: Exception = error) -> None:
            raise error

        with pytest.raises(type(error)):
            patience("find", "k", fails)
    assert slept == [1.0, 9.0]


def test_patience_ends() -> None:
    """The last attempt's failure is told."""
    slept: list[float] = []

    def fails() -> None:
        raise failure("m", "k", f"busy {len(slept)}", is_passing=True)

    with pytest.raises(SourceError, match="busy 2"):
        Patience(pauses_s=(1.0, 2.0), sleep=slept.append)("put", "k", fails)


def test_limit_spreads_requests() -> None:
    """So many a second, evenly, by a clock that is given."""
    now_s = [100.0]
    begun: list[float] = []

    def sleep(seconds: float) -> None:
        now_s[0] += seconds

    limit = Limit(at_once=1, per_s=4, clock=lambda: now_s[0], sleep=sleep)
    for _ in range(5):
        limit("find", "k", lambda: begun.append(now_s[0]))

    assert begun == [100.0, 100.25, 100.5, 100.75, 101.0]


def test_limit_of_connections() -> None:
    """Never more at once than allowed; all get their turn."""
    limit, at_work, most, done = Limit(at_once=3), [0], [0], threading.Barrier(3)
    lock = threading.Lock()

    def once() -> None:
        with lock:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        done.wait(5)
        with lock:
            at_work[0] -= 1

    threads = [threading.Thread(target=limit, args=("find", "k", once)) for _ in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [3]


def test_the_log_tells_each_request(caplog: pytest.LogCaptureFixture) -> None:
    """Mirror, what, key; a failure is told louder."""
    caplog.set_level(logging.DEBUG)
    mirror = MemoryMirror()
    push(Wrapped(mirror, Log(mirror.name)), contents({"a": b"x"}))
    with pytest.raises(InputError):
        push(Wrapped(mirror, Log(mirror.name)), contents({"a": b"y"}))
    with pytest.raises(SourceError):
        Wrapped(mirror, Log(mirror.name)).read("a", start=0, stop=99)

    lines = [(record.levelname, record.getMessage().partition(" seconds")[0]) for record in caplog.records]
    assert ("DEBUG", "mirror did mirror=memory: what=put key=a") in lines
    assert [level for level, text in lines if text.startswith("mirror failed mirror=memory: what=read key=a")] == [
        "INFO"
    ]
