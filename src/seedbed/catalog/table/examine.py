# SPDX-License-Identifier: Apache-2.0
"""Catalogues of strangers are parsed in a child process with limits, so that no file can take the node with it.

Who attacks: whoever can sign a catalogue, or a fault in a signer's program. How: a few megabytes that unpack to
20 GB, a footer of a million row groups, a fault in a Parquet reader. What it costs them: the child dies, the catalogue
is refused, the one before stays (reliability table C, 16 - 34).
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from seedbed.catalog.model import Collection, Site
from seedbed.catalog.table.limits import Examined, ExamineLimits
from seedbed.errors import CatalogError

if TYPE_CHECKING:
    from pathlib import Path

_CHILD = (sys.executable, "-I", "-m", "seedbed.catalog.table.examine_child")
_MAX_ANSWER_BYTES = 16 << 20


def examine(
    catalog: Path,
    *,
    files: Path | None = None,
    previous: Path | None = None,
    limits: ExamineLimits | None = None,
) -> Examined:
    """Judge a catalogue whose hash has been checked, before anything else reads it.

    Args:
        catalog: ``catalog.parquet``, or a file of changes merged into one.
        files: ``files.parquet`` of the same release.
        previous: The catalogue before, which was examined in its time.
        limits: What it may cost; the defaults are for a million rows and some.

    Returns:
        What it holds, and what it takes away from the one before.

    Raises:
        CatalogError: ``data['rule']`` names the row of table C that it breaks. Nothing may be used of it.
    """
    limits = limits or ExamineLimits()
    asked = {
        "catalog": str(catalog.absolute()),
        "files": str(files.absolute()) if files else "",
        "previous": str(previous.absolute()) if previous else "",
        "limits": asdict(limits),
    }
    answer = _ask(json.dumps(asked).encode(), catalog.name, limits)
    if "error" in answer:
        raise CatalogError(str(answer["error"]), rule=str(answer["rule"]), hint=str(answer.get("hint", "")))
    return _examined(answer["examined"])


def _examined(values: dict[str, Any]) -> Examined:
    site = dict(values.pop("site"))
    site["collections"] = tuple(Collection(**one) for one in site["collections"])
    plain: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    return Examined(site=Site(**site), **plain)


def _ask(question: bytes, name: str, limits: ExamineLimits) -> dict[str, Any]:
    """Let a child answer; its end without an answer is an answer."""
    try:
        done = subprocess.run(  # noqa: S603  # our own program, no shell, no text of a stranger
            _CHILD, input=question, capture_output=True, timeout=limits.wall_s, check=False, env={}
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
    return answer
