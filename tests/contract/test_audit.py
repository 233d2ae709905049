# SPDX-License-Identifier: Apache-2.0
"""Copies on web servers, good and bad in every way we know: each trouble has its name, and none passes for good."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.auditing.audit import audit
from seedbed.auditing.audited import Verdict
from seedbed.core.layout import Layout
from seedbed.errors import InputError
from seedbed.testing.datasets import PIECE_LENGTH, Dataset, make_dataset
from seedbed.testing.faulty_http import FaultyHttpServer, HttpFault
from seedbed.testing.fetching import QUICK, server_of, torrent_with
from tests.e2e.nginx import web_seed
from tests.secure_web import certificate, https

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.auditing.audited import AuditedCopy
    from seedbed.core.metainfo import Format

pytestmark = pytest.mark.slow

SIZES = {
    "a.bin": 5 * PIECE_LENGTH + 77,
    "b/c.bin": PIECE_LENGTH,
    "b/d #é.csv": 1000,
    "empty": 0,
    "z.bin": 20 * PIECE_LENGTH,
}
ALL = sum(SIZES.values())
TROUBLES = [
    (HttpFault("wrong-bytes"), "wrong-bytes", Verdict.BAD),
    (HttpFault("html"), "web-page", Verdict.BAD),
    (HttpFault("html-in-range"), "web-page", Verdict.BAD),
    (HttpFault("wrong-range"), "wrong-range", Verdict.BAD),
    (HttpFault("no-range-header"), "wrong-range", Verdict.BAD),
    (HttpFault("other-length"), "wrong-length", Verdict.BAD),
    (HttpFault("encoded"), "encoded", Verdict.BAD),
    (HttpFault("status", status=404), "missing", Verdict.BAD),
    (HttpFault("status", status=403), "forbidden", Verdict.BAD),
    (HttpFault("status", status=410), "missing", Verdict.BAD),
    (HttpFault("status", status=416), "wrong-length", Verdict.BAD),
    (HttpFault("status", status=302, headers=(("Location", "/again"),)), "redirects", Verdict.BAD),
    (HttpFault("no-ranges"), "no-ranges", Verdict.AWKWARD),
    (HttpFault("status", status=429), "busy", Verdict.UNKNOWN),
    (HttpFault("status", status=503, headers=(("Retry-After", "7200"),)), "busy", Verdict.UNKNOWN),
    (HttpFault("status", status=500), "failing", Verdict.UNKNOWN),
    (HttpFault("stall", at_byte=1), "stalled", Verdict.UNKNOWN),
    (HttpFault("trickle", at_byte=1, pause_s=0.1), "stalled", Verdict.UNKNOWN),
    (HttpFault("truncated", at_byte=10), "broken", Verdict.UNKNOWN),
    (HttpFault("reset", at_byte=100), "broken", Verdict.UNKNOWN),
    (HttpFault("garbage"), "broken", Verdict.UNKNOWN),
    (HttpFault("long-head"), "broken", Verdict.UNKNOWN),
]
HARMLESS = [
    HttpFault("chunked"), HttpFault("closes"), HttpFault("closes-silently"), HttpFault("swaps-answers"),
    HttpFault("status", status=429, times=1, headers=(("Retry-After", "0"),)), HttpFault("reset", at_byte=100, times=1),
]  # fmt: skip


@pytest.fixture(params=["v1", "v2", "hybrid"])
def dataset(request: pytest.FixtureRequest, tmp_path: Path) -> Dataset:
    """A folder in each format."""
    format_: Format = request.param
    return make_dataset(tmp_path / "source", SIZES, format=format_)


def seedbed(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program."""
    command = [sys.executable, "-m", "seedbed", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)


def look_at(dataset: Dataset, *urls: str, full: bool, budget_bytes: int = ALL) -> tuple[AuditedCopy, ...]:
    """An audit that is impatient, and whose chance is known."""
    limit = None if full else budget_bytes
    return audit(dataset.metainfo, urls, rules=QUICK, budget_bytes=limit, chance=random.Random(7)).copies


