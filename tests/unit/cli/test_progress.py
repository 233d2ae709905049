# SPDX-License-Identifier: Apache-2.0
"""Bars are drawn on a terminal, for long work, and never else."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import click

from seedbed.cli import progress

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


class Terminal(io.StringIO):
    """Standard error of a person."""

    def isatty(self) -> bool:
        """It is."""
        return True


def at_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Put a terminal in place of standard error (in the test itself: pytest's capture puts back its own before)."""
    shown = Terminal()
    monkeypatch.setattr("sys.stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    return shown


def work(report: Callable[[int, int, str], object]) -> None:
    """Something that reports as it goes."""
    for done in range(0, 5_000_001, 1_000_000):
        report(done, 5_000_000, f"{done // 1_000_000}/5 files")


def test_long_work_on_a_terminal_has_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what is done, how much, and the note."""
    terminal = at_terminal(monkeypatch)
    monkeypatch.setattr(progress, "DUE_S", 0.0)

    with progress.bar("Hashing") as report:
        work(report)

    assert "Hashing" in terminal.getvalue()
    assert "5/5 files" in terminal.getvalue()


def test_short_work_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would only flicker."""
    terminal = at_terminal(monkeypatch)

    with progress.bar("Hashing") as report:
        work(report)

    assert not terminal.getvalue()


def test_no_bar_into_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard error that is no terminal stays clean."""
    shown = io.StringIO()
    monkeypatch.setattr("sys.stderr", shown)
    monkeypatch.setattr(progress, "DUE_S", 0.0)

    with progress.bar("Hashing") as report:
        work(report)

    assert not shown.getvalue()


def test_no_bar_when_asked_to_be_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """``--quiet`` means no bar either."""
    terminal = at_terminal(monkeypatch)
    monkeypatch.setattr(progress, "DUE_S", 0.0)
    context = click.Context(click.Command("test"))
    context.meta["quiet"] = True

    with context, progress.bar("Hashing") as report:
        work(report)

    assert not terminal.getvalue()
