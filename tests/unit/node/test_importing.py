# SPDX-License-Identifier: Apache-2.0
"""Settings of another program, read line by line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.api.home import Home
from seedbed.api.node_joining import imported
from seedbed.catalog import paths
from seedbed.catalog.model import Site
from seedbed.catalog.table import writer
from seedbed.errors import InputError
from seedbed.node.giving.importing import chosen, read
from tests.releases import in_table_order, release

PROPERTIES = b"""[Transmission]
address=192.0.2.7
port=9091
user=me
password=hunter2

# who I am
[AcademicTorrents]
api_key=uid=7;pass=hunter2
max_size =
wings = 2
"""
URLS = b"""https://at.example/collection/maps.csv
# not now: https://at.example/collection/films.csv
https://at.example/collection/Water%20levels.csv

"""


def test_every_setting_is_told_and_no_secret_is() -> None:
    """What it became, or why it became nothing; with its line."""
    only, notes = chosen(read({"smartnode.properties": PROPERTIES, "collections_urls.txt": URLS}), {"maps", "other"})
    assert only == ("maps",)
    told = {note.setting: (note.where, note.became, note.why) for note in notes}
    assert told["maps"] == ("collections_urls.txt:1", "--only maps", "")
    assert told["Water levels"] == ("collections_urls.txt:3", "", "the catalogue has no collection of this name")
    assert told["[transmission] password"][0] == "smartnode.properties:5"
    client = "seedbed node run --client transmission:http://me@192.0.2.7:9091"
    assert [told[f"[transmission] {name}"][1] for name in ("address", "port", "user")] == [client] * 3
    assert "SEEDBED_CLIENT_PASSWORD" in told["[transmission] password"][2]
    assert told["[academictorrents] max_size"][2] == "it is empty"
    assert told["[academictorrents] wings"][2] == "this setting is not known"
    assert "hunter2" not in str(notes)
    assert len(notes) == 9


@pytest.mark.parametrize(
    ("name", "body", "where"),
    [
        ("smartnode.properties", b"port=5\n", ":1:"),
        ("smartnode.properties", b"[A]\n\nno value\n", ":3:"),
        ("smartnode.properties", b"[A]\n=x\n", ":2:"),
        ("smartnode.properties", b"[A]\nx=1\nx=2\n", ":3:"),
        ("smartnode.properties", b"[A]\nx=\xff\n", ":2:"),
        ("smartnode.properties", bytes(2_000_000), "2,000,000 bytes"),
        ("collections_urls.txt", b"\nmaps\n", ":2:"),
        ("collections_urls.txt", b"ftp://at.example/maps.csv\n", ":1:"),
        ("collections_urls.txt", b"https://at.example/\n", ":1:"),
        ("collections_urls.txt", b"https://at.example/%00.csv\n", ":1:"),
        ("collections_urls.txt", b"<html>\n<body>\n", ":1:"),
    ],
)
def test_what_cannot_be_understood_is_told_by_line(name: str, body: bytes, where: str) -> None:
    """And nothing of it is used."""
    with pytest.raises(InputError, match="cannot be read") as caught:
        read({name: body})
    assert where in caught.value.message


def test_many_faults_are_told_together() -> None:
    """Up to twenty; a whole page of HTML is not repeated."""
    with pytest.raises(InputError) as caught:
        read({"collections_urls.txt": b"nonsense\n" * 500, "smartnode.properties": b"x\n"})
    assert caught.value.message.count("\n") == 21
    assert "and 481 more" in caught.value.message


def test_when_nothing_of_it_is_in_the_catalogue() -> None:
    """It is refused: without a choice the node would take everything."""
    with pytest.raises(InputError, match="none of the 2 collections") as caught:
        chosen(read({"collections_urls.txt": URLS}), {"books"})
    assert "books" in caught.value.hint
    assert chosen(read({"smartnode.properties": b""}), {"books"}) == ((), ())


@given(st.binary(max_size=300))
def test_any_bytes(body: bytes) -> None:
    """They are read, or refused in our own words."""
    for name in ("smartnode.properties", "collections_urls.txt"):
        try:
            chosen(read({name: body}), {"maps"})
        except InputError as error:
            assert error.message  # one of two good outcomes


def test_a_folder_a_file_and_nothing(tmp_path: Path) -> None:
    """From a folder both are read; a folder without them is told."""
    (tmp_path / "site").mkdir()
    writer.write_catalog(
        tmp_path / "site" / paths.CATALOG, in_table_order([release("roads", collection="maps")]), Site("site")
    )
    (tmp_path / "old").mkdir()
    (tmp_path / "old/collections_urls.txt").write_bytes(URLS)
    home, site = Home(tmp_path / "data", tmp_path / "cache"), str(tmp_path / "site")
    assert imported(home, site, tmp_path / "old")[0] == ("maps",)
    (tmp_path / "old/smartnode.properties").write_bytes(PROPERTIES)
    assert len(imported(home, site, tmp_path / "old")[1]) == 9
    assert len(imported(home, site, tmp_path / "old/smartnode.properties")[1]) == 7
    with pytest.raises(InputError, match="neither"):
        imported(home, site, Path(site))
