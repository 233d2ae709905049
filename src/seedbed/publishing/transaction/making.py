# SPDX-License-Identifier: Apache-2.0
"""The torrent and the entry of a publication: the same ones each time, whatever interrupted it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.catalog.model import Change
from seedbed.creating.create import assemble
from seedbed.errors import FileChangedError
from seedbed.publishing import entry, flow
from seedbed.publishing.said import Said, Source, merge
from seedbed.publishing.transaction import addresses, kept_hashes

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from seedbed.catalog.model import Mirror, Release
    from seedbed.creating.create import Created
    from seedbed.creating.dataset import Dataset
    from seedbed.hashing.job import Hashes
    from seedbed.publishing.request import Catalog, Prepared, Published, Publisher
    from seedbed.publishing.transaction.contents import Digests
    from seedbed.publishing.transaction.homes import Guest
    from seedbed.publishing.transaction.journal import Journal
    from seedbed.publishing.transaction.tools import Hash

SPEAKER = "its mirrors"
"""Who said where the copies are, and which DOI they have."""


class Making:
    """What is made of the data.

    Args:
        journal: Where decisions are written down.
        prepared: What shall be published, as it is now.
        catalog: To be read only.
    """

    def __init__(self, journal: Journal, prepared: Prepared, catalog: Catalog) -> None:
        self._journal, self._state = journal, journal.state
        self._prepared = prepared
        self._catalog = catalog
        known = catalog.versions(prepared.request.dataset)
        self._others = [one for one in known if one.version != self._state.version]
        self.ours = next((one for one in known if one.version == self._state.version), None)
        """The version as it is in the catalogue, when an earlier run came so far."""

    @property
    def dataset(self) -> Dataset:
        """The files."""
        return self._prepared.plan.dataset

    @property
    def before(self) -> Release | None:
        """The newest other version."""
        return self._others[-1] if self._others else None

    @property
    def _named_before(self) -> Release | None:
        """The version that the torrent names: the one before it, also when there are newer ones."""
        if self.ours is None:
            return self.before
        return next((one for one in self._others if self.ours and one.version == self.ours.predecessor), None)

    @property
    def said(self) -> Said:
        """What everybody says of it."""
        return merge(self._prepared.sources).said

    @property
    def is_surely_new(self) -> bool:
        """Whether no other version has as many bytes in as many files, so that it need not be hashed to know it."""
        ours = (self.dataset.size_bytes, len(self.dataset.items))
        return self.ours is None and ours not in {(one.size_bytes, one.file_count) for one in self._others}

    def hashes(self, hash_all: Hash, digests: Digests) -> Hashes:
        """Hash everything, or take what an earlier run found.

        Raises:
            FileChangedError: the data is not what it was when this publication began.
        """
        plan, folder, state = self._prepared.plan, self._journal.folder, self._state
        hashes = kept_hashes.load(folder, plan)
        if hashes is None:
            hashes = hash_all(plan, digests.tell).hashes
            kept_hashes.keep(folder, plan, hashes)
        created = self.torrent(hashes, [])
        digests.tell_all(created)
        name = created.info_hashes.best_hex
        if state.info_hash not in {"", name}:
            raise FileChangedError(
                f"{state.item_id}: the data is not what it was when this publication began: expected info-hash "
                f"{state.info_hash}, got {name}",
                hint="Put it back as it was, or take back what was published: "
                f"seedbed publish --abandon {state.item_id}",
            )
        state.info_hash = name
        self._journal.save()
        return hashes

    def torrent(self, hashes: Hashes, guests: Sequence[Guest]) -> Created:
        """The torrent, naming the copies that some homes have. Which version came before it is decided once."""
        plan, state = self._prepared.plan, self._state
        if state.similar is None:
            state.similar = [one.torrent.best_hex for one in (self._named_before,) if one]
        similar = (bytes.fromhex(one)[:20] for one in state.similar)
        seeds = (addresses.web_seed(at, self.dataset) for guest in guests if (at := guest.deposit.address))
        wish = replace(
            plan.wish,
            similar=tuple(dict.fromkeys((*plan.wish.similar, *similar))),
            web_seeds=tuple(dict.fromkeys((*plan.wish.web_seeds, *filter(None, seeds)))),
            comment=plan.wish.comment or (f"https://doi.org/{state.doi}" if state.doi else ""),
        )
        return assemble(replace(plan, wish=wish), hashes)

    def twin(self, hashes: Hashes) -> Release | None:
        """Another version with these very files."""
        return entry.same_data(self.torrent(hashes, []), self._others, self._catalog.files)

    def trial(self, hashes: Hashes, guests: Sequence[Guest]) -> Published:
        """The version as it will be, or as it is; nothing is written."""
        created = self.torrent(hashes, guests)
        prepared = self._with_words(created, guests)
        done = flow.release(prepared, created, self._catalog, now=self._state.moment, is_trial=True, is_final=True)
        return done if done.is_new else replace(done, torrent=created.torrent)

    def release(self, hashes: Hashes, guests: Sequence[Guest], publisher: Publisher, now: dt.datetime) -> Published:
        """The version, put into the catalogue; nothing is done when it is there."""
        created = self.torrent(hashes, guests)
        return flow.release(self._with_words(created, guests), created, publisher, now=now, is_final=True)

    def later_copies(self, done: Published, hashes: Hashes, guests: Sequence[Guest], now: dt.datetime) -> Change | None:
        """What changes when a version is in the catalogue and homes came later; None when nothing does."""
        created = self.torrent(hashes, guests)
        facts = entry.facts(created, site_url=self._catalog.site.url)
        release = replace(done.release, torrent=facts, mirrors=self.mirrors(guests), updated=now)
        if release == replace(done.release, updated=now):
            return None
        return Change((release,), torrents={facts.best_hex: created.torrent})

    def mirrors(self, guests: Sequence[Guest]) -> tuple[Mirror, ...]:
        """What the catalogue says of the copies, and of those that the person named."""
        copies = [(one.depository.key, at) for one in guests if (at := one.deposit.address)]
        return addresses.mirrors(copies, self.said.mirrors or ())

    def _with_words(self, created: Created, guests: Sequence[Guest]) -> Prepared:
        state = self._state
        words = Said(mirrors=self.mirrors(guests), doi=state.doi or None, concept_doi=state.concept_doi or None)
        sources = (Source(SPEAKER, words), *self._prepared.sources)
        return replace(self._prepared, plan=created.plan, sources=sources)
