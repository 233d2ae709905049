# SPDX-License-Identifier: Apache-2.0
"""The worker: takes one job after the other, says that it is alive meanwhile, and tells what came of it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from seedbed.errors import SeedbedError
from seedbed.portal.review import jobs
from seedbed.portal.uploads.chores import tidy
from seedbed.serving.working.commands import CommandError
from seedbed.serving.working.publishing import publish
from seedbed.serving.working.withdrawing import restore, withdraw

if TYPE_CHECKING:
    from seedbed.portal.portal import Portal
    from seedbed.portal.review.jobs import Job
    from seedbed.serving.wishes import Wishes
from seedbed.serving.working.commands import Commands

LOOK_S = 1.0
"""Between two looks for a job."""
TIDY_S = 3_600.0
"""Drafts that nobody goes on with are looked for so often."""
AGAIN_S = 300.0
"""What may go well later is tried again after so long."""
log = logging.getLogger(__name__)


class Worker:
    """One at a time is enough: the catalogue takes one release after the other."""

    def __init__(self, portal: Portal, wishes: Wishes, commands: Commands) -> None:
        self._portal = portal
        self._wishes = wishes
        self._commands = commands

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop``; what is being done then is ended, and begun again by the next worker."""
        stopped = asyncio.create_task(stop.wait())
        tidying = asyncio.create_task(self._tidy())
        try:
            while not stop.is_set():
                working = asyncio.create_task(self.once())
                await asyncio.wait([working, stopped], return_when=asyncio.FIRST_COMPLETED)
                if not working.done():
                    working.cancel()
                    await asyncio.wait([working])
                elif not working.result():
                    await asyncio.wait([stopped], timeout=LOOK_S)
        finally:
            stopped.cancel()
            tidying.cancel()
            await asyncio.wait([stopped, tidying])

    async def _tidy(self) -> None:
        while True:
            try:
                await asyncio.to_thread(tidy, self._portal)
            except SeedbedError as error:
                log.warning("uploads cannot be tidied: %s", error)
            await asyncio.sleep(TIDY_S)

    async def once(self) -> bool:
        """Do a job; False when there is none."""
        job = await asyncio.to_thread(self._claim)
        if job is None:
            return False
        log.info("job begun id=%d kind=%s", job.id, job.kind)
        alive = asyncio.create_task(self._stay_alive(job))
        try:
            await self._do(job)
        except SeedbedError as error:
            again_s = AGAIN_S if isinstance(error, CommandError) and error.may_go_well_later else 0.0
            log.warning("job failed id=%d kind=%s: %s", job.id, job.kind, error)
            await asyncio.to_thread(self._failed, job, str(error), again_s)
        else:
            await asyncio.to_thread(self._done, job)
        finally:
            alive.cancel()
            await asyncio.wait([alive])
        return True

    async def _do(self, job: Job) -> None:
        match job.kind:
            case "publish":
                await publish(job, self._portal, self._wishes, self._commands)
            case "withdraw":
                await withdraw(job, self._wishes, self._commands)
            case "restore":
                await restore(job, self._wishes, self._commands)

    async def _stay_alive(self, job: Job) -> None:
        while True:
            await asyncio.sleep(jobs.LEASE_S / 5)
            await asyncio.to_thread(self._renew, job)

    def _claim(self) -> Job | None:
        with self._portal.store.begin() as connection:
            return jobs.claim(connection, self._now_s())

    def _renew(self, job: Job) -> None:
        with self._portal.store.begin() as connection:
            jobs.renew(connection, job, self._now_s())

    def _done(self, job: Job) -> None:
        with self._portal.store.begin() as connection:
            jobs.done(connection, job, self._now_s())

    def _failed(self, job: Job, error: str, again_s: float) -> None:
        with self._portal.store.begin() as connection:
            jobs.failed(connection, job, error, self._now_s(), again_s=again_s)

    def _now_s(self) -> float:
        return self._portal.now().timestamp()
