# SPDX-License-Identifier: Apache-2.0
"""The Internet Archive as a depository: an item for each version, under a name that is always the same.

There are no drafts: a file is public when the archive has taken it in. So an interrupted deposit is found by the item's
name, and known to be ours by the publication's urn in its ``external-identifier``. Items are never deleted, only
emptied.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from seedbed.errors import InputError
from seedbed.mirrors import credentials
from seedbed.mirrors.base import failure
from seedbed.mirrors.deposits import Address, Facts, Unfinished
from seedbed.mirrors.internet_archive import place as places
from seedbed.mirrors.internet_archive.files import TRAITS, ItemFiles
from seedbed.mirrors.internet_archive.item import Item, Seen, Waiting
from seedbed.mirrors.internet_archive.metadata import headers
from seedbed.mirrors.refusals import refusals
from seedbed.mirrors.rest import Manners, Rest
from seedbed.sources.agent import agent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from seedbed.mirrors.base import Traits
    from seedbed.mirrors.deposits import Description, Wanted
    from seedbed.mirrors.internet_archive.place import Place

_CONTACT = "SEEDBED_CONTACT"
"""Variable: a mail address or URL for operators, sent as part of our name."""


def open_internet_archive(url: str, environ: Mapping[str, str]) -> InternetArchive:
    """Make it ready for use; nothing is asked of it yet, credentials neither.

    Raises:
        InputError: the URL cannot be used.
    """
    return InternetArchive(places.of_url(url), environ, Manners(agent(environ.get(_CONTACT, ""))), Waiting())


class InternetArchive:
    """A :class:`seedbed.mirrors.deposits.Depository`.

    Args:
        place: How it is used.
        environ: Where its keys are looked for.
        manners: How it is asked.
        waiting: For its queue.
    """

    key = "internet-archive"
    traits: Traits = TRAITS

    def __init__(self, place: Place, environ: Mapping[str, str], manners: Manners, waiting: Waiting) -> None:
        self._place = place
        self._environ = environ
        self._waiting = waiting
        self._s3 = Rest(place.name, place.s3, manners, authorize=self._authorize, trusts=place.trusts)
        self._web = Rest(place.name, place.web, manners)
        self.name = place.name

    def __repr__(self) -> str:
        return f"InternetArchive({self.name!r})"

    def begin(self, wanted: Wanted) -> ItemDeposit:
        """Find the version's item, or take its name; nothing is made before the first file."""
        self._authorize()  # uploads would fail by them much later
        identifier = self._place.identifier(wanted.dataset, wanted.version)
        item = Item(identifier, self._s3, self._web, self._waiting)
        seen = item.look()
        if seen.is_there and wanted.urn not in seen.urns:
            self._take_over(item, seen, wanted)
        return ItemDeposit(item, self._place, wanted)

    def _take_over(self, item: Item, seen: Seen, wanted: Wanted) -> None:
        """An item that an abandoned publication left empty is used again; the archive checks that it is ours.

        Raises:
            InputError: it is somebody else's, or holds files.
        """
        if seen.files or not seen.urns:
            raise InputError(
                f"{self.name}: the identifier {item.identifier} is taken by another item",
                hint=f"Look at {self._web.base}/details/{item.identifier}. With ia:?prefix=… yours are told apart.",
            )
        with refusals():
            item.describe(headers(self._place, wanted, None))

    def unfinished(self) -> Iterator[Unfinished]:
        """Nothing: what the archive has is public."""
        return iter(())

    def drop(self, unfinished: Unfinished) -> None:
        """There is nothing to drop."""

    def close(self) -> None:
        """Close the connections."""
        self._s3.close()
        self._web.close()

    def _authorize(self) -> Mapping[str, str]:
        found = credentials.find(self._place.account, self._environ)
        return {"Authorization": f"LOW {found['access']}:{found['secret']}"}


class ItemDeposit:
    """A :class:`seedbed.mirrors.deposits.Deposit`.

    Args:
        item: The version's.
        place: How the archive is used.
        wanted: The version.
    """

    takes_data = True

    def __init__(self, item: Item, place: Place, wanted: Wanted) -> None:
        self._item = item
        self._place = place
        self._wanted = wanted
        hasty = replace(item, s3=item.s3.hasty(), web=item.web.hasty())
        hasty.sent = item.sent
        self.mirror = ItemFiles(hasty, headers(place, wanted, None))

    @property
    def facts(self) -> Facts:
        """The identifier, and its page."""
        return Facts(self._item.identifier, f"{self._place.web}/details/{self._item.identifier}")

    @property
    def address(self) -> Address | None:
        """Below the download page, which redirects every file to a node."""
        url = f"{self._place.web}/download/{self._item.identifier}/{quote(self._wanted.name)}"
        return Address(url if self._wanted.is_single_file else f"{url}/", is_final=False)

    def key(self, parts: Sequence[str]) -> str:
        """The path, as it is: items have folders."""
        return "/".join(parts)

    def describe(self, description: Description) -> None:
        """Say what it is, instead of what the first upload said."""
        with refusals():
            self._item.describe(headers(self._place, self._wanted, description))

    def finish(self) -> None:
        """Wait until everything is in place, as it was sent."""
        seen = self._item.wait(self._is_in_place)
        for key, stored in self._item.sent.items():
            if seen.files[key].checksum not in {"", stored.checksum}:
                raise failure(self.mirror.name, key, "it keeps other bytes than were sent")

    def _is_in_place(self, seen: Seen) -> bool:
        """What another program sent is not known here: then the queue has to be empty."""
        if self._wanted.urn not in seen.urns or not self._item.sent.keys() <= seen.files.keys():
            return False
        stale = [key for key, stored in self._item.sent.items() if seen.files[key].checksum != stored.checksum]
        return not seen.is_pending or bool(self._item.sent and not stale)

    def held(self) -> frozenset[str]:
        """The files that are in place or were accepted; the archive's own left out."""
        return frozenset(stored.key for stored in self.mirror.list())

    def discard(self, *, keep: Collection[str] = ()) -> bool:
        """Delete the files, and wait until they are gone. The item stays, empty: the archive deletes none."""
        gone = self.held() - frozenset(keep)
        for key in sorted(gone):
            self._item.delete(key)
        if gone:
            self._item.wait(lambda seen: not gone & seen.files.keys())
        return True
