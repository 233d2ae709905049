# SPDX-License-Identifier: Apache-2.0
"""Which units are served by which torrents."""

from __future__ import annotations

from seedbed.engine.base import TorrentId
from seedbed.node.holding.served import Served

ONE, OTHER = TorrentId("one"), TorrentId("other")


def test_a_torrent_is_needed_until_its_last_part_has_gone() -> None:
    """Parts of one version are one torrent: only the last one gives it free."""
    served = Served()
    for item in ("ortho@1#1", "ortho@1#2"):
        served.put(item, ONE)
    served.put("lakes@1", OTHER)

    assert served.of_version("ortho@1") == served.of_torrent(ONE) == ["ortho@1#1", "ortho@1#2"]
    assert served.drop("ortho@1#1") is None
    assert served.drop("ortho@1#2") == ONE
    assert served.drop("ortho@1#2") is None
    assert served.torrents == {"lakes@1": OTHER}
    assert served.of_version("ortho@1") == served.of_torrent(ONE) == []


def test_two_versions_with_the_same_files_may_be_one_torrent() -> None:
    """It is needed until both have gone."""
    served = Served()
    served.put("lakes@1", ONE)
    served.put("lakes@2", ONE)

    assert served.drop("lakes@2") is None
    assert served.of_version("lakes@1") == ["lakes@1"]
    assert served.drop("lakes@1") == ONE


def test_a_unit_that_is_put_again_has_its_newest_torrent() -> None:
    """Nothing is left of the one before."""
    served = Served()
    served.put("lakes@1", ONE)
    served.put("lakes@1", OTHER)

    assert served.torrents == {"lakes@1": OTHER}
    assert served.of_torrent(ONE) == []
    assert served.of_version("lakes@1") == ["lakes@1"]
