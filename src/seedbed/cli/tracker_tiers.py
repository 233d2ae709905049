# SPDX-License-Identifier: Apache-2.0
"""Which trackers a new torrent names, in which tiers (BEP 12): the community's first, public ones after it.

Typed or set for the command (``--tracker``), they are all. Else the catalogue's own tracker is the first tier, or where
it names none ``[trackers] community``; ``[trackers] public`` follows, each in a tier of its own: clients go on to the
next tier when nobody of the one before answers.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from seedbed.cli import settings
from seedbed.cli.wish import check_tracker
from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Command = TypeVar("Command", bound=Callable[..., Any])

Tiers: TypeAlias = "tuple[tuple[str, ...], ...]"
SECTION = "trackers"
MAX_LISTED = 90
"""A catalogue's entry holds 100 trackers (``catalog.checks``)."""
_KEYS = ("community", "public")
_OPTIONS = (
    click.option(
        "--tracker", "trackers", multiple=True, metavar="URL",
        help="Instead of those in [trackers] of your settings; repeat for more.",
    ),
    click.option("--no-public-trackers", is_flag=True, help="Name the community's tracker only."),
    click.option("--no-trackers", is_flag=True, help="Name no tracker, whatever your settings say."),
)  # fmt: skip


def tracker_options(command: Command) -> Command:
    """Give a command the options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def tiers(options: Mapping[str, Any], catalog: Sequence[str] = ()) -> Tiers:
    """The tiers for a torrent.

    Args:
        options: Of the command.
        catalog: Trackers that its catalogue names.

    Raises:
        InputError: a URL is none, or the settings cannot be used.
    """
    if options["no_trackers"]:
        return ()
    if options["trackers"]:
        return _checked([[url] for url in options["trackers"]])
    found = settings.read().get(SECTION, {})
    _refuse_unknown(found)
    community = list(catalog) or _list(found, "community")
    public = [] if options["no_public_trackers"] else _list(found, "public")
    return _checked([community, *([url] for url in dict.fromkeys(public) if url not in community)])


def _checked(found: list[list[str]]) -> Tiers:
    for tier in found:
        for url in tier:
            check_tracker(url)
    return tuple(tuple(dict.fromkeys(tier)) for tier in found if tier)


def _refuse_unknown(section: Any) -> None:
    if not isinstance(section, dict):
        raise InputError(f"{settings.path()}: {SECTION}: expected a section [{SECTION}], got {section!r}")
    for key in section:
        if key not in _KEYS:
            raise InputError(
                f"{settings.path()}: [{SECTION}] {key}: there is no such setting",
                hint=f"It can hold {' and '.join(_KEYS)}.",
            )


def _list(section: Mapping[str, Any], key: str) -> list[str]:
    """URLs as they are listed; or as they stand in the file that is named, one a line, # before remarks."""
    value = section.get(key, [])
    where = f"{settings.path()}: [{SECTION}] {key}"
    if isinstance(value, str):
        value = _of_file(settings.path().parent / Path(value).expanduser(), where)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise InputError(f'{where}: expected a list such as ["udp://…"], or the path of a file, got {value!r}')
    if len(value) > MAX_LISTED:
        raise InputError(f"{where}: expected at most {MAX_LISTED}, got {len(value)}")
    return value


def _of_file(path: Path, where: str) -> list[str]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise InputError(f"{where}: {path} cannot be read: {error}") from error
    return [text for line in lines if (text := line.partition("#")[0].strip())]
