# SPDX-License-Identifier: Apache-2.0
"""The torrent and the entry of a publication: the same ones each time, whatever interrupted it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.catalog.model import Change
from seedbed.creating.create import assemble
from seedbed.errors import FileChangedError
from seedbed.publishing import entry, flow
from seedbed.publishing.copies import with_copies
from seedbed.publishing.said import Said, Source, merge
from seedbed.publishing.transaction import addresses, kept_hashes
from seedbed.publishing.transaction.homes import KnownAt
from seedbed.publishing.transaction.journal import as_ours

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from seedbed.catalog.model import Release
    from seedbed.creating.create import Created
    from seedbed.creating.dataset import Dataset
    from seedbed.hashing.job import Hashes
    from seedbed.mirrors.deposits import Address
    from seedbed.publishing.request import CatalogWithTorrents, Prepared, Published, Publisher
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

    def __init__(self, journal: Journal, prepared: Prepared, catalog: CatalogWithTorrents) -> None:
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
    def known_at(self) -> KnownAt:
        """Which archives have this version, or those before it."""
        return KnownAt(self.ours, self._others)

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
            with as_ours(folder):
                kept_hashes.keep(folder, plan, hashes)
        digests.tell_all(hashes)
        name = self.torrent(hashes, []).info_hashes.best_hex
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
        wish = replace(
            plan.wish,
            similar=tuple(dict.fromkeys((*plan.wish.similar, *similar))),
            web_seeds=tuple(dict.fromkeys((*plan.wish.web_seeds, *self._web_seeds(guests)))),
            comment=plan.wish.comment or (f"https://doi.org/{state.doi}" if state.doi else ""),
        )
        return assemble(replace(plan, wish=wish), hashes)

    def twin(self, hashes: Hashes) -> Release | None:
        """Another version with these very files."""
        return entry.same_data(self.torrent(hashes, []), self._others, self._catalog.files)

    def trial(self, hashes: Hashes, guests: Sequence[Guest]) -> Published:
        """The version as it will be, or as it is; nothing is written.

        Raises:
            InputError: it is published with other bytes.
        """
        created = self.torrent(hashes, guests)
        prepared = self._with_words(created, guests)
        done = flow.release(prepared, created, self._catalog, now=self._state.moment, is_trial=True, is_final=True)
        return done if done.is_new else replace(done, torrent=self._catalog.torrent(done.release))

    def release(self, hashes: Hashes, guests: Sequence[Guest], publisher: Publisher, now: dt.datetime) -> Published:
        """The version, put into the catalogue; nothing is done when it is there."""
        created = self.torrent(hashes, guests)
        return flow.release(self._with_words(created, guests), created, publisher, now=now, is_final=True)

    def later_copies(self, done: Published, guests: Sequence[Guest], now: dt.datetime) -> Change | None:
        """What changes when a version is in the catalogue and homes came later; None when nothing does."""
        release = done.release
        known = {one.href for one in release.mirrors}
        new = [one for one in guests if one.deposit.address and one.deposit.address.href not in known]
        if not new:
            return None
        copies = [(one.key, addresses.of_mirror(one)) for one in release.mirrors]
        mirrors = addresses.mirrors([*copies, *self._copies(new)])
        seeds = dict.fromkeys((*release.torrent.web_seeds, *self._web_seeds(new)))
        torrent = self._catalog.torrent(release)
        after, data = with_copies(release, torrent, mirrors=mirrors, web_seeds=tuple(seeds), now=now)
        return Change((after,), torrents={after.torrent.best_hex: data})

    def _copies(self, guests: Sequence[Guest]) -> list[tuple[str, Address]]:
        return [(one.depository.key, at) for one in guests if (at := one.deposit.address)]

    def _web_seeds(self, guests: Sequence[Guest]) -> list[str]:
        seeds = (addresses.web_seed(at, self.dataset) for _, at in self._copies(guests))
        return [one for one in seeds if one]

    def _with_words(self, created: Created, guests: Sequence[Guest]) -> Prepared:
        state = self._state
        copies = addresses.mirrors(self._copies(guests), self.said.mirrors or ())
        words = Said(mirrors=copies, doi=state.doi or None, concept_doi=state.concept_doi or None)
        sources = (Source(SPEAKER, words), *self._prepared.sources)
        return replace(self._prepared, plan=created.plan, sources=sources)
