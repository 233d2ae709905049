# SPDX-License-Identifier: Apache-2.0
"""A folder as a depository: where a version's files go, and how a publication is taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import InputError
from seedbed.mirrors.content import BytesContent
from seedbed.mirrors.deposits import Address, Wanted
from seedbed.mirrors.push import push
from seedbed.mirrors.registry import open_depository

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.mirrors.deposits import Deposit

FOLDER = Wanted(
    token="0123456789abcdef0123456789abcdef", dataset="lakes", version="2", name="data", is_single_file=False
)
FILE = Wanted(token="0" * 32, dataset="lakes", version="2", name="a b.csv", is_single_file=True)


def test_a_version_is_a_folder_below_which_the_torrent_lies(tmp_path: Path) -> None:
    """So that the version's folder is the root of a web seed (BEP 19)."""
    shelf = open_depository(f"{tmp_path.as_uri()}?public=https://data.example.org/x/", environ={})

    deposit = shelf.begin(FOLDER)

    assert deposit.key(("data", "2024", "a.csv")) == "lakes/2/data/2024/a.csv"
    assert deposit.address == Address("https://data.example.org/x/lakes/2/data/")
    assert shelf.begin(FILE).address == Address("https://data.example.org/x/lakes/2/a%20b.csv")


def test_a_folder_without_web_server_has_no_address(tmp_path: Path) -> None:
    """It keeps a copy all the same."""
    assert open_depository(tmp_path.as_uri(), environ={}).begin(FOLDER).address is None


def test_discarding_takes_only_what_was_put(tmp_path: Path) -> None:
    """Files of other publications, and those that were there before, stay."""
    shelf = open_depository(tmp_path.as_uri(), environ={})
    deposit, other = shelf.begin(FOLDER), shelf.begin(replace(FOLDER, version="22"))
    before, ours = deposit.key(("data", "a.csv")), deposit.key(("data", "b.csv"))
    theirs = other.key(("data", "a.csv"))
    put(deposit, before, theirs)
    held = deposit.held()
    put(deposit, ours)

    assert held == {before}
    assert deposit.discard(keep=held)

    assert [one.key for one in deposit.mirror.list()] == [before, theirs]


def put(deposit: Deposit, *keys: str) -> None:
    """Small files."""
    push(deposit.mirror, {key: BytesContent(key, b"1") for key in keys})


def test_the_token_is_an_identifier_for_services() -> None:
    """A URN of a UUID (RFC 9562)."""
    assert FOLDER.urn == "urn:uuid:01234567-89ab-cdef-0123-456789abcdef"


@pytest.mark.parametrize("query", ["?public=ftp://host/", "?public=https://me:secret@host/", "?nonsense=1"])
def test_options_of_a_folder_are_checked(tmp_path: Path, query: str) -> None:
    """And a password is not repeated."""
    with pytest.raises(InputError) as caught:
        open_depository(tmp_path.as_uri() + query, environ={})

    assert "secret" not in str(caught.value)
