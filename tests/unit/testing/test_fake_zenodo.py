# SPDX-License-Identifier: Apache-2.0
"""The fake Zenodo has the quirks of the real one, each by name."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import pytest

from seedbed.testing.fake_zenodo import FakeZenodo
from seedbed.testing.fake_zenodo_records import RDM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOOD = {
    "title": "Lakes",
    "publication_date": "2026-11-21",
    "resource_type": {"id": "dataset"},
    "creators": [{"person_or_org": {"type": "organizational", "name": "Lakes"}}],
    "identifiers": [{"scheme": "urn", "identifier": "urn:uuid:1"}],
}


@pytest.fixture
def zenodo() -> Iterator[FakeZenodo]:
    """A service of its own."""
    with FakeZenodo() as service:
        yield service


class Asked:
    """An answer, good or bad."""

    def __init__(self, zenodo: FakeZenodo, method: str, path: str, body: object = None, **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        said = {"Authorization": f"Bearer {zenodo.token}", "Accept": RDM, "User-Agent": "test/1"}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        said = {name: value for name, value in said.items() if value}
        request = urllib.request.Request(zenodo.url + path, data=data, method=method, headers=said)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                self.status, self.headers, self.body = answer.status, answer.headers, answer.read()
        except HTTPError as error:
            with error:
                self.status, self.headers, self.body = error.code, error.headers, error.read()

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


def drafted(zenodo: FakeZenodo, **more: object) -> str:
    """The id of a new draft."""
    return str(Asked(zenodo, "POST", "/api/records", {"metadata": GOOD | more}).json["id"])


def uploaded(zenodo: FakeZenodo, draft: str, key: str, data: bytes) -> Asked:
    """The last answer of an upload."""
    path = f"/api/records/{draft}/draft/files"
    Asked(zenodo, "POST", path, [{"key": key}])
    if (sent := Asked(zenodo, "PUT", f"{path}/{key}/content", data)).status != 200:
        return sent
    return Asked(zenodo, "POST", f"{path}/{key}/commit")


def published(zenodo: FakeZenodo) -> str:
    """The id of a public record with one file."""
    draft = drafted(zenodo)
    uploaded(zenodo, draft, "a.csv", b"0123456789")
    assert Asked(zenodo, "POST", f"/api/records/{draft}/draft/actions/publish").status == 202
    return draft


def test_ranges_are_served_on_pages_only(zenodo: FakeZenodo) -> None:
    """The API sends all of a file, whatever range was asked for."""
    record = published(zenodo)

    page = Asked(zenodo, "GET", f"/records/{record}/files/a.csv", Range="bytes=2-4")
    api = Asked(zenodo, "GET", f"/api/records/{record}/files/a.csv/content", Range="bytes=2-4")

    assert (page.status, page.body, page.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    assert (api.status, api.body) == (200, b"0123456789")


def test_other_sites_may_read_the_api_only(zenodo: FakeZenodo) -> None:
    """So a browser gets no ranges at all."""
    record = published(zenodo)

    assert Asked(zenodo, "GET", f"/records/{record}/files/a.csv").headers["Access-Control-Allow-Origin"] is None
    api = Asked(zenodo, "GET", f"/api/records/{record}/files/a.csv/content")
    assert api.headers["Access-Control-Allow-Origin"] == "*"


def test_some_agents_are_refused(zenodo: FakeZenodo) -> None:
    """Whatever they ask; it can be switched off."""
    record = published(zenodo)
    path = f"/records/{record}/files/a.csv"

    assert Asked(zenodo, "GET", path, User_Agent="aria2/1.37.0").status == 403
    zenodo.refused_agents = ()
    assert Asked(zenodo, "GET", path, User_Agent="aria2/1.37.0").status == 200


def test_requests_are_counted_ranged_ones_too(zenodo: FakeZenodo) -> None:
    """With headers on every answer, and 429 in the end; anonymous or not."""
    record = published(zenodo)
    zenodo.remaining = 1
    path = f"/records/{record}/files/a.csv"

    first = Asked(zenodo, "GET", path, Range="bytes=0-0", Authorization="")
    second = Asked(zenodo, "GET", path, Range="bytes=1-1", Authorization="")

    assert (first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == ("133", "0")
    assert (second.status, second.headers["Retry-After"]) == (429, "1")


def test_tokens(zenodo: FakeZenodo) -> None:
    """None and a weak one: 403; an unknown or expired one: 401."""
    zenodo.forbidden_tokens.add("weak")

    assert Asked(zenodo, "POST", "/api/records", {}, Authorization="").status == 403
    assert Asked(zenodo, "POST", "/api/records", {}, Authorization="Bearer weak").status == 403
    assert Asked(zenodo, "POST", "/api/records", {}, Authorization="Bearer old").status == 401


def test_drafts_are_seen_by_their_owner_only(zenodo: FakeZenodo) -> None:
    """As a draft by nobody else, and under the public URLs by nobody at all."""
    draft = drafted(zenodo)
    uploaded(zenodo, draft, "a.csv", b"1")
    other = {"Authorization": f"Bearer another-{zenodo.token}"}

    assert Asked(zenodo, "GET", f"/api/records/{draft}/draft").status == 200
    assert Asked(zenodo, "GET", f"/api/records/{draft}/draft", **other).status == 403
    assert Asked(zenodo, "GET", f"/api/records/{draft}").status == 404
    assert Asked(zenodo, "GET", f"/records/{draft}/files/a.csv").status == 404
    assert Asked(zenodo, "GET", "/api/user/records", **other).json["hits"]["total"] == 0


def test_plain_json_is_the_old_api(zenodo: FakeZenodo) -> None:
    """The new form is given to whoever accepts it by name."""
    draft = drafted(zenodo)

    old = Asked(zenodo, "GET", f"/api/records/{draft}/draft", Accept="application/json").json

    assert "pids" not in old
    assert old["id"] == int(draft)


def test_a_doi_is_reserved_once_under_the_test_prefix(zenodo: FakeZenodo) -> None:
    """10.5072 is the sandbox's."""
    draft = drafted(zenodo)
    path = f"/api/records/{draft}/draft/pids/doi"

    assert Asked(zenodo, "POST", path).json["pids"]["doi"]["identifier"] == f"10.5072/zenodo.{draft}"
    assert Asked(zenodo, "POST", path).status == 400


