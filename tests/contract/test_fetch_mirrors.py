# SPDX-License-Identifier: Apache-2.0
"""Copies that lie elsewhere than BEP 19 has them: without folders, without the torrent's name, all kinds at once."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import ExitStack
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from seedbed.auditing.audit import audit
from seedbed.auditing.audited import Verdict
from seedbed.core.layout import flat_name
from seedbed.errors import NoSourceError
from seedbed.fetching.flow import Options, fetch
from seedbed.testing.datasets import PIECE_LENGTH, Dataset, make_dataset
from seedbed.testing.faulty_http import FaultyHttpServer, HttpFault, Limit
from seedbed.testing.fetching import QUICK, run_fetch, server_of, torrent_with

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

SIZES = {"a.bin": 5 * PIECE_LENGTH + 77, "b c/d #é.csv": PIECE_LENGTH, "b c/e.csv": 1000, "z.bin": 20 * PIECE_LENGTH}


def below(dataset: Dataset, folder: str, *faults: HttpFault, is_flat: bool = False) -> FaultyHttpServer:
    """A server that has the files below a folder, without the torrent's name."""
    names = {tuple(path.split("/")[1:]) or (path,): body for path, body in dataset.contents.items()}
    files = {folder + (flat_name(parts) if is_flat else "/".join(parts)): body for parts, body in names.items()}
    return FaultyHttpServer(files, *faults, piece_pause_s=0.01)


def get(dataset: Dataset, folder: Path, *web_seeds: str) -> dict[str, int]:
    """Fetch from these only; returns the bytes that came from each."""
    fetched = run_fetch(dataset, folder, [], Options(rules=QUICK, web_seeds=web_seeds))
    assert dataset.is_at(folder)
    return {source.name: source.bytes_good for source in fetched.sources}


@pytest.mark.parametrize("kind", ["path", "flat", "query"])
def test_each_layout_alone_is_enough(kind: str, tmp_path: Path) -> None:
    """A torrent that names nobody is fetched from one copy, wherever its server has the files."""
    dataset = make_dataset(tmp_path / "source", SIZES)

    with below(dataset, "/r/1/", is_flat=kind != "path") as server:
        template = f"{server.url}r/1/" + {"path": "{path}", "flat": "{flat}", "query": "{flat}?download=1"}[kind]
        came = get(dataset, tmp_path / "out", template)

    assert came == {template: sum(SIZES.values())}


def test_a_single_file_by_template(tmp_path: Path) -> None:
    """For a single file both placeholders are its name."""
    dataset = make_dataset(tmp_path / "source", 9 * PIECE_LENGTH, name="one é.bin")

    with server_of(dataset) as server:
        for kind in ("{path}", "{flat}"):
            assert get(dataset, tmp_path / kind[1:-1], server.url + kind)


def test_all_layouts_at_once(tmp_path: Path) -> None:
    """BEP 19, folders and flat names: each gives a part, and an audit finds all of them good."""
    dataset = make_dataset(tmp_path / "source", {**SIZES, "y.bin": 200 * PIECE_LENGTH})

    with (
        server_of(dataset, piece_pause_s=0.01) as plain,
        below(dataset, "/p/") as path,
        below(dataset, "/f/", is_flat=True) as flat,
    ):
        seeds = (plain.url, path.url + "p/{path}", flat.url + "f/{flat}")
        came = get(dataset, tmp_path / "out", *seeds)
        audited = audit(dataset.metainfo, seeds, rules=QUICK)

    assert set(came) == set(seeds)
    assert all(came.values())
    assert [copy.verdict for copy in audited.copies] == [Verdict.GOOD] * 3


def test_a_liar_by_template_is_named_beside_a_good_one(tmp_path: Path) -> None:
    """Wrong bytes from a flat copy are found out; the other one brings the right ones."""
    dataset = make_dataset(tmp_path / "source", SIZES)

    with below(dataset, "/p/") as good, below(dataset, "/f/", HttpFault("wrong-bytes"), is_flat=True) as liar:
        came = get(dataset, tmp_path / "out", liar.url + "f/{flat}", good.url + "p/{path}")

    assert came[liar.url + "f/{flat}"] == 0


def test_a_template_in_ones_own_network_is_refused(tmp_path: Path) -> None:
    """Where private addresses may not be asked, that holds for templates too, and nothing is sent there."""
    dataset = make_dataset(tmp_path / "source", SIZES)
    torrent = torrent_with(dataset, tmp_path)

    with below(dataset, "/f/", is_flat=True) as server:
        options = Options(tmp_path / "out", uses_peers=False, web_seeds=(server.url + "f/{flat}",))
        with pytest.raises(NoSourceError, match="of this machine's own network"):
            asyncio.run(fetch(str(torrent), options))

    assert not server.asked


