# SPDX-License-Identifier: Apache-2.0
"""DCAT: what rdflib reads in each form is the same, whatever titles say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import rdflib
from hypothesis import given, settings
from rdflib.compare import isomorphic
from rdflib.namespace import DCTERMS, RDF

from seedbed.portal.faces.accepting import best
from seedbed.portal.faces.dcat import describe
from seedbed.portal.faces.dcat import pages as dcat
from seedbed.portal.faces.dcat.triples import iri, text
from seedbed.portal.faces.dcat.writers import FORMS
from seedbed.portal.settings import Settings
from tests.portals import URL, write_tables
from tests.releases import release, releases
from tests.unit.portal.faces.hostile import hostile, with_the_worst

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.catalog.model import Release
    from tests.portals import Stand

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
"""rdflib's own reader of JSON-LD uses it."""
DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
NAMES = {"ttl": "turtle", "jsonld": "json-ld", "rdf": "xml", "nt": "nt"}


def read(body: str, form: str) -> rdflib.Graph:
    """What rdflib understands."""
    return rdflib.Graph().parse(data=body, format=NAMES[form], publicID=f"{URL}/")


def written(one: Release, form: str, folder: Path) -> rdflib.Graph:
    """A release in a form, read again."""
    own = Settings(folder, URL)
    triples = [*describe.dataset(own, one, [one]), *describe.version(own, one)]
    return read("".join(FORMS[form][1](iter(triples))), form)


@settings(max_examples=8, deadline=None)
@with_the_worst
@given(hostile() | releases())
def test_every_form_says_the_same(tmp_path_factory: pytest.TempPathFactory, one: Release) -> None:
    """Turtle, JSON-LD and N-Triples to the letter; RDF/XML as far as XML can hold the characters."""
    folder = tmp_path_factory.getbasetemp()
    graphs: dict[str, Any] = {form: written(one, form, folder) for form in FORMS}

    assert set(graphs["ttl"]) == set(graphs["jsonld"]) == set(graphs["nt"])
    assert len(graphs["rdf"]) == len(graphs["ttl"])
    titles = {str(title) for title in graphs["ttl"].objects(None, DCTERMS.title)}
    assert one.title in titles


def test_the_catalogue_has_its_datasets(shown: Stand) -> None:
    """Each with title, newest version and torrent; the withdrawn one is not there; both forms agree."""
    ttl = read(shown.web.get("/catalog.ttl").text, "ttl")
    json_ld = read(shown.web.get("/catalog.jsonld").text, "jsonld")

    assert isomorphic(ttl, json_ld)
    lakes = rdflib.URIRef(f"{URL}/datasets/lakes")
    assert set(ttl.objects(None, DCAT.dataset)) == {lakes, rdflib.URIRef(f"{URL}/datasets/census")}
    assert (lakes, DCAT.hasCurrentVersion, rdflib.URIRef(f"{URL}/datasets/lakes/2")) in ttl
    torrent = rdflib.URIRef(f"{URL}/datasets/lakes/2#torrent")
    assert (
        torrent,
        DCAT.mediaType,
        rdflib.URIRef("https://www.iana.org/assignments/media-types/application/x-bittorrent"),
    ) in ttl
    assert len(set(ttl.subjects(RDF.type, DCAT.DataService))) == 3


def test_a_dataset_has_its_versions(shown: Stand) -> None:
    """Both versions, and which was before which."""
    graph = read(shown.web.get("/datasets/lakes.ttl").text, "ttl")
    first, second = (rdflib.URIRef(f"{URL}/datasets/lakes/{number}") for number in (1, 2))

    assert set(graph.objects(rdflib.URIRef(f"{URL}/datasets/lakes"), DCAT.hasVersion)) == {first, second}
    assert (second, DCAT.previousVersion, first) in graph
    assert (second, DCAT.version, rdflib.Literal("2")) in graph


def test_pages_lead_to_each_other(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large catalogue is read page by page: by the header, and by hydra inside."""
    write_tables(stand.portal.settings.catalog, [release(f"d{at}") for at in range(5)])
    stand.portal.shelf.refresh()
    monkeypatch.setattr(dcat, "PAGE", 2)
    seen, url = set[Any](), "/catalog.ttl"
    for _ in range(3):
        answer = stand.web.get(url)
        graph = read(answer.text, "ttl")
        seen |= set(graph.objects(None, DCAT.dataset))
        following = answer.links.get("next", {}).get("url", "")
        hydra = rdflib.URIRef("http://www.w3.org/ns/hydra/core#next")
        assert [str(one) for one in graph.objects(None, hydra)] == ([following] if following else [])
        url = following

    assert len(seen) == 5
    assert not url


@pytest.mark.parametrize(
    ("accept", "where"),
    [
        ("text/turtle", "/datasets/lakes.ttl"),
        ("application/ld+json, text/html;q=0.5", "/datasets/lakes.jsonld"),
        ("application/json", "/api/v1/datasets/lakes"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", ""),
        ("*/*", ""),
    ],
)
def test_the_page_is_data_for_who_wants_data(shown: Stand, accept: str, where: str) -> None:
    """By the header Accept; browsers get the page."""
    answer = shown.web.get("/datasets/lakes", headers={"Accept": accept})

    assert answer.status_code == (303 if where else 200)
    assert answer.headers.get("location", "").removeprefix(URL) == where


def test_a_header_of_nonsense_gets_the_page() -> None:
    """No weight that is no number, and nothing endless."""
    assert best("text/turtle;q=²,;;,=,text/turtle;q=") == ""
    assert best("text/turtle" + ";" * 100_000) == "ttl"


def test_strange_values_stay_out() -> None:
    """An address that is none is left out; a language that is none makes plain text."""
    assert iri("javascript:alert(1)") is None
    assert iri("../x") is None
    assert text("x", 'en" .').language == ""
