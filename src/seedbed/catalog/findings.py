# SPDX-License-Identifier: Apache-2.0
"""Faults of metadata, told all at once with their fields, and not one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.errors import MetadataError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    field: str
    """As the person writes it: ``license``, ``providers[0].url``."""
    problem: str
    """What is wrong: expected and got."""
    rule: str = ""
    """Short name of the rule for scripts, such as ``C31``."""

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}"


def refuse(where: str, findings: Sequence[Finding], *, hint: str = "") -> None:
    """Do nothing when there is nothing wrong.

    Args:
        where: Whose metadata: a file's or a dataset's name.
        findings: What is wrong.
        hint: What the person can do.

    Raises:
        MetadataError: with one line for each finding.
    """
    if not findings:
        return
    count = f"{len(findings)} faults" if len(findings) > 1 else "a fault"
    lines = "".join(f"\n  {finding}" for finding in findings)
    facts = [{"field": one.field, "problem": one.problem, "rule": one.rule} for one in findings]
    raise MetadataError(f"{where}: {count} in its metadata{lines}", hint=hint, findings=facts)
