# SPDX-License-Identifier: Apache-2.0
"""tus by the letter, and table U, rows U31 to U38: whatever a client gets wrong is told by its status."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.portal.uploads.receiving import tus_wire as wire
from seedbed.portal.web.failures import RefusedError
from tests.uploading import BODY, TUS, b64

if TYPE_CHECKING:
    from tests.uploading import Giver

DATA = random.Random(7).randbytes(700_001)


def test_a_file_comes_in_parts_and_takes_its_place(giver: Giver) -> None:
    """Created, sent in three requests, asked for between: then it lies under its own path, and its state is gone."""
    upload = giver.begin(name="lakes")
    created = giver.create(upload, "sub/a.bin", len(DATA))
    url = created.headers["Location"]
    assert (created.status_code, created.headers["Upload-Offset"]) == (201, "0")

    for start in (0, 300_000, 650_000):
        stop = {0: 300_000, 300_000: 650_000}.get(start, len(DATA))
        answer = giver.patch(url, start, DATA[start:stop])
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(stop))
        assert giver.head(url) == stop

    den = giver.den(upload)
    assert (den.data / "sub/a.bin").read_bytes() == DATA
    assert not list((den.folder / "incoming").iterdir())
    (file,) = giver.files(upload)
    assert (file.is_whole, file.sha256) == (True, hashlib.sha256(DATA).hexdigest())


def test_creation_with_bytes_and_empty_files(giver: Giver) -> None:
    """A file may come with the request that creates it; an empty one is whole at once."""
    upload = giver.begin(name="lakes")
    assert giver.create(upload, "a.bin", len(DATA), DATA).headers["Upload-Offset"] == str(len(DATA))
    assert giver.create(upload, "empty", 0).status_code == 201
    half = giver.create(upload, "half", 10, b"12345")
    assert (half.status_code, half.headers["Upload-Offset"]) == (201, "5")

    assert [(file.path, file.is_whole) for file in giver.files(upload)] == [
        ("a.bin", True), ("empty", True), ("half", False),
    ]  # fmt: skip


def test_options_tell_what_is_spoken(giver: Giver) -> None:
    """Version, extensions, size and checksums, without an account."""
    answer = giver.web.options("/api/v1/uploads/x/files", headers={"X-Person": ""})
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,creation-with-upload,termination,checksum,expiration"
    assert "sha1" in answer.headers["Tus-Checksum-Algorithm"]


def test_head_tells_length_metadata_and_is_not_kept(giver: Giver) -> None:
    """What the protocol demands of HEAD."""
    url = giver.create(giver.begin(), "é.csv", 5).headers["Location"]
    answer = giver.web.head(url, headers=TUS)
    assert answer.headers["Upload-Length"] == "5"
    assert wire.read_metadata(answer.headers["Upload-Metadata"]) == {"path": "é.csv"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Upload-Expires" in answer.headers


def test_another_version_of_the_protocol(giver: Giver) -> None:
    """412, as the protocol says."""
    upload = giver.begin()
    url = giver.create(upload, "a", 5).headers["Location"]
    for version in ({}, {"Tus-Resumable": "0.2.0"}):
        headers = {**version, **BODY, "Upload-Offset": "0"}
        assert giver.web.patch(url, headers=headers, content=b"12345").status_code == 412


def test_another_kind_of_body(giver: Giver) -> None:
    """415, as the protocol says."""
    url = giver.create(giver.begin(), "a", 5).headers["Location"]
    headers = {**TUS, "Content-Type": "text/csv", "Upload-Offset": "0"}
    assert giver.web.patch(url, headers=headers, content=b"12345").status_code == 415


def test_u31_u32_offsets_beyond_and_behind(giver: Giver) -> None:
    """409 both, and nothing changes."""
    url = giver.create(giver.begin(), "a", 10, b"12345").headers["Location"]
    for offset in (6, 10, 10**18, 0, 4):
        answer = giver.patch(url, offset, b"67890")
        assert answer.status_code == 409
        assert "HEAD" in answer.json()["error"]["hint"]
        assert giver.head(url) == 5
    assert giver.patch(url, 5, b"67890").status_code == 204


@pytest.mark.parametrize("offset", ["", "-1", "1e3", "five", "0x1"])
def test_offsets_that_are_no_numbers(giver: Giver, offset: str) -> None:
    """400."""
    url = giver.create(giver.begin(), "a", 10).headers["Location"]
    headers = {**TUS, **BODY, "Upload-Offset": offset}
    assert giver.web.patch(url, headers=headers, content=b"1").status_code == 400


def test_u34_bytes_after_the_end(giver: Giver) -> None:
    """A whole file takes no more bytes: 403; and bytes beyond the length are never taken: 413."""
    upload = giver.begin()
    url = giver.create(upload, "a", 5, b"12345").headers["Location"]
    assert giver.patch(url, 5, b"6").status_code == 403
    more = giver.create(upload, "b", 5).headers["Location"]
    assert giver.patch(more, 0, b"123456").status_code == 413
    assert (giver.den(upload).data / "a").read_bytes() == b"12345"


@pytest.mark.parametrize(
    ("length", "status"), [(str(2**63), 413), ("9" * 30, 413), (str(2**62), 413), ("-1", 400), ("x", 400)]
)
def test_u35_lengths_that_cannot_be(giver: Giver, length: str, status: int) -> None:
    """2^63 and more, more than the portal takes, and what is no number."""
    headers = {**TUS, "Upload-Length": length, "Upload-Metadata": f"path {b64('a')}"}
    assert giver.web.post(giver.begin()["files_url"], headers=headers).status_code == status


@pytest.mark.parametrize("metadata", ["path !!!", "path YQ", "pa,th", "path YQ==,path Yg==", "path /w==", "x" * 9000])
def test_u36_metadata_that_cannot_be_read(giver: Giver, metadata: str) -> None:
    """Not base64, a key twice, not UTF-8, too long: 400."""
    headers = {**TUS, "Upload-Length": "5", "Upload-Metadata": metadata}
    answer = giver.web.post(giver.begin()["files_url"], headers=headers)
    assert answer.status_code == 400


def test_u37_ids_that_are_paths(giver: Giver) -> None:
    """404, and no path is made of them."""
    upload = giver.begin()
    good = giver.create(upload, "a", 5).headers["Location"]
    for bad in ("../../x", "..%2f..%2fx", "%2e%2e", "a" * 22, "a" * 500, "%00"):
        assert giver.web.head(f"/api/v1/uploads/{upload['id']}/files/{bad}", headers=TUS).status_code == 404
        assert giver.web.head(good.replace(upload["id"], bad), headers=TUS).status_code == 404


def test_u38_too_many_open_uploads(giver: Giver, monkeypatch: pytest.MonkeyPatch) -> None:
    """429 at the limit of all, and at a person's own; what is withdrawn makes room."""
    monkeypatch.setattr("seedbed.portal.uploads.quotas.MAX_OPEN_EACH", 2)
    first = giver.begin()
    giver.begin()
    refused = giver.web.post("/api/v1/uploads", json={})
    assert refused.status_code == 429
    assert "withdraw" in refused.json()["error"]["hint"].lower()
    assert giver.web.delete(first["url"]).status_code == 204
    giver.begin()


