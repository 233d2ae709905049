# SPDX-License-Identifier: Apache-2.0
"""Several folders of one node, each on a disk of its own, with a budget, a mark and a lock each.

A version lies in one of them, with all its parts: a torrent has one folder. New ones go where the largest share is
free. When a disk is away, what lies there is claimed no longer, and neither fetched nor dropped; the other folders go
on. Only when all are away the node has nothing to do.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.errors import SeedbedError
from seedbed.node.choosing.booking import Booking
from seedbed.node.choosing.units import version_of
from seedbed.node.disk.store import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from seedbed.library.cache import Cache
    from seedbed.node.disk.copies import Copy
    from seedbed.node.disk.shelf import Found
    from seedbed.node.giving.gift import Gift
    from seedbed.node.policy.rules import Rules
    from seedbed.node.state import Held, State


class Places:
    """See the module's text. It does all that a :class:`seedbed.node.disk.store.Place` does.

    Args:
        places: The first one is where the node began.
        state: Remembers what lies where, and whose folders they are.
    """

    def __init__(self, places: Sequence[Place], state: State) -> None:
        self._all = list(places)
        self._state = state
        self._homes = state.homes()
        self._marks: dict[Path, str] = {}
        self._locks: dict[Path, contextlib.ExitStack] | None = None
        self.away: dict[Path, str] = {}
        """Folders whose disk is not there, or that are another node's, and why."""
        with contextlib.suppress(SeedbedError):
            self.check(state.get("mark"))

    @property
    def present(self) -> list[Place]:
        """Those that can be used now."""
        return [place for place in self._all if place.folder not in self.away]

    @property
    def folder(self) -> Path:
        """The first one."""
        return self._all[0].folder

    @property
    def cache(self) -> Cache:
        """Where things lie that belong to no unit."""
        return (self.present or self._all)[0].cache

    @property
    def shelf(self) -> Shelves:
        """What lies in all of them, by unit."""
        return Shelves(self)

    def of(self, item: str) -> Place:
        """Where a unit lies, or would."""
        version = version_of(item)
        if (mark := self._homes.get(version)) is None:  # another program may have put it somewhere
            mark = self._homes[version] = self._state.home(version)
        return next((place for place in self._all if mark and self._mark(place) == mark), self._all[0])

    def is_here(self, item: str) -> bool:
        """Whether its disk is there."""
        return self.of(item).folder not in self.away

    def settle(self, item: str, place: Place) -> None:
        """From now on a version lies there."""
        if self._homes.get(version_of(item)) != (mark := self._mark(place)):
            self._state.put_home(version_of(item), mark)
            self._homes[version_of(item)] = mark

    def knows(self, item: str) -> bool:
        """Whether a version was given a folder."""
        return bool(self._homes.get(version_of(item)) or self._state.home(version_of(item)))

    # -- room --------------------------------------------------------------------------------------------------------

    def shares(self, gift: Gift) -> list[tuple[Place, int]]:
        """Those that can be used now, with the bytes that are given there."""
        return [(place, gift.shares.get(str(place.folder), 0)) for place in self.present]

    def free_bytes(self, units: Mapping[str, Held], gift: Gift, rules: Rules) -> float:
        """Of all; negative when one of them holds more than its share, by so much."""
        free = [self._free(place, share, units, rules) for place, share in self.shares(gift)]
        over = [one for one in free if one < 0]
        return sum(over or free)

    def crowded(self, held: Sequence[str], gift: Gift, units: Mapping[str, Held], rules: Rules) -> tuple[str, ...]:
        """Of units, those where more is held than was given; all, where nothing is."""
        full = [place for place, share in self.shares(gift) if self._free(place, share, units, rules) < 0]
        return tuple(item for item in held if self.is_here(item) and (not full or self.of(item) in full))

    def find_room(self, item: str, size_bytes: int, units: Mapping[str, Held], gift: Gift, rules: Rules) -> bool:
        """Choose a folder for a unit that is taken up; False when none has room for all of it.

        Args:
            item: Its id.
            size_bytes: All of it.
            units: All that is booked; what is given up for it is left out.
            gift: With the shares.
            rules: The policy's.
        """
        free = {place: (self._free(place, share, units, rules), share) for place, share in self.shares(gift)}
        if any(version_of(one) == version_of(item) for one in units):
            return free.get(self.of(item), (-1.0, 0))[0] >= size_bytes
        fitting = [place for place, (bytes_, _) in free.items() if bytes_ >= size_bytes]
        if not fitting:
            return False
        self.settle(item, max(fitting, key=lambda place: free[place][0] / max(free[place][1], 1)))
        return True

    def room_bytes(self) -> int:
        """Bytes that all disks have for us."""
        return sum(place.room_bytes() for place in self.present)

    def used_bytes(self) -> int:
        """Bytes that all take."""
        return sum(place.used_bytes() for place in self.present)

    def _free(self, place: Place, share_bytes: int, units: Mapping[str, Held], rules: Rules) -> float:
        mine = {item: unit for item, unit in units.items() if self.of(item) == place}
        return Booking.of(mine).free_bytes(share_bytes, place.room_bytes(), rules)

    # -- being there -------------------------------------------------------------------------------------------------

    def check(self, mark: str) -> None:
        """Look which of them are there.

        Args:
            mark: Of the first one.

        Raises:
            StateError: none is.
        """
        away: dict[Path, str] = {}
        errors: list[SeedbedError] = []
        for place in self._all:
            try:
                place.check(mark if place is self._all[0] else self._mark(place))
                self._lock(place)
            except SeedbedError as error:
                self._unlock(place)
                errors.append(error)
                away[place.folder] = error.message
        self.away = away
        if len(errors) == len(self._all):
            raise errors[0]

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Have all that are there alone; one that comes back is had from then on.

        Raises:
            BusyError: another node uses one of them.
            StateError: a disk refuses.
        """
        self._locks = {}
        try:
            for place in self.present:
                self._lock(place)
            yield
        finally:
            for place in self._all:
                self._unlock(place)
            self._locks = None

    def _lock(self, place: Place) -> None:
        if self._locks is not None and place.folder not in self._locks:
            stack = contextlib.ExitStack()
            stack.enter_context(place.held())
            self._locks[place.folder] = stack

    def _unlock(self, place: Place) -> None:
        """A disk that is away can be taken off and put back only while nobody has a file open there."""
        if self._locks is not None and (stack := self._locks.pop(place.folder, None)):
            stack.close()

    def _mark(self, place: Place) -> str:
        """Of a record that was built anew nothing is known of the others: their own marks are believed."""
        if (known := self._marks.get(place.folder)) is not None:
            return known
        name = "mark" if place is self._all[0] else f"mark {place.folder}"
        if not (mark := self._state.get(name)) and (mark := place.mark()):
            self._state.set(name, mark)
        if mark:
            self._marks[place.folder] = mark
        return mark


@dataclass(frozen=True, slots=True)
class Shelves:
    """What lies in several folders; as :class:`seedbed.node.disk.shelf.Shelf`."""

    places: Places

    def copy(self, item: str) -> Copy:
        """The unit with an id, where it lies or would.

        Raises:
            InputError: it is no such id.
        """
        return self.places.of(item).shelf.copy(item)

    def sharing(self, item: str, bad_paths: Iterable[str], others: Iterable[str]) -> list[str]:
        """Which of other versions have one of these files too; on another disk none has."""
        place = self.places.of(item)
        return place.shelf.sharing(item, bad_paths, [one for one in others if self.places.of(one) == place])

    def discarded(self) -> list[str]:
        """Ids of what is in the trash, on all disks that are there."""
        return [item for place in self.places.present for item in place.shelf.discarded()]

    def found(self) -> Iterator[Found]:
        """All that is there; a version that nobody had put anywhere belongs where it was found first."""
        for place in self.places.present:
            for found in place.shelf.found():
                if not self.places.knows(found.item):
                    self.places.settle(found.item, place)
                if self.places.of(found.item) == place:
                    yield found


def place_of(gift: Gift, state: State) -> Place | Places:
    """Where a node's data lies: one folder, or several."""
    places = [Place(Path(folder)) for folder in gift.shares]
    return Places(places, state) if len(places) > 1 else places[0]