def test_a_template_that_is_redirected(tmp_path: Path) -> None:
    """Each file may be sent on to a second server; the template stays what is told of."""
    dataset = make_dataset(tmp_path / "source", SIZES)

    with below(dataset, "/n/", is_flat=True) as node, FaultyHttpServer({}) as front:
        front.faults += [_moved(path.removeprefix("/n/"), node) for path in node.files]
        came = get(dataset, tmp_path / "out", front.url + "f/{flat}")

    assert set(came) == {front.url + "f/{flat}"}


def _moved(name: str, there: FaultyHttpServer) -> HttpFault:
    return HttpFault("status", f"/f/{name}", status=302, headers=(("Location", f"{there.url}n/{quote(name)}"),))


def test_all_copies_but_one_are_dead(tmp_path: Path) -> None:
    """Refusing, hanging, missing, forbidden, busy for ever, lying: the living one brings everything, and soon."""
    dataset = make_dataset(tmp_path / "source", {**SIZES, "y.bin": 100 * PIECE_LENGTH})
    statuses = [HttpFault("status", status=status) for status in (404, 403, 429, 500)]

    with ExitStack() as stack:
        dead = [stack.enter_context(server_of(dataset, fault)) for fault in (*statuses, HttpFault("wrong-bytes"))]
        hanging = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
        alive = stack.enter_context(below(dataset, "/f/", is_flat=True))
        began_s = time.monotonic()
        urls = [f"http://127.0.0.1:{one.getsockname()[1]}/" for one in hanging]
        came = get(
            dataset, tmp_path / "out", "http://127.0.0.1:1/", *urls, *(one.url for one in dead), alive.url + "f/{flat}"
        )

    assert came[alive.url + "f/{flat}"] == dataset.metainfo.size_bytes
    assert time.monotonic() - began_s < 8


def test_a_server_that_counts_requests_is_never_asked_one_too_many(tmp_path: Path) -> None:
    """Small files, each a request: the fetch waits before the limit, and is not refused once."""
    dataset = make_dataset(tmp_path / "source", {f"d/f{number:02}": 500 for number in range(35)})

    with below(dataset, "/f/", is_flat=True) as server:
        server.limit = Limit(15, 1.0)
        get(dataset, tmp_path / "out", server.url + "f/{flat}")

    assert server.limit.refused == 0
    assert len(server.asked) <= 36


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_wish_for_rest_is_kept(form: str, tmp_path: Path) -> None:
    """Nothing is asked of a busy server before the time that it named, in both forms of Retry-After."""
    dataset = make_dataset(tmp_path / "source", SIZES)
    headers = {"seconds": (("Retry-After", "1"),), "date": (
        ("Retry-After", "Sat, 21 Nov 2026 10:00:01 GMT"), ("Date", "Sat, 21 Nov 2026 10:00:00 GMT"))}[form]  # fmt: skip

    with below(dataset, "/p/", HttpFault("status", status=429, headers=headers, times=1)) as server:
        get(dataset, tmp_path / "out", server.url + "p/{path}")

    moments = [asked.at_s for asked in server.asked]
    assert max(later - before for before, later in pairwise(moments)) >= 1.0


def test_a_node_that_goes_away_is_looked_up_again(tmp_path: Path) -> None:
    """An archive's front sends each file to a node. When the node refuses, the front knows another one."""
    dataset = make_dataset(tmp_path / "source", {"y.bin": 60 * PIECE_LENGTH, "z.bin": 60 * PIECE_LENGTH})

    with below(dataset, "/n/") as old, below(dataset, "/n/") as new, FaultyHttpServer({}) as front:
        front.faults += [_moved(name, old) for name in ("y.bin", "z.bin")]

        def rotate(sent: int) -> None:
            if sent > 20 * PIECE_LENGTH and not old.faults:
                front.faults[:] = [_moved(name, new) for name in ("y.bin", "z.bin")]
                old.faults.append(HttpFault("status", status=403))

        old.on_sent = rotate
        get(dataset, tmp_path / "out", front.url + "f/{path}")

    assert old.body_bytes_sent > 0
    assert new.body_bytes_sent > 0
    assert len(front.asked) < len(old.asked) + len(new.asked) + 4


def test_a_single_file_beside_its_torrents_own_web_seed(tmp_path: Path) -> None:
    """A single file's mirror is its address, whatever it is called there."""
    dataset = make_dataset(tmp_path / "source", 40 * PIECE_LENGTH, name="one.bin")

    with (
        server_of(dataset, piece_pause_s=0.01) as seed,
        FaultyHttpServer({"/r/1": dataset.contents["one.bin"]}) as other,
    ):
        fetched = run_fetch(dataset, tmp_path / "out", [seed], Options(rules=QUICK, web_seeds=(other.url + "r/1",)))

    assert dataset.is_at(tmp_path / "out")
    assert len([source for source in fetched.sources if source.bytes_good]) == 2
