# SPDX-License-Identifier: Apache-2.0
"""The community's tracker is the first tier, public ones come after it; what is typed counts more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from seedbed.cli import tracker_tiers
from seedbed.core import metainfo_reader
from seedbed.errors import InputError
from tests.unit.cli.test_settings import run

if TYPE_CHECKING:
    from pathlib import Path

UDP, HTTP, WS = "udp://town.example:6969/announce", "https://town.example/announce", "wss://town.example"
FIRST, SECOND = "udp://one.example:1/announce", "udp://two.example:2/announce"
LISTED = f"""# the public list
{FIRST}

{SECOND}   # is slow
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file, with a list beside it."""
    path = tmp_path / "config.toml"
    monkeypatch.setenv("SEEDBED_CONFIG", str(path))
    (tmp_path / "list.txt").write_text(LISTED)
    path.write_text(f'[trackers]\ncommunity = ["{UDP}", "{HTTP}"]\npublic = "list.txt"\n')
    return path


def tiers(*typed: str, catalog: tuple[str, ...] = (), **flags: bool) -> Any:
    """What a command makes of its options."""
    options = {"trackers": typed, "no_public_trackers": False, "no_trackers": False, **flags}
    return tracker_tiers.tiers(options, catalog)


def test_the_community_first(config: Path) -> None:
    """All its wires in one tier; each public one in a tier of its own."""
    assert tiers() == ((UDP, HTTP), (FIRST,), (SECOND,))
    assert tiers(no_public_trackers=True) == ((UDP, HTTP),)
    assert tiers(no_trackers=True) == ()
    assert tiers(no_trackers=True, catalog=(WS,)) == ()


def test_the_catalogues_own_tracker_comes_before_the_persons(config: Path) -> None:
    """It serves what is published there; a public one that is the same is named once."""
    assert tiers(catalog=(WS, FIRST)) == ((WS, FIRST), (SECOND,))


def test_what_is_typed_is_all(config: Path) -> None:
    """Nothing is added to it."""
    assert tiers(WS, FIRST, catalog=(UDP,)) == ((WS,), (FIRST,))


def test_without_settings_no_tracker_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no list of our own: nobody knows how those on it would fare tomorrow."""
    monkeypatch.delenv("SEEDBED_CONFIG", raising=False)
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path))

    assert tiers() == ()
    assert tiers(catalog=(UDP,)) == ((UDP,),)


@pytest.mark.slow
@pytest.mark.timeout(90)
def test_a_catalogue_names_its_tracker_later(config: Path) -> None:
    """By a release of its own, which others follow; what is published from then on has it; and it can be taken back."""
    home = config.parent
    (home / "a.csv").write_text("id\n1\n")
    link = json.loads(run(home, "catalog", "init", "site", "--url", (home / "site").as_uri(), "--json").stdout)
    said = ("--title", "A", "--license", "CC0-1.0", "--no-inspect", "--json")
    run(home, "publish", "a.csv", "--dataset", "a", "--no-trackers", *said)
    run(home, "catalog", "pull", link["join_link"], "--no-dht", "--lan")

    named = json.loads(run(home, "catalog", "tracker", WS, HTTP, "--json").stdout)
    again = run(home, "catalog", "tracker", WS, HTTP)
    (home / "a.csv").write_text("id\n2\n")
    done = json.loads(run(home, "publish", "a.csv", "--dataset", "a", "--version", "2", *said).stdout)
    pulled = run(home, "catalog", "pull", "--no-dht", "--lan")

    assert (named["trackers"], named["serial"]) == ([WS, HTTP], 2)
    assert "already" in again.stdout
    assert metainfo_reader.parse((home / done["torrent"]).read_bytes()).trackers[0] == (WS, HTTP)
    assert pulled.returncode == 0, pulled.stderr
    assert json.loads(run(home, "catalog", "tracker", "--json").stdout)["trackers"] == [WS, HTTP]
    assert json.loads(run(home, "catalog", "tracker", "--none", "--json").stdout)["trackers"] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("trackers = 1", r"expected a section \[trackers\]"),
        ('[trackers]\npublik = ["x"]', "no such setting"),
        ("[trackers]\npublic = [1]", "expected a list"),
        ('[trackers]\npublic = "none.txt"', "none.txt cannot be read"),
        ('[trackers]\ncommunity = ["town.example"]', "tracker 'town.example'"),
        ("[trackers]\npublic = [" + '"udp://x.example:1",' * 91 + "]", "at most 90"),
    ],
)
def test_what_is_wrong_in_them_is_told(config: Path, text: str, said: str) -> None:
    """With the file's name."""
    config.write_text(text)

    with pytest.raises(InputError, match=said):
        tiers()


@pytest.mark.slow
def test_a_torrent_and_a_published_version_name_them(config: Path) -> None:
    """In order, with their tiers; settings are shown."""
    home = config.parent
    (home / "a.csv").write_text("id\n1\n")
    run(home, "catalog", "init", "site", "--tracker", WS, "--tracker", HTTP)

    run(home, "torrent", "create", "a.csv", "-o", "x.torrent")
    said = ("--dataset", "a", "--title", "A", "--license", "CC0-1.0", "--no-inspect")
    done = json.loads(run(home, "publish", "a.csv", *said, "--json").stdout)
    shown = run(home, "show", done["id"], "--catalog", "site", "--json").stdout

    made = metainfo_reader.parse((home / "x.torrent").read_bytes())
    published = metainfo_reader.parse((home / done["torrent"]).read_bytes())
    assert made.trackers == ((UDP, HTTP), (FIRST,), (SECOND,))
    assert published.trackers == ((WS, HTTP), (FIRST,), (SECOND,))
    assert all(json.dumps(url) in shown for url in (WS, HTTP, FIRST, SECOND))
    assert json.loads(run(home, "config", "--json").stdout)["settings"]["trackers"]["public"] == "list.txt"
