# SPDX-License-Identifier: Apache-2.0
"""What ``mirrors.py`` measures as whole processes: ``mirrors_client.py WHAT ARGUMENTS…``."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "big.bin"
READERS = 4
"""Connections that ``seedbed torrent create`` reads a URL by, each in spans of 16 MiB."""
SPAN_BYTES = 16 << 20


def push(url: str, path: str, sha256: str) -> None:
    """Ours, of a file that was hashed before."""
    digest: Future[str] = Future()
    digest.set_result(sha256)
    _push(url, Path(path), digest)


def hash_all(path: str) -> str:
    """All hashes of a publication: hybrid torrent and SHA-256 of the whole file; returns the latter."""
    from seedbed.creating.create import ALL_BYTES, Wish, create, plan_torrent, wanted_hashes  # noqa: PLC0415
    from seedbed.creating.scan import scan  # noqa: PLC0415
    from seedbed.hashing.choice import choose_engine  # noqa: PLC0415
    from seedbed.hashing.job import Threads  # noqa: PLC0415
    from seedbed.hashing.threads import default_workers  # noqa: PLC0415

    plan = plan_torrent(scan(path), Wish(sha256_up_to=ALL_BYTES))
    workers = default_workers()
    created = create(plan, Threads(choose_engine(), workers), wanted=wanted_hashes(plan, workers=workers))
    return created.files[0].sha256


def hash_and_push(url: str, path: str) -> None:
    """Both at the same time."""
    digest: Future[str] = Future()
    thread = threading.Thread(target=lambda: digest.set_result(hash_all(path)))
    thread.start()
    _push(url, Path(path), digest)
    thread.join()


def boto3(endpoint: str, bucket: str, path: str) -> None:
    """boto3's own transfer, as it is by default."""
    from boto3 import client  # noqa: PLC0415

    client("s3", endpoint_url=endpoint, region_name="us-east-1").upload_file(path, bucket, KEY)


def ranges(endpoint: str, bucket: str, key: str) -> None:
    """Plain reads of a whole object by ranges, kept nowhere: what the store and the wire allow."""
    import obstore  # noqa: PLC0415
    from obstore.store import S3Store  # noqa: PLC0415

    store = S3Store(bucket, endpoint=endpoint, region="us-east-1", client_options={"allow_http": True})
    size_bytes = obstore.head(store, key)["size"]
    spans = [(at, min(at + SPAN_BYTES, size_bytes)) for at in range(0, size_bytes, SPAN_BYTES)]
    with ThreadPoolExecutor(READERS) as pool:
        got = sum(pool.map(lambda span: len(obstore.get_range(store, key, start=span[0], end=span[1])), spans))
    if got != size_bytes:
        sys.exit(f"expected {size_bytes:,} bytes, got {got:,}")


def _push(url: str, path: Path, digest: Future[str]) -> None:
    from seedbed.hashing.files import LocalFiles  # noqa: PLC0415
    from seedbed.mirrors.push import push as push_files  # noqa: PLC0415
    from seedbed.mirrors.registry import open_mirror  # noqa: PLC0415
    from seedbed.publishing.transaction.contents import SourceContent  # noqa: PLC0415

    mirror, facts = open_mirror(url), path.stat()
    push_files(mirror, {KEY: SourceContent(KEY, facts.st_size, LocalFiles([str(path)], [facts]), 0, digest)})
    mirror.close()


if __name__ == "__main__":
    WHAT: dict[str, Callable[..., object]] = {
        "push": push, "hash": hash_all, "both": hash_and_push, "boto3": boto3, "ranges": ranges,
    }  # fmt: skip
    WHAT[sys.argv[1]](*sys.argv[2:])
