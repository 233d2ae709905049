# SPDX-License-Identifier: Apache-2.0
"""An archive in memory, with drafts and DOIs; and a hand that stops a program at any of its calls."""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seedbed.core.layout import flat_name
from seedbed.errors import InputError
from seedbed.mirrors.base import Checksum, Traits
from seedbed.mirrors.deposits import Address, Description, Facts, Unfinished, Wanted
from seedbed.mirrors.memory import MemoryMirror

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence


@dataclass(slots=True)
class Record:
    """What the archive has of one publication."""

    wanted: Wanted
    number: int
    files: MemoryMirror = field(default_factory=MemoryMirror)
    described: Description | None = None
    is_public: bool = False


@dataclass(slots=True)
class Archive:
    """A :class:`seedbed.mirrors.deposits.Depository` that reserves DOIs and keeps no folders."""

    records: list[Record] = field(default_factory=list)
    name: str = "archive:"
    key: str = "zenodo"
    max_total_bytes: int | None = None

    @property
    def traits(self) -> Traits:
        """No folders."""
        return Traits(
            is_writable=True, has_folders=False, checksum=Checksum.SHA256, mints_dois=True,
            max_total_bytes=self.max_total_bytes,
        )  # fmt: skip

    def begin(self, wanted: Wanted) -> Draft:
        """One record for each token."""
        found = next((one for one in self.records if one.wanted.token == wanted.token), None)
        if found is None:
            found = Record(wanted, len(self.records) + 1)
            self.records.append(found)
        return Draft(found)

    def unfinished(self) -> Iterator[Unfinished]:
        """Drafts."""
        for one in self.records:
            if not one.is_public:
                yield Unfinished(str(one.number), one.wanted.token, f"draft {one.number}")

    def drop(self, unfinished: Unfinished) -> None:
        """Delete a draft."""
        self.records = [one for one in self.records if str(one.number) != unfinished.id]

    def close(self) -> None:
        """Nothing is held open."""


@dataclass(slots=True)
class Draft:
    """A :class:`seedbed.mirrors.deposits.Deposit`."""

    record: Record
    takes_data: bool = True

    @property
    def facts(self) -> Facts:
        """The DOI of all versions is known once it is public."""
        number, is_public = self.record.number, self.record.is_public
        return Facts(
            str(number), f"https://archive.example/{number}", f"10.5072/{number}", "10.5072/all" if is_public else ""
        )

    @property
    def mirror(self) -> MemoryMirror:
        """Its files."""
        return self.record.files

    @property
    def address(self) -> Address:
        """Flat for folders."""
        base = f"https://archive.example/{self.record.number}/files/"
        single = self.record.wanted.is_single_file
        return Address(base + self.record.wanted.name) if single else Address(base, is_flat=True)

    def key(self, parts: Sequence[str]) -> str:
        """Without slashes."""
        return flat_name(parts[1:] or parts)

    def describe(self, description: Description) -> None:
        """Kept."""
        self.record.described = description

    def finish(self) -> None:
        """For good."""
        if self.record.described is None:
            raise InputError("archive: it wants a title")
        self.record.is_public = True

    def held(self) -> frozenset[str]:
        """Nothing of others."""
        return frozenset()

    def discard(self, *, keep: Collection[str] = ()) -> bool:  # noqa: ARG002  # nothing of others is there
        """Only a draft."""
        if not self.record.is_public:
            self.record.files.files.clear()
            self.record.wanted = Wanted("gone", "", "", "", is_single_file=False)
        return not self.record.is_public


class KilledError(BaseException):
    """The program ends here, as by ``kill -9``: nobody catches it."""


@dataclass(slots=True)
class Hand:
    """Stops at the Nth call of anything that it holds.

    Args:
        stops_at: Number of the call, from 1; 0 never.
        is_after: Whether the call is made, and only its answer is lost.
    """

    stops_at: int = 0
    is_after: bool = False
    calls: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hold(self, thing: Any) -> Any:
        """The same thing, whose methods may stop."""
        return _Held(thing, self)

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """One call."""
        with self._lock:
            self.calls += 1
            is_mine = self.stops_at and self.calls >= self.stops_at  # a dead program makes no further calls either
            if is_mine and (self.calls > self.stops_at or not self.is_after):
                raise KilledError
        got = function(*args, **kwargs)
        if is_mine:
            raise KilledError
        return got


class _Held:
    """See :meth:`Hand.hold`; what its methods return, other than values, is held too."""

    def __init__(self, thing: Any, hand: Hand) -> None:
        self._thing, self._hand = thing, hand

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._thing, name)
        if name == "mirror":
            return _Held(found, self._hand)
        if not callable(found) or name in {"key", "public_url", "close"}:
            return found
        called = functools.partial(self._hand.call, found)
        if name == "begin":
            return lambda *args: _Held(called(*args), self._hand)
        return called
