# SPDX-License-Identifier: Apache-2.0
"""What a volunteer gives, and for what: one small file that people may read and edit."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from seedbed.errors import InputError, NotFoundError, StateError
from seedbed.fetching.disk.flushing import write_durably
from seedbed.health.leases.lease import checked_country, checked_operator
from seedbed.node.giving.choice import known, matcher
from seedbed.node.giving.hours import read_windows
from seedbed.node.policy.rules import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from seedbed.catalog.model import Release

LEAST_BYTES = 10_000_000
"""Less than that holds nothing that is worth the traffic."""


@dataclass(frozen=True, slots=True)
class Gift:
    """See the module's text. Rates are bytes a second, 0 for no limit."""

    catalog: str
    """The followed catalogue's id, or a published folder."""
    folder: str
    """Where the data is to lie."""
    storage_bytes: int
    rate_up: int = 0
    rate_down: int = 0
    only: tuple[str, ...] = ()
    """Patterns (:mod:`.choice`): a release that none of them names is not taken. Empty takes all."""
    without: tuple[str, ...] = ()
    """The same, of what is not taken."""
    licenses: tuple[str, ...] = ()
    """SPDX identifiers (globs) that are taken; empty takes all."""
    is_paused: bool = False
    """Nothing new is fetched, and nothing is dropped; what is held is served."""
    hours: tuple[str, ...] = ()
    """Windows of the day, such as ``22-06``, in which the line is used; empty is always. See :mod:`.hours`."""
    more: Mapping[str, int] = field(default_factory=dict)
    """Further folders and the bytes given in each; :attr:`storage_bytes` is the sum of all."""
    operator: str = ""
    """Who runs this node, as leases tell it: nodes of one operator count as one copy."""
    country: str = ""
    """Where it stands: two capital letters (ISO 3166-1)."""
    largest_file_bytes: int = 0
    """That the folders' file systems can hold, found out at joining; 0 is any."""
    lacks: tuple[str, ...] = ()
    """What these file systems lack; see :mod:`.trial`."""
    monthly_bytes: int = 0
    """Traffic of a calendar month, sent and received; 0 for no limit. See :mod:`.traffic`."""

    @classmethod
    def load(cls, path: Path) -> Gift:
        """Read it.

        Raises:
            NotFoundError: this machine has joined nothing yet.
            StateError: it cannot be read, or says something that is not known.
            InputError: a number in it makes no sense.
        """
        try:
            return _read(json.loads(path.read_text("utf-8"))).checked()
        except FileNotFoundError as error:
            raise NotFoundError(
                "this machine is no smartnode yet",
                hint="seedbed node join LINK --dir PATH --storage 500G makes it one; a catalogue's keeper gives LINK.",
            ) from error
        except (OSError, ValueError, TypeError) as error:
            raise StateError(f"{path}: it cannot be read: {error}", hint="Mend it, or join again.") from error

    def checked(self) -> Gift:
        """Itself.

        Raises:
            InputError: a number that makes no sense.
        """
        for folder, share_bytes in self.shares.items():
            if share_bytes < LEAST_BYTES:
                where = f" in {folder}" if self.more else ""
                raise InputError(f"storage {share_bytes:,} bytes{where}: expected at least {LEAST_BYTES:,}")
        if self.rate_up < 0 or self.rate_down < 0:
            raise InputError("rates: expected bytes a second, 0 for no limit")
        read_windows(self.hours)
        checked_operator(self.operator)
        checked_country(self.country)
        for pattern in (*self.only, *self.without):
            matcher(pattern)
        if self.monthly_bytes and self.monthly_bytes < LEAST_BYTES:
            raise InputError(f"monthly traffic {self.monthly_bytes:,} bytes: expected at least {LEAST_BYTES:,}, or 0")
        return self

    @property
    def shares(self) -> dict[str, int]:
        """All folders, the first one first, with the bytes given in each."""
        return {self.folder: self.storage_bytes - sum(self.more.values()), **self.more}

    def with_shares(self, shares: Mapping[str, int]) -> Gift:
        """The same with other folders and bytes; the first one is the main one."""
        first, *others = shares
        more = {folder: shares[folder] for folder in others}
        return replace(self, folder=first, storage_bytes=sum(shares.values()), more=more)

    def save(self, path: Path) -> None:
        """Write it: only what is not as usual, so that an older program reads it unless it lacks what is used.

        Raises:
            StateError: the disk refuses.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(path, json.dumps(self._said(), indent=1, ensure_ascii=False).encode() + b"\n")
        except OSError as error:
            raise StateError(f"{path}: it cannot be written: {error.strerror}") from error

    def _said(self) -> dict[str, Any]:
        usual = asdict(Gift("", "", -1))
        return {name: value for name, value in asdict(self).items() if value != usual[name]}


def _read(found: Any) -> Gift:
    """People edit it: a name or a kind of value that is not known is told, and never works half."""
    if not isinstance(found, dict):
        raise TypeError("expected an object")
    known = {one.name: one.type for one in fields(Gift)}
    if strange := sorted(found.keys() - known.keys()):
        raise ValueError(f"not known: {', '.join(strange)}; expected {', '.join(sorted(known))}")
    for name, value in found.items():
        if not _KINDS[str(known[name])](value):
            raise TypeError(f"{name} is {value!r}")
    values: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in found.items()}
    return Gift(**values)


def _is_words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _is_sizes(value: object) -> bool:
    return isinstance(value, dict) and all(type(one) is int for one in value.values())


_KINDS: Mapping[str, Callable[[object], bool]] = {
    "str": lambda value: isinstance(value, str),
    "int": lambda value: type(value) is int,
    "bool": lambda value: isinstance(value, bool),
    "tuple[str, ...]": _is_words,
    "Mapping[str, int]": _is_sizes,
}


def refusal(gift: Gift, release: Release) -> tuple[str, dict[str, Any]] | None:
    """Why a release is not for this node, as the name of a reason and what it is about; None when it is."""
    if release.status == "withdrawn":
        return "withdrawn-by-catalog", {"why": release.status_reason}
    if hit := next((pattern for pattern in gift.without if known(pattern)(release)), None):
        return "unwanted", {"pattern": hit}
    if gift.only and not any(known(pattern)(release) for pattern in gift.only):
        return "not-chosen", {"patterns": ", ".join(gift.only)}
    if gift.licenses and not any(fnmatchcase(release.license.lower(), one.lower()) for one in gift.licenses):
        return "license", {"license": release.license}
    if "holes" in gift.lacks and release.size_bytes > DEFAULT.cut_above_bytes:
        return "no-holes", {"size_bytes": release.size_bytes}
    return too_large(gift, release.size_bytes) if release.torrent.is_single_file else None


def too_large(gift: Gift, file_bytes: int) -> tuple[str, dict[str, Any]] | None:
    """Why a release with such a file is not for this node, if it is not."""
    if not gift.largest_file_bytes or file_bytes <= gift.largest_file_bytes:
        return None
    return "file-too-large", {"size_bytes": file_bytes, "most_bytes": gift.largest_file_bytes}