def test_files_have_md5_when_they_are_committed(zenodo: FakeZenodo) -> None:
    """Before that they are pending, and no record with them is published."""
    draft = drafted(zenodo)
    path = f"/api/records/{draft}/draft/files"
    pending = Asked(zenodo, "POST", path, [{"key": "a"}]).json["entries"][0]
    Asked(zenodo, "PUT", f"{path}/a/content", b"1")

    refused = Asked(zenodo, "POST", f"/api/records/{draft}/draft/actions/publish")
    done = Asked(zenodo, "POST", f"{path}/a/commit").json

    assert pending["status"] == "pending"
    assert (refused.status, "transfer" in refused.json["errors"][0]["messages"][0]) == (400, True)
    assert (done["checksum"], done["size"]) == ("md5:c4ca4238a0b923820dcc509a6f75849b", 1)


def test_limits_are_kept(zenodo: FakeZenodo) -> None:
    """100 files and 50 GB, smaller here."""
    assert (zenodo.max_files, zenodo.quota_bytes) == (100, 50_000_000_000)
    zenodo.max_files, zenodo.quota_bytes = 1, 3
    draft = drafted(zenodo)

    assert "quota" in uploaded(zenodo, draft, "a", b"1234").json["message"]
    assert "the max is 1" in Asked(zenodo, "POST", f"/api/records/{draft}/draft/files", [{"key": "b"}]).json["message"]


def test_a_record_needs_files_or_says_that_it_has_none(zenodo: FakeZenodo) -> None:
    """Metadata-only records are allowed when they say so."""
    draft = drafted(zenodo)
    publish = f"/api/records/{draft}/draft/actions/publish"

    assert "Missing uploaded files" in str(Asked(zenodo, "POST", publish).json)
    Asked(zenodo, "PUT", f"/api/records/{draft}/draft", {"metadata": GOOD, "files": {"enabled": False}})
    assert Asked(zenodo, "POST", publish).status == 202


def test_what_is_public_stays_as_it_is(zenodo: FakeZenodo) -> None:
    """No change, no file more or less, no deletion."""
    record = published(zenodo)
    path = f"/api/records/{record}/draft"

    assert Asked(zenodo, "PUT", path, {"metadata": GOOD}).status == 404
    assert Asked(zenodo, "DELETE", path).status == 404
    assert Asked(zenodo, "POST", f"{path}/files", [{"key": "b"}]).status == 404
    assert Asked(zenodo, "DELETE", f"{path}/files/a.csv").status == 404


