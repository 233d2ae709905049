# SPDX-License-Identifier: Apache-2.0
"""Where the data goes: what is there already, what may be replaced, what is left when a fetch ends early."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.core.layout import Layout
from seedbed.errors import InputError, NoSpaceError, NotFoundError, StateError
from seedbed.fetching.disk.store import Store
from seedbed.fetching.flow import Options
from seedbed.fetching.proving.pieces import PieceMap
from seedbed.testing.datasets import PIECE_LENGTH, Dataset, make_dataset
from seedbed.testing.faulty_http import HttpFault
from seedbed.testing.fetching import QUICK, final_names, leftovers, run_fetch, server_of, torrent_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZES = {
    "a.bin": 5 * PIECE_LENGTH + 77,
    "b/c.bin": PIECE_LENGTH,
    "b/d.csv": 1000,
    "empty": 0,
    "z.bin": 20 * PIECE_LENGTH,
}
FORMATS = ["v1", "v2", "hybrid"]


@pytest.fixture(params=FORMATS)
def dataset(request: pytest.FixtureRequest, tmp_path: Path) -> Dataset:
    """A folder in each format."""
    return make_dataset(tmp_path / "source", SIZES, format=request.param)


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("size", [1, PIECE_LENGTH - 1, PIECE_LENGTH, PIECE_LENGTH + 1, 9 * PIECE_LENGTH + 5])
def test_a_single_file_arrives(format_: str, size: int, tmp_path: Path) -> None:
    """Sizes around a piece."""
    dataset = make_dataset(tmp_path / "source", size, name="one file.bin", format=format_)  # type: ignore[arg-type]

    with server_of(dataset) as server:
        fetched = run_fetch(dataset, tmp_path / "out", [server])

    assert dataset.is_at(tmp_path / "out")
    assert fetched.size_bytes == size
    assert leftovers(tmp_path / "out") == []


def test_what_is_complete_is_not_fetched_again(dataset: Dataset, tmp_path: Path) -> None:
    """The second fetch proves what is there and asks nobody."""
    with server_of(dataset) as server:
        run_fetch(dataset, tmp_path / "out", [server])
        asked = len(server.asked)
        again = run_fetch(dataset, tmp_path / "out", [server])

    assert again.was_complete
    assert len(server.asked) == asked
    assert leftovers(tmp_path / "out") == []


def test_other_data_under_the_final_name_is_not_touched(dataset: Dataset, tmp_path: Path) -> None:
    """A file that differs stays as it is, and the error names it."""
    precious = tmp_path / "out" / "set" / "z.bin"
    precious.parent.mkdir(parents=True)
    precious.write_bytes(b"my own work")

    with server_of(dataset) as server, pytest.raises(InputError, match=r"z\.bin"):
        run_fetch(dataset, tmp_path / "out", [server])

    assert precious.read_bytes() == b"my own work"
    assert leftovers(tmp_path / "out") == []


def test_force_replaces_and_reuses_good_pieces(dataset: Dataset, tmp_path: Path) -> None:
    """An older copy with one bad byte is mended by fetching a piece, and nothing more."""
    with server_of(dataset) as server:
        run_fetch(dataset, tmp_path / "out", [server])
        damaged = tmp_path / "out" / "set" / "z.bin"
        damaged.write_bytes(bytes([damaged.read_bytes()[0] ^ 1]) + damaged.read_bytes()[1:])
        sent = server.body_bytes_sent
        fetched = run_fetch(dataset, tmp_path / "out", [server], Options(rules=QUICK, replaces=True))

    assert dataset.is_at(tmp_path / "out")
    assert fetched.bytes_from_mirrors <= 2 * PIECE_LENGTH
    assert server.body_bytes_sent - sent <= 2 * PIECE_LENGTH


def test_force_keeps_the_old_until_the_new_is_proved(dataset: Dataset, tmp_path: Path) -> None:
    """With sources that lie, the old file is still there."""
    old = tmp_path / "out" / "set" / "z.bin"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"the old version")

    with server_of(dataset, HttpFault("wrong-bytes")) as server, pytest.raises(Exception, match="wrong bytes"):
        run_fetch(dataset, tmp_path / "out", [server], Options(rules=QUICK, replaces=True))

    assert old.read_bytes() == b"the old version"


def test_some_files_then_all(dataset: Dataset, tmp_path: Path) -> None:
    """``--files`` brings those alone; a later whole fetch adds the rest and does not fetch them again."""
    with server_of(dataset) as server:
        some = run_fetch(dataset, tmp_path / "out", [server], Options(rules=QUICK, files=("b/*", "empty")))
        names = sorted(str(path.relative_to(tmp_path / "out" / "set")) for path in some.paths)
        found = sorted(
            str(p.relative_to(tmp_path / "out" / "set")) for p in (tmp_path / "out").rglob("*") if p.is_file()
        )
        rest = run_fetch(dataset, tmp_path / "out", [server])

    assert names == found == ["b/c.bin", "b/d.csv", "empty"]
    assert dataset.is_at(tmp_path / "out")
    if dataset.metainfo.format != "v1":  # there, pieces that cross file borders cannot be proved from one side
        assert rest.bytes_reused == PIECE_LENGTH + 1000


def test_a_glob_that_matches_nothing_is_an_error_with_names(dataset: Dataset, tmp_path: Path) -> None:
    """The hint lists what is nearest."""
    with server_of(dataset) as server, pytest.raises(NotFoundError) as caught:
        run_fetch(dataset, tmp_path / "out", [server], Options(rules=QUICK, files=("z.bim",)))

    assert "z.bin" in caught.value.hint
    assert final_names(tmp_path / "out") == []


def test_a_failed_fetch_goes_on_where_it_stopped(dataset: Dataset, tmp_path: Path) -> None:
    """What a broken source gave is kept; the next fetch gets only the rest."""
    with (
        server_of(dataset, HttpFault("status", paths="*/z.bin", status=404)) as part,
        pytest.raises(Exception, match="404"),
    ):
        run_fetch(dataset, tmp_path / "out", [part])
    assert final_names(tmp_path / "out") == []

    with server_of(dataset) as whole:
        fetched = run_fetch(dataset, tmp_path / "out", [whole])

    assert dataset.is_at(tmp_path / "out")
    assert fetched.bytes_reused >= 4 * PIECE_LENGTH
    assert whole.body_bytes_sent <= 22 * PIECE_LENGTH


def test_damage_in_the_work_folder_is_found(dataset: Dataset, tmp_path: Path) -> None:
    """Bytes that rotted, or that somebody changed, between two tries are fetched again."""
    with (
        server_of(dataset, HttpFault("status", paths="*/z.bin", status=404)) as part,
        pytest.raises(Exception, match="404"),
    ):
        run_fetch(dataset, tmp_path / "out", [part])
    kept = next((tmp_path / "out").glob(".*/*/set/a.bin"))
    kept.write_bytes(b"?" + kept.read_bytes()[1:] + b"longer than it should be")

    with server_of(dataset) as whole:
        run_fetch(dataset, tmp_path / "out", [whole])

    assert dataset.is_at(tmp_path / "out")


def test_two_fetches_at_once_do_not_mix(dataset: Dataset, tmp_path: Path) -> None:
    """The second one says that the first is running."""
    pieces = PieceMap(Layout.of(dataset.metainfo), by_v2=True)
    first = Store(dataset.metainfo, pieces, tmp_path / "out", wanted=frozenset({0}))

    with first, server_of(dataset) as server, pytest.raises(StateError, match="another fetch"):
        run_fetch(dataset, tmp_path / "out", [server])


def command(torrent: Path, folder: Path, *more: str) -> list[str]:
    """What a person types."""
    return [sys.executable, "-m", "seedbed", "fetch", str(torrent), "-o", str(folder), "--lan", "--no-peers", *more]


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_fetch_resumes(sign: signal.Signals, tmp_path: Path) -> None:
    """Killed in the middle: nothing under the final name; run again: complete, with fewer bytes fetched."""
    dataset = make_dataset(tmp_path / "source", {"big.bin": 150 * PIECE_LENGTH, "small": 10}, format="v2")
    with server_of(dataset, piece_pause_s=0.05) as server:
        torrent = torrent_with(dataset, tmp_path / "torrents", server)
        process = subprocess.Popen(command(torrent, tmp_path / "out"), stderr=subprocess.DEVNULL)
        while server.body_bytes_sent < 60 * PIECE_LENGTH:
            time.sleep(0.01)
        process.send_signal(sign)
        stopped_s = time.monotonic()
        process.wait(10)
        assert time.monotonic() - stopped_s < 2
        assert final_names(tmp_path / "out") == []
        server.piece_pause_s = 0.0
        sent = server.body_bytes_sent
        done = subprocess.run(command(torrent, tmp_path / "out", "--json"), capture_output=True, check=True)

    facts = json.loads(done.stdout)
    assert facts["bytes_reused"] > 10 * PIECE_LENGTH
    assert server.body_bytes_sent - sent < 145 * PIECE_LENGTH
    assert dataset.is_at(tmp_path / "out")
    assert leftovers(tmp_path / "out") == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=False).returncode
    ):
        pytest.skip("a small file system needs root and mount")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_too_little_room_is_said_before_anything_is_fetched(small_disk: Path, dataset: Dataset, tmp_path: Path) -> None:
    """The error names what is needed and what is free."""
    (small_disk / "other").write_bytes(bytes(1_500_000))

    with server_of(dataset) as server, pytest.raises(NoSpaceError) as caught:
        run_fetch(dataset, small_disk / "out", [server])

    assert caught.value.exit_code == 13
    assert not server.asked
    assert int(str(caught.value.data["needed_bytes"])) > int(str(caught.value.data["free_bytes"]))


def fill_up(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass


def test_a_disk_that_fills_meanwhile_stops_the_fetch_and_it_goes_on_later(
    small_disk: Path, dataset: Dataset, tmp_path: Path
) -> None:
    """Exit code 13, state kept; after space returns the same command completes, without fetching all again."""
    options = Options(rules=replace(QUICK, stall_timeout_s=5.0))
    with server_of(dataset, piece_pause_s=0.02) as server:
        filler = small_disk / "filler"
        server.on_sent = lambda sent: fill_up(filler) if sent > 400_000 and not filler.exists() else None
        with pytest.raises(NoSpaceError) as caught:
            run_fetch(dataset, small_disk / "out", [server], options)
        assert final_names(small_disk / "out") == []
        server.on_sent = lambda _: None
        filler.unlink()
        fetched = run_fetch(dataset, small_disk / "out", [server], options)

    assert caught.value.exit_code == 13
    assert fetched.bytes_reused > 0
    assert dataset.is_at(small_disk / "out")
