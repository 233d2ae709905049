# SPDX-License-Identifier: Apache-2.0
"""Zenodo and others as depositories: how the draft of a publication is found again, or begun.

A draft carries the publication's urn as an alternate identifier from its first moment, so whoever was killed between
the service's answer and their own note finds it by a search. The service's search may lag a few seconds behind, so a
new draft is used only when a search finds it.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from seedbed.errors import InputError, NotFoundError
from seedbed.mirrors import credentials
from seedbed.mirrors.deposits import Unfinished
from seedbed.mirrors.refusals import refusals
from seedbed.mirrors.rest import Manners, Rest
from seedbed.mirrors.zenodo import place as places
from seedbed.mirrors.zenodo.deposit import RecordDeposit
from seedbed.mirrors.zenodo.files import TRAITS
from seedbed.mirrors.zenodo.metadata import placeholder, token_of, urns_of
from seedbed.mirrors.zenodo.records import Records
from seedbed.sources.agent import agent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from seedbed.mirrors.base import Traits
    from seedbed.mirrors.deposits import Wanted
    from seedbed.mirrors.zenodo.place import Place
    from seedbed.mirrors.zenodo.records import Record

_RECORD = re.compile(r"/records/([\w-]+)(/.*)?")
_DOI = re.compile(r"10\.\d{4,9}/(?:zenodo\.)?([\w-]+)")
_SEARCH_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)
"""How long a new draft is looked for before it is used all the same."""
_CONTACT = "SEEDBED_CONTACT"
"""Variable: a mail address or URL for operators, sent as part of our name."""


def open_zenodo(url: str, environ: Mapping[str, str]) -> Zenodo:
    """Make one ready for use; nothing is asked of it yet, credentials neither.

    Raises:
        InputError: the URL cannot be used.
    """
    return Zenodo(places.of_url(url), environ, Manners(agent(environ.get(_CONTACT, ""))))


class Zenodo:
    """A :class:`seedbed.mirrors.deposits.Depository`.

    Args:
        place: Which InvenioRDM.
        environ: Where its token is looked for.
        manners: How it is asked.
    """

    traits: Traits = TRAITS

    def __init__(self, place: Place, environ: Mapping[str, str], manners: Manners) -> None:
        self._place = place
        self._environ = environ
        self._manners = manners
        self._rest = Rest(place.name, place.web, manners, authorize=self._authorize)
        self._records = Records(self._rest)
        self.name = place.name
        self.key = place.key

    def __repr__(self) -> str:
        return f"Zenodo({self.name!r})"

    def begin(self, wanted: Wanted) -> RecordDeposit:
        """Find the publication's draft or record, or begin a draft; then see that it has a DOI."""
        with refusals():
            record = self._find(wanted) or self._made(wanted)
            if not record.is_public:
                record = self._records.reserve(record)
        return RecordDeposit(self._records, self._place, wanted, record)

    def _find(self, wanted: Wanted) -> Record | None:
        """A draft of the next version repeats the urn of the one before, so what is public counts first."""
        query = f'metadata.identifiers.identifier:"{wanted.urn}"'
        found = [one for one in self._records.search(query) if wanted.urn in urns_of(one.metadata)]
        found.sort(key=lambda one: (not one.is_public, one.id))
        return self._records.get(found[0].id) if found else None

    def _made(self, wanted: Wanted) -> Record:
        """A new draft. A search finds it some seconds later only; that is waited for, so that no run makes a second."""
        record = self._make(wanted)
        for pause_s in _SEARCH_PAUSES_S:
            if self._find(wanted):
                break
            self._manners.patience.sleep(pause_s)
        return record

    def _make(self, wanted: Wanted) -> Record:
        if not wanted.previous:
            return self._records.create(placeholder(wanted))
        previous = self._previous(wanted)
        draft = self._records.follow(previous.id)
        if wanted.urn in urns_of(draft.metadata):
            return draft  # ours already, and a search did not know
        self._check_ours(draft, previous, wanted)
        for file in self._records.files(draft.id, is_public=False):
            self._records.remove(draft.id, str(file["key"]))
        return self._records.update(draft, draft.metadata | placeholder(wanted))

    def _previous(self, wanted: Wanted) -> Record:
        doi, record_id = _named(wanted.previous, self._place.web)
        if record_id and (not doi or self._records.public(record_id).doi == doi):
            return self._records.newest(record_id)
        raise InputError(f"{self.name}: the version before is not one of its records: {wanted.previous}")

    def _check_ours(self, draft: Record, previous: Record, wanted: Wanted) -> None:
        """A new draft repeats what the version before says, but for its date; anything else is somebody's work."""
        foreign = urns_of(draft.metadata) - urns_of(previous.metadata) - {wanted.urn}
        if foreign or draft.metadata.get("publication_date"):
            raise InputError(
                f"{self.name}: a new version of record {previous.id} is under way there already: draft {draft.id}",
                hint=f"Finish or discard it first: {self._place.web}/uploads/{draft.id}, or seedbed publish --resume",
            )

    def unfinished(self) -> Iterator[Unfinished]:
        """Our drafts: those with a publication's urn that no public record has."""
        found = list(self._records.search("metadata.identifiers.scheme:urn"))
        public = frozenset[str]().union(*(urns_of(one.metadata) for one in found if one.is_public))
        for draft in found:
            urns = sorted(urns_of(draft.metadata) - public)
            if urns and not draft.is_public:
                title = draft.metadata.get("title", "")
                text = f"{self.name}: draft {draft.id}: {title}"
                yield Unfinished(draft.id, token_of(urns[0]), text, _time(draft.said.get("created")))

    def drop(self, unfinished: Unfinished) -> None:
        """Delete a draft; nothing happens when it is gone or public."""
        try:
            draft = self._records.get(unfinished.id)
        except NotFoundError:
            return
        if not draft.is_public:
            self._records.discard(draft)

    def close(self) -> None:
        """Close the connections."""
        self._rest.close()

    def _authorize(self) -> Mapping[str, str]:
        found = credentials.find(self._place.account, self._environ)
        return {"Authorization": f"Bearer {found['token']}"}


def _named(address: str, web: str) -> tuple[str, str]:
    """A record's DOI, if it is named by that, and its id, of which the URL of its page or files holds the same."""
    parts = urlsplit(address)
    if address.startswith(f"{web}/") and (found := _RECORD.fullmatch(parts.path)):
        return "", found[1]
    doi = (parts.path.removeprefix("/") if parts.hostname == "doi.org" else address).lower()
    return (doi, found[1]) if (found := _DOI.fullmatch(doi)) else ("", "")


def _time(said: object) -> dt.datetime | None:
    try:
        when = dt.datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=dt.UTC)
