# SPDX-License-Identifier: Apache-2.0
"""A keeper looks after a catalogue's copies: bad ones are named no longer, good ones again, with a history."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING

import pytest

from seedbed.api.keeping import Round
from seedbed.catalog import paths
from seedbed.catalog.releasing.publisher import open_publisher
from seedbed.catalog.table.reader import read_catalog
from seedbed.core import magnet, metainfo_reader
from seedbed.fetching.rules import Rules
from seedbed.health.record import HealthRecord
from tests.persons import SAID, Person, is_missing

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web import Site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]
ALL = ("audit", "--all", "--lan", "--every", 0)


def named(person: Person) -> tuple[list[str], list[str]]:
    """What entry and torrent say of the copies; magnet and torrent agree, and the info-hash stays."""
    (release,) = read_catalog(person.root / "site" / paths.CATALOG)
    data = (person.root / "site" / paths.torrent(release.torrent.best_hex)).read_bytes()
    torrent = metainfo_reader.parse(data)
    assert (hashlib.sha256(data).hexdigest(), len(data)) == (release.torrent.sha256, release.torrent.length)
    assert magnet.parse(release.torrent.magnet).web_seeds == torrent.web_seeds == release.torrent.web_seeds
    return [one.href for one in release.mirrors], list(torrent.web_seeds)


def test_a_bad_copy_goes_and_a_mended_one_comes_back(person: Person, site: Site, tmp_path: Path) -> None:
    """Wrong bytes at once; back when they were right twice; the history tells both."""
    person.run("publish", "lakes", *SAID, "--version", 1, "--mirror", person.mirror(site))
    before = named(person)
    assert before == ([f"{site.url}/lakes/1/lakes/"], [f"{site.url}/lakes/1/"])
    file = tmp_path / "www/lakes/1/lakes/a.csv"
    file.chmod(0o644)
    file.write_text("id\n9\n")

    tried, _ = person.run(*ALL)
    assert (tried["serial"], tried["versions"][0]["deeds"][0]["deed"]) == (None, "withdrawn")
    assert named(person) == before
    done, _ = person.run(*ALL, "--withdraw")

    assert done["serial"] == 2
    assert named(person) == ([], [])
    file.write_text("id\n1\n")
    assert person.run(*ALL, "--withdraw")[0]["serial"] is None  # wrong bytes: once is not enough
    assert named(person) == ([], [])
    history, _ = person.run("audit", "lakes", "--history")
    assert [one["deed"] for one in history["deeds"]] == ["withdrawn"]
    assert [one["verdict"] for one in history["audits"]] == ["good", "bad", "bad"]


def test_one_version_is_looked_at_with_all_its_copies(person: Person, site: Site) -> None:
    """And what is found is remembered."""
    person.run("publish", "lakes", *SAID, "--version", 1, "--mirror", person.mirror(site))

    found, _ = person.run("audit", "lakes", "--lan")

    assert [(one["url"], one["verdict"]) for one in found["copies"]] == [(f"{site.url}/lakes/1/", "good")]
    assert len(person.run("audit", "lakes", "--history")[0]["audits"]) == 1


def test_a_server_that_is_away_for_a_moment_stays_named(person: Person, site: Site) -> None:
    """A second look, hours later, decides."""
    person.run("publish", "lakes", *SAID, "--version", 1, "--mirror", person.mirror(site))
    site.misbehave = is_missing

    done, _ = person.run(*ALL, "--withdraw")

    assert done["serial"] is None
    assert done["versions"][0]["copies"][0]["verdict"] == "bad"
    assert named(person)[1]


def test_everything_in_its_time(person: Person, site: Site, tmp_path: Path) -> None:
    """Two looks hours apart withdraw a copy; one good look brings it back, as it was."""
    person.run("publish", "lakes", *SAID, "--version", 1, "--mirror", person.mirror(site))
    folder, keys = tmp_path / "site", tmp_path / "home/keys"
    (before,) = read_catalog(folder / paths.CATALOG)
    hours = [0]

    def now() -> dt.datetime:
        return dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(hours=hours[0])

    def look() -> list[str]:
        with HealthRecord(tmp_path / "h.sqlite") as record:
            round_ = Round(folder, record, Rules(allows_private=True), now)
            (release,) = read_catalog(folder / paths.CATALOG)
            looked = round_.look(release)
            if change := round_.change():
                with open_publisher(folder, keys, wait_s=5, now=now) as publisher:
                    publisher.release(change)
            return [deed.deed for deed in looked.deeds] if looked else []

    site.misbehave = is_missing
    assert look() == []
    hours[0] = 4
    assert look() == ["withdrawn"]
    assert named(person) == ([], [])
    site.misbehave = lambda _handler, _body: False
    hours[0] = 8
    assert look() == ["restored"]
    (after,) = read_catalog(folder / paths.CATALOG)
    assert (after.mirrors, after.torrent) == (before.mirrors, before.torrent)
    person.run("fetch", "lakes", "--lan", "--no-dht", "-o", tmp_path / "got")
