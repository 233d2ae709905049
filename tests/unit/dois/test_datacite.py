# SPDX-License-Identifier: Apache-2.0
"""DOIs of one's own: reserved, described, made findable for good, related to each other, and nobody else's."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.dois import place as places
from seedbed.dois.attributes import attributes
from seedbed.dois.datacite import DataCite
from seedbed.dois.registry import open_minter
from seedbed.errors import InputError, SeedbedError, SourceError
from seedbed.mirrors.base import is_passing
from seedbed.mirrors.deposits import Description, Facts, Related, Wanted
from seedbed.mirrors.rest import Manners
from seedbed.mirrors.wrappers import Limit, Patience
from seedbed.testing import depository_suite
from seedbed.testing.depository_suite import NEXT, WANTED
from seedbed.testing.fake_datacite import FakeDataCite

if TYPE_CHECKING:
    from collections.abc import Iterator

FACTS = Facts("", doi="10.5072/lakes.1", concept_doi="10.5072/lakes")
"""As a journal keeps them."""
FACTS_2 = replace(FACTS, doi="10.5072/lakes.2")
DESCRIPTION = replace(
    depository_suite.DESCRIPTION, title="Lakes", text="All lakes.", keywords=("lakes",), language="en",
    url="https://data.example.org/lakes/1", size_bytes=17,
    related=(Related("IsDerivedFrom", "https://portal.example.org/lakes"), Related("IsIdenticalTo", "10.1234/abc")),
)  # fmt: skip
DESCRIPTION_2 = replace(
    DESCRIPTION, version="2", url="https://data.example.org/lakes/2", title="Lakes, again",
    related=(Related("IsNewVersionOf", "10.5072/lakes.1"),),
)  # fmt: skip


@pytest.fixture
def service() -> Iterator[FakeDataCite]:
    """A service of its own."""
    with FakeDataCite() as one:
        yield one


def opened(service: FakeDataCite, *, password: str = "") -> DataCite:
    """As the registry opens it, but it waits for nothing."""
    environ = service.environ | ({"DATACITE_PASSWORD": password} if password else {})
    manners = Manners("seedbed/test", Patience((), sleep=lambda _: None), Limit(at_once=2))
    return DataCite(places.of_url(service.minter_url), environ, manners)


def story(service: FakeDataCite, wanted: Wanted = WANTED, description: Description = DESCRIPTION) -> Facts:
    """A whole publication, from wherever it was interrupted."""
    minter = opened(service)
    try:
        facts = minter.reserve(wanted)
        minter.describe(facts, description)
        minter.finish(facts)
    finally:
        minter.close()
    return facts


def relations(service: FakeDataCite, doi: str) -> set[tuple[str, str]]:
    """What a DOI says of others."""
    known = service.dois[doi].attributes["relatedIdentifiers"]
    return {(one["relationType"], one["relatedIdentifier"]) for one in known}


def test_dois_are_always_the_same(service: FakeDataCite) -> None:
    """Of the version and of the dataset; reserved as drafts, twice without harm."""
    facts = opened(service).reserve(WANTED)

    assert (facts.doi, facts.concept_doi) == (FACTS.doi, FACTS.concept_doi)
    assert opened(service).reserve(WANTED) == facts
    assert {doi: one.state for doi, one in service.dois.items()} == {FACTS.doi: "draft", FACTS.concept_doi: "draft"}


def test_names_of_dois() -> None:
    """Lower case; what cannot be in one is marked, so that two versions never share one."""
    place = places.of_url("datacite:10.12345")

    assert place.version_doi("Lakes", "2024-V1") == "10.12345/lakes.2024-v1"
    assert place.version_doi("lakes", "1/2") != place.version_doi("lakes", "1-2")
    assert place.version_doi("lakes", "1/2").startswith("10.12345/lakes.1-2-")


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("datacite:10.12345", "https://api.datacite.org"),
        ("datacite:test/10.12345", "https://api.test.datacite.org"),
        ("datacite:10.12345?api=http://127.0.0.1:1", "http://127.0.0.1:1"),
    ],
)
def test_urls(url: str, api: str) -> None:
    """Which service they lead to; nothing is asked of it yet."""
    assert places.of_url(url).api == api
    open_minter(url, environ={}).close()


@pytest.mark.parametrize(
    "url",
    [
        "datacite:",
        "datacite:11.5/x",
        "datacite://me:s3cr3t@host/10.12345",
        "datacite:10.12345?api=https://elsewhere.example.org",
        "datacite:10.12345?password=s3cr3t",
        "crossref:10.12345",
    ],
)
def test_urls_that_cannot_be_used(url: str) -> None:
    """Are refused, and nothing secret is repeated; the password goes to DataCite only."""
    with pytest.raises(InputError) as caught:
        open_minter(url, environ={})

    assert "s3cr3t" not in f"{caught.value} {caught.value.hint}"


def test_nothing_is_findable_before_the_end(service: FakeDataCite) -> None:
    """Then both are, and finishing again asks for no change."""
    minter = opened(service)
    facts = minter.reserve(WANTED)
    minter.describe(facts, DESCRIPTION)
    assert {one.state for one in service.dois.values()} == {"draft"}

    minter.finish(FACTS)
    assert {one.state for one in service.dois.values()} == {"findable"}
    service.count_anew()
    minter.finish(FACTS)
    assert {one.method for one in service.requests} == {"GET"}


def test_the_versions_are_related(service: FakeDataCite) -> None:
    """To the dataset and to each other, in both directions; the dataset says what its newest version says."""
    story(service)
    story(service, NEXT, DESCRIPTION_2)

    assert relations(service, "10.5072/lakes") == {("HasVersion", FACTS.doi), ("HasVersion", FACTS_2.doi)}
    assert ("IsVersionOf", "10.5072/lakes") in relations(service, FACTS.doi)
    assert ("IsPreviousVersionOf", FACTS_2.doi) in relations(service, FACTS.doi)
    assert ("IsNewVersionOf", FACTS.doi) in relations(service, FACTS_2.doi)
    assert service.dois["10.5072/lakes"].attributes["titles"] == [{"title": "Lakes, again"}]
    assert service.dois["10.5072/lakes"].attributes["url"] == DESCRIPTION_2.url
    assert service.dois["10.5072/lakes"].attributes["publisher"] == {"name": "Office of Lakes"}


def test_a_version_before_of_another_service_is_left_alone(service: FakeDataCite) -> None:
    """The new version says what it follows all the same."""
    elsewhere = replace(DESCRIPTION_2, related=(Related("IsNewVersionOf", "10.5281/zenodo.1"),))

    story(service, NEXT, elsewhere)

    assert ("IsNewVersionOf", "10.5281/zenodo.1") in relations(service, FACTS_2.doi)
    assert not [one for one in service.requests if "zenodo" in one.path]


def test_a_doi_of_others_is_refused(service: FakeDataCite) -> None:
    """Of another publication, of a program that made it by hand, or of another account."""
    story(service)
    with pytest.raises(InputError, match="taken by something else"):
        opened(service).reserve(replace(WANTED, token=NEXT.token))

    del service.dois[FACTS.doi].attributes["alternateIdentifiers"]
    with pytest.raises(InputError, match="taken by something else"):
        opened(service).reserve(WANTED)

    service.dois[FACTS.doi].state, service.dois[FACTS.doi].owner = "draft", "other"
    with pytest.raises(InputError, match="not authorized"):
        opened(service).reserve(WANTED)


def test_discarding(service: FakeDataCite) -> None:
    """Drafts go; what is findable stays for good, and so does the dataset's."""
    opened(service).reserve(WANTED)
    assert opened(service).discard(FACTS)
    assert not service.dois
    assert opened(service).discard(FACTS)

    story(service)
    opened(service).reserve(NEXT)
    assert opened(service).discard(FACTS_2)
    assert not opened(service).discard(FACTS)
    assert set(service.dois) == {FACTS.doi, FACTS.concept_doi}


