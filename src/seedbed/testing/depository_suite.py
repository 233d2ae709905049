# SPDX-License-Identifier: Apache-2.0
"""What every :class:`seedbed.mirrors.deposits.Depository` must do. Subclass the suite and give it depositories.

A back-end with a service behind it gives the suite its :class:`seedbed.testing.fake_http.FakeService` too: then every
story is told again with the connection cut at each request in turn, before the service acts and after it did.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import SeedbedError
from seedbed.mirrors.base import is_passing
from seedbed.mirrors.content import BytesContent
from seedbed.mirrors.deposits import Creator, Description, Related, Wanted
from seedbed.mirrors.push import push

if TYPE_CHECKING:
    from seedbed.mirrors.deposits import Deposit, Depository
    from seedbed.testing.fake_http import FakeService, When

FILES = {
    ("data", "2024", "a b.csv"): b"id,name\n1,Winnipeg\n",
    ("data", "é.txt"): b"",
    ("data.torrent",): b"d4:infodee",
}
"""By the parts that :meth:`Deposit.key` takes."""
WANTED = Wanted(token="0123456789abcdef" * 2, dataset="lakes", version="1", name="data", is_single_file=False)
NEXT = replace(WANTED, token="f" * 32, version="2")
DESCRIPTION = Description(
    dataset="lakes",
    version="1",
    title="Lakes of “Manitoba” & others",
    text="All <lakes>.\n\nWith names.",
    license="CC-BY-4.0",
    license_url="https://creativecommons.org/licenses/by/4.0/",
    creators=(
        Creator("Office of Lakes", "https://ror.org/01ggx4157"),
        Creator("Ada Lovelace", "https://orcid.org/0000-0002-1825-0097", is_person=True),
    ),
    publisher="Office of Lakes",
    published=dt.date(2026, 11, 21),
    keywords=("lakes", "water"),
    language="en-CA",
    url="https://data.example.org/lakes",
    related=(Related("IsDerivedFrom", "https://portal.example.org/lakes"), Related("References", "10.1234/abc")),
    size_bytes=sum(map(len, FILES.values())),
    file_count=2,
)
_MAX_REQUESTS = 60


class DepositorySuite:
    """The stories."""

    service: FakeService | None = None
    """What can be cut; None where there is no service."""
    secrets: tuple[str, ...] = ()
    """What must never be shown."""
    is_private: bool = True
    """Whether nothing is public before the end."""

    def opened(self) -> Depository:
        """The depository, opened anew: what a program sees that was started again. It waits for nothing."""
        raise NotImplementedError

    def is_public(self, deposit: Deposit) -> bool:
        """Whether anybody can read the version's first file."""
        raise NotImplementedError

    def count(self) -> int:
        """How many deposits there are, finished or not."""
        raise NotImplementedError

    def story(self) -> Deposit:
        """A whole publication, from the beginning or from wherever it was interrupted."""
        depository = self.opened()
        try:
            deposit = depository.begin(WANTED)
            deposit.describe(DESCRIPTION)
            keep(deposit)
            deposit.finish()
        finally:
            depository.close()
        return deposit

    def test_begun_twice_with_one_token_is_one_deposit(self) -> None:
        """Also by a program that knows nothing of the first time."""
        first, again = self.opened().begin(WANTED), self.opened().begin(WANTED)

        assert first.facts == again.facts
        assert first.address == again.address
        assert self.count() <= 1

    def test_a_publication_ends_with_every_file_in_public(self) -> None:
        """The bytes are those that were sent, and finishing again changes nothing."""
        deposit = self.story()
        deposit.finish()

        assert self.is_public(deposit)
        for parts, data in FILES.items():
            key = deposit.key(parts)
            assert deposit.mirror.read(key, start=0, stop=len(data)) == data
            assert deposit.mirror.find(key) is not None
        assert deposit.held() == {deposit.key(parts) for parts in FILES}
        assert self.count() == 1

    def test_nothing_is_public_before_the_end(self) -> None:
        """Where the service has drafts."""
        deposit = self.opened().begin(WANTED)
        deposit.describe(DESCRIPTION)
        keep(deposit)

        assert self.is_public(deposit) is not self.is_private

    def test_what_is_said_may_be_said_again(self) -> None:
        """Before the end, by this program or another, and after it without effect."""
        deposit = self.opened().begin(WANTED)
        deposit.describe(DESCRIPTION)
        deposit.describe(replace(DESCRIPTION, title="Other"))
        self.opened().begin(WANTED).describe(DESCRIPTION)
        keep(deposit)
        deposit.finish()

        deposit.describe(DESCRIPTION)

    def test_discarded_before_the_end_it_is_gone(self) -> None:
        """And can be begun anew."""
        deposit = self.opened().begin(WANTED)
        deposit.describe(DESCRIPTION)
        keep(deposit)

        assert deposit.discard()

        assert self.opened().begin(WANTED).held() == frozenset()
        assert deposit.discard()

    def test_what_was_begun_is_listed_and_can_be_dropped(self) -> None:
        """Until it is finished; services without drafts have nothing to list."""
        deposit = self.opened().begin(WANTED)
        deposit.describe(DESCRIPTION)

        for found in self.opened().unfinished():
            assert (found.id, found.token) == (deposit.facts.id, WANTED.token)
            self.opened().drop(found)
            self.opened().drop(found)
        assert list(self.opened().unfinished()) == []
        self.story()
        assert list(self.opened().unfinished()) == []

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_cut_at_any_request_and_run_again(self, when: When, caplog: pytest.LogCaptureFixture) -> None:
        """The same result, one deposit, errors that name the service and hold no secret."""
        if self.service is None:
            return
        caplog.set_level(logging.DEBUG)
        for number in range(1, _MAX_REQUESTS):
            self.begin_anew()
            self.service.count_anew(fails_at=number, when=when)
            error = self._failure()
            self.service.count_anew()
            deposit = self.story()
            assert self.is_public(deposit)
            assert self.count() == 1, number
            assert deposit.held() == {deposit.key(parts) for parts in FILES}
            if error is None:
                break
            self._check(error)
        else:
            pytest.fail("the story never ended")
        assert not [secret for secret in self.secrets if secret in caplog.text]

    def begin_anew(self) -> None:
        """Make the service forget everything."""
        raise NotImplementedError

    def _failure(self) -> SeedbedError | None:
        try:
            self.story()
        except SeedbedError as error:
            return error
        return None

    def _check(self, error: SeedbedError) -> None:
        shown = f"{error!r} {error.message} {error.hint} {error.data}"
        assert is_passing(error), shown
        assert self.opened().name in error.message
        assert not [secret for secret in self.secrets if secret in shown]

    def test_nothing_shows_a_secret(self) -> None:
        """Not the depository, not its parts."""
        depository = self.opened()
        deposit = depository.begin(WANTED)

        shown = (
            f"{depository!r} {depository.name} {deposit!r} {deposit.mirror!r} {deposit.mirror.name} {deposit.facts!r}"
        )

        assert not [secret for secret in self.secrets if secret in shown]


def keep(deposit: Deposit) -> None:
    """Push the files of the story."""
    push(
        deposit.mirror, {deposit.key(parts): BytesContent(parts[-1], data) for parts, data in FILES.items()}, workers=1
    )
