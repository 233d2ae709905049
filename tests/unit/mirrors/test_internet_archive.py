# SPDX-License-Identifier: Apache-2.0
"""The Internet Archive is a depository: items by name, a queue that is waited for, and what is said of a version."""

from __future__ import annotations

import urllib.request
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import InputError, NotFoundError, SourceError
from seedbed.mirrors.base import is_passing
from seedbed.mirrors.content import BytesContent, part_bytes_for
from seedbed.mirrors.deposits import Address
from seedbed.mirrors.internet_archive import place as places
from seedbed.mirrors.internet_archive.depository import InternetArchive
from seedbed.mirrors.internet_archive.item import Waiting
from seedbed.mirrors.internet_archive.metadata import headers
from seedbed.mirrors.push import push
from seedbed.mirrors.registry import open_depository
from seedbed.mirrors.rest import Manners
from seedbed.mirrors.wrappers import Limit, Patience
from seedbed.testing.depository_suite import DESCRIPTION, FILES, NEXT, WANTED, DepositorySuite, keep
from seedbed.testing.fake_internet_archive import FakeInternetArchive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.mirrors.deposits import Deposit

PLACE = places.of_url("ia:")


class Clock:
    """A clock that goes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now_s

    def sleep(self, pause_s: float) -> None:
        """Let time pass."""
        self.now_s += pause_s


@pytest.fixture
def clock() -> Clock:
    """Shared by the archive and whoever waits for it."""
    return Clock()


@pytest.fixture
def archive(clock: Clock) -> Iterator[FakeInternetArchive]:
    """A service of its own."""
    with FakeInternetArchive(clock=clock) as service:
        yield service


def opened(archive: FakeInternetArchive, clock: Clock, options: str = "", *, secret: str = "") -> InternetArchive:
    """As the registry opens it, but nothing waits really."""
    environ = archive.environ | ({"IA_SECRET_ACCESS_KEY": secret} if secret else {})
    manners = Manners("seedbed/test", Patience((), sleep=clock.sleep), Limit(at_once=2))
    place = places.of_url(archive.mirror_url + options)
    return InternetArchive(place, environ, manners, Waiting(1, 15, 600, clock, clock.sleep))


class TestInternetArchive(DepositorySuite):
    """The shared suite."""

    service: FakeInternetArchive
    is_private = False

    @pytest.fixture(autouse=True)
    def _service(self, archive: FakeInternetArchive, clock: Clock) -> None:
        self.service, self.clock = archive, clock
        self.secrets = (archive.secret, archive.access)

    def opened(self) -> InternetArchive:
        """A new one each time."""
        return opened(self.service, self.clock)

    def is_public(self, deposit: Deposit) -> bool:
        """Whether the first file can be downloaded."""
        item = self.service.items.get(deposit.facts.id)
        return item is not None and item.has(deposit.key(next(iter(FILES))))

    def count(self) -> int:
        """Items."""
        return len(self.service.owned)

    def begin_anew(self) -> None:
        """Without items."""
        self.service.forget()


class TestSlowInternetArchive(TestInternetArchive):
    """The same when the queue is slow."""

    @pytest.fixture(autouse=True)
    def _slow(self, archive: FakeInternetArchive) -> None:
        archive.delay_s = 40

    def test_nothing_is_public_before_the_end(self) -> None:
        """It is while the queue works; that it may be earlier is told by the story of the quick one."""


def published(archive: FakeInternetArchive, clock: Clock) -> Deposit:
    """A version that is public."""
    deposit = opened(archive, clock).begin(WANTED)
    keep(deposit)
    deposit.describe(DESCRIPTION)
    deposit.finish()
    return deposit


def test_the_registry_opens_it(archive: FakeInternetArchive) -> None:
    """By the URL's scheme; nothing is asked of the service yet."""
    depository = open_depository(archive.mirror_url, environ={})

    assert (depository.key, depository.name, archive.requests) == ("internet-archive", "ia:", [])
    depository.close()


