# SPDX-License-Identifier: Apache-2.0
"""Our own commands as children: their result, or their error in words and by its exit code."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seedbed.errors import SeedbedError
from seedbed.serving.supervisor import die_with_parent, end_process

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_LINE_BYTES = 16 << 20
NOT_NOW = frozenset((3, 12, 13))
"""Exit codes of what may go well later: partly done, a source that does not answer, no space."""


class CommandError(SeedbedError):
    """A command that failed.

    Args:
        message: What it said.
        code: Its exit code.
        hint: What it said to do next.
    """

    def __init__(self, message: str, code: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code

    @property
    def may_go_well_later(self) -> bool:
        """Whether it is nobody's fault, so that it is tried again."""
        return self.code in NOT_NOW or self.code < 0


@dataclass(frozen=True, slots=True)
class Commands:
    """Runs them, in one environment."""

    environment: Mapping[str, str]
    program: tuple[str, ...] = (sys.executable, "-m", "seedbed")

    async def run(self, words: Sequence[str], **more: str) -> dict[str, Any]:
        """Run a command to its end.

        Args:
            words: Its arguments; ``--json`` is added.
            **more: Variables of its environment besides.

        Returns:
            The JSON object that it printed last; empty when it printed none.

        Raises:
            CommandError: it failed.
        """
        process = await asyncio.create_subprocess_exec(
            *self.program, *words, "--json", env={**self.environment, **more}, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, limit=MAX_LINE_BYTES,
            preexec_fn=die_with_parent,
        )  # fmt: skip
        try:
            said, complained = await process.communicate()
        except asyncio.CancelledError:
            await end_process(process)
            raise
        told = _told(said)
        if process.returncode:
            words_said = complained.decode(errors="replace").strip().splitlines()
            message = str(told.get("message") or (words_said[-1] if words_said else f"exit code {process.returncode}"))
            raise CommandError(message, process.returncode, str(told.get("hint", "")))
        return told


def _told(said: bytes) -> dict[str, Any]:
    """The whole output as one object, or its last line."""
    for text in (said, said.strip().rpartition(b"\n")[2]):
        try:
            told = json.loads(text)
        except ValueError:
            continue
        return told if isinstance(told, dict) else {}
    return {}
