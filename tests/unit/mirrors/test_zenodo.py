# SPDX-License-Identifier: Apache-2.0
"""Zenodo is a depository: drafts, versions, communities, limits, and what is said of a version."""

from __future__ import annotations

import urllib.request
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import InputError, SourceError
from seedbed.mirrors.base import is_passing
from seedbed.mirrors.content import BytesContent
from seedbed.mirrors.deposits import Address, Creator, Wanted
from seedbed.mirrors.push import push
from seedbed.mirrors.registry import open_depository
from seedbed.mirrors.rest import Manners
from seedbed.mirrors.wrappers import Limit, Patience
from seedbed.mirrors.zenodo import place as places
from seedbed.mirrors.zenodo.depository import Zenodo
from seedbed.mirrors.zenodo.metadata import metadata
from seedbed.testing.depository_suite import DESCRIPTION, FILES, NEXT, WANTED, DepositorySuite, keep
from seedbed.testing.fake_zenodo import FakeZenodo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.mirrors.deposits import Deposit


@pytest.fixture
def zenodo() -> Iterator[FakeZenodo]:
    """A service of its own."""
    with FakeZenodo() as service:
        yield service


def opened(zenodo: FakeZenodo, options: str = "", *, token: str = "", pauses: tuple[float, ...] = ()) -> Zenodo:
    """As the registry opens it, but it waits for nothing."""
    place = places.of_url(zenodo.mirror_url + options)
    environ = {name: token or known for name, known in zenodo.environ.items()}
    patience = Patience(pauses, sleep=lambda _: None)
    return Zenodo(place, environ, Manners("seedbed/test", patience, Limit(at_once=2)))


def public(url: str) -> bytes:
    """What anybody gets."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        data: bytes = answer.read()
        return data


class TestZenodo(DepositorySuite):
    """The shared suite."""

    service: FakeZenodo

    @pytest.fixture(autouse=True)
    def _service(self, zenodo: FakeZenodo) -> None:
        self.service = zenodo
        self.secrets = (zenodo.token,)

    def opened(self) -> Zenodo:
        """A new one each time."""
        return opened(self.service)

    def is_public(self, deposit: Deposit) -> bool:
        """By the URL that the catalogue names."""
        return self.service.records[deposit.facts.id].is_published

    def count(self) -> int:
        """Drafts and records."""
        return len(self.service.records)

    def begin_anew(self) -> None:
        """Without records."""
        self.service.records.clear()


def published(zenodo: FakeZenodo, wanted: Wanted = WANTED, options: str = "") -> Deposit:
    """A version that is public."""
    deposit = opened(zenodo, options).begin(wanted)
    deposit.describe(replace(DESCRIPTION, version=wanted.version))
    keep(deposit)
    deposit.finish()
    return deposit


def test_the_registry_opens_it(zenodo: FakeZenodo) -> None:
    """By the URL's scheme; nothing is asked of the service yet."""
    depository = open_depository(zenodo.mirror_url, environ={})

    assert (depository.key, zenodo.requests) == ("zenodo", [])
    depository.close()


@pytest.mark.parametrize(
    ("url", "web", "variable", "key"),
    [
        ("zenodo:", "https://zenodo.org", "ZENODO_TOKEN", "zenodo"),
        ("zenodo:sandbox", "https://sandbox.zenodo.org", "ZENODO_SANDBOX_TOKEN", "zenodo"),
        ("zenodo://sandbox.zenodo.org", "https://sandbox.zenodo.org", "ZENODO_SANDBOX_TOKEN", "zenodo"),
        (
            "zenodo://rdm.example.org:8443",
            "https://rdm.example.org:8443",
            "SEEDBED_TOKEN_RDM_EXAMPLE_ORG_8443",
            "other",
        ),
    ],
)
def test_every_service_has_its_own_token(url: str, web: str, variable: str, key: str) -> None:
    """So none is ever sent to another."""
    place = places.of_url(url)

    assert (place.web, place.account.variables, place.key) == (web, (variable,), key)