@pytest.mark.parametrize("full", [False, True], ids=["samples", "full"])
@pytest.mark.parametrize("fault", HARMLESS, ids=lambda fault: fault.kind)
def test_a_good_copy_is_good(dataset: Dataset, fault: HttpFault, full: bool) -> None:  # noqa: FBT001
    """Also when its server is slow-witted, or failed for a moment; in full, every byte is proved."""
    with server_of(dataset, fault) as server:
        (copy,) = look_at(dataset, server.url, full=full)

    assert (copy.verdict, copy.remarks) == (Verdict.GOOD, ())
    assert copy.pieces_good == copy.pieces_asked > 0
    if full:
        assert copy.good_bytes == ALL


@pytest.mark.parametrize("full", [False, True], ids=["samples", "full"])
@pytest.mark.parametrize(("fault", "name", "verdict"), TROUBLES, ids=lambda value: getattr(value, "kind", None))
def test_each_trouble_has_its_name(tmp_path: Path, fault: HttpFault, name: str, verdict: Verdict, full: bool) -> None:  # noqa: FBT001
    """And what follows from it."""
    dataset = make_dataset(tmp_path / "source", SIZES)
    with server_of(dataset, fault) as server:
        (copy,) = look_at(dataset, server.url, full=full)

    assert name in {remark.name for remark in copy.remarks}, copy.remarks
    assert copy.verdict is verdict


def test_one_rotten_file_is_found_and_named(dataset: Dataset) -> None:
    """In full, exactly the file that is wrong, with its pieces; the others are proved."""
    with server_of(dataset, HttpFault("wrong-bytes", paths="*/c.bin")) as server:
        (copy,) = look_at(dataset, server.url, full=True)

    assert copy.verdict is Verdict.BAD
    assert {remark.name for remark in copy.remarks} == {"wrong-bytes"}
    wrong = [piece for remark in copy.remarks for piece in remark.pieces]
    assert wrong == list(dataset_pieces(dataset, "b/c.bin"))
    assert copy.pieces_good == copy.pieces_asked - len(wrong)


def dataset_pieces(dataset: Dataset, path: str) -> range:
    """The pieces that hold a file."""
    index = [file.display for file in dataset.metainfo.files].index(path)
    return Layout.of(dataset.metainfo).file_pieces(index)


def test_a_missing_file_is_named_and_the_rest_goes_on(dataset: Dataset) -> None:
    """One file is not there: the others are proved all the same."""
    with server_of(dataset, HttpFault("status", status=404, paths="*/a.bin")) as server:
        (copy,) = look_at(dataset, server.url, full=True)

    assert [(remark.name, remark.file) for remark in copy.remarks] == [("missing", "a.bin")]
    assert copy.verdict is Verdict.BAD
    assert copy.good_bytes >= SIZES["z.bin"]


def test_a_short_copy_is_found_by_the_first_sample(tmp_path: Path) -> None:
    """One piece is enough: the end of the largest file."""
    dataset = make_dataset(tmp_path / "source", SIZES)
    with server_of(dataset) as server:
        path = next(path for path in server.files if path.endswith("z.bin"))
        server.files[path] = server.files[path][:-1]
        (copy,) = look_at(dataset, server.url, full=False, budget_bytes=1)

    assert [(remark.name, remark.file) for remark in copy.remarks] == [("wrong-length", "z.bin")]


def test_samples_cost_what_was_allowed(tmp_path: Path) -> None:
    """The server sends no more bytes than the budget."""
    dataset = make_dataset(tmp_path / "source", SIZES)
    with server_of(dataset) as server:
        (copy,) = look_at(dataset, server.url, full=False, budget_bytes=4 * PIECE_LENGTH)

        assert server.body_bytes_sent <= 4 * PIECE_LENGTH
    assert copy.verdict is Verdict.GOOD


def test_a_server_without_ranges_is_not_asked_for_more_than_allowed(tmp_path: Path) -> None:
    """A piece whose file's beginning costs more than the budget is left out; then nothing is known of the bytes."""
    dataset = make_dataset(tmp_path / "source", SIZES)
    with server_of(dataset, HttpFault("no-ranges")) as server:
        (copy,) = look_at(dataset, server.url, full=False, budget_bytes=PIECE_LENGTH)

        assert not [one.path for one in server.asked if one.stop is None]
    assert (copy.verdict, copy.pieces_asked) == (Verdict.UNKNOWN, 0)
    assert [remark.name for remark in copy.remarks] == ["no-ranges"]


