# SPDX-License-Identifier: Apache-2.0
"""A real smartnode on a disk that is full, read-only, limited, or that cannot flush."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.e2e.clients.base import wait_until
from tests.e2e.disks import fill, needs_root, small_disk
from tests.e2e.node_world import joined, published, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.node_world import NodeRun, NodeWorld

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(120)]

needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="strace makes the system calls fail")
ALL = {"set-0@1", "set-1@1", "set-2@1"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One catalogue for all: publishing is not what is tested here."""
    with published(tmp_path_factory.mktemp("site"), count=3, size=3_000_000, rate="1m") as folder:
        yield folder


@needs_root
def test_the_disk_fills_up(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """N1: it stops fetching, serves what it has, claims nothing else, and goes on by itself when there is room."""
    with small_disk(tmp_path / "disk", 24) as disk:
        world = joined(site, tmp_path, monkeypatch, given=disk / "given")
        with running(world) as node:
            wait_until(lambda: world.units("stage = 'fetching'"), "it fetches", log=node.log)
            fill(disk / "ballast")
            wait_until(lambda: world.has_noted("fetch-failed"), "a fetch has failed", log=node.log)
            check_claims(world, node)
            (disk / "ballast").unlink()
            node.until("round", held=3)
            check_claims(world, node)
            assert world.claimed == ALL


@needs_root
def test_the_disk_becomes_read_only(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """N4: the same; what was held is served on, also after a start, and when it is writable again all comes."""
    with small_disk(tmp_path / "disk", 24) as disk:
        world = joined(site, tmp_path, monkeypatch, given=disk / "given")
        with running(world) as node:
            wait_until(lambda: world.claimed, "it holds something", log=node.log)
            before = world.claimed
            wait_until(lambda: remount(disk, "ro"), "nobody writes for a moment", log=node.log)
            wait_until(lambda: world.has_noted("fetch-failed") or world.claimed == ALL, "a fetch fails", log=node.log)
            check_claims(world, node)
            assert before <= world.claimed
            assert node.terminate() == 0
        with running(world) as node:
            node.until("ready")
            check_claims(world, node)
            assert before <= world.claimed
            assert remount(disk, "rw")
            node.until("round", held=3)
            assert world.claimed == ALL


def test_files_may_not_grow_so_large(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """N3: a quota that none of the data fits into: nothing is claimed, and without it all comes."""
    limited = ("sh", "-c", 'ulimit -f 4000; exec "$@"', "sh")  # in blocks of 512 bytes: the record still fits
    world = joined(site, tmp_path, monkeypatch)
    with running(world, before=limited) as node:
        wait_until(lambda: world.has_noted("fetch-failed"), "a fetch has failed", log=node.log)
        check_claims(world, node)
        assert not world.claimed
        assert node.terminate() == 0
    with running(world) as node:
        node.until("round", held=3)
        check_claims(world, node)


def test_few_files_may_be_open(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """N20: with forty it is slower, not dead, and nothing is wrong."""
    limited = ("sh", "-c", 'ulimit -n 40; exec "$@"', "sh")
    world = joined(site, tmp_path, monkeypatch)
    with running(world, before=limited) as node:
        node.until("round", held=3)
        check_claims(world, node)


def test_a_bit_a_file_and_a_link(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """N10, N11: a flipped bit, a deleted file and a link in a file's place: all three are mended from the web seed."""
    world = joined(site, tmp_path, monkeypatch)
    with running(world) as node:
        node.until("round", held=3)
        assert node.terminate() == 0
    world.forget_proofs("set-0@1")
    flip_first_bit(world.file("set-0@1"))
    world.file("set-1@1").unlink()
    elsewhere = tmp_path / "elsewhere"
    shutil.move(world.file("set-2@1"), elsewhere)
    world.file("set-2@1").symlink_to(elsewhere)

    with running(world) as node:
        wait_until(lambda: world.claimed == ALL and all(map(world.is_right, ALL)), "all is mended", log=node.log)
        check_claims(world, node)
        assert world.has_noted("withdrawn")
        assert not world.file("set-2@1").is_symlink()


def flip_first_bit(path: Path) -> None:
    """As a bad disk does: neither size nor times change."""
    facts = path.stat()
    path.chmod(0o644)
    body = bytearray(path.read_bytes())
    body[0] ^= 1
    path.write_bytes(body)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


@needs_strace
def test_flushing_fails(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """N6: the disk cannot say that it has the data: it is not held; when flushing works again, all is proved anew."""
    failing = (
        "strace", "-f", "--seccomp-bpf", "-qq", "-o", str(tmp_path / "calls"), "-e", "trace=fsync,syncfs",
        "-e", "inject=fsync,syncfs:error=EIO",
    )  # fmt: skip
    world = joined(site, tmp_path, monkeypatch)
    with running(world, before=failing) as node:
        wait_until(
            lambda: node.events("trouble") or node.process.poll() is not None or len(node.events("round")) > 8,
            "it has tried", log=node.log,
        )  # fmt: skip
        assert "Traceback" not in node.log.read_text()
        assert not world.claimed
    with running(world) as node:
        node.until("round", held=3)
        check_claims(world, node)


@needs_strace
def test_a_sector_cannot_be_read(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """N5: reading fails while it proves what a kill left in doubt: only what was read is claimed, and it heals."""
    failing = (
        "strace", "-f", "--seccomp-bpf", "-qq", "-o", str(tmp_path / "calls"), "-e", "trace=preadv,pread64",
        "-P", str(tmp_path / "given/snapshots/set-1/1/data/set-1/sub/a.bin"),
        "-e", "inject=preadv,pread64:error=EIO:when=1..6",
    )  # fmt: skip
    world = joined(site, tmp_path, monkeypatch)
    with running(world) as node:
        node.until("round", held=3)
        node.kill()
    with running(world, before=failing) as node:
        node.until("round", held=3)
        wait_until(lambda: world.claimed == ALL, "all is proved", log=node.log)
        check_claims(world, node)


def check_claims(world: NodeWorld, node: NodeRun) -> None:
    """The node is there, and whatever it claims is right, byte for byte."""
    assert node.process.poll() is None, node.log.read_text()
    assert "Traceback" not in node.log.read_text()
    for item in world.claimed:
        assert world.is_right(item), item


def remount(disk: Path, how: str) -> bool:
    """Make it read-only, or writable again; whether that could be."""
    done = subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=False, stderr=subprocess.DEVNULL)
    return not done.returncode
