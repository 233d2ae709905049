# SPDX-License-Identifier: Apache-2.0
"""The pages for readers: what they say, and that they say it without scripts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.catalog.model import Mirror
from seedbed.health.current import CurrentHealth, Health
from seedbed.health.history import Day, History
from seedbed.health.record import HealthRecord, Noted
from seedbed.health.risk import Copies
from seedbed.portal.datasets import differences, ways
from seedbed.portal.datasets.nodes import read_nodes
from tests import releases
from tests.portals import small_releases

if TYPE_CHECKING:
    from pathlib import Path

    from tests.portals import Stand

NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
COPY = "https://data.example.org/lakes/{path}"


def look(stand: Stand) -> None:
    """What a server's schedule would have found."""
    path = stand.portal.settings.folder / "health.sqlite"
    with CurrentHealth(path) as record:
        record.note(
            [
                Health("lakes@2", Copies(proved=3, has_registry=True, good_mirrors=1)),
                Health("census@1", Copies(unproved=1)),
            ],
            NOON,
        )
    with History(path) as history:
        days = [(NOON - dt.timedelta(days=ago)).date() for ago in (3, 2, 1)]
        history.note([("lakes@2", Day(day, peers, 1)) for day, peers in zip(days, (1, 2, 3), strict=True)])
    with HealthRecord(path) as audits:
        audits.note([Noted("lakes@2", COPY, NOON, "good")])


def test_a_dataset_s_page_says_all_that_is_known(stand: Stand) -> None:
    """What it is, whether it is safe, where to get it, what changed, how to cite it."""
    look(stand)

    page = stand.web.get("/datasets/lakes").text

    for wanted in (
        "Lakes of the town", "Outlines of all lakes.", "CC-BY-4.0", "City of Edmonton", "tables/part-000.csv",
        "/v/lakes/2.torrent", "magnet:?xt=urn:btih:", "seedbed fetch lakes@2", 'aria-label="Independent peers',
        "What changed since version 1", "3 changed", "proved", "world.svg", "3 peers were asked for a piece",
    ):  # fmt: skip
        assert wanted in page, wanted


def test_a_translated_dataset_is_shown_in_the_readers_language(stand: Stand) -> None:
    """Title and description; the rest of the page too."""
    page = stand.web.get("/datasets/lakes?lang=fr").text

    assert "Lacs de la ville" in page
    assert "Télécharger" in page


def test_an_older_version_says_so_and_leads_to_the_newest(stand: Stand) -> None:
    """It stays as it was."""
    page = stand.web.get("/datasets/lakes/1").text

    assert "This is an older version" in page
    assert '<a href="/datasets/lakes">' in page


def test_a_withdrawn_version_says_why_and_offers_no_download(stand: Stand) -> None:
    """Its page stays, so that links to it do not lie."""
    page = stand.web.get("/datasets/mistake").text

    assert "It named people." in page
    assert 'id="download"' not in page


@pytest.mark.parametrize("path", ["/datasets/nothing", "/datasets/lakes/9", "/hash/" + "0" * 40, "/collections/none"])
def test_what_is_not_there_is_404(stand: Stand, path: str) -> None:
    """With a page, and not with a trace."""
    assert stand.web.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/datasets/%2e%2e%2fetc", "/datasets/lakes/..%5c", "/datasets/LAKES/2"])
def test_names_that_cannot_be_are_refused(stand: Stand, path: str) -> None:
    """Whatever they try."""
    assert stand.web.get(path).status_code in {400, 404}


def test_a_hash_leads_to_its_version(stand: Stand) -> None:
    """Of either kind."""
    facts = small_releases()[2].torrent
    for one in (facts.info_hash_v1, facts.info_hash_v2):
        assert stand.web.get(f"/hash/{one}").headers["location"] == "/datasets/lakes/2"


def test_files_are_paged_and_searched(stand: Stand) -> None:
    """By a part of their path."""
    assert "part-001.csv" in stand.web.get("/datasets/lakes/2/files").text
    found = stand.web.get("/datasets/lakes/2/files?q=PART-002").text
    assert "part-002.csv" in found
    assert "part-001.csv" not in found
    assert stand.web.get("/datasets/lakes/2/files?page=999999").status_code == 200