def test_u41_the_same_file_twice(giver: Giver) -> None:
    """One wins; the other is told that it is there, by case as well."""
    upload = giver.begin()
    assert giver.create(upload, "Data.csv", 5).status_code == 201
    for path in ("Data.csv", "data.csv"):
        answer = giver.create(upload, path, 5)
        assert answer.status_code == 409
        assert "Data.csv" in answer.json()["error"]["what"]


@pytest.mark.parametrize("path", ["../a", "/a", "a//b", "CON", "a\\b", "a:b", "a\u202eb", "x" * 300, "nul.txt"])
def test_names_that_are_not_good_on_every_system(giver: Giver, path: str) -> None:
    """400 with the rule's words, and nothing is made on disk."""
    upload = giver.begin()
    answer = giver.create(upload, path, 5)
    assert answer.status_code == 400
    assert "refused" in answer.json()["error"]["what"]
    assert not giver.den(upload).folder.exists()


def test_termination(giver: Giver) -> None:
    """A deleted file is gone, and its name is free again."""
    upload = giver.begin()
    url = giver.create(upload, "a", 10, b"12345").headers["Location"]
    assert giver.web.delete(url, headers=TUS).status_code == 204
    assert giver.web.head(url, headers=TUS).status_code == 404
    whole = giver.create(upload, "a", 5, b"12345").headers["Location"]
    assert giver.web.delete(whole, headers=TUS).status_code == 204
    assert giver.files(upload) == []
    assert not list(giver.den(upload).data.iterdir())


