# SPDX-License-Identifier: Apache-2.0
"""Processes that are watched: started together, started again when one ends, ended together.

A process that ends before it was ever ready ends the whole start: a taken port is a thing for the keeper to mend. Once
the server runs, one that dies is started again, sooner the first time than the tenth.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import logging
import os
import signal
import sys
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seedbed.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from seedbed.serving.plan import Part, Timed

READY_S = 60.0
"""A part that says nothing for so long has not started."""
STOP_S = 20.0
"""A part may take so long to end in order."""
PAUSES_S = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0, 60.0)
"""Before a part that died is started again."""
STEADY_S = 120.0
"""A part that ran for so long begins with the first pause again."""
_LAST_LINES = 5
_MAX_LINE_BYTES = 1 << 20
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Watched:
    """A part, as it runs now."""

    part: Part
    process: asyncio.subprocess.Process | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    facts: dict[str, Any] = field(default_factory=dict)
    """What it said when it was ready."""
    starts: int = 0
    last: deque[str] = field(default_factory=lambda: deque(maxlen=_LAST_LINES))
    """What it said last, for people."""


class Supervisor:
    """See the module's text.

    Args:
        parts: What runs all the time.
        timed: What is done from time to time.
        environment: Of all processes.
        say: Told what happens to which part, a line each.
        program: What the arguments of parts are given to.
    """

    def __init__(
        self,
        parts: Iterable[Part],
        timed: Iterable[Timed],
        environment: Mapping[str, str],
        say: Callable[[str, str], object],
        program: Sequence[str] = (sys.executable, "-m", "seedbed"),
    ) -> None:
        self.watched = [Watched(part) for part in parts]
        self._timed = tuple(timed)
        self._environment = dict(environment)
        self._say = say
        self._program = tuple(program)
        self._is_stopping = False

    async def run(self, stop: asyncio.Event, ready: Callable[[], object]) -> None:
        """Run everything until ``stop``.

        Args:
            stop: Set to end.
            ready: Called once, when all parts are.

        Raises:
            StateError: a part cannot be started.
        """
        failed: asyncio.Future[StateError] = asyncio.get_running_loop().create_future()
        tasks = [asyncio.create_task(self._keep(one, failed)) for one in self.watched]
        try:
            await self._started(stop, failed)
            if not stop.is_set():
                ready()
                tasks += [asyncio.create_task(self._repeat(one)) for one in self._timed]
                await stop.wait()
        finally:
            self._is_stopping = True
            await self._end(tasks)

    async def _started(self, stop: asyncio.Event, failed: asyncio.Future[StateError]) -> None:
        """Wait until all are ready, or one cannot be."""
        waits = [asyncio.create_task(one.ready.wait()) for one in self.watched]
        stopped = asyncio.create_task(stop.wait())
        everything = asyncio.gather(*waits)
        try:
            first: list[asyncio.Future[Any]] = [everything, stopped, failed]
            await asyncio.wait(first, timeout=READY_S, return_when=asyncio.FIRST_COMPLETED)
            if failed.done():
                raise failed.result()
            late = [one for one in self.watched if not one.ready.is_set()]
            if late and not stop.is_set():
                raise _cannot_start(late[0], f"it was not ready in {READY_S:.0f} seconds")
        finally:
            for one in (*waits, stopped):
                one.cancel()
            await asyncio.gather(everything, stopped, return_exceptions=True)

    async def _keep(self, one: Watched, failed: asyncio.Future[StateError]) -> None:
        """Start a part again and again."""
        misses = 0
        loop = asyncio.get_running_loop()
        while not self._is_stopping:
            began_s = loop.time()
            code = await self._once(one)
            if self._is_stopping:
                return
            if not one.ready.is_set():
                if not failed.done():
                    failed.set_result(_cannot_start(one, f"it ended with exit code {code}"))
                return
            misses = 0 if loop.time() - began_s > STEADY_S else misses + 1
            pause_s = PAUSES_S[min(max(misses - 1, 0), len(PAUSES_S) - 1)]
            self._say(one.part.name, f"ended with exit code {code}; started again in {pause_s:g} s")
            await asyncio.sleep(pause_s)

    async def _once(self, one: Watched) -> int:
        one.process = await self._start(one.part.arguments)
        one.starts += 1
        if not one.part.tells_ready:
            one.ready.set()
        await asyncio.gather(self._hear(one, one.process.stdout), self._overhear(one, one.process.stderr))
        return await one.process.wait()

    async def _start(self, arguments: Sequence[str]) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(*self._program, *arguments),
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_MAX_LINE_BYTES,
            start_new_session=True,  # Ctrl-C reaches us alone, and we end them in order
            preexec_fn=die_with_parent,
        )

    async def _hear(self, one: Watched, stream: asyncio.StreamReader | None) -> None:
        """Events that a part prints: the first that says so makes it ready."""
        while stream and (line := await stream.readline()):
            told = _event(line)
            if told.get("event") == "ready":
                one.facts = told
                one.ready.set()
            elif "error" in told:
                one.last.append(str(told["error"]))

    async def _overhear(self, one: Watched, stream: asyncio.StreamReader | None) -> None:
        while stream and (line := await stream.readline()):
            text = line.decode(errors="replace").rstrip()
            if text:
                one.last.append(text)
                self._say(one.part.name, text)

    async def _repeat(self, timed: Timed) -> None:
        """Run a command from time to time; one that fails is told of, and tried again when it is due."""
        await asyncio.sleep(timed.first_s)
        while True:
            process = await self._start(timed.arguments)
            try:
                _, said = await process.communicate()
            except asyncio.CancelledError:
                await end_process(process)
                raise
            if process.returncode:
                last = said.decode(errors="replace").strip().splitlines()[-1:]
                self._say(timed.name, f"ended with exit code {process.returncode}: {' '.join(last)}")
            await asyncio.sleep(timed.every_s)

    async def _end(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """End all processes, at the same time, then whoever watched them."""
        running = [one.process for one in self.watched if one.process and one.process.returncode is None]
        await asyncio.gather(*map(end_process, running))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def end_process(process: asyncio.subprocess.Process) -> None:
    """In order, if it ends in order."""
    for number, wait_s in ((signal.SIGTERM, STOP_S), (signal.SIGKILL, STOP_S)):
        if process.returncode is not None:
            return
        try:
            process.send_signal(number)
            await asyncio.wait_for(process.wait(), wait_s)
        except (TimeoutError, ProcessLookupError):
            continue


def _event(line: bytes) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _cannot_start(one: Watched, what: str) -> StateError:
    said = "\n  ".join(one.last)
    return StateError(
        f"{one.part.name}: {what}" + (f":\n  {said}" if said else ""),
        hint="When a port is taken, --listen, --gateway, --tracker, --tracker-ws and --node name others.",
    )


def die_with_parent() -> None:
    """Between fork and exec: whoever kills the supervisor with -9 leaves nobody behind (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM)
    os.umask(0o027)
