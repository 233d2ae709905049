# SPDX-License-Identifier: Apache-2.0
"""Rows P14 to P18 of docs/threats.md: bad lines are slow, and what comes over them is right or is not there."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.testing.datasets import Dataset, make_dataset
from tests.e2e.clients.base import process, wait_until
from tests.e2e.clients.seedbed import PROGRAM
from tests.e2e.links import has_namespaces, line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.links import Machine

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(180), has_namespaces]
PORT = 6990
needs_tinyproxy = pytest.mark.skipif(not shutil.which("tinyproxy"), reason="it is the proxy between")


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """150 kB in three files."""
    return make_dataset(tmp_path / "source", {"a.bin": 100_000, "b/c.bin": 49_000, "b/d.csv": 1_000})


@contextlib.contextmanager
def seeding(machine: Machine, dataset: Dataset, folder: Path) -> Iterator[None]:
    """``seedbed seed`` on a machine."""
    torrent = folder / "set.torrent"
    torrent.write_bytes(dataset.torrent)
    log = folder / "seed.log"
    command = [
        *machine.at, *PROGRAM, "seed", str(torrent), "--data", str(dataset.parent), "--listen",
        f"{machine.address}:{PORT}", "--lan", "--no-dht", "--json",
    ]  # fmt: skip
    with process(command, log):
        wait_until(lambda: '"ready"' in log.read_text(), "it seeds", log=log)
        yield


def fetching(machine: Machine, source: Machine, folder: Path, *options: str) -> list[str]:
    """``seedbed fetch`` on a machine, from a peer on the other one."""
    peer = ("--peer", f"{source.address}:{PORT}") if not options else ()
    return [
        *machine.at, *PROGRAM, "fetch", str(folder / "set.torrent"), "-o", str(folder / "out"), "--lan", "--no-dht",
        *peer, *options, "--json",
    ]  # fmt: skip


@contextlib.contextmanager
def web_server(machine: Machine, dataset: Dataset, folder: Path) -> Iterator[str]:
    """A plain web server on a machine; gives the web seed's address."""
    address = machine.address.strip("[]")
    command = [*machine.at, sys.executable, "-m", "http.server", "8000", "--bind", address, "-d", str(dataset.parent)]
    with process(command, folder / "web.log"):
        check = [*machine.at, sys.executable, "-c", f"import socket; socket.create_connection(({address!r}, 8000))"]
        wait_until(lambda: not subprocess.run(check, check=False, stderr=subprocess.DEVNULL).returncode, "it serves")
        yield f"http://{machine.address}:8000/"