def test_the_search_page_keeps_its_question_and_counts_facets(stand: Stand) -> None:
    """And each facet is a link that narrows it down."""
    page = stand.web.get("/datasets?q=lakes&collection=water&from=2024").text

    assert 'value="lakes"' in page
    assert 'href="/datasets?q=lakes&amp;from=2024"' in page
    part = stand.web.get("/datasets?q=lakes&part=hits").text
    assert "<html" not in part
    assert "Lakes of the town" in part


def test_a_collection_has_a_page_of_its_own(stand: Stand) -> None:
    """What it is, and its datasets, to be searched further."""
    place = stand.web.get("/collections/water").headers["location"]

    page = stand.web.get(place).text

    assert "<h1>Water</h1>" in page
    assert "Lakes and rivers." in page
    assert "Lakes of the town" in page
    assert "Census" not in page


def test_what_needs_copies_stands_at_risk(stand: Stand) -> None:
    """The worst first; and what the source threatens."""
    assert "Nobody has looked" in stand.web.get("/at-risk").text
    look(stand)
    stand.portal.health._clock_s = lambda: 1e9  # half a minute later

    page = stand.web.get("/at-risk").text

    assert "last copy" in page
    assert "The source is at risk" in page
    assert "lakes@2" not in page


def test_the_commons_counts_everything_that_is_not_withdrawn(stand: Stand) -> None:
    """In numbers, and in pictures that say what they show."""
    look(stand)

    page = stand.web.get("/commons").text

    assert "9.0" in page
    assert 'aria-label="Versions by number of independent copies"' in page
    assert "seedbed node join" in page


@pytest.mark.parametrize(
    "path", ["/", "/datasets", "/datasets/lakes", "/recent", "/at-risk", "/commons", "/collections"]
)
@pytest.mark.parametrize("lang", ["en", "fr", "es"])
def test_each_page_is_small_and_needs_no_script(stand: Stand, path: str, lang: str) -> None:
    """Below 60 kB of HTML, with its style and without inline scripts."""
    answer = stand.web.get(path, params={"lang": lang})

    assert answer.status_code == 200
    assert len(answer.content) < 60_000
    assert "<script>" not in answer.text
    assert " onclick=" not in answer.text


def test_differences_are_told_by_content() -> None:
    """A renamed file is no new one; the same path with other bytes is changed."""
    first = releases.file_rows(releases.release("lakes", "1"))
    kept, renamed, changed = first
    after = [
        kept, replace(renamed, path="tables/new-name.csv"), replace(changed, pieces_root="0" * 64),
        replace(kept, path="extra.csv", pieces_root="1" * 64),
    ]  # fmt: skip

    found = differences.compare(first, after)

    assert found.moved == ((renamed.path, "tables/new-name.csv"),)
    assert found.changed == (changed.path,)
    assert found.added == ("extra.csv",)
    assert found.removed == ()
    assert found.same_count == 1
    assert differences.compare(first, first).is_empty


def test_copies_on_the_web_are_told_good_first() -> None:
    """Bad ones last, with what was wrong."""
    lakes = small_releases()[2]
    facts = replace(lakes.torrent, web_seeds=("https://b.example.org/x/", "https://data.example.org/"))
    own = Mirror("own", "https://data.example.org/lakes-2/")
    release = replace(lakes, torrent=facts, mirrors=(own,))
    good = Noted("lakes@2", "", NOON, "good")

    bad = Noted("lakes@2", "", NOON, "bad", ("wrong-bytes",))
    found = ways.copies(release, {"https://b.example.org/x/": bad, "https://data.example.org/": good})

    assert [one.state for one in found] == ["good", "bad"]
    assert found[0].name == "data.example.org"
    assert found[-1].troubles == ("wrong-bytes",)
    assert found[-1].url == "https://b.example.org/x/lakes-2/"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"nodes": "x"}', b'{"nodes":1,"proved":1,"countries":[]}', b"\xff"]
)
def test_a_registry_s_nonsense_is_no_number(body: bytes) -> None:
    """The page then says that it is not known."""
    assert read_nodes(body) is None


def test_health_is_kept_as_it_was_found(tmp_path: Path) -> None:
    """Through the file and back."""
    one = Health(
        "a@1",
        Copies(2, 1, has_registry=True, good_mirrors=3, unknown_mirrors=1, countries=2),
        fetching=4,
        bad_mirrors=1,
        mirrors_at=NOON,
    )
    with CurrentHealth(tmp_path / "h.sqlite") as record:
        record.note([one], NOON)

        assert record.get("a@1") == replace(one, at=NOON)
        assert record.get("b@1") is None
        assert list(record.all()) == ["a@1"]