@pytest.mark.parametrize(
    "url",
    [
        "zenodo:nonsense",
        "zenodo://rdm.example.org/path",
        "zenodo://me:secret@rdm.example.org",
        "zenodo://rdm.example.org?scheme=http",
        "zenodo:?token=secret",
        "zenodo:?data=maybe",
    ],
)
def test_urls_that_cannot_be_used(url: str) -> None:
    """Are refused, and nothing secret is repeated."""
    with pytest.raises(InputError) as caught:
        places.of_url(url)

    assert "secret" not in f"{caught.value} {caught.value.hint}"


def test_dois_are_known_before_a_byte_is_sent(zenodo: FakeZenodo) -> None:
    """The version's at once, that of all versions when the first is public."""
    deposit = opened(zenodo).begin(WANTED)
    assert deposit.facts.doi == f"10.5072/zenodo.{deposit.facts.id}"
    assert deposit.facts.concept_doi == ""

    deposit.describe(DESCRIPTION)
    keep(deposit)
    deposit.finish()

    assert deposit.facts.concept_doi == "10.5072/zenodo.100"


def test_addresses_lead_to_the_bytes(zenodo: FakeZenodo) -> None:
    """Flat names below the page's URL; a single file by its own name."""
    deposit = published(zenodo)
    alone = opened(zenodo).begin(Wanted("a" * 32, "one", "1", "é b.csv", is_single_file=True))

    assert deposit.address == Address(f"{zenodo.url}/records/{deposit.facts.id}/files/", is_flat=True)
    assert public(f"{zenodo.url}/records/{deposit.facts.id}/files/2024__a%20b.csv") == FILES["data", "2024", "a b.csv"]
    assert public(deposit.mirror.public_url("data.torrent")) == FILES[("data.torrent",)]
    assert alone.address == Address(f"{zenodo.url}/records/{alone.facts.id}/files/%C3%A9%20b.csv")


def test_a_new_version_joins_the_one_before(zenodo: FakeZenodo) -> None:
    """Whichever older version is named: the concept is the same, and no file is carried over."""
    first = published(zenodo)
    address = first.address.href if first.address else ""
    second = published(zenodo, replace(NEXT, previous=address))
    third = opened(zenodo).begin(replace(NEXT, token="e" * 32, version="3", previous=address))

    assert second.facts.concept_doi == first.facts.concept_doi
    assert third.facts.doi not in {first.facts.doi, second.facts.doi}
    assert zenodo.records[third.facts.id].index == 3
    assert third.held() == frozenset()


@pytest.mark.parametrize("form", ["page", "doi", "doi-url"])
def test_the_version_before_may_be_named_by_page_or_doi(zenodo: FakeZenodo, form: str) -> None:
    """As a catalogue may have it where no data goes to Zenodo."""
    facts = published(zenodo).facts
    forms = {"page": facts.page_url, "doi": facts.doi, "doi-url": f"https://doi.org/{facts.doi}"}

    assert opened(zenodo).begin(replace(NEXT, previous=forms[form])).facts.concept_doi == facts.concept_doi


def test_a_foreign_version_before_is_refused(zenodo: FakeZenodo) -> None:
    """Nothing is begun then."""
    with pytest.raises(InputError, match="version before"):
        opened(zenodo).begin(replace(NEXT, previous="https://zenodo.org/records/1/files/"))
    with pytest.raises(InputError):
        opened(zenodo).begin(replace(NEXT, previous=f"{zenodo.url}/records/999/files/"))
    assert not zenodo.records

    known = published(zenodo).facts.id
    with pytest.raises(InputError, match="version before"):  # the same number at another service
        opened(zenodo).begin(replace(NEXT, previous=f"10.5281/zenodo.{known}"))


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_new_version_cut_at_any_request(zenodo: FakeZenodo, when: str) -> None:
    """Ends with one new version all the same."""
    for number in range(1, 12):
        zenodo.records.clear()
        first = published(zenodo)
        wanted = replace(NEXT, previous=first.address.href if first.address else "")
        zenodo.count_anew(fails_at=number, when=when)  # type: ignore[arg-type]  # the parameters above
        try:
            opened(zenodo).begin(wanted)
        except SourceError as error:
            assert is_passing(error)
        zenodo.count_anew()
        published(zenodo, wanted)
        assert len(zenodo.records) == 2


