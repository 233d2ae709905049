# SPDX-License-Identifier: Apache-2.0
"""A Dask cluster makes the torrent that threads make."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from seedbed.creating.cluster import dask_executor
from seedbed.creating.create import Wish, plan_torrent, wanted_hashes
from seedbed.creating.create import create as create_torrent
from seedbed.creating.scan import scan
from seedbed.errors import FileChangedError
from tests.datasets import make_tree, torrent_of
from tests.web import Site, serving

pytest.importorskip("distributed", reason="the extra seedbed[dask] is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]
PROGRAM = str(Path(sys.executable).with_name("seedbed"))
SIZES = {"a": 70_000_000, "b": 100, "c/d": 30_000_000, "c/e": 0, **{f"s/{n:03}": 5_000 for n in range(300)}}


def create(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the program itself."""
    command = [PROGRAM, "torrent", "create", "--json", "--force", "--piece-length", "32KiB", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def test_local_cluster(tmp_path: Path) -> None:
    """``--dask local``: same info-hashes, same SHA-256 of the small files."""
    root = make_tree(tmp_path / "ds", SIZES)
    ours = torrent_of(root)

    done = create(str(root), "--dask", "local", folder=tmp_path)

    assert not done.returncode, done.stderr
    facts = json.loads(done.stdout)
    assert facts["infohash_v1"] == ours.info_hashes.v1_hex
    assert facts["infohash_v2"] == ours.info_hashes.v2_hex
    assert [one["sha256"] for one in facts["files"]] == [one.sha256 for one in ours.files]


def test_cluster_by_address(tmp_path: Path) -> None:
    """``--dask tcp://…`` with a scheduler and workers of their own; also for a URL."""
    from distributed import LocalCluster  # noqa: PLC0415  # half a second to import

    root = make_tree(tmp_path / "ds", {"a": 40_000_000, "b": 5})
    site = Site({"/a": (root / "a").read_bytes()})
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,  # type: ignore[no-untyped-call]
        serving(site),
    ):
        local = create(str(root), "--dask", cluster.scheduler_address, folder=tmp_path)
        remote = create(f"{site.url}/a", "--dask", cluster.scheduler_address, folder=tmp_path)

    assert not local.returncode, local.stderr
    assert not remote.returncode, remote.stderr
    assert json.loads(local.stdout)["infohash_v1"] == torrent_of(root).info_hashes.v1_hex
    assert json.loads(remote.stdout)["infohash_v2"] == torrent_of(root / "a").info_hashes.v2_hex


def test_what_a_cluster_cannot_do(tmp_path: Path) -> None:
    """The MD5 of one long file, and a scheduler that is not there, are clear errors."""
    root = make_tree(tmp_path / "ds", {"a": 30_000_000})

    chained = create(str(root), "--dask", "local", "--md5", folder=tmp_path)

    assert chained.returncode == 2
    assert "one chain" in chained.stderr


def test_a_changed_file_on_a_worker(tmp_path: Path) -> None:
    """Errors of workers come back as they are, with their hint."""
    root = make_tree(tmp_path / "ds", {"a": 100_000})
    plan = plan_torrent(scan(str(root)), Wish())
    (root / "a").write_bytes(b"x" * 100_001)

    with dask_executor("local") as cluster, pytest.raises(FileChangedError) as error:
        create_torrent(plan, cluster, wanted=wanted_hashes(plan, workers=cluster.workers))

    assert "got 100,001" in error.value.message
    assert error.value.hint


def test_nobody_at_the_address(tmp_path: Path) -> None:
    """A scheduler that does not answer is a source that does not answer."""
    root = make_tree(tmp_path / "ds", {"a": 100})

    done = create(str(root), "--dask", "tcp://127.0.0.1:1", folder=tmp_path)

    assert done.returncode == 12
