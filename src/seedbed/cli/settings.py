# SPDX-License-Identifier: Apache-2.0
"""``config.toml``: what a person would otherwise type each time.

A section for each command, its options as keys; and ``[trackers]`` (``tracker_tiers``)::

    [publish]
    mirror = ["s3://open-data/seedbed?profile=publisher", "zenodo:"]

    [trackers]
    community = ["udp://tracker.example.org:6969/announce"]
    public = "trackers.txt"

    [torrent.create]
    format = "v1"

What is typed counts more. Secrets do not belong here (``seedbed mirror login`` keeps them).
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import click

VARIABLE = "SEEDBED_CONFIG"
_NEVER = frozenset(("json", "quiet", "help", "version", "dry-run", "resume", "abandon", "pending", "yes"))
"""Options that say something of one run."""


def path() -> Path:
    """Where the file is, whether or not it is there."""
    if given := os.environ.get(VARIABLE):
        return Path(given)
    if home := os.environ.get("SEEDBED_HOME"):
        return Path(home) / "config.toml"
    import platformdirs  # noqa: PLC0415  # only where nobody said where

    return platformdirs.user_config_path("seedbed") / "config.toml"


def read() -> dict[str, Any]:
    """The whole file; empty when there is none.

    Raises:
        InputError: it cannot be read.
    """
    where = path()
    try:
        text = where.read_text("utf-8")
        import tomllib  # noqa: PLC0415  # every command passes here, and few people have the file

        return tomllib.loads(text)
    except FileNotFoundError:
        if VARIABLE in os.environ:
            raise InputError(f"{VARIABLE}={where}: there is no such file") from None
        return {}
    except OSError as error:
        raise InputError(f"{where}: it cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{where}: it is not TOML: {error}") from error


def defaults(command: click.Command, section: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A section's values under the names that the command gives its parameters.

    Args:
        command: Whose section it is.
        section: Option -> value.
        name: Of the command, for messages.

    Raises:
        InputError: it has no such option, or not of such a kind.
    """
    known = {opt.lstrip("-"): param for param in command.params for opt in param.opts if opt.startswith("--")}
    allowed = sorted(known.keys() - _NEVER)
    found: dict[str, Any] = {}
    for key, value in section.items():
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, 1)
            hint = f"Did you mean {near[0]!r}?" if near else f"It can hold {', '.join(allowed)}."
            raise InputError(f"{path()}: [{name}] {key}: seedbed {name} has no such setting", hint=hint)
        is_many = getattr(known[key], "multiple", False)
        if is_many != isinstance(value, list):
            expected = 'a list such as ["…"]' if is_many else "one value"
            raise InputError(f"{path()}: [{name}] {key}: expected {expected}, got {value!r}")
        found[str(known[key].name)] = value
    return found
