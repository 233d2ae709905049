# SPDX-License-Identifier: Apache-2.0
"""What the person sees: results on standard output, everything else on standard error.

``--json`` prints one JSON value per run on standard output, also for failures.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import TYPE_CHECKING

import click

from seedbed.errors import SeedbedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def size(count_bytes: float) -> str:
    """A byte count for people, in powers of 1000: ``1.3 MB``."""
    for unit in _UNITS:
        if count_bytes < 1000 or unit == _UNITS[-1]:
            break
        count_bytes /= 1000
    return f"{count_bytes:.0f} B" if unit == "B" else f"{count_bytes:.1f} {unit}"


def binary_size(count_bytes: int) -> str:
    """A piece length for people, in powers of 1024, as torrents count it: ``256 KiB``."""
    return f"{count_bytes >> 20} MiB" if count_bytes % (1 << 20) == 0 else f"{count_bytes / 1024:g} KiB"


def plain(text: str) -> str:
    """Text from outside made safe for a terminal: control and bidi characters become visible escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def say(text: str) -> None:
    """A remark to the person, on standard error; silent under ``--quiet``."""
    context = click.get_current_context(silent=True)
    if not (context and context.find_root().meta.get("quiet")):
        click.echo(text, err=True)


def result(value: dict[str, Any], text: str) -> None:
    """The result of a command: ``text`` for people, ``value`` under ``--json``."""
    context = click.get_current_context(silent=True)
    if context and context.find_root().meta.get("json"):
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))
    else:
        click.echo(text)


def event(value: dict[str, Any], text: str) -> None:
    """One of the things that happen in a long run: a JSON object on a line of its own, or a remark to the person."""
    context = click.get_current_context(silent=True)
    if context and context.find_root().meta.get("json"):
        click.echo(json.dumps(value, ensure_ascii=False))
        sys.stdout.flush()
    else:
        say(text)


def fail(error: SeedbedError) -> int:
    """Tell the person what went wrong; returns the exit code."""
    if wants_json():
        facts = {"error": type(error).__name__, "message": error.message, "hint": error.hint}
        click.echo(json.dumps({**facts, "exit_code": error.exit_code, **error.data}, default=str))
    lines = [plain(line) for line in error.message.split("\n")]  # names in lists were made plain by who listed them
    click.echo("seedbed: " + "\n".join(lines), err=True)
    if error.hint:
        click.echo(f"  {error.hint}", err=True)
    return error.exit_code


def misused(error: click.ClickException) -> int:
    """Tell the person how the command is used; returns the exit code."""
    if wants_json() and (text := error.format_message()):
        facts = {"error": type(error).__name__, "message": text, "hint": "", "exit_code": error.exit_code}
        click.echo(json.dumps(facts))
    error.show()
    return error.exit_code


def crashed(error: Exception) -> int:
    """Tell the person of a fault of our own; returns the exit code."""
    if os.environ.get("SEEDBED_TRACE"):
        traceback.print_exception(error)
    hint = "Please report it. SEEDBED_TRACE=1 before the command shows where it happened."
    return fail(SeedbedError(f"this is a fault in seedbed: {type(error).__name__}: {error}", hint=hint))


def wants_json() -> bool:
    """Whether this run was asked for JSON (read from the arguments: the context is gone when a command fails)."""
    return "--json" in sys.argv[1:]


def is_terminal() -> bool:
    """Whether progress bars make sense: standard error is a terminal that can redraw a line."""
    return sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"


def shows_progress() -> bool:
    """Whether a bar may be drawn: on a terminal, and not under ``--quiet``."""
    context = click.get_current_context(silent=True)
    return is_terminal() and not (context and context.find_root().meta.get("quiet"))


def _set_meta(key: str) -> Callable[[click.Context, click.Parameter, bool], bool]:
    def remember(ctx: click.Context, _param: click.Parameter, value: bool) -> bool:  # noqa: FBT001
        if value:
            ctx.find_root().meta[key] = True
        return value

    return remember


json_option = click.option(
    "--json",
    "_json",
    is_flag=True,
    expose_value=False,
    callback=_set_meta("json"),
    help="Print the result as JSON, for scripts.",
)
quiet_option = click.option(
    "-q",
    "--quiet",
    "_quiet",
    is_flag=True,
    expose_value=False,
    callback=_set_meta("quiet"),
    help="No progress and no remarks; only the result and errors.",
)