def test_a_doi_needs_a_page(service: FakeDataCite) -> None:
    """So the catalogue needs a URL."""
    facts = opened(service).reserve(WANTED)

    with pytest.raises(InputError, match="a page") as caught:
        opened(service).describe(facts, replace(DESCRIPTION, url=""))

    assert "URL" in caught.value.hint


def test_what_the_service_does_not_accept_is_told_in_its_words(service: FakeDataCite) -> None:
    """When the DOI shall be registered."""
    minter = opened(service)
    facts = minter.reserve(WANTED)
    minter.describe(facts, replace(DESCRIPTION, related=(Related("IsCousinOf", "10.1234/abc"),), creators=()))

    with pytest.raises(InputError, match="creators: Can't be blank; relatedIdentifiers: IsCousinOf is no type"):
        minter.finish(facts)
    minter.describe(facts, DESCRIPTION)
    minter.finish(facts)


def test_a_draft_that_is_gone_is_told(service: FakeDataCite) -> None:
    """Somebody deleted it."""
    with pytest.raises(InputError, match="gone"):
        opened(service).finish(FACTS)


@pytest.mark.parametrize("when", ["before", "after"])
def test_cut_at_any_request_and_run_again(service: FakeDataCite, when: str, caplog: pytest.LogCaptureFixture) -> None:
    """The same two DOIs, related, findable; errors hold no secret."""
    caplog.set_level(logging.DEBUG)
    for number in range(1, 30):
        service.dois.clear()
        story(service)
        service.count_anew(fails_at=number, when=when)  # type: ignore[arg-type]  # the parameters above
        error: SeedbedError | None = None
        try:
            story(service, NEXT, DESCRIPTION_2)
        except SeedbedError as caught:
            error = caught
        service.count_anew()
        story(service, NEXT, DESCRIPTION_2)
        assert {one.state for one in service.dois.values()} == {"findable"}
        assert len(service.dois) == 3
        assert len(service.dois["10.5072/lakes"].attributes["relatedIdentifiers"]) == 2
        if error is None:
            break
        assert is_passing(error)
        assert service.password not in f"{error!r} {error.message} {error.hint} {error.data}"
    else:
        pytest.fail("the story never ended")
    assert service.password not in caplog.text