@pytest.mark.parametrize(
    "url",
    [
        "ia:nonsense",
        "ia://host/x",
        "ia:?secret=s3cr3t",
        "ia:?prefix=a/b",
        "ia:?test=maybe",
        "ia:?s3=https://elsewhere.example.org",
        "ia:?web=http://archive.org",
        "ia:?web=https://me:s3cr3t@archive.org",
    ],
)
def test_urls_that_cannot_be_used(url: str) -> None:
    """Are refused, and nothing secret is repeated; the archive's keys go to the archive only."""
    with pytest.raises(InputError) as caught:
        places.of_url(url)

    assert "s3cr3t" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("origin", "trusted"),
    [
        ("https://s3-dc6.us.archive.org", True),
        ("https://archive.org.example.org", False),
        ("http://s3.us.archive.org", False),
        ("http://127.0.0.1:1", False),
    ],
)
def test_who_may_see_the_keys(origin: str, trusted: bool) -> None:  # noqa: FBT001  # a parameter
    """The archive's own hosts, by https."""
    assert PLACE.trusts(origin) is trusted


def test_identifiers_are_always_the_same() -> None:
    """The archive's rule holds, also for what had to be changed, and two versions never share one."""
    place = places.of_url("ia:?prefix=myorg-")

    assert place.identifier("lakes", "2024.1") == "myorg-lakes-2024.1"
    long = PLACE.identifier("x" * 120, "1")
    assert len(long) == 100
    assert long != PLACE.identifier("x" * 120, "2")
    assert PLACE.identifier("a", "1").startswith("a-1-")
    assert len(PLACE.identifier("ñ", "v 1")) >= 5
    assert PLACE.identifier("ñ", "v 1") != PLACE.identifier("ñ", "v+1")


def test_the_test_collection() -> None:
    """Its items are deleted after a month."""
    assert places.of_url("ia:?test=yes").collection == "test_collection"
    assert places.of_url("ia:?collection=lakes-data").collection == "lakes-data"


def test_addresses_lead_to_the_bytes_by_a_redirect(archive: FakeInternetArchive, clock: Clock) -> None:
    """Folders stay folders; torrents of several files do not name such an address."""
    deposit = published(archive, clock)
    alone = opened(archive, clock).begin(replace(WANTED, dataset="alone", name="a b.csv", is_single_file=True))

    assert deposit.address == Address(f"{archive.url}/download/lakes-1/data/", is_final=False)
    with urllib.request.urlopen(f"{archive.url}/download/lakes-1/data/2024/a%20b.csv", timeout=10) as answer:
        assert answer.read() == FILES["data", "2024", "a b.csv"]
        assert answer.url.startswith(archive.node.url)
    assert alone.address == Address(f"{archive.url}/download/alone-1/a%20b.csv", is_final=False)


def test_the_archives_own_torrent_is_declined(archive: FakeInternetArchive, clock: Clock) -> None:
    """Ours is a file of the item; nothing is derived, and no version of a file is kept beside it."""
    deposit = published(archive, clock)

    item = archive.items[deposit.facts.id]
    assert not item.has("lakes-1_archive.torrent")
    assert set(item.files) == {deposit.key(parts) for parts in FILES}


def test_what_is_said_is_what_the_item_says(archive: FakeInternetArchive, clock: Clock) -> None:
    """Also what is not ASCII, and what there is several of."""
    said = archive.items[published(archive, clock).facts.id].metadata

    assert said["title"] == DESCRIPTION.title
    assert said["description"] == "All &lt;lakes&gt;.<br><br>With names."
    assert said["creator"] == ["Office of Lakes", "Ada Lovelace"]
    assert said["subject"] == ["lakes", "water"]
    assert said["external-identifier"] == WANTED.urn
    assert (said["mediatype"], said["collection"]) == ("data", "opensource_data")
    assert said["licenseurl"] == DESCRIPTION.license_url


