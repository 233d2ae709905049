# SPDX-License-Identifier: Apache-2.0
"""All numbers in one file for researchers: ``/scrape.parquet``. A scrape of everything over the wire is refused."""

from __future__ import annotations

import hashlib
from email.utils import formatdate
from typing import TYPE_CHECKING

from seedbed.errors import StateError
from seedbed.tracker.http_door import Page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seedbed.tracker.swarm import Count

MEDIA_TYPE = "application/vnd.apache.parquet"
NAME = "scrape.parquet"


def write(rows: Sequence[tuple[str, bytes, Count]], at_s: int, folder: Path | None) -> Page:
    """Write the file, and make the page that serves it. Takes its time: for a thread.

    Args:
        rows: Id, info-hash (v1, or v2 cut to 20 bytes) and numbers of each dataset.
        at_s: When they were counted, in seconds since 1970.
        folder: Where the file is put too, for other servers; None for nowhere.

    Raises:
        StateError: it cannot be written.
    """
    import pyarrow as pa  # noqa: PLC0415  # 100 ms
    import pyarrow.parquet as pq  # noqa: PLC0415

    counts = [count for _, _, count in rows]
    table = pa.table(
        {
            "id": pa.array([name for name, _, _ in rows], pa.string()),
            "info_hash": pa.array([info_hash.hex() for _, info_hash, _ in rows], pa.string()),
            "seeds": pa.array([one.seeds for one in counts], pa.int64()),
            "leechers": pa.array([one.leechers for one in counts], pa.int64()),
            "completed": pa.array([one.completed for one in counts], pa.int64()),
            "time": pa.array([at_s * 1000] * len(rows), pa.timestamp("ms", "UTC")),
        }
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    body = sink.getvalue().to_pybytes()
    if folder:
        _put(body, folder / NAME)
    tag = b'"%b"' % hashlib.sha256(body).hexdigest()[:32].encode()
    fields = b"Last-Modified: %b\r\nCache-Control: public, max-age=300\r\n" % formatdate(at_s, usegmt=True).encode()
    return Page(200, MEDIA_TYPE, body, fields, tag)


def _put(body: bytes, path: Path) -> None:
    """Whole or not at all."""
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(body)
        part.replace(path)
    except OSError as error:
        raise StateError(f"{path}: it cannot be written: {error.strerror}") from error