def test_wrong_and_missing_credentials(service: FakeDataCite) -> None:
    """Are the person's to mend."""
    with pytest.raises(InputError, match=r"Bad credentials") as caught:
        opened(service, password="wrong-password").reserve(WANTED)
    assert "wrong-password" not in f"{caught.value} {caught.value.data}"
    with pytest.raises(InputError, match="it wants credentials"):
        open_minter(service.minter_url, environ={"SEEDBED_HOME": "/nowhere"}).reserve(WANTED)


def test_a_busy_service(service: FakeDataCite) -> None:
    """Is a failure that passes."""
    service.remaining = 0

    with pytest.raises(SourceError, match="429") as caught:
        opened(service).reserve(WANTED)

    assert is_passing(caught.value)


def test_what_is_said_in_the_schemas_words() -> None:
    """Everything mandatory (DataCite Metadata Schema 4.6), and what else is known."""
    said = attributes(DESCRIPTION, FACTS)

    assert (said["publicationYear"], said["types"]["resourceTypeGeneral"]) == (2026, "Dataset")
    assert (said["publisher"], said["language"], said["version"]) == ({"name": "Office of Lakes"}, "en", "1")
    assert said["creators"][1]["name"] == "Lovelace, Ada"
    assert said["creators"][0]["nameIdentifiers"][0]["nameIdentifierScheme"] == "ROR"
    assert said["rightsList"][0]["rightsIdentifier"] == "cc-by-4.0"
    assert said["sizes"] == ["17 bytes", "2 files"]
    kinds = {one["relationType"]: one["relatedIdentifierType"] for one in said["relatedIdentifiers"]}
    assert kinds == {"IsVersionOf": "DOI", "IsDerivedFrom": "URL", "IsIdenticalTo": "DOI"}