def test_headers_hold_nothing_that_would_end_them() -> None:
    """Whatever a title holds; a long text is cut in the middle, for servers take only so much."""
    odd = replace(DESCRIPTION, title="a\r\nx-evil: 1", text="é" * 5000 + "END", keywords=tuple(map(str, range(99))))

    said = headers(PLACE, WANTED, odd)

    assert all(value.isascii() and value.isprintable() and len(value) < 8000 for value in said.values())
    assert said["x-archive-meta-title"] == "uri(a%0D%0Ax-evil%3A%201)"
    assert "END" in said["x-archive-meta-description"]
    assert sum(name.endswith("-subject") for name in said) == 50


def test_an_item_of_others_is_refused(archive: FakeInternetArchive, clock: Clock) -> None:
    """With the way out."""
    published(archive, clock)
    with pytest.raises(InputError, match="lakes-1 is taken") as caught:
        opened(archive, clock).begin(replace(WANTED, token=NEXT.token))
    assert "prefix" in caught.value.hint

    archive.items["lakes-1"].metadata["external-identifier"] = "urn:isbn:1"
    archive.items["lakes-1"].files.clear()
    with pytest.raises(InputError, match="taken"):
        opened(archive, clock).begin(WANTED)


def test_an_item_that_was_left_empty_is_used_again(archive: FakeInternetArchive, clock: Clock) -> None:
    """Items cannot be deleted: what an abandoned publication left takes the next one, if it is ours."""
    assert published(archive, clock).discard()
    again = replace(WANTED, token=NEXT.token)

    deposit = opened(archive, clock).begin(again)
    keep(deposit)
    deposit.finish()
    assert archive.items["lakes-1"].metadata["external-identifier"] == again.urn

    deposit.discard()
    archive.owned["lakes-1"] = "other"
    with pytest.raises(InputError, match="AccessDenied"):
        opened(archive, clock).begin(WANTED)


def test_the_queue_is_waited_for(archive: FakeInternetArchive, clock: Clock) -> None:
    """Meanwhile what was accepted counts as there, and cannot be read yet."""
    archive.delay_s = 100
    deposit = opened(archive, clock).begin(WANTED)
    keep(deposit)
    key = deposit.key(next(iter(FILES)))

    assert deposit.mirror.find(key)
    with pytest.raises(SourceError, match="taking it in") as caught:
        deposit.mirror.read(key, start=0, stop=1)
    assert is_passing(caught.value)
    deposit.describe(DESCRIPTION)
    deposit.finish()

    assert 100 <= clock.now_s <= 115
    assert deposit.mirror.read(key, start=0, stop=1) == b"i"


def test_a_queue_that_stands_is_left_for_later(archive: FakeInternetArchive, clock: Clock) -> None:
    """By a failure that passes; another program goes on when it moves again."""
    archive.is_held = True
    deposit = opened(archive, clock).begin(WANTED)
    keep(deposit)

    with pytest.raises(SourceError, match="still taking it in") as caught:
        deposit.finish()
    assert is_passing(caught.value)
    assert "--resume" in caught.value.hint

    archive.is_held = False
    later = opened(archive, clock).begin(WANTED)
    later.finish()
    assert later.held() == {deposit.key(parts) for parts in FILES}


def test_another_program_waits_until_nothing_is_queued(archive: FakeInternetArchive, clock: Clock) -> None:
    """It does not know what was sent."""
    archive.delay_s = 50
    keep(opened(archive, clock).begin(WANTED))

    later = opened(archive, clock).begin(WANTED)
    later.finish()

    assert clock.now_s >= 50
    assert len(later.held()) == len(FILES)


