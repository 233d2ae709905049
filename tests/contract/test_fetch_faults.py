# SPDX-License-Identifier: Apache-2.0
"""What web seeds can do wrong, one by one (reliability table P): healed from another source, or named."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import DataError, NoSourceError
from seedbed.fetching.flow import Options, fetch
from seedbed.testing.datasets import PIECE_LENGTH, Dataset, make_dataset
from seedbed.testing.faulty_http import HttpFault
from seedbed.testing.fetching import QUICK, final_names, leftovers, run_fetch, server_of, torrent_with

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

SIZES = {
    "a.bin": 5 * PIECE_LENGTH + 77,
    "b/c.bin": PIECE_LENGTH,
    "b/d.csv": 1000,
    "empty": 0,
    "z.bin": 20 * PIECE_LENGTH,
}

FAULTS = [
    (HttpFault("wrong-bytes"), "wrong bytes"),
    (HttpFault("html"), "error page"),
    (HttpFault("html-in-range"), "error page"),
    (HttpFault("truncated", at_byte=10), "cut short"),
    (HttpFault("stall", at_byte=1), "stalled"),
    (HttpFault("trickle", at_byte=1, pause_s=0.1), "stalled"),
    (HttpFault("wrong-range"), "another range"),
    (HttpFault("no-range-header"), "content range"),
    (HttpFault("other-length"), "another length"),
    (HttpFault("encoded"), "encoded (gzip)"),
    (HttpFault("reset", at_byte=100), "reset"),
    (HttpFault("garbage"), "not HTTP/1"),
    (HttpFault("long-head"), "head is longer"),
    (HttpFault("status", status=404), "not there (404)"),
    (HttpFault("status", status=403), "forbidden (403)"),
    (HttpFault("status", status=410), "gone (410)"),
    (HttpFault("status", status=500), "failed (500"),
    (HttpFault("status", status=503, headers=(("Retry-After", "7200"),)), "asks for 7200 s of rest"),
    (HttpFault("status", status=302, headers=(("Location", "ftp://example.org/x"),)), "not http or https"),
    (HttpFault("status", status=302, headers=(("Location", "/again"),)), "redirects more than 3 times"),
]


@pytest.fixture(params=["v1", "v2", "hybrid"])
def dataset(request: pytest.FixtureRequest, tmp_path: Path) -> Dataset:
    """A folder in each format."""
    return make_dataset(tmp_path / "source", SIZES, format=request.param)


@pytest.mark.parametrize(("fault", "said"), FAULTS, ids=lambda value: getattr(value, "kind", ""))
def test_a_lone_faulty_source_is_named_and_nothing_is_left_under_a_final_name(
    fault: HttpFault, said: str, tmp_path: Path
) -> None:
    """One web seed, always wrong: a clear error that says how, and no final file."""
    dataset = make_dataset(tmp_path / "source", SIZES)

    with server_of(dataset, fault) as server, pytest.raises((DataError, NoSourceError)) as caught:
        run_fetch(dataset, tmp_path / "out", [server])

    assert said in caught.value.message
    assert server.url in caught.value.message
    assert final_names(tmp_path / "out") == []


@pytest.mark.parametrize(("fault", "said"), FAULTS, ids=lambda value: getattr(value, "kind", ""))
def test_a_faulty_source_beside_a_good_one_is_healed(fault: HttpFault, said: str, tmp_path: Path) -> None:
    """Two web seeds, one always wrong: the data arrives whole."""
    dataset = make_dataset(tmp_path / "source", SIZES)

    with server_of(dataset, fault) as faulty, server_of(dataset, piece_pause_s=0.01) as good:
        fetched = run_fetch(dataset, tmp_path / "out", [faulty, good])

    assert dataset.is_at(tmp_path / "out")
    assert leftovers(tmp_path / "out") == []
    by_name = {source.name: source for source in fetched.sources}
    assert by_name[good.url].bytes_good + by_name[faulty.url].bytes_good == fetched.bytes_from_mirrors
    assert not by_name[good.url].faults


def test_all_lying_sources_are_a_data_error(dataset: Dataset, tmp_path: Path) -> None:
    """Two web seeds with wrong bytes: exit code 11, both named with pieces."""
    with (
        server_of(dataset, HttpFault("wrong-bytes")) as one,
        server_of(dataset, HttpFault("wrong-bytes")) as two,
        pytest.raises(DataError) as caught,
    ):
        run_fetch(dataset, tmp_path / "out", [one, two])

    assert caught.value.exit_code == 11
    assert one.url in caught.value.message
    assert two.url in caught.value.message
    assert "pieces (" in caught.value.message
    assert final_names(tmp_path / "out") == []


def test_a_liar_beside_an_honest_source_is_named_with_its_pieces(dataset: Dataset, tmp_path: Path) -> None:
    """The data arrives, and the result says who sent wrong bytes and which pieces."""
    with server_of(dataset, HttpFault("wrong-bytes")) as liar, server_of(dataset, piece_pause_s=0.02) as honest:
        fetched = run_fetch(dataset, tmp_path / "out", [liar, honest])

    assert dataset.is_at(tmp_path / "out")
    report = next(source for source in fetched.sources if source.name == liar.url)
    assert report.pieces_wrong
    assert "wrong bytes" in report.banned
    assert report.bytes_good == 0


@pytest.mark.parametrize(
    "fault",
    [
        HttpFault("closes"),
        HttpFault("closes-silently"),
        HttpFault("chunked"),
        HttpFault("swaps-answers"),
        HttpFault("longer"),
        HttpFault("no-ranges"),
        HttpFault("reset", at_byte=40_000, times=3),
        HttpFault("truncated", at_byte=40_000, times=3),
        HttpFault("stall", at_byte=5, times=2),
        HttpFault("status", status=503, headers=(("Retry-After", "0"),), times=3),
        HttpFault("status", status=429, times=3),
        HttpFault("status", status=500, times=2),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_a_source_that_is_only_difficult_is_enough(dataset: Dataset, fault: HttpFault, tmp_path: Path) -> None:
    """One web seed, awkward or failing for a while: everything arrives."""
    with server_of(dataset, fault) as server:
        fetched = run_fetch(dataset, tmp_path / "out", [server])

    assert dataset.is_at(tmp_path / "out")
    assert fetched.bytes_from_mirrors == fetched.size_bytes


def test_one_missing_file_costs_only_that_file(tmp_path: Path) -> None:
    """A mirror without one file serves the others; the file comes from the other mirror."""
    dataset = make_dataset(tmp_path / "source", SIZES)

    with (
        server_of(dataset, HttpFault("status", paths="*/a.bin", status=404)) as part,
        server_of(dataset, HttpFault("status", paths="*/[bz]*", status=404)) as rest,
    ):
        fetched = run_fetch(dataset, tmp_path / "out", [part, rest])

    assert dataset.is_at(tmp_path / "out")
    assert any("a.bin" in text and "404" in text for source in fetched.sources for text in source.faults)


def test_redirects_are_followed_to_another_server(dataset: Dataset, tmp_path: Path) -> None:
    """A mirror that sends each file elsewhere (as archives do) works."""
    with server_of(dataset) as real:
        moved = [
            HttpFault("status", paths=f"/{path}", status=302, headers=(("Location", f"{real.url}{path}"),))
            for path in dataset.contents
        ]
        with server_of(dataset, *moved) as front:
            run_fetch(dataset, tmp_path / "out", [front])

    assert dataset.is_at(tmp_path / "out")
    assert real.body_bytes_sent >= dataset.metainfo.size_bytes


def test_private_addresses_are_refused_unless_allowed(tmp_path: Path) -> None:
    """A torrent cannot make us ask our own network: not a byte is sent to the server."""
    dataset = make_dataset(tmp_path / "source", SIZES)
    options = Options(rules=replace(QUICK, allows_private=False))

    with server_of(dataset) as server, pytest.raises(NoSourceError) as caught:
        run_fetch(dataset, tmp_path / "out", [server], options)

    assert "--lan" in caught.value.message
    assert server.connection_count == 0


def test_requests_are_polite(tmp_path: Path) -> None:
    """We say who we are, ask for bytes as they are, and keep few connections."""
    dataset = make_dataset(tmp_path / "source", {f"f{number:03}": 500 for number in range(100)})

    with server_of(dataset) as server:
        run_fetch(dataset, tmp_path / "out", [server])

    assert server.connection_count <= QUICK.connections_per_host
    assert len(server.asked) == 100
    assert all(re.fullmatch(r"seedbed/[\d.]+ \(\+https://\S+\)", asked.headers["user-agent"]) for asked in server.asked)
    assert all(asked.headers["accept-encoding"] == "identity" for asked in server.asked)


def test_a_slow_source_is_not_a_silent_one(tmp_path: Path) -> None:
    """A piece that takes longer than the time-out for silence arrives, as long as bytes come."""
    dataset = make_dataset(tmp_path / "source", 1 << 20, name="big", piece_length=1 << 20)
    options = Options(rules=replace(QUICK, no_progress_timeout_s=0.6, stall_timeout_s=0.5))

    with server_of(dataset, piece_pause_s=0.1) as server:
        run_fetch(dataset, tmp_path / "out", [server], options)

    assert dataset.is_at(tmp_path / "out")


def test_two_addresses_of_one_server_share_its_connections(tmp_path: Path) -> None:
    """A torrent cannot make us rude by naming a server many times."""
    dataset = make_dataset(tmp_path / "source", SIZES)

    with server_of(dataset, piece_pause_s=0.01) as server:
        server.files |= {f"/again{path}": body for path, body in server.files.items()}
        torrent = torrent_with(dataset, tmp_path / "torrents", server, also=("again/",))
        asyncio.run(fetch(str(torrent), Options(folder=tmp_path / "out", uses_peers=False, rules=QUICK)))

    assert dataset.is_at(tmp_path / "out")
    assert server.connection_count <= QUICK.connections_per_host


def test_an_archive_that_redirects_each_file_is_asked_on_kept_connections(tmp_path: Path) -> None:
    """Not a new connection, or two, for each file."""
    dataset = make_dataset(tmp_path / "source", {f"f{number:02}": 500 for number in range(40)})
    with server_of(dataset) as real:
        moved = [
            HttpFault("status", paths=f"/{path}", status=302, headers=(("Location", f"{real.url}{path}"),))
            for path in dataset.contents
        ]
        with server_of(dataset, *moved) as front:
            run_fetch(dataset, tmp_path / "out", [front])

    assert dataset.is_at(tmp_path / "out")
    assert front.connection_count + real.connection_count <= 4 * QUICK.connections_per_host
