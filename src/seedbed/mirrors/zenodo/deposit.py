# SPDX-License-Identifier: Apache-2.0
"""One version at an InvenioRDM: a draft with a reserved DOI and files, then public for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.core.layout import flat_name
from seedbed.errors import InputError, NotFoundError
from seedbed.mirrors.base import failure
from seedbed.mirrors.deposits import Address, Facts
from seedbed.mirrors.refusals import refusals
from seedbed.mirrors.zenodo.files import TRAITS, RecordFiles
from seedbed.mirrors.zenodo.metadata import metadata
from seedbed.mirrors.zenodo.records import Records

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from seedbed.mirrors.deposits import Description, Wanted
    from seedbed.mirrors.zenodo.place import Place
    from seedbed.mirrors.zenodo.records import Record

_TOO_MUCH = "Ask the service for more room, or let it take only what describes the data: zenodo:?data=no"


class RecordDeposit:
    """A :class:`seedbed.mirrors.deposits.Deposit`.

    Args:
        records: The service.
        place: Which, and how it is used.
        wanted: The version.
        record: Its draft, or what became of it.
    """

    def __init__(self, records: Records, place: Place, wanted: Wanted, record: Record) -> None:
        self._records = records
        self._place = place
        self._wanted = wanted
        self._record = record
        self.takes_data = place.takes_data
        self.mirror = RecordFiles(Records(records.rest.hasty()), place.web, record.id, lambda: self._record.is_public)

    @property
    def facts(self) -> Facts:
        """The record's id, page and DOIs."""
        record = self._record
        return Facts(record.id, f"{self._place.web}/records/{record.id}", record.doi, record.concept_doi)

    @property
    def address(self) -> Address | None:
        """The pages' URLs: those of the API ignore ranges."""
        if not self.takes_data:
            return None
        if self._wanted.is_single_file:
            return Address(self.mirror.public_url(self._wanted.name))
        return Address(f"{self._place.web}/records/{self._record.id}/files/", is_flat=True)

    def key(self, parts: Sequence[str]) -> str:
        """The path below the torrent's folder, without slashes; a file beside the data by its own name."""
        is_data = len(parts) > 1 and not self._wanted.is_single_file
        return flat_name(parts[1:] if is_data else parts)

    def describe(self, description: Description) -> None:
        """Say what it is. What does not fit in is refused here, before the first byte is sent."""
        if self._record.is_public:
            return
        self._check_size(description)
        with refusals():
            done = self._records.update(self._record, metadata(description, self._wanted))
        faults = [f"{one.get('field')}: {' '.join(one.get('messages') or ())}" for one in done.said.get("errors") or ()]
        if faults:
            raise InputError(f"{self.mirror.name}: it does not accept what is said of the data: {'; '.join(faults)}")
        self._record = done

    def _check_size(self, description: Description) -> None:
        if not self.takes_data:
            return
        most, most_bytes = TRAITS.max_files or 0, TRAITS.max_total_bytes or 0
        if description.file_count > most:
            what = f"too many files: expected at most {most:,}, got {description.file_count:,}"
            raise InputError(f"{self._place.name}: {what}", hint=_TOO_MUCH)
        if description.size_bytes > most_bytes:
            what = f"too large: expected at most {most_bytes:,} bytes, got {description.size_bytes:,}"
            raise InputError(f"{self._place.name}: {what}", hint=_TOO_MUCH)

    def finish(self) -> None:
        """Publish the draft, or ask its community to; nothing happens when it is public."""
        with refusals():
            self._refresh()
            if self._record.is_public:
                return
            if not self._records.files(self._record.id, is_public=False):
                self._record = self._records.update(self._record, self._record.metadata, has_files=False)
            if not self._is_submitted():
                self._records.publish(self._record.id)
            self._refresh()
        if not self._record.is_public:
            raise failure(
                self._place.name,
                "",
                f"record {self._record.id} waits for a curator of the community {self._place.community}",
                hint="When it is accepted: seedbed publish --resume",
                is_passing=True,
            )

    def _is_submitted(self) -> bool:
        """Whether its community decides; it is asked now if it was not yet."""
        if not self._place.community:
            return False
        if self._record.status == "in_review":
            return True
        if self._record.status == "declined":
            raise InputError(
                f"{self._place.name}: the community {self._place.community} declined record {self._record.id}",
                hint=f"Its words are at {self._place.web}/me/requests. Publish without community, or discard.",
            )
        community_id = self._records.community(self._place.community)
        if community_id in self._record.communities:
            return False  # an older version is there, so its owner publishes further ones
        self._records.submit(self._record.id, community_id)
        return True

    def held(self) -> frozenset[str]:
        """The files that are complete."""
        return frozenset(stored.key for stored in self.mirror.list())

    def discard(self, *, keep: Collection[str] = ()) -> bool:  # noqa: ARG002  # nobody else puts files into our draft
        """Delete the draft with its files and its reserved DOI; a public record stays."""
        try:
            self._refresh()
        except NotFoundError:
            return True
        if self._record.is_public:
            return False
        with refusals():
            self._records.discard(self._record)
        return True

    def _refresh(self) -> None:
        self._record = self._records.get(self._record.id)
