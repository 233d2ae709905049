# SPDX-License-Identifier: Apache-2.0
"""Every copy of a release is asked, and none twice under two names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.catalog.model import Mirror
from seedbed.library.copies import copies, further_copies
from seedbed.testing.datasets import make_dataset
from tests.releases import release

if TYPE_CHECKING:
    from pathlib import Path


def test_mirrors_come_after_the_torrents_own_web_seeds(tmp_path: Path) -> None:
    """A mirror that is a web seed too is asked once; the others become templates."""
    dataset = make_dataset(tmp_path, {"a/b.csv": 5, "c": 5}, web_seeds=("https://o.example/lakes/1/",))
    own = Mirror("own", "https://o.example/lakes/1/set/")
    second = Mirror("own-2", "https://p.example/lakes/1/set/")
    zenodo = Mirror("zenodo", "https://z.example/records/1/files/", layout="flat")
    one = release(mirrors=(own, zenodo, second))
    one = replace(one, torrent=replace(one.torrent, web_seeds=("https://o.example/lakes/1", "https://q.example/x/")))

    assert copies(one, dataset.metainfo) == (
        "https://o.example/lakes/1/",
        "https://q.example/x/",
        "https://z.example/records/1/files/{flat}",
        "https://p.example/lakes/1/set/{path}",
    )
    assert further_copies(one, dataset.metainfo) == copies(one, dataset.metainfo)[1:]


def test_a_single_file_is_where_its_mirror_says(tmp_path: Path) -> None:
    """No template: the address is the file's."""
    dataset = make_dataset(tmp_path, 5, name="a.csv", web_seeds=("https://o.example/1/a.csv",))
    one = release(mirrors=(Mirror("own", "https://o.example/1/a.csv"), Mirror("zenodo", "https://z.example/1/a.csv")))

    assert further_copies(one, dataset.metainfo) == ("https://z.example/1/a.csv",)