def test_versions_share_a_concept_and_follow_the_newest(zenodo: FakeZenodo) -> None:
    """A new draft has no files and no date; there is one at a time; older versions cannot be followed."""
    first = published(zenodo)
    version = Asked(zenodo, "POST", f"/api/records/{first}/versions").json
    again = Asked(zenodo, "POST", f"/api/records/{first}/versions").json
    draft = version["id"]
    uploaded(zenodo, draft, "b", b"1")
    Asked(zenodo, "PUT", f"/api/records/{draft}/draft", {"metadata": GOOD})
    Asked(zenodo, "POST", f"/api/records/{draft}/draft/actions/publish")

    assert again["id"] == draft
    assert "publication_date" not in version["metadata"]
    concepts = {
        Asked(zenodo, "GET", f"/api/records/{one}").json["parent"]["pids"]["doi"]["identifier"]
        for one in (first, draft)
    }
    assert concepts == {"10.5072/zenodo.100"}
    assert Asked(zenodo, "POST", f"/api/records/{first}/versions").status == 400
    assert Asked(zenodo, "GET", f"/api/records/{first}/versions/latest").json["id"] == draft


def test_files_of_the_version_before_can_be_imported(zenodo: FakeZenodo) -> None:
    """All of them, and removed again from the new one only."""
    first = published(zenodo)
    draft = Asked(zenodo, "POST", f"/api/records/{first}/versions").json["id"]

    Asked(zenodo, "POST", f"/api/records/{draft}/draft/actions/files-import")
    assert [one["key"] for one in Asked(zenodo, "GET", f"/api/records/{draft}/draft/files").json["entries"]] == [
        "a.csv"
    ]
    Asked(zenodo, "DELETE", f"/api/records/{draft}/draft/files/a.csv")

    assert Asked(zenodo, "GET", f"/api/records/{first}/files/a.csv").status == 200


def test_the_search_lags(zenodo: FakeZenodo) -> None:
    """A draft that was just made may not be found yet; pages have at most 100."""
    zenodo.index_lag = 2
    drafted(zenodo)
    path = "/api/user/records?q=metadata.identifiers.identifier:%22urn:uuid:1%22&allversions=true"

    assert [Asked(zenodo, "GET", path).json["hits"]["total"] for _ in range(3)] == [0, 0, 1]
    assert Asked(zenodo, "GET", "/api/user/records?size=101").status == 400


def test_a_community_reviews_before_it_publishes(zenodo: FakeZenodo) -> None:
    """A draft in review cannot be published, changed or deleted; only the request can be cancelled."""
    zenodo.communities["lakes"] = "c-1"
    draft = drafted(zenodo)
    path = f"/api/records/{draft}/draft"
    uploaded(zenodo, draft, "a", b"1")
    Asked(zenodo, "PUT", f"{path}/review", {"receiver": {"community": "c-1"}})

    assert Asked(zenodo, "POST", f"{path}/actions/publish").status == 400
    assert Asked(zenodo, "POST", f"{path}/actions/submit-review", {}).status == 202
    assert Asked(zenodo, "PUT", path, {"metadata": GOOD}).status == 403
    assert Asked(zenodo, "DELETE", path).status == 400
    assert Asked(zenodo, "POST", f"/api/requests/r{draft}/actions/cancel").status == 200
    assert Asked(zenodo, "DELETE", path).status == 204


def test_it_can_be_stopped_and_comes_back_on_the_same_port(tmp_path: Path) -> None:
    """With everything that it kept, in files if wanted."""
    with FakeZenodo(tmp_path / "files") as zenodo:
        record, url = published(zenodo), zenodo.url
        zenodo.stop()
        with pytest.raises(OSError, match="refused"):
            Asked(zenodo, "GET", f"/records/{record}/files/a.csv")
        zenodo.start()

        assert zenodo.url == url
        assert Asked(zenodo, "GET", f"/records/{record}/files/a.csv").body == b"0123456789"
        assert list((tmp_path / "files").iterdir())


@pytest.mark.parametrize(("when", "drafts"), [("before", 0), ("after", 1)])
def test_it_can_be_cut_at_any_request(zenodo: FakeZenodo, when: str, drafts: int) -> None:
    """Before it acts, or after it did."""
    zenodo.count_anew(fails_at=1, when=when)  # type: ignore[arg-type]  # the parameters above

    with pytest.raises(OSError, match="closed"):
        drafted(zenodo)

    assert len(zenodo.records) == drafts
