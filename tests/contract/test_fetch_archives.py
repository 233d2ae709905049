# SPDX-License-Identifier: Apache-2.0
"""A folder of many files is fetched from archives that have no folders, count requests, or send each file elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seedbed.core.layout import flat_name
from seedbed.errors import NoSourceError
from seedbed.fetching.flow import Options
from seedbed.testing.datasets import PIECE_LENGTH, Dataset, make_dataset
from seedbed.testing.fake_internet_archive import FakeInternetArchive
from seedbed.testing.fake_internet_archive_item import Item
from seedbed.testing.fake_zenodo import FakeZenodo
from seedbed.testing.fake_zenodo_records import Record, StoredFile
from seedbed.testing.fetching import QUICK, run_fetch

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

SIZES = {"a.bin": 5 * PIECE_LENGTH + 77, "b c/d #é.csv": PIECE_LENGTH, "b c/e.csv": 1000, "z.bin": 20 * PIECE_LENGTH}


def deposit(zenodo: FakeZenodo, dataset: Dataset) -> str:
    """Put a dataset into a public record; returns the mirror as a template."""
    files = {}
    for path, body in dataset.contents.items():
        stored = StoredFile(flat_name(path.split("/")[1:]))
        stored.take(zenodo.files.keep(body), body)
        stored.is_complete = True
        files[stored.key] = stored
    zenodo.records["5"] = Record("5", "4", "me", 1, 0, files=files, is_published=True)
    return f"{zenodo.url}/records/5/files/{{flat}}"


def upload(archive: FakeInternetArchive, dataset: Dataset) -> str:
    """Put a dataset into an item, in folders; returns the mirror as a template."""
    item = archive.items["lakes"] = Item("lakes")
    for path, body in dataset.contents.items():
        item.take(path, archive.files.keep(body), body, {"x-archive-queue-derive": "0"})
    return f"{archive.url}/download/lakes/{dataset.metainfo.name}/{{path}}"


def test_many_files_from_zenodo_alone(tmp_path: Path) -> None:
    """Flat names, and a count of requests that stays far away."""
    dataset = make_dataset(tmp_path / "source", SIZES)

    with FakeZenodo() as zenodo:
        run_fetch(dataset, tmp_path / "out", [], Options(rules=QUICK, web_seeds=(deposit(zenodo, dataset),)))

    assert dataset.is_at(tmp_path / "out")


def test_many_files_from_the_internet_archive_alone(tmp_path: Path) -> None:
    """Each file is sent on to a node by the front."""
    dataset = make_dataset(tmp_path / "source", SIZES)

    with FakeInternetArchive() as archive:
        run_fetch(dataset, tmp_path / "out", [], Options(rules=QUICK, web_seeds=(upload(archive, dataset),)))

    assert dataset.is_at(tmp_path / "out")


@pytest.mark.parametrize("retry_after", ["3600", ""])
def test_zenodo_that_allows_no_more_is_left_for_the_other(retry_after: str, tmp_path: Path) -> None:
    """Its requests are used up for an hour: what is missing comes from the archive, and nobody waits."""
    dataset = make_dataset(tmp_path / "source", SIZES)

    with FakeZenodo() as zenodo, FakeInternetArchive() as archive:
        zenodo.remaining, zenodo.retry_after = 3, retry_after
        mirrors = (deposit(zenodo, dataset), upload(archive, dataset))
        fetched = run_fetch(dataset, tmp_path / "out", [], Options(rules=QUICK, web_seeds=mirrors))

    assert dataset.is_at(tmp_path / "out")
    assert fetched.seconds < QUICK.no_progress_timeout_s
    assert next(one for one in fetched.sources if one.name == mirrors[1]).bytes_good > 0


def test_who_allows_no_more_and_is_alone_is_named(tmp_path: Path) -> None:
    """Nobody waits for an hour; the message says how long it would be."""
    dataset = make_dataset(tmp_path / "source", SIZES)

    with FakeZenodo() as zenodo:
        zenodo.remaining, zenodo.retry_after = 0, "3600"
        with pytest.raises(NoSourceError, match="3600 s of rest"):
            run_fetch(dataset, tmp_path / "out", [], Options(rules=QUICK, web_seeds=(deposit(zenodo, dataset),)))