def test_a_redirected_copy_is_awkward(tmp_path: Path) -> None:
    """Right, but every request costs two: where it leads is named."""
    dataset = make_dataset(tmp_path / "source", 3 * PIECE_LENGTH + 5, name="data.bin")
    with server_of(dataset) as server:
        there = server.url + "data.bin"
        with FaultyHttpServer({}, HttpFault("status", status=301, headers=(("Location", there),))) as old:
            (copy,) = look_at(dataset, old.url + "data.bin", full=False)

    assert (copy.verdict, copy.good_bytes) == (Verdict.AWKWARD, 3 * PIECE_LENGTH + 5)
    assert [remark.name for remark in copy.remarks] == ["redirects"]
    assert server.url.removeprefix("http://").rstrip("/") in copy.remarks[0].text


def test_nobody_there_and_bad_tls(tmp_path: Path) -> None:
    """A dead port, a server that speaks no TLS, and an address of our own network are told apart."""
    dataset = make_dataset(tmp_path / "source", SIZES)
    with server_of(dataset) as server:
        secure = server.url.replace("http:", "https:")
        dead, tls = look_at(dataset, "http://127.0.0.1:1/", secure, full=False)
        private = audit(dataset.metainfo, [server.url], rules=replace(QUICK, allows_private=False)).copies[0]

    assert (dead.verdict, dead.remarks[0].name) == (Verdict.UNKNOWN, "unreachable")
    assert (tls.verdict, tls.remarks[0].name) == (Verdict.UNKNOWN, "tls")
    assert (private.verdict, private.remarks[0].name) == (Verdict.BAD, "private-address")


def test_a_bad_certificate(tmp_path: Path) -> None:
    """A certificate that nobody vouches for is bad, not a passing failure."""
    dataset = make_dataset(tmp_path / "source", SIZES)
    with https(dataset.parent, certificate(tmp_path, name="localhost", days=1)) as url:
        (copy,) = look_at(dataset, url, full=False)

    assert (copy.verdict, copy.remarks[0].name) == (Verdict.BAD, "certificate")


def test_nginx_is_good(dataset: Dataset, tmp_path: Path) -> None:
    """A real server, in full."""
    with web_seed(dataset.parent, tmp_path / "nginx") as url:
        (copy,) = look_at(dataset, url, full=True)

    assert (copy.verdict, copy.good_bytes) == (Verdict.GOOD, ALL)


def test_nothing_to_ask(tmp_path: Path) -> None:
    """A torrent without web seeds is told."""
    dataset = make_dataset(tmp_path / "source", SIZES)

    with pytest.raises(InputError, match="no web seeds"):
        audit(dataset.metainfo, (), rules=QUICK)


def test_the_command(tmp_path: Path) -> None:
    """Exit 0, 11 and 12 by the worst copy; a table for people, the same as JSON for programs."""
    dataset = make_dataset(tmp_path / "source", SIZES)
    with server_of(dataset) as good, server_of(dataset, HttpFault("wrong-bytes")) as bad:
        torrent = str(torrent_with(dataset, tmp_path, good))
        fine = seedbed("audit", torrent, "--lan")
        rotten = seedbed("audit", torrent, "--lan", "--web-seed", good.url, "--web-seed", bad.url, "--full", "--json")
        dead = seedbed("audit", torrent, "--lan", "--web-seed", "http://127.0.0.1:1/", "--budget", "1KiB")

    assert (fine.returncode, fine.stdout.split()[:2]) == (0, ["good", good.url])
    assert rotten.returncode == 11
    facts = json.loads(rotten.stdout)
    assert [copy["verdict"] for copy in facts["copies"]] == ["good", "bad"]
    assert facts["copies"][0]["good_bytes"] == ALL
    assert {remark["name"] for remark in facts["copies"][1]["remarks"]} == {"wrong-bytes"}
    assert seedbed("audit", torrent, "--web-seed", "lakes").returncode == 2
    assert seedbed("audit", "magnet:?xt=urn:btih:" + "a" * 40).returncode == 2
    assert dead.returncode == 12
    assert "unreachable" in dead.stderr
