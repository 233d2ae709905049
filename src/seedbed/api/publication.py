# SPDX-License-Identifier: Apache-2.0
"""Publications to mirrors: where their journals are, and what they are given from the world outside."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from seedbed.errors import InputError, NotFoundError
from seedbed.publishing.transaction import journal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from seedbed.api.home import Home
    from seedbed.auditing.audited import AuditedCopy
    from seedbed.core.metainfo import Metainfo
    from seedbed.dois.minter import DoiMinter
    from seedbed.publishing.transaction.journal import State

AUDIT_PAUSES_S = (2.0, 10.0, 30.0)
"""A copy that cannot be asked yet is asked again: archives show a file some seconds after they took it."""


def folder_of(home: Home, catalog: Path, item_id: str) -> Path:
    """Where the journal of a publication is: one for each version of each catalogue."""
    mark = hashlib.sha256(str(catalog.absolute()).encode()).hexdigest()[:8]
    return home.publications / f"{item_id}-{mark}"


def find(home: Home, item_id: str = "") -> Path:
    """The journal of a publication that is not over.

    Args:
        home: Of the person.
        item_id: ``dataset@version``, or a dataset; empty for the only one.

    Raises:
        NotFoundError: there is none.
        InputError: there are several.
    """
    folders = journal.pending(home.publications)
    found = [one for one in folders if not item_id or one.name.startswith((f"{item_id}-", f"{item_id}@"))]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(one.name.rpartition("-")[0] for one in found or folders)
    if found:
        raise InputError(f"several publications are not finished: {listed}", hint="Name one of them.")
    what = f"{item_id}: there is no such unfinished publication" if item_id else "every publication is finished"
    raise NotFoundError(what, hint=f"There are: {listed}" if listed else "")


def states(home: Home) -> list[State]:
    """Publications that are not over.

    Raises:
        StateError: a journal cannot be read.
    """
    return [journal.read(folder) for folder in journal.pending(home.publications)]


def minter(url: str) -> DoiMinter:
    """Who registers DOIs, by ``datacite:10.…``.

    Raises:
        InputError: nobody is known by that name.
    """
    from seedbed.dois.registry import open_minter  # noqa: PLC0415  # HTTP

    return open_minter(url)


def auditor(
    *,
    lan: bool = False,
    sleep: Callable[[float], object] = time.sleep,
    told: Callable[[int, int], object] = lambda *_: None,
    say: Callable[[str], object] = lambda _: None,
) -> Callable[[Metainfo, Sequence[str]], Mapping[str, str]]:
    """Who proves copies by samples.

    Args:
        lan: Whether they may be in one's own network.
        sleep: Waits for seconds.
        told: Progress: bytes done, and in all.
        say: Told why it waits.
    """
    from seedbed.auditing.audit import audit  # noqa: PLC0415
    from seedbed.auditing.audited import Verdict  # noqa: PLC0415
    from seedbed.fetching.rules import Rules  # noqa: PLC0415

    def ask(torrent: Metainfo, urls: Sequence[str]) -> Mapping[str, str]:
        left, troubles = list(urls), dict[str, str]()
        for pause_s in (*AUDIT_PAUSES_S, None):
            copies = audit(torrent, left, rules=Rules(allows_private=lan), told=told).copies if left else ()
            troubles |= {one.url: _trouble(one) for one in copies}
            left = [one.url for one in copies if one.verdict is Verdict.UNKNOWN]
            if not left or pause_s is None:
                break
            say(f"{troubles[left[0]]}. Asked again in {pause_s:.0f} seconds.")
            sleep(pause_s)
        return troubles

    return ask


def _trouble(copy: AuditedCopy) -> str:
    """What is wrong, in a line; empty when it can be used."""
    if copy.verdict.value in {"good", "awkward"}:
        return ""
    return "; ".join(f"{one.name}: {one.file + ': ' if one.file else ''}{one.text}" for one in copy.remarks[:3])
