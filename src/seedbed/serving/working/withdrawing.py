# SPDX-License-Identifier: Apache-2.0
"""A takedown: the signed catalogue says that a version must not be used, and why; its files are served no longer.

They are moved out of what the gateway serves, not deleted: an appeal may put them back.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from seedbed.errors import StateError

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.portal.review.jobs import Job
    from seedbed.serving.wishes import Wishes
    from seedbed.serving.working.commands import Commands


async def withdraw(job: Job, wishes: Wishes, commands: Commands) -> None:
    """Withdraw a version: files first, so that nothing is served that the catalogue has withdrawn.

    Raises:
        CommandError: the catalogue cannot be changed.
        StateError: the files cannot be moved.
    """
    await asyncio.to_thread(_move, _served(wishes, job), _withheld(wishes, job))
    reason = ["--reason", job.reason or "taken down"]
    await commands.run(["catalog", "withdraw", job.item_id, *reason, "--catalog", str(wishes.catalog)])


async def restore(job: Job, wishes: Wishes, commands: Commands) -> None:
    """Take a withdrawal back: the catalogue first.

    Raises:
        CommandError: the catalogue cannot be changed.
        StateError: the files cannot be moved.
    """
    await commands.run(["catalog", "withdraw", job.item_id, "--undo", "--catalog", str(wishes.catalog)])
    await asyncio.to_thread(_move, _withheld(wishes, job), _served(wishes, job))


def _served(wishes: Wishes, job: Job) -> Path:
    return wishes.data.joinpath(*job.item_id.split("@", 1))


def _withheld(wishes: Wishes, job: Job) -> Path:
    return (wishes.folder / "withheld").joinpath(*job.item_id.split("@", 1))


def _move(source: Path, target: Path) -> None:
    """A folder, once: a job that is done again finds it moved. Versions that lie elsewhere have none."""
    if not source.is_dir():
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
    except OSError as error:
        raise StateError(f"{source}: it cannot be moved to {target}: {error.strerror}") from error
