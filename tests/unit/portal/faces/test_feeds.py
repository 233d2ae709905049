# SPDX-License-Identifier: Apache-2.0
"""Feeds of torrents: what is in which, and what readers find in an item."""

from __future__ import annotations

import datetime as dt
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from seedbed.health.current import CurrentHealth, Health
from seedbed.health.risk import Copies
from seedbed.portal.faces.feeds import rss
from seedbed.portal.settings import Settings
from tests.portals import URL
from tests.unit.portal.faces.hostile import hostile, parsed, with_the_worst

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.catalog.model import Release
    from tests.portals import Stand

TORRENT = "{http://xmlns.ezrss.it/0.1/}"
NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


def titles(stand: Stand, path: str) -> list[str]:
    """Of the items of a feed."""
    answer = stand.web.get(path)
    assert answer.status_code == 200, answer.text
    return [one.text or "" for one in parsed(answer.text).findall("channel/item/title")]


def counted(stand: Stand, **peers: int) -> None:
    """Somebody has counted peers of these datasets' newest versions."""
    with CurrentHealth(stand.portal.health._path) as record:
        record.note(
            [Health(f"{name}@{2 if name == 'lakes' else 1}", Copies(unproved=n)) for name, n in peers.items()], NOW
        )


CENSUS, LAKES_1, LAKES_2 = "Census <b>2021</b> (1)", "Lakes of the town (1)", "Lakes of the town (2)"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/rss.xml", {CENSUS, LAKES_1, LAKES_2}),
        ("/rss/all.rss", {CENSUS, LAKES_1, LAKES_2}),
        ("/rss/collection/water.rss", {LAKES_1, LAKES_2}),
        ("/rss/tag/People.rss", {CENSUS}),
        ("/rss/tag/none.rss", set()),
        ("/rss/dataset/lakes.rss", {LAKES_1, LAKES_2}),
        ("/rss/size/lt/1gb.rss", {LAKES_1, LAKES_2}),
        ("/rss/size/gt/1gb.rss", {CENSUS}),
        ("/rss/threat/at-risk.rss", {CENSUS}),
        ("/rss/threat/endangered.rss", {CENSUS}),
        ("/rss/threat/unknown.rss", {LAKES_1, LAKES_2}),
        ("/rss/source/available.rss", {CENSUS, LAKES_1, LAKES_2}),
        ("/rss/source/unavailable.rss", set()),
        ("/rss/scarcity/uploaded.rss", {CENSUS, LAKES_1, LAKES_2}),
        ("/rss/scarcity/source_only.rss", set()),
        ("/rss/at-risk.rss", {CENSUS}),
        ("/rss/fits/2mb.rss", {LAKES_1, LAKES_2}),
        ("/rss/fits/1mb.rss", {LAKES_2}),
        ("/rss/fits/10tb.rss", {CENSUS, LAKES_1, LAKES_2}),
    ],
)
def test_what_is_in_which_feed(shown: Stand, path: str, expected: set[str]) -> None:
    """By the address alone."""
    assert set(titles(shown, path)) == expected


def test_by_how_many_peers_were_seen(stand: Stand) -> None:
    """Only what somebody has counted."""
    counted(stand, census=3, lakes=0)

    assert titles(stand, "/rss/seeds/unseeded.rss") == [LAKES_2]
    assert titles(stand, "/rss/seeds/1-10.rss") == [CENSUS]


@pytest.mark.parametrize(
    "path",
    [
        "collection/none",
        "dataset/none",
        "size/lt/much",
        "threat/mild",
        "source/x",
        "scarcity/x",
        "seeds/many",
        "fits/x",
    ],
)
def test_there_is_no_such_feed(shown: Stand, path: str) -> None:
    """404, and what there would be."""
    assert shown.web.get(f"/rss/{path}.rss").status_code == 404


def test_an_item_has_what_clients_look_for(stand: Stand) -> None:
    """BEP 36: the enclosure, and the hash, size and magnet link beside it."""
    counted(stand, census=3)
    item = next(iter(parsed(stand.web.get("/rss/dataset/census.rss").text).iter("item")))
    release = stand.portal.shelf.release("census@1")
    enclosure = item.find("enclosure")

    assert enclosure is not None
    assert enclosure.attrib == {
        "url": f"{URL}/datasets/census/1.torrent",
        "length": "2000",
        "type": "application/x-bittorrent",
    }
    assert item.findtext(f"{TORRENT}infoHash") == release.torrent.info_hash_v1
    assert item.findtext(f"{TORRENT}contentLength") == "9000000000"
    assert item.findtext(f"{TORRENT}magnetURI") == release.torrent.magnet
    assert item.findtext(f"{TORRENT}seeds") == "3"
    assert parsedate_to_datetime(item.findtext("pubDate") or "") == release.published
    assert item.findtext("guid") == f"urn:btih:{release.torrent.info_hash_v1}"


def test_a_reader_without_etags_is_told_by_the_time(shown: Stand) -> None:
    """Last-Modified and If-Modified-Since; nonsense is passed over."""
    first = shown.web.get("/rss.xml")
    since = {"If-Modified-Since": first.headers["last-modified"]}

    assert shown.web.get("/rss.xml", headers=since).status_code == 304
    assert shown.web.get("/rss.xml", headers={"If-Modified-Since": "yesterday"}).status_code == 200
    assert (
        shown.web.get("/rss.xml", headers={"If-Modified-Since": "Sat, 21 Nov 2026 10:00:00 -0000"}).status_code == 200
    )


@settings(max_examples=25, deadline=None)
@with_the_worst
@given(hostile())
def test_any_title_is_only_a_title(tmp_path_factory: pytest.TempPathFactory, one: Release) -> None:
    """The feed stays one well-formed item whatever its texts say."""
    own: Path = tmp_path_factory.getbasetemp()
    channel = rss.Channel(one.title, one.description, "https://a.example/?a=1&b=2", "https://a.example/", NOW)
    text = "".join(rss.render(channel, [rss.item(Settings(own, URL), one, None)]))

    root = parsed(text)
    assert len(root.findall("channel/item")) == 1
    assert len(root.findall("channel/item/title")[0]) == 0
    assert "<" not in (root.findtext("channel/item/description") or "")
