# SPDX-License-Identifier: Apache-2.0
"""Options that say how much of a machine is given; ``node join`` and ``node limit`` share them."""

from __future__ import annotations

from pathlib import Path

import click

from seedbed.core.sizes import read_size
from seedbed.errors import InputError


def _size(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    return None if value is None else read_size(value)


def _sizes(_ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(map(read_size, value))


storage_option = click.option(
    "--storage", metavar="SIZE", multiple=True, callback=_sizes,
    help="Disk to give, such as 500G; one for each --dir, in the same order.",
)  # fmt: skip
rate_up_option = click.option(
    "--rate-up", metavar="SIZE", callback=_size, help="Bytes a second to send at most; 0 is no limit."
)
rate_down_option = click.option(
    "--rate-down", metavar="SIZE", callback=_size,
    help="Bytes a second to receive at most, from peers and mirrors together; 0 is no limit.",
)  # fmt: skip


def _windows(_ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...] | None:
    from seedbed.node.giving.hours import read_windows  # noqa: PLC0415

    return read_windows(value) if value else None


hours_option = click.option(
    "--hours", metavar="HH-HH", multiple=True, callback=_windows,
    help="Hours of the day in which the line is used, such as 22-06 (local time); repeat for several, or 'always'.",
)  # fmt: skip

monthly_option = click.option(
    "--monthly", metavar="SIZE", callback=_size,
    help="Traffic of a calendar month, sent and received, such as 1T; 0 is no limit.",
)  # fmt: skip


def pairs(folders: tuple[str, ...], storage: tuple[int, ...]) -> dict[str, int]:
    """Each folder with its budget.

    Raises:
        InputError: there is not one for each; or a folder is named twice.
    """
    names = [str(Path(folder).absolute()) for folder in folders]
    if len(names) != len(storage):
        raise InputError(
            f"expected a --storage for each --dir, got {len(storage)} for {len(names)}",
            hint="--dir /a --storage 1T --dir /b --storage 500G",
        )
    if len(set(names)) < len(names):
        raise InputError("--dir: a folder is named twice")
    return dict(zip(names, storage, strict=True))