def test_somebody_elses_open_draft_is_not_taken_over(zenodo: FakeZenodo) -> None:
    """One that another publication began, or a person by hand."""
    first = published(zenodo)
    address = first.address.href if first.address else ""
    draft = opened(zenodo).begin(replace(NEXT, previous=address))
    with pytest.raises(InputError, match="under way"):
        opened(zenodo).begin(replace(NEXT, token="d" * 32, previous=address))

    zenodo.records[draft.facts.id].metadata = {"title": "By hand", "publication_date": "2026-01-01"}
    with pytest.raises(InputError, match="under way"):
        opened(zenodo).begin(replace(NEXT, token="d" * 32, previous=address))


def test_files_that_a_person_imported_are_taken_out(zenodo: FakeZenodo) -> None:
    """A new version holds what is pushed, nothing else."""
    first = published(zenodo)
    draft = opened(zenodo).begin(replace(NEXT, previous=first.address.href if first.address else ""))
    zenodo.records[draft.facts.id].metadata = dict(zenodo.records[first.facts.id].metadata)
    del zenodo.records[draft.facts.id].metadata["publication_date"]
    zenodo.records[draft.facts.id].files = dict(zenodo.records[first.facts.id].files)

    again = opened(zenodo).begin(replace(NEXT, previous=first.address.href if first.address else ""))

    assert (again.facts.id, again.held()) == (draft.facts.id, frozenset())
    assert first.held()


def test_a_public_record_cannot_be_discarded(zenodo: FakeZenodo) -> None:
    """And its files cannot be changed."""
    deposit = published(zenodo)

    assert not deposit.discard()

    with pytest.raises(SourceError, match="public"):
        push(deposit.mirror, {"more.txt": BytesContent("more.txt", b"1")})


def test_a_community_decides(zenodo: FakeZenodo) -> None:
    """Until its curator accepts, finishing says who is waited for; afterwards it is done."""
    zenodo.communities["lakes"] = "c-1"
    deposit = opened(zenodo, "&community=lakes").begin(WANTED)
    deposit.describe(DESCRIPTION)
    keep(deposit)

    for _ in range(2):
        with pytest.raises(SourceError, match="curator") as caught:
            deposit.finish()
        assert is_passing(caught.value)
    zenodo.accept(deposit.facts.id)
    deposit.finish()

    assert deposit.facts.concept_doi
    follower = published(zenodo, replace(NEXT, previous=deposit.facts.page_url), "&community=lakes")
    assert zenodo.records[follower.facts.id].is_published


def test_a_community_that_declines_or_is_not_there(zenodo: FakeZenodo) -> None:
    """Is told as it is; what was submitted can be discarded."""
    deposit = opened(zenodo, "&community=lakes").begin(WANTED)
    deposit.describe(DESCRIPTION)
    keep(deposit)
    with pytest.raises(InputError):
        deposit.finish()
    zenodo.communities["lakes"] = "c-1"
    with pytest.raises(SourceError):
        deposit.finish()
    zenodo.decline(deposit.facts.id)
    with pytest.raises(InputError, match="declined"):
        deposit.finish()

    zenodo.records[deposit.facts.id].review_status = "submitted"
    assert deposit.discard()
    assert not zenodo.records


def test_without_data_it_describes_only(zenodo: FakeZenodo) -> None:
    """A DOI for what is too large; files that describe it may be there, or none."""
    deposit = opened(zenodo, "&data=no").begin(WANTED)
    deposit.describe(replace(DESCRIPTION, size_bytes=10**14, file_count=10**6))
    deposit.finish()

    assert (deposit.takes_data, deposit.address) == (False, None)
    assert zenodo.records[deposit.facts.id].is_published
    assert not zenodo.records[deposit.facts.id].has_files


