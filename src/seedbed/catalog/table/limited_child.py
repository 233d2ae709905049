# SPDX-License-Identifier: Apache-2.0
"""A child process that takes limits upon itself before it opens a stranger's file; both of its sides.

One JSON object goes in (what to do, and the limits), one comes out (what came of it, or the error). What the child
cannot do within its limits ends it, and nobody else.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from seedbed.catalog.table.limits import ExamineLimits
from seedbed.errors import CatalogError, SeedbedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MAX_ANSWER_BYTES = 16 << 20


def ask_child(
    module: str, question: Mapping[str, Any], limits: ExamineLimits, *, name: str, max_written_bytes: int = 0
) -> dict[str, Any]:
    """Let a child answer; its end without an answer is an answer.

    Args:
        module: What the child runs; it calls :func:`answer_parent`.
        question: Of JSON values; paths are absolute.
        limits: What it may cost.
        name: What is judged, for the error's words.
        max_written_bytes: Largest file that the child may write; 0 is none.

    Raises:
        CatalogError: the child says so (``data['rule']`` names the row of table C), or it came to its limits.
    """
    asked = {"question": question, "limits": asdict(limits), "max_written_bytes": max_written_bytes}
    command = (sys.executable, "-I", "-B", "-m", module)  # -B: a limit on files would cut compiled modules short
    try:
        done = subprocess.run(  # noqa: S603  # our own program, no shell, no text of a stranger
            command, input=json.dumps(asked).encode(), capture_output=True, timeout=limits.wall_s, check=False, env={}
        )
    except subprocess.TimeoutExpired as error:
        raise CatalogError(
            f"{name}: reading it takes longer than {limits.wall_s:.0f} s",
            rule="C20",
            hint="The catalogue before stays.",
        ) from error
    if done.returncode or len(done.stdout) > _MAX_ANSWER_BYTES:
        raise CatalogError(
            f"{name}: the program that reads it was ended at its limits (memory {limits.memory_bytes:,} bytes, "
            f"{limits.cpu_s} s of computing; exit {done.returncode})",
            rule="C19",
            hint="The catalogue before stays.",
        )
    answer: dict[str, Any] = json.loads(done.stdout)
    if "error" in answer:
        raise CatalogError(str(answer["error"]), rule=str(answer["rule"]), hint=str(answer.get("hint", "")))
    return answer


def answer_parent(work: Callable[[dict[str, Any], ExamineLimits], dict[str, Any]]) -> int:
    """The child's side: take the limits, work, tell; the exit code is 0 when an answer was given, good or bad.

    Args:
        work: From the question to the answer. What is heavy it imports itself, after the limits hold.
    """
    asked = json.load(sys.stdin)
    limits = ExamineLimits(**asked["limits"])
    _limit(limits, asked["max_written_bytes"])
    json.dump(_answer(work, asked["question"], limits), sys.stdout)
    sys.stdout.flush()
    return 0


def _answer(
    work: Callable[[dict[str, Any], ExamineLimits], dict[str, Any]], question: dict[str, Any], limits: ExamineLimits
) -> dict[str, Any]:
    try:
        return work(question, limits)
    except CatalogError as error:
        return {"error": error.message, "rule": error.data.get("rule", "C25"), "hint": error.hint}
    except SeedbedError as error:
        return {"error": error.message, "rule": "C16", "hint": error.hint}
    except MemoryError:
        return {"error": "reading it takes more memory than a catalogue may", "rule": "C19", "hint": ""}
    except Exception as error:  # noqa: BLE001  # whatever a hostile file makes a library do is the file's fault
        return {"error": f"it cannot be read: {type(error).__name__}: {error!s:.300}", "rule": "C16", "hint": ""}


def _limit(limits: ExamineLimits, max_written_bytes: int) -> None:
    """Memory, time, files written, no core dumps; systems without these limits still have the parent's clock."""
    try:
        import resource  # noqa: PLC0415  # not on every system
    except ImportError:
        return
    wanted = {
        resource.RLIMIT_AS: limits.memory_bytes,
        resource.RLIMIT_CPU: limits.cpu_s,
        resource.RLIMIT_FSIZE: max_written_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 128,
    }
    for what, most in wanted.items():
        _, hard = resource.getrlimit(what)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, allowed))
