# SPDX-License-Identifier: Apache-2.0
"""Every row of the bad-input table T meets its refusal."""

from __future__ import annotations

import pytest

from seedbed.core import metainfo_reader
from seedbed.core.bencode import encode
from seedbed.core.ids import InfoHashes
from seedbed.core.metainfo import PORTAL_RULES
from seedbed.errors import BencodeError, DataError, NameRefusedError, TorrentError
from tests.unit.core.hostile import CASES, PRIVATE_WEB_SEEDS, Case, folder, outer, v1, v2, web_seeds


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.row)
def test_refused(case: Case) -> None:
    """A hostile torrent is refused by the rule that the table names."""
    torrent = case.torrent()

    with pytest.raises((BencodeError, TorrentError, NameRefusedError)) as refusal:
        metainfo_reader.parse(torrent)

    assert refusal.value.data.get("rule", "bencode") == case.rule
    assert len(refusal.value.message) < 400, "a message is for people"


@pytest.mark.parametrize("sound", [v1(), v2(), folder([b"a"], [b"b"]), web_seeds("https://example.org/a.txt")])
def test_sound_ones_pass(sound: bytes) -> None:
    """The torrents that the hostile ones are made from are themselves accepted."""
    assert metainfo_reader.parse(sound).size_bytes in (5, 10)


def test_t37_says_not_a_torrent() -> None:
    """T37: an HTML page is called what it is."""
    with pytest.raises(BencodeError, match=r"not a torrent.*DOCTYPE"):
        metainfo_reader.parse(b"<!DOCTYPE html>")


def test_t41_other_info_hash() -> None:
    """T41: a torrent that is not the one asked for does not pass."""
    metainfo = metainfo_reader.parse(v1())

    with pytest.raises(DataError, match="expected 0000"):
        metainfo_reader.require(metainfo, InfoHashes(bytes(20), None))
    metainfo_reader.require(metainfo, metainfo.info_hashes)


def test_t42_sources_beyond_the_catalogue_are_stripped() -> None:
    """T42: trackers and web seeds that the catalogue does not list are left out, the info-hash stays."""
    torrent = outer(
        announce=b"http://evil.example/announce",
        **{"announce-list": [[b"http://evil.example/announce"], [b"http://good.example/announce"]]},
        **{"url-list": [b"https://good.example/a.txt", b"https://evil.example/a.txt"]},
    )
    metainfo = metainfo_reader.parse(torrent)

    kept = metainfo_reader.sources_within(
        metainfo, trackers={"http://good.example/announce"}, web_seeds={"https://good.example/a.txt"}
    )

    again = metainfo_reader.parse(encode(dict(kept)))
    assert again.trackers == (("http://good.example/announce",),)
    assert again.web_seeds == ("https://good.example/a.txt",)
    assert again.info_hashes == metainfo.info_hashes


@pytest.mark.parametrize("url", PRIVATE_WEB_SEEDS)
def test_t45_web_seed_on_a_private_network(url: str) -> None:
    """T45: a portal refuses web seeds on private networks in every spelling; a node decides at connect."""
    with pytest.raises(TorrentError) as refusal:
        metainfo_reader.parse(web_seeds(url), rules=PORTAL_RULES)

    assert refusal.value.data["rule"] == "private-host"


@pytest.mark.parametrize("url", ["https://data.source.coop/a", "http://[2606:4700::1]/a", "http://8.8.8.8/a"])
def test_t45_public_web_seed(url: str) -> None:
    """Public web seeds pass the portal's rules."""
    assert metainfo_reader.parse(web_seeds(url), rules=PORTAL_RULES).web_seeds == (url,)
