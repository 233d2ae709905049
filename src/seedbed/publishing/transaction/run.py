# SPDX-License-Identifier: Apache-2.0
"""The steps of a publication, each done once whatever interrupts it, and in an order that shows nothing half-done.

Deposits are begun and a DOI is reserved, so that torrent and metadata can name them → everything is hashed once, and
pushed meanwhile → what goes beside the data is made and pushed → deposits become public → every copy is proved as
anybody would read it → the signed release of the catalogue. Before that release nobody is led to any of it.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.core import metainfo_reader
from seedbed.errors import InputError, SourceError
from seedbed.mirrors.content import BytesContent
from seedbed.mirrors.push import push
from seedbed.publishing.transaction import addresses, beside
from seedbed.publishing.transaction.abandon import take_back
from seedbed.publishing.transaction.contents import Digests
from seedbed.publishing.transaction.description import description
from seedbed.publishing.transaction.homes import open_homes
from seedbed.publishing.transaction.making import Making
from seedbed.publishing.transaction.pushing import push_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from seedbed.hashing.job import Hashes
    from seedbed.publishing.request import Prepared, Published
    from seedbed.publishing.transaction.homes import Guest, Homes
    from seedbed.publishing.transaction.journal import Journal
    from seedbed.publishing.transaction.tools import Tools


def run(journal: Journal, prepared: Prepared, tools: Tools) -> Published:
    """Publish a version to all its homes and in the catalogue, from wherever the journal says that it stands.

    Returns:
        What is published. Homes that were left behind have a ``failure`` in the journal, which then stays.

    Raises:
        InputError: this very data is published as another version, or a service wants what is missing.
        FileChangedError: files are not what they were when the publication began.
        SeedbedError: too few mirrors are left; nothing is in the catalogue.
    """
    with tools.publisher() as publisher:
        publisher.refuse_unable()
    return Publication(journal, prepared, tools).run()


class Publication:
    """See the module's text.

    Args:
        journal: Held by this process.
        prepared: What shall be published, as it is now.
        tools: From outside.
    """

    def __init__(self, journal: Journal, prepared: Prepared, tools: Tools) -> None:
        self._journal, self._state = journal, journal.state
        self._made = Making(journal, prepared, tools.catalog)
        self._tools = tools

    def run(self) -> Published:
        """All steps."""
        made, tools, digests = self._made, self._tools, Digests(self._made.dataset)
        hashes = None if made.is_surely_new else made.hashes(tools.hash, digests)
        if hashes and made.twin(hashes):
            return self._nothing_new(hashes)
        if hashes and made.ours:
            self._refuse_other_data(hashes)
        with open_homes(self._journal, made.dataset, made.known_at, tools) as homes:
            self._settle_doi(homes)
            if hashes is None:
                with self._pushed_meanwhile(homes, digests):
                    hashes = made.hashes(tools.hash, digests)
            push_data(homes, made.dataset, digests, tools, threading.Event())
            self._describe(homes, hashes)
            tools.say("Making the copies public.")
            homes.each("making it public", "is_finished", lambda guest: guest.deposit.finish())
            self._prove(homes, hashes)
            self._register_doi()
            return self._release(homes, hashes)

    def _refuse_other_data(self, hashes: Hashes) -> None:
        """Before a mirror is asked. Nothing is left to go on with, or to take back, when nothing was begun.

        Raises:
            InputError: the version is published with other bytes.
        """
        try:
            self._made.trial(hashes, [])
        except InputError:
            if not any(home.is_begun for home in self._state.homes):
                self._journal.remove()
            raise

    def _settle_doi(self, homes: Homes) -> None:
        """Decide on the version's DOI before anything names it: the person's, else the first that a home reserved."""
        state, said = self._state, self._made.said
        facts = [guest.deposit.facts for guest in homes.on_board]
        if state.minter:
            with closing(self._tools.minter(state.minter)) as minter:
                facts.insert(0, minter.reserve(state.wanted()))
        known = self._made.ours.doi if self._made.ours else ""
        state.doi = state.doi or known or said.doi or next((one.doi for one in facts if one.doi), "")
        found = next((one.concept_doi for one in facts if one.doi == state.doi and one.concept_doi), "")
        state.concept_doi = state.concept_doi or said.concept_doi or found
        self._journal.save()

    @contextmanager
    def _pushed_meanwhile(self, homes: Homes, digests: Digests) -> Iterator[None]:
        """Push while the caller hashes."""
        stop = threading.Event()
        with ThreadPoolExecutor(1, thread_name_prefix="publish") as pool:
            job = pool.submit(push_data, homes, self._made.dataset, digests, self._tools, stop)
            try:
                yield
                job.result()
            except BaseException:
                stop.set()
                raise
            finally:
                digests.fail()  # whoever still waits for a hash would wait for ever

    def _nothing_new(self, hashes: Hashes) -> Published:
        """Take back what an earlier run began, while the very same data was published.

        Raises:
            InputError: it was wanted as another version.
        """
        for home in self._state.homes:
            take_back(home, self._state, self._tools)
        self._journal.remove()
        return self._made.trial(hashes, [])

    def _describe(self, homes: Homes, hashes: Hashes) -> None:
        """Push what goes beside the data, and tell each service what the version is."""
        version = self._made.trial(hashes, homes.on_board)
        about = description(version.release, self._tools.catalog.site, self._made.before)
        files = {
            name: self._journal.keep(name, data)
            for name, data in beside.files(version, self._tools.catalog.site.url).items()
        }
        is_known = self._made.ours is not None

        def do(guest: Guest) -> None:
            contents = {guest.deposit.key((name,)): BytesContent(name, data) for name, data in files.items()}
            push(guest.mirror, {key: one for key, one in contents.items() if not (is_known and guest.mirror.find(key))})
            guest.deposit.describe(about)

        homes.each("describing", "is_described", do)
        if self._state.minter:
            with closing(self._tools.minter(self._state.minter)) as minter:
                minter.describe(self._state.reserved, about)

    def _prove(self, homes: Homes, hashes: Hashes) -> None:
        """Read each copy as anybody would; one that nobody can read by HTTP was proved by the push."""
        due = [one for one in homes.on_board if one.deposit.address and not one.home.is_verified]
        single = self._made.dataset.is_single_file
        urls = {
            id(one): addresses.mirror("other", at).web_seed(is_single_file=single)
            for one in due
            if (at := one.deposit.address)
        }
        self._tools.say("Proving the copies.")
        troubles: Mapping[str, str] = {}
        if urls:
            torrent = metainfo_reader.parse(self._made.torrent(hashes, []).torrent)
            troubles = self._tools.audit(torrent, list(urls.values()))

        def do(guest: Guest) -> None:
            trouble = troubles.get(urls.get(id(guest), ""), "")
            if trouble:
                raise SourceError(f"{guest.depository.name}: its copy is not good: {trouble}")

        homes.each("proving", "is_verified", do)

    def _register_doi(self) -> None:
        if self._state.minter:
            with closing(self._tools.minter(self._state.minter)) as minter:
                minter.finish(self._state.reserved)

    def _release(self, homes: Homes, hashes: Hashes) -> Published:
        """Put the version into the catalogue; or, when it is there, the copies that came later."""
        self._settle_doi(homes)
        guests = homes.on_board
        with self._tools.publisher() as publisher:
            done = self._made.release(hashes, guests, publisher, self._tools.now())
            later = None if done.is_new else self._made.later_copies(done, guests, self._tools.now())
            if later:
                done = replace(done, release=later.releases[0], released=publisher.release(later))
        self._state.released = done.released.serial if done.released else self._state.released
        for guest in guests:
            guest.home.in_catalog = True
        self._journal.save()
        if all(home.in_catalog for home in self._state.homes):
            self._journal.remove()
        return done