def test_checksums(giver: Giver) -> None:
    """Right bytes are taken; wrong ones are thrown away (460); an unknown algorithm is refused (400)."""
    upload = giver.begin()
    url = giver.create(upload, "a", 10, b"12345").headers["Location"]
    right = b64_digest("sha1", b"67")
    assert giver.patch(url, 5, b"xx", **{"Upload-Checksum": f"sha1 {right}"}).status_code == 460
    assert giver.head(url) == 5
    assert giver.patch(url, 5, b"67", **{"Upload-Checksum": f"crc7 {right}"}).status_code == 400
    assert giver.patch(url, 5, b"67", **{"Upload-Checksum": f"sha1 {right}"}).status_code == 204
    assert (
        giver.patch(url, 7, b"890", **{"Upload-Checksum": "sha256 " + b64_digest("sha256", b"890")}).status_code == 204
    )
    assert (giver.den(upload).data / "a").read_bytes() == b"1234567890"


def b64_digest(name: str, data: bytes) -> str:
    """As in ``Upload-Checksum``."""
    import base64  # noqa: PLC0415

    return base64.b64encode(hashlib.new(name, data).digest()).decode()


def test_somebody_elses_upload_is_not_there(giver: Giver) -> None:
    """404 for whoever it does not belong to, 401 for strangers, 403 for people who may not give data."""
    upload = giver.begin()
    url = giver.create(upload, "a", 5).headers["Location"]
    for person, status in (("ben", 404), ("", 401), ("cat", 403)):
        assert giver.web.head(url, headers={**TUS, "X-Person": person}).status_code == status
        assert giver.web.get(upload["url"], headers={"X-Person": person}).status_code == status
        assert giver.web.delete(url, headers={**TUS, "X-Person": person}).status_code == status


def test_a_file_of_an_upload_that_is_no_draft(giver: Giver) -> None:
    """409: what was checked stays as it is."""
    upload = giver.given({"a.csv": b"x,y\n1,2\n"})
    assert giver.submitted(upload)["state"] == "in-review"
    assert giver.create(upload, "b", 5).status_code == 409
    url = giver.web.get(upload["url"]).json()["files"][0]["url"]
    assert giver.web.delete(url, headers=TUS).status_code == 409


@given(values=st.dictionaries(st.text("abcxyz_-", min_size=1, max_size=9), st.text(max_size=40), max_size=4))
def test_metadata_is_read_as_it_was_written(values: dict[str, str]) -> None:
    """Parse of render is the same."""
    try:
        text = wire.render_metadata(values)
    except UnicodeEncodeError:
        return
    assert wire.read_metadata(text) == values


@given(text=st.text(max_size=60), number=st.text("0123456789+-e. ", max_size=25))
def test_any_headers_are_read_or_refused(text: str, number: str) -> None:
    """Never anything but our refusal, with a status of its own."""
    for read in (
        lambda: wire.read_metadata(text),
        lambda: wire.read_checksum(text),
        lambda: wire.read_number({"a": number}, "a"),
        lambda: wire.check_version({"tus-resumable": text}),
    ):
        try:
            read()
        except RefusedError as error:
            assert error.status in {400, 412, 413}