@pytest.mark.parametrize("more", [{"size_bytes": 50_000_000_001}, {"file_count": 101}])
def test_too_much_is_refused_before_the_first_byte(zenodo: FakeZenodo, more: dict[str, int]) -> None:
    """With the way out."""
    deposit = opened(zenodo).begin(WANTED)

    with pytest.raises(InputError) as caught:
        deposit.describe(replace(DESCRIPTION, **more))  # type: ignore[arg-type]  # numbers both

    assert "data=no" in caught.value.hint


def test_what_the_service_does_not_accept_is_told_in_its_words(zenodo: FakeZenodo) -> None:
    """At the description, and at the end."""
    deposit = opened(zenodo).begin(WANTED)
    with pytest.raises(InputError, match=r"metadata\.title: Missing data"):
        deposit.describe(replace(DESCRIPTION, title=""))
    zenodo.max_files = 1
    with pytest.raises(SourceError, match="the max is 1"):
        keep(deposit)


@pytest.mark.parametrize("token", ["wrong", "forbidden"])
def test_credentials_that_are_refused(zenodo: FakeZenodo, token: str) -> None:
    """Are the person's to mend."""
    zenodo.forbidden_tokens.add("forbidden")

    with pytest.raises(InputError, match=r"40[13]") as caught:
        opened(zenodo, token=token).begin(WANTED)

    assert "credentials" in caught.value.hint


def test_without_credentials_it_says_where_they_come_from(zenodo: FakeZenodo) -> None:
    """Before anything is asked of the service."""
    place = places.of_url(zenodo.mirror_url)

    with pytest.raises(InputError) as caught:
        Zenodo(place, {"SEEDBED_HOME": "/nowhere"}, Manners("seedbed/test")).begin(WANTED)

    assert place.account.variables[0] in caught.value.hint
    assert not zenodo.requests


def test_a_busy_service_is_left_alone_for_as_long_as_it_wants(zenodo: FakeZenodo) -> None:
    """And then asked again, also where asking twice could make two drafts: a 429 did nothing."""
    zenodo.remaining, zenodo.retry_after = 1, "7"
    pauses: list[float] = []

    def sleep(pause_s: float) -> None:
        pauses.append(pause_s)
        zenodo.remaining = None

    place = places.of_url(zenodo.mirror_url)
    Zenodo(place, zenodo.environ, Manners("seedbed/test", Patience((0.5,), sleep=sleep))).begin(WANTED)

    assert pauses == [7.0]
    assert len(zenodo.records) == 1


@pytest.mark.parametrize("lag", [1, 4, 50])
def test_a_search_that_lags_makes_no_second_draft(zenodo: FakeZenodo, lag: int) -> None:
    """A new draft is used when it can be found; of a service that never finds it we have had enough in the end."""
    zenodo.index_lag = lag
    pauses: list[float] = []
    place = places.of_url(zenodo.mirror_url)
    manners = Manners("seedbed/test", Patience((), sleep=pauses.append))
    Zenodo(place, zenodo.environ, manners).begin(WANTED)

    assert sum(pauses) < 20
    if lag < 50:
        opened(zenodo).begin(WANTED)
        assert len(zenodo.records) == 1


def test_a_version_that_a_search_does_not_know_yet_is_ours_all_the_same(zenodo: FakeZenodo) -> None:
    """There is one draft of the next version, and it says whose it is: its files stay."""
    first = published(zenodo)
    wanted = replace(NEXT, previous=first.address.href if first.address else "")
    draft = opened(zenodo).begin(wanted)
    draft.describe(replace(DESCRIPTION, version="2"))
    keep(draft)
    zenodo.index_lag = 1000

    again = opened(zenodo).begin(wanted)

    assert (again.facts, again.held()) == (draft.facts, draft.held())