def test_other_bytes_than_were_sent_are_found_out(archive: FakeInternetArchive, clock: Clock) -> None:
    """By the MD5 that the archive tells."""
    deposit = opened(archive, clock).begin(WANTED)
    keep(deposit)
    item = archive.items["lakes-1"]
    key = deposit.key(next(iter(FILES)))
    item.files[key] = replace(item.files[key], md5="0" * 32)

    with pytest.raises(SourceError, match="other bytes"):
        deposit.finish()


def test_a_busy_archive_is_asked_for_its_limit(archive: FakeInternetArchive, clock: Clock) -> None:
    """And left alone for a minute."""
    deposit = opened(archive, clock).begin(WANTED)
    archive.slow_downs = 2

    with pytest.raises(SourceError, match="no more uploads") as caught:
        push(deposit.mirror, {"a": BytesContent("a", b"1")})
    assert caught.value.data["retry_after_s"] == 60
    assert archive.requests[-1].query["check_limit"] == "1"
    assert archive.access not in str(archive.requests[-1].query)

    with pytest.raises(SourceError, match="SlowDown") as caught:  # the limit is not ours
        push(deposit.mirror, {"a": BytesContent("a", b"1")})
    assert is_passing(caught.value)
    keep(deposit)


def test_uploads_are_sent_on_to_a_node(archive: FakeInternetArchive, clock: Clock) -> None:
    """With the keys, because the node is the archive's."""
    archive.sends_to_node = True
    deposit = opened(archive, clock).begin(WANTED)

    keep(deposit)
    deposit.finish()

    assert len(archive.items["lakes-1"].files) == len(FILES)


def test_a_large_file_is_sent_as_it_is_read(archive: FakeInternetArchive, clock: Clock) -> None:
    """Small ones go with their MD5; for large ones that would mean to read them twice."""
    deposit = opened(archive, clock).begin(WANTED)
    data = b"x" * (part_bytes_for(0) + 1)

    push(
        deposit.mirror,
        {"data/large": BytesContent("large", data), "data/small": BytesContent("small", b"1")},
        workers=1,
    )
    deposit.finish()

    sent = {one.path: one.headers for one in archive.requests if one.method == "PUT"}
    assert "content-md5" not in sent["/s3/lakes-1/data/large"]
    assert sent["/s3/lakes-1/data/small"]["content-md5"] == "xMpCOKC5I4INzFCab3WEmw=="
    assert sent["/s3/lakes-1/data/large"]["x-archive-size-hint"] == str(len(data))


@pytest.mark.parametrize(
    "key", ["lakes-1_meta.xml", "lakes-1_files.xml", "lakes-1_archive.torrent", "__ia_thumb.jpg", "history/a"]
)
def test_the_archives_own_names_are_refused(archive: FakeInternetArchive, clock: Clock, key: str) -> None:
    """A file of ours would be lost there."""
    with pytest.raises(InputError, match="of its own"):
        push(opened(archive, clock).begin(WANTED).mirror, {key: BytesContent("a", b"1")})


def test_other_bytes_under_a_key_are_refused(archive: FakeInternetArchive, clock: Clock) -> None:
    """Equal ones are skipped."""
    deposit = published(archive, clock)
    key = deposit.key(next(iter(FILES)))

    with pytest.raises(InputError, match="other bytes"):
        push(deposit.mirror, {key: BytesContent("a", b"other")})
    keep(deposit)
    with pytest.raises(NotFoundError):
        deposit.mirror.read("data/nothing", start=0, stop=1)


def test_credentials_that_are_missing_or_refused(archive: FakeInternetArchive, clock: Clock) -> None:
    """Missing ones at the beginning, wrong ones with the first file."""
    with pytest.raises(InputError, match=r"archive\.org: it wants credentials"):
        InternetArchive(PLACE, {"SEEDBED_HOME": "/nowhere", "HOME": "/nowhere"}, Manners("x"), Waiting()).begin(WANTED)
    with pytest.raises(SourceError, match="AccessDenied"):
        keep(opened(archive, clock, secret="wrong").begin(WANTED))
