# SPDX-License-Identifier: Apache-2.0
"""``seedbed fetch`` as a person or a script meets it: words, JSON, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from seedbed.testing.datasets import PIECE_LENGTH, Dataset, make_dataset
from seedbed.testing.faulty_http import HttpFault
from seedbed.testing.fetching import final_names, server_of, torrent_with

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """A small folder."""
    return make_dataset(tmp_path / "source", {"a.csv": 3 * PIECE_LENGTH, "b.txt": 10})


def seedbed(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the program."""
    command = [sys.executable, "-m", "seedbed", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)


def test_the_summary_says_what_came_where_from_whom_and_how_it_was_verified(dataset: Dataset, tmp_path: Path) -> None:
    """Two lines for a newcomer, nothing on standard error."""
    with server_of(dataset) as server:
        torrent = torrent_with(dataset, tmp_path / "torrents", server)
        done = seedbed("fetch", torrent, "-o", tmp_path / "out", "--lan", "--no-peers")

    assert done.returncode == 0
    assert f"{tmp_path / 'out' / 'set'}: 2 files, 98.3 kB, every byte verified by SHA-256" in done.stdout
    assert "from 1 HTTP mirror 98.3 kB, in " in done.stdout
    assert done.stderr == ""
    assert dataset.is_at(tmp_path / "out")


def test_json_has_all_numbers(dataset: Dataset, tmp_path: Path) -> None:
    """One object, with each source's part."""
    with server_of(dataset, HttpFault("wrong-bytes")) as liar, server_of(dataset) as server:
        torrent = torrent_with(dataset, tmp_path / "torrents", liar, server)
        done = seedbed("fetch", torrent, "-o", tmp_path / "out", "--lan", "--no-peers", "--json")

    facts = json.loads(done.stdout)
    assert done.returncode == 0
    assert facts["size_bytes"] == facts["bytes_from_mirrors"] == dataset.metainfo.size_bytes
    assert facts["bytes_from_peers"] == 0
    assert {one["name"] for one in facts["sources"]} == {liar.url, server.url}
    assert facts["files"] == [str(tmp_path / "out" / "set" / name) for name in ("a.csv", "b.txt")]


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (HttpFault("wrong-bytes"), 11, "wrong bytes"),
        (HttpFault("status", status=404), 12, "404"),
        (HttpFault("html"), 12, "error page"),
    ],
)
def test_failures_have_their_exit_codes(
    fault: HttpFault, code: int, said: str, dataset: Dataset, tmp_path: Path
) -> None:
    """And the same facts in JSON."""
    with server_of(dataset, fault) as server:
        torrent = torrent_with(dataset, tmp_path / "torrents", server)
        done = seedbed("fetch", torrent, "-o", tmp_path / "out", "--lan", "--no-peers", "--json", "--timeout", "3")

    assert done.returncode == code
    assert said in done.stderr
    facts = json.loads(done.stdout)
    assert facts["exit_code"] == code
    assert server.url in facts["sources"]
    assert final_names(tmp_path / "out") == []


def test_a_mistyped_path_is_not_found(dataset: Dataset, tmp_path: Path) -> None:
    """Exit code 10, and the name that was probably meant."""
    torrent_with(dataset, tmp_path)

    done = seedbed("fetch", tmp_path / "sett.torrent")

    assert done.returncode == 10
    assert f"Did you mean {tmp_path / 'set.torrent'}?" in done.stderr


@pytest.mark.parametrize("what", ["magnet:?dn=nothing", "magnet:?xt=urn:btih:zz"])
def test_a_broken_magnet_is_refused(what: str) -> None:
    """Exit code 1, with the reason."""
    done = seedbed("fetch", what)

    assert done.returncode == 1
    assert "magnet link" in done.stderr


def test_a_magnet_that_nobody_answers_names_each_source(dataset: Dataset, tmp_path: Path) -> None:
    """Exit code 12 in bounded time."""
    with server_of(dataset) as server:
        link = f"magnet:?xt=urn:btih:{dataset.metainfo.info_hashes.v1_hex}&xs={server.url}none.torrent"
        done = seedbed("fetch", link, "--lan", "--no-peers", "-o", tmp_path)

    assert done.returncode == 12
    assert f"{server.url}none.torrent: it is not there (404)" in done.stderr


def test_a_peer_has_to_be_a_host_and_a_port(dataset: Dataset, tmp_path: Path) -> None:
    """Usage errors end with 2."""
    done = seedbed("fetch", torrent_with(dataset, tmp_path), "--peer", "nowhere")

    assert done.returncode == 2
    assert "HOST:PORT" in done.stderr
