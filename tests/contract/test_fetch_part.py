# SPDX-License-Identifier: Apache-2.0
"""A range of a torrent's pieces is fetched into files with holes, beside other ranges, and proved alone."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.core.layout import Layout
from seedbed.errors import DataError, StateError
from seedbed.fetching.flow import Options, fetch_part
from seedbed.fetching.torrent.found import FoundTorrent
from seedbed.testing.datasets import PIECE_LENGTH, Dataset, make_dataset
from seedbed.testing.faulty_http import HttpFault
from seedbed.testing.fetching import QUICK, leftovers, server_of

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.fetching.result import Fetched

SIZES = {"a.bin": 5 * PIECE_LENGTH + 77, "b/c.bin": PIECE_LENGTH, "b/d.csv": 1000, "z.bin": 20 * PIECE_LENGTH}


@pytest.fixture(params=["v1", "v2", "hybrid"])
def dataset(request: pytest.FixtureRequest, tmp_path: Path) -> Dataset:
    """A folder in each format."""
    return make_dataset(tmp_path / "source", SIZES, format=request.param)


def fetch(dataset: Dataset, part: range, folder: Path, *faults: HttpFault) -> Fetched:
    """Fetch a part from one mirror."""
    with server_of(dataset, *faults) as server:
        options = Options(folder=folder, rules=QUICK, uses_peers=False, web_seeds=(server.url,))
        return asyncio.run(fetch_part(FoundTorrent(dataset.metainfo, options), part))


def bytes_of(dataset: Dataset, part: range, folder: Path) -> list[bytes]:
    """What lies on disk of each stretch of a file in a part."""
    layout, names = Layout.of(dataset.metainfo), list(dataset.contents)
    return [
        (folder / names[span.file_index]).read_bytes()[span.start : span.stop]
        for piece in part
        for span in layout.piece_spans(piece)
        if span.file_index is not None
    ]


def test_a_part_takes_its_bytes_and_no_others(dataset: Dataset, tmp_path: Path) -> None:
    """Files have their full length; what is not of the part is a hole."""
    part = range(2, 9)
    fetched = fetch(dataset, part, tmp_path / "out")

    assert bytes_of(dataset, part, tmp_path / "out") == bytes_of(dataset, part, dataset.parent)
    last = list(dataset.contents)[-1]
    assert (tmp_path / "out" / last).stat().st_size == len(dataset.contents[last])
    assert not any((tmp_path / "out" / last).read_bytes()[5 * PIECE_LENGTH :])
    assert fetched.bytes_from_mirrors >= fetched.size_bytes
    assert not leftovers(tmp_path / "out")


def test_all_parts_together_are_the_whole(dataset: Dataset, tmp_path: Path) -> None:
    """In any order; what is there is not fetched again, also where two parts meet within a file."""
    bounds = [0, 3, 7, dataset.piece_count]
    parts = [range(a, b) for a, b in itertools.pairwise(bounds)]
    for part in reversed(parts):
        fetch(dataset, part, tmp_path / "out")

    assert dataset.is_at(tmp_path / "out")
    again = [fetch(dataset, part, tmp_path / "out") for part in parts]
    assert all(one.was_complete and one.bytes_from_mirrors == 0 for one in again)


def test_a_damaged_neighbour_is_left_alone(dataset: Dataset, tmp_path: Path) -> None:
    """Wrong bytes outside of the part are not this part's business; inside they are mended."""
    fetch(dataset, range(10, 14), tmp_path / "out")
    last = list(dataset.contents)[-1]
    path = tmp_path / "out" / last
    body = bytearray(path.read_bytes())
    wrong = [at for at in range(0, len(body), PIECE_LENGTH) if any(body[at : at + 64])]
    body[wrong[0] + 5] ^= 1
    path.write_bytes(body)

    part = range(15, 18)
    fetch(dataset, part, tmp_path / "out")
    assert path.read_bytes()[wrong[0] + 5] == body[wrong[0] + 5]

    mended = fetch(dataset, range(10, 14), tmp_path / "out")
    assert 0 < mended.bytes_from_mirrors < mended.size_bytes
    assert bytes_of(dataset, range(10, 14), tmp_path / "out") == bytes_of(dataset, range(10, 14), dataset.parent)


def test_wrong_bytes_are_refused(dataset: Dataset, tmp_path: Path) -> None:
    """A mirror that sends wrong bytes for a piece of the part: nothing is claimed."""
    with pytest.raises(DataError, match="wrong bytes"):
        fetch(dataset, range(8, 12), tmp_path / "out", HttpFault("wrong-bytes", f"/{list(dataset.contents)[-1]}"))


def test_one_part_at_a_time(tmp_path: Path) -> None:
    """Two fetches into one folder would write the same pieces where parts share them (v1)."""
    dataset = make_dataset(tmp_path / "source", SIZES)

    async def two() -> None:
        with server_of(dataset, piece_pause_s=0.05) as server:
            options = Options(folder=tmp_path / "out", rules=QUICK, uses_peers=False, web_seeds=(server.url,))
            found = FoundTorrent(dataset.metainfo, replace(options))
            async with asyncio.TaskGroup() as group:
                group.create_task(fetch_part(found, range(4)))
                group.create_task(fetch_part(found, range(4, 8)))

    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(two())
    assert caught.group_contains(StateError, match="another fetch")
