# SPDX-License-Identifier: Apache-2.0
"""The first run of a server: folders, keys, a signed catalogue, a node that joins it. Later runs find them there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from seedbed.catalog import ids, paths
from seedbed.catalog.table import reader
from seedbed.errors import InputError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from seedbed.serving.wishes import Wishes

KEPT_FREE = 20
"""A twentieth of the disk is left free by the node, unless it is told how much it may take."""


def found(wishes: Wishes, run: Callable[[Sequence[str]], None]) -> bool:
    """Make what is not there yet.

    Args:
        wishes: Of the keeper.
        run: Runs one of our commands to its end.

    Returns:
        Whether the catalogue is new.

    Raises:
        StateError: the folder cannot be used.
        SeedbedError: a command failed.
    """
    _make_folders(wishes)
    is_new = not (wishes.catalog / paths.TIMESTAMP).exists()
    if is_new:
        _refuse_strange(wishes.catalog)
        trackers = [word for url in wishes.announce_urls for word in ("--tracker", url)]
        run(("catalog", "init", str(wishes.catalog), "--id", _name(wishes), "--title", wishes.title,
             "--url", f"{wishes.files_url}/catalog/", *trackers))  # fmt: skip
    if wishes.runs("node") and not _has_joined(wishes.home):
        run(
            (
                "node",
                "join",
                str(wishes.catalog),
                "--dir",
                str(wishes.folder / "node"),
                "--storage",
                str(_storage(wishes)),
            )
        )
    return is_new


def moved_from(wishes: Wishes) -> str:
    """Where the catalogue says that it is, when that is somewhere else by now; empty when all is well."""
    known = reader.read_site(wishes.catalog / paths.CATALOG).url
    return "" if known == f"{wishes.files_url}/catalog/" else known


def _make_folders(wishes: Wishes) -> None:
    try:
        for one in (wishes.folder, wishes.home, wishes.data):
            one.mkdir(parents=True, exist_ok=True)
        wishes.home.chmod(0o700)  # keys lie there
    except OSError as error:
        raise StateError(
            f"{wishes.folder}: it cannot be used for a server: {error.strerror}", hint="--data names another folder."
        ) from error


def _refuse_strange(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise InputError(
            f"{folder}: there is something in it that is no published catalogue",
            hint="Move it away, or put a whole catalogue there.",
        )


def _name(wishes: Wishes) -> str:
    return ids.check_dataset(wishes.name) if wishes.name else ids.slug(wishes.title) or "catalog"


def _has_joined(home: Path) -> bool:
    return (home / "node").is_dir()


def _storage(wishes: Wishes) -> int:
    disk = shutil.disk_usage(wishes.folder)
    return wishes.storage_bytes or disk.free - disk.total // KEPT_FREE


def run_command(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run one of our commands to its end.

    Raises:
        StateError: it failed; with what it said.
    """
    ended = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-m", "seedbed", *arguments], env=dict(environment), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ended.returncode:
        raise StateError(f"seedbed {' '.join(arguments[:2])} failed: {ended.stderr.strip() or ended.stdout.strip()}")
