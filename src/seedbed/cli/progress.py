# SPDX-License-Identifier: Apache-2.0
"""Progress bars: only on a terminal, only for work that takes longer than a second.

Work reports numbers by a callback (:data:`Report`); this module alone turns them into a bar with rate and time
left. ``rich`` is imported only when a bar is due, so short work never pays for it.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from seedbed.cli import output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress, TaskID

DUE_S = 1.0
"""Shorter work shows no bar: it would only flicker."""

Report: TypeAlias = "Callable[[int, int, str], object]"
"""Called with bytes done, bytes in all (0 when not known), and a short note such as ``3/20 files``."""


@contextmanager
def bar(label: str) -> Iterator[Report]:
    """A bar for one piece of work; yields the callback that moves it.

    Args:
        label: What is being done, in a word or two: ``Hashing``.
    """
    if not output.shows_progress():
        yield lambda *_: None
    elif _side_by_side:
        yield partial(_side_by_side[-1].report, label)
    else:
        shown = _Bar(label)
        try:
            yield shown.report
        finally:
            shown.close()


_side_by_side: list[_Bars] = []
"""Where bars stand side by side now: a terminal can redraw one place only, so others go there too."""


@contextmanager
def bars() -> Iterator[Callable[[str, int, int], object]]:
    """Bars side by side, one for each name that is told; from several threads.

    Yields what is called with a name, bytes done, and bytes in all.
    """
    if not output.shows_progress():
        yield lambda *_: None
        return
    shown = _Bars()
    _side_by_side.append(shown)
    try:
        yield shown.report
    finally:
        _side_by_side.pop()
        shown.close()


class _Bars:
    def __init__(self) -> None:
        self._due_s = time.monotonic() + DUE_S
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def report(self, name: str, done: int, total: int, note: str = "") -> None:
        with self._lock:
            if self._progress is None:
                if time.monotonic() < self._due_s:
                    return
                self._progress = _rich_progress()
                self._progress.start()
            if name not in self._tasks:
                self._tasks[name] = self._progress.add_task(output.plain(name), note="")
            self._progress.update(self._tasks[name], completed=done, total=total or None, note=note)

    def close(self) -> None:
        if self._progress:
            self._progress.stop()


class _Bar:
    def __init__(self, label: str) -> None:
        self._label = label
        self._due_s = time.monotonic() + DUE_S
        self._progress: Progress | None = None

    def report(self, done: int, total: int, note: str = "") -> None:
        if self._progress is None:
            if time.monotonic() < self._due_s:
                return
            self._progress = _rich_progress()
            self._task = self._progress.add_task(self._label, note="")
            self._progress.start()
        self._progress.update(self._task, completed=done, total=total or None, note=note)

    def close(self) -> None:
        if self._progress:
            self._progress.stop()


def _rich_progress() -> Progress:
    from rich.console import Console  # noqa: PLC0415  # 70 ms that short work must not pay
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=Console(stderr=True),
        transient=True,
    )
