# SPDX-License-Identifier: Apache-2.0
"""The fake Internet Archive has the quirks of the real one, each by name."""

from __future__ import annotations

import json
import urllib.request
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import pytest

from seedbed.testing.fake_internet_archive import FakeInternetArchive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

NONE: Mapping[str, str] = MappingProxyType({})
MAKE = {"x-archive-auto-make-bucket": "1", "x-archive-queue-derive": "0"}


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """So that a redirect is seen."""

    def redirect_request(self, *_: object) -> None:
        """None is followed."""


class Asked:
    """An answer, good or bad; redirects are not followed."""

    def __init__(
        self,
        archive: FakeInternetArchive,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] = NONE,
    ) -> None:
        said = {"Authorization": f"LOW {archive.access}:{archive.secret}", **headers}
        request = urllib.request.Request(archive.url + path, data=body, method=method, headers=said)
        try:
            with urllib.request.build_opener(NoRedirects).open(request, timeout=10) as answer:
                self.status, self.headers, self.body = answer.status, answer.headers, answer.read()
        except HTTPError as error:
            with error:
                self.status, self.headers, self.body = error.code, error.headers, error.read()

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


@pytest.fixture
def archive() -> Iterator[FakeInternetArchive]:
    """A service of its own."""
    with FakeInternetArchive() as service:
        yield service


def put(
    archive: FakeInternetArchive, name: str = "a.csv", data: bytes = b"0123456789", *, headers: Mapping[str, str] = NONE
) -> Asked:
    """Upload a file to the item."""
    return Asked(archive, "PUT", f"/s3/item-1/{name}", data, headers=MAKE | dict(headers))


def names(archive: FakeInternetArchive) -> dict[str, str]:
    """Files of the item and where they are from."""
    return {one["name"]: one["source"] for one in Asked(archive, "GET", "/metadata/item-1").json.get("files", ())}


def test_the_upload_endpoint_has_no_ranges(archive: FakeInternetArchive) -> None:
    """All of a file comes, whatever was asked for."""
    put(archive)

    answer = Asked(archive, "GET", "/s3/item-1/a.csv", headers={"Range": "bytes=2-3"})

    assert (answer.status, answer.body) == (200, b"0123456789")


def test_downloads_are_redirected_to_a_node_with_ranges(archive: FakeInternetArchive) -> None:
    """By 302, to another host."""
    put(archive, "b/a%20c.csv")

    answer = Asked(archive, "GET", "/download/item-1/b/a%20c.csv")
    assert answer.status == 302
    assert answer.headers["Location"] == f"{archive.node.url}/0/items/item-1/b/a%20c.csv"
    request = urllib.request.Request(answer.headers["Location"], headers={"Range": "bytes=2-3"})
    with urllib.request.urlopen(request, timeout=10) as node:
        assert (node.status, node.read()) == (206, b"23")


def test_an_item_is_made_by_its_first_file_if_asked_for(archive: FakeInternetArchive) -> None:
    """Otherwise there is no such bucket; what is said counts then only."""
    assert Asked(archive, "PUT", "/s3/item-1/a.csv", b"1").status == 404
    put(archive, headers={"x-archive-meta-title": "First"})
    put(archive, "b", headers={"x-archive-meta-title": "Second"})

    assert Asked(archive, "GET", "/metadata/item-1").json["metadata"]["title"] == "First"


def test_what_is_said_can_be_replaced_as_a_whole(archive: FakeInternetArchive) -> None:
    """By asking to ignore that the item is there; without that its name is taken."""
    put(archive, headers={"x-archive-meta-title": "First", "x-archive-meta-date": "2026"})

    assert Asked(archive, "PUT", "/s3/item-1", b"").status == 409
    replaced = {"x-archive-ignore-preexisting-bucket": "1", "x-archive-meta-title": "Second"}
    assert Asked(archive, "PUT", "/s3/item-1", b"", headers=replaced).status == 200
    assert Asked(archive, "GET", "/metadata/item-1").json["metadata"] == {"title": "Second", "identifier": "item-1"}
    assert "a.csv" in names(archive)


def test_metadata_headers(archive: FakeInternetArchive) -> None:
    """Numbers for several, two hyphens for an underscore, ``uri()`` for what is not ASCII."""
    said = {
        "x-archive-meta01-subject": "a",
        "x-archive-meta02-subject": "b",
        "x-archive-meta-my--field": "c",
        "x-archive-meta-title": "uri(%C3%A9t%C3%A9)",
    }
    put(archive, headers=said)

    found = Asked(archive, "GET", "/metadata/item-1").json["metadata"]
    assert (found["subject"], found["my_field"], found["title"]) == (["a", "b"], "c", "été")


def test_what_is_not_there_is_an_empty_object(archive: FakeInternetArchive) -> None:
    """With status 200."""
    answer = Asked(archive, "GET", "/metadata/nothing")

    assert (answer.status, answer.json) == (200, {})