def fetched(command: list[str]) -> dict[str, object]:
    """Run a fetch to its end."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("by", ["peer", "http"])
def test_p14_a_line_that_loses_a_third(by: str, dataset: Dataset, tmp_path: Path) -> None:
    """Each packet of the data is lost with a chance of 30 %: slow, and every byte right."""
    with line() as (far, here), contextlib.ExitStack() as stack:
        stack.enter_context(seeding(far, dataset, tmp_path))
        url = stack.enter_context(web_server(far, dataset, tmp_path)) if by == "http" else ""
        here.loses(30)
        options = ("--web-seed", url, "--no-peers") if url else ()
        found = fetched(fetching(here, far, tmp_path, *options))

    assert dataset.is_at(tmp_path / "out")
    assert found["bytes_from_mirrors" if url else "bytes_from_peers"] == dataset.metainfo.size_bytes


def test_p15_a_line_of_a_kilobyte_a_second(dataset: Dataset, tmp_path: Path) -> None:
    """Nothing is claimed while it crawls, and nothing is given up; with a better line it ends as it should."""
    with line() as (far, here), seeding(far, dataset, tmp_path):
        far.crawls(1_000)
        with process(fetching(here, far, tmp_path), tmp_path / "fetch.log") as running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(8)
            assert running.poll() is None, (tmp_path / "fetch.log").read_text()
            assert not (tmp_path / "out" / "set").exists()
            far.runs_again()
            assert running.wait(60) == 0, (tmp_path / "fetch.log").read_text()

    assert dataset.is_at(tmp_path / "out")


def test_p16_the_address_changes_under_way(dataset: Dataset, tmp_path: Path) -> None:
    """As behind a router that dials in anew: connections die without a word, and the rest comes over new ones."""
    patience = ("--timeout", "24")
    with line() as (far, here), seeding(far, dataset, tmp_path):
        far.crawls(20_000)
        with process([*fetching(here, far, tmp_path), *patience], tmp_path / "fetch.log") as running:
            wait_until(lambda: work_bytes(tmp_path / "out") > 40_000, "some has come", log=tmp_path / "fetch.log")
            here.run("ip addr del 10.77.0.2/24 dev line")
            here.run("ip addr add 10.77.0.9/24 dev line")
            far.runs_again()
            assert running.wait(90) == 0, (tmp_path / "fetch.log").read_text()

    assert dataset.is_at(tmp_path / "out")


@pytest.mark.parametrize("by", ["peer", "http"])
def test_p17_ipv6_only(by: str, dataset: Dataset, tmp_path: Path) -> None:
    """There is no IPv4 at all."""
    with line("fd77::1/64", "fd77::2/64") as (far, here), contextlib.ExitStack() as stack:
        stack.enter_context(seeding(far, dataset, tmp_path))
        url = stack.enter_context(web_server(far, dataset, tmp_path)) if by == "http" else ""
        options = ("--web-seed", url, "--no-peers") if url else ()
        fetched(fetching(here, far, tmp_path, *options))

    assert dataset.is_at(tmp_path / "out")


def work_bytes(folder: Path) -> int:
    """What has come so far."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


@contextlib.contextmanager
def proxy(machine: Machine, folder: Path, *more: str) -> Iterator[str]:
    """A real proxy on a machine; gives its address."""
    config = folder / "proxy.conf"
    lines = ("Port 8888", f"Listen {machine.address}", "Timeout 20", "MaxClients 50", *more)
    config.write_text("".join(f"{one}\n" for one in lines))
    with process([*machine.at, "tinyproxy", "-d", "-c", str(config)], folder / "proxy.log"):
        wait_until(
            lambda: "Accepting connections" in (folder / "proxy.log").read_text(), "the proxy", log=folder / "proxy.log"
        )
        yield f"{machine.address}:8888"


@needs_tinyproxy
@pytest.mark.parametrize("user", ["", "me:s%65cret@"])
def test_p18_through_a_proxy(user: str, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mirror's network is reached through a proxy only, which may want a password."""
    allowed = ("BasicAuth me secret",) if user else ()
    with line() as (far, here), contextlib.ExitStack() as stack:
        far.run("ip addr add 10.88.0.1/32 dev lo")
        beyond = replace(far, address="10.88.0.1")
        url = stack.enter_context(web_server(beyond, dataset, tmp_path))
        where = stack.enter_context(proxy(far, tmp_path, *allowed))
        (tmp_path / "set.torrent").write_bytes(dataset.torrent)
        command = fetching(here, far, tmp_path, "--web-seed", url, "--no-peers", "--timeout", "3")
        assert subprocess.run(command, check=False, capture_output=True).returncode == 12
        monkeypatch.setenv("http_proxy", f"http://{user}{where}")
        found = fetched(command)

    assert dataset.is_at(tmp_path / "out")
    assert found["bytes_from_mirrors"] == dataset.metainfo.size_bytes


@needs_tinyproxy
def test_p18_a_proxy_that_refuses(dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tunnels to strange ports are refused by many: it is said who refused what."""
    with line() as (far, here), proxy(far, tmp_path, "ConnectPort 443") as where:
        (tmp_path / "set.torrent").write_bytes(dataset.torrent)
        monkeypatch.setenv("https_proxy", f"http://{where}")
        url = "https://10.88.0.1:8443/"
        command = fetching(here, far, tmp_path, "--web-seed", url, "--no-peers", "--timeout", "3")
        done = subprocess.run(command, check=False, capture_output=True, text=True)

    assert done.returncode == 12
    assert "the proxy 10.77.0.1 does not let us through to 10.88.0.1:8443: 403" in done.stderr