def test_a_file_costs_three_requests(zenodo: FakeZenodo) -> None:
    """Begin, send, complete: whoever has a hundred files has not many hundred requests a minute."""
    deposit = opened(zenodo).begin(WANTED)
    zenodo.count_anew()

    keep(deposit)
    assert len(zenodo.requests) == 1 + 3 * len(FILES)
    zenodo.count_anew()
    keep(deposit)
    assert not zenodo.requests


def test_two_pushes_of_one_file(zenodo: FakeZenodo) -> None:
    """By programs that do not know of each other: the first wins, the other is told unless its bytes are equal."""
    first, second = (opened(zenodo).begin(WANTED).mirror for _ in range(2))
    assert not list(first.list())
    assert not list(second.list())
    push(first, {"a": BytesContent("a", b"1")})

    assert push(second, {"a": BytesContent("a", b"1")}).skipped == ("a",)
    third = opened(zenodo).begin(WANTED).mirror
    assert third.find("b") is None
    push(first, {"b": BytesContent("b", b"1")})
    with pytest.raises(InputError, match="other bytes"):
        push(third, {"b": BytesContent("b", b"2")})


def test_an_upload_that_was_interrupted_is_begun_again(zenodo: FakeZenodo) -> None:
    """What it left under the name is taken away."""
    deposit = opened(zenodo).begin(WANTED)
    zenodo.count_anew(fails_at=4, when="after")
    with pytest.raises(SourceError, match="complete the upload"):
        push(deposit.mirror, {"a": BytesContent("a", b"1")})
    record = zenodo.records[deposit.facts.id]
    assert record.files["a"].is_complete
    record.files["a"].is_complete = False
    zenodo.count_anew()

    assert push(deposit.mirror, {"a": BytesContent("a", b"1")}).put == ("a",)


def test_a_draft_is_never_begun_twice_by_asking_again(zenodo: FakeZenodo) -> None:
    """When the answer to the first request for one was lost, the next begin finds it."""
    zenodo.count_anew(fails_at=2, when="after")
    with pytest.raises(SourceError):
        opened(zenodo, pauses=(0.0, 0.0)).begin(WANTED)

    assert [one.path for one in zenodo.requests].count("/api/records") == 1
    opened(zenodo).begin(WANTED)
    assert len(zenodo.records) == 1


def test_what_is_said_in_their_words() -> None:
    """Persons and organisations, plain text as HTML, SPDX ids, ISO 639-3."""
    said = metadata(DESCRIPTION, WANTED)

    assert said["creators"][0]["person_or_org"] == {
        "type": "organizational",
        "name": "Office of Lakes",
        "identifiers": [{"scheme": "ror", "identifier": "01ggx4157"}],
    }
    assert said["creators"][1]["person_or_org"]["family_name"] == "Lovelace"
    assert said["description"] == "<p>All &lt;lakes&gt;.</p><p>With names.</p>"
    assert said["rights"] == [{"id": "cc-by-4.0"}]
    assert said["languages"] == [{"id": "eng"}]
    assert said["identifiers"] == [{"scheme": "urn", "identifier": WANTED.urn}]
    assert {one["relation_type"]["id"]: one["scheme"] for one in said["related_identifiers"]} == {
        "isderivedfrom": "url",
        "references": "doi",
        "hasmetadata": "url",
    }


def test_names_of_persons_and_licences_without_id() -> None:
    """A comma decides what is the family name; other licences are a link."""
    other = replace(
        DESCRIPTION,
        license="other",
        license_url="https://x.example/l",
        creators=(Creator("Lovelace, Ada", "", is_person=True),),
    )

    said = metadata(replace(other, language="xx"), WANTED)

    assert said["creators"][0]["person_or_org"] == {"type": "personal", "family_name": "Lovelace", "given_name": "Ada"}
    assert said["rights"] == [{"title": {"en": "Other"}, "link": "https://x.example/l"}]
    assert "languages" not in said