def test_sums_are_told(archive: FakeInternetArchive) -> None:
    """MD5 and SHA-1; numbers are texts."""
    put(archive)

    file = next(one for one in Asked(archive, "GET", "/metadata/item-1").json["files"] if one["name"] == "a.csv")

    assert (file["size"], file["md5"]) == ("10", "781e5e245d69b566979b86e28d23f2c7")
    assert len(file["sha1"]) == 40


def test_the_archive_adds_files_that_change(archive: FakeInternetArchive) -> None:
    """And a torrent of all of them, unless it is declined."""
    put(archive, headers={"x-archive-meta-noarchivetorrent": "true"})
    assert set(names(archive)) == {"a.csv", "item-1_meta.xml", "item-1_files.xml"}

    Asked(archive, "PUT", "/s3/item-1", b"", headers={"x-archive-ignore-preexisting-bucket": "1"})
    assert "item-1_archive.torrent" in names(archive)


def test_what_was_sent_shows_up_later(archive: FakeInternetArchive) -> None:
    """After some requests; until then there is more to do."""
    archive.delay_requests = 3
    put(archive)
    put(archive, "b")

    assert Asked(archive, "GET", "/metadata/item-1").json == {}
    half = Asked(archive, "GET", "/metadata/item-1").json
    assert half["pending_tasks"] is True
    assert "pending_tasks" not in Asked(archive, "GET", "/metadata/item-1").json
    archive.is_held = True
    put(archive, "c")
    assert "c" not in names(archive)


def test_the_time_may_be_a_tests(tmp_path: Path) -> None:
    """Seconds of any clock; files may be kept in a folder."""
    now = [0.0]
    with FakeInternetArchive(tmp_path, clock=lambda: now[0]) as archive:
        archive.delay_s = 60
        put(archive)
        assert not names(archive)
        now[0] = 61
        assert "a.csv" in names(archive)


def test_a_busy_archive(archive: FakeInternetArchive) -> None:
    """503 SlowDown for uploads, and whoever asks for the limit is told."""
    archive.slow_downs = 1

    assert Asked(archive, "GET", "/s3/?check_limit=1&bucket=item-1").json["over_limit"] == 1
    refused = put(archive)
    assert (refused.status, b"<Code>SlowDown</Code>" in refused.body) == (503, True)
    assert Asked(archive, "GET", "/s3/?check_limit=1&bucket=item-1").json["over_limit"] == 0
    assert put(archive).status == 200


def test_uploads_may_be_sent_on(archive: FakeInternetArchive) -> None:
    """By 307, to another host of the archive."""
    archive.sends_to_node = True

    answer = put(archive)

    assert (answer.status, answer.headers["Location"]) == (307, f"{archive.node.url}/s3/item-1/a.csv")


def test_damage_on_the_way_is_refused(archive: FakeInternetArchive) -> None:
    """Where the sender told the MD5."""
    assert b"BadDigest" in put(archive, headers={"Content-MD5": "xMpCOKC5I4INzFCab3WEmw=="}).body
    assert put(archive, data=b"1", headers={"Content-MD5": "xMpCOKC5I4INzFCab3WEmw=="}).status == 200


def test_old_versions_and_derivatives(archive: FakeInternetArchive) -> None:
    """Are kept and made unless that is declined; both go with the file when that is asked for."""
    put(archive, headers={"x-archive-queue-derive": "1"})
    put(archive, data=b"2", headers={"x-archive-keep-old-version": "1"})
    assert names(archive)["a.csv.derived"] == "derivative"
    assert "history/files/a.csv.~1~" in names(archive)

    assert Asked(archive, "DELETE", "/s3/item-1/a.csv", headers={"x-archive-cascade-delete": "1"}).status == 204
    assert not {"a.csv", "a.csv.derived"} & set(names(archive))


def test_items_are_not_deleted(archive: FakeInternetArchive) -> None:
    """Only emptied."""
    put(archive)

    assert Asked(archive, "DELETE", "/s3/item-1").status == 405


def test_keys_and_owners(archive: FakeInternetArchive) -> None:
    """Wrong keys and others' items: 403; a name that is none: 400."""
    put(archive)

    assert put(archive, headers={"Authorization": "LOW a:b"}).status == 403
    assert put(archive, "b", headers={"Authorization": "LOW other:other-secret"}).status == 403
    assert Asked(archive, "PUT", "/s3/a!/b", b"1", headers=MAKE).status == 400


def test_it_can_be_stopped_and_comes_back(archive: FakeInternetArchive) -> None:
    """On the same ports, with what it kept."""
    put(archive)
    archive.stop()
    archive.start()

    assert "a.csv" in names(archive)
    assert Asked(archive, "GET", "/download/item-1/a.csv").headers["Location"].startswith(archive.node.url)
