# SPDX-License-Identifier: Apache-2.0
"""What following costs: a catalogue pulled whole, a look that finds nothing new, and a release of 100 changed rows.

Whole runs of ``seedbed catalog pull`` against a web server on loopback; bytes are counted by the server.
"""

from __future__ import annotations

import datetime as dt
import shutil
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import bench_data
import catalog_data
import catalog_step
import paired

from seedbed.catalog import join_link, paths
from seedbed.catalog.join_link import JoinLink
from seedbed.catalog.table.merge import merge_catalog
from seedbed.catalog.table.writer import release_order, write_catalog
from seedbed.testing.signed_folder import SignedFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHANGED = 100


@dataclass
class _Counter:
    """What the server sent."""

    sent_bytes: int = 0


class _Handler(SimpleHTTPRequestHandler):
    """Counts what it sends."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments: Any, counter: _Counter, **named: Any) -> None:
        self._counter = counter
        super().__init__(*arguments, **named)

    def copyfile(self, source: Any, outputfile: Any) -> None:
        """Send a body."""
        while part := source.read(1 << 20):
            outputfile.write(part)
            self._counter.sent_bytes += len(part)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def _serving(folder: Path, counter: _Counter) -> Iterator[str]:
    handler = partial(_Handler, directory=str(folder), counter=counter)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def pulls(count: int, catalog: Path) -> list[str]:
    """Lines of the report for a catalogue of ``count`` rows that was written before."""
    place = bench_data.folder() / "follow"
    shutil.rmtree(place, ignore_errors=True)
    signed = SignedFolder(place / "site", place / "keys", site_id=catalog_data.SITE.id)
    now = dt.datetime.now(dt.UTC)
    custom = {"serial": 1, "rows": count, "site": catalog_data.SITE.id}
    signed.release({paths.CATALOG: catalog.read_bytes()}, now=now, custom={paths.CATALOG: custom})
    counter = _Counter()
    rows = []
    with _serving(signed.folder, counter) as url:
        link = join_link.render(JoinLink(signed.root_sha256, (url,)))
        pull = _pull(link, place / "home")
        rows.append(_row("whole", pull, counter))
        rows.append(_row("nothing new", pull, counter))
        _change(signed, count, catalog, now)
        rows.append(_row(f"{CHANGED} datasets with a new version", pull, counter))
    shutil.rmtree(place, ignore_errors=True)
    return [
        f"\n## {count:,} rows: pull over HTTP (without the table of files)\n",
        "| pull | wall s | CPU s | RSS MB | bytes sent |\n|---|---|---|---|---|",
        *rows,
        "",
    ]


def _pull(link: str, home: Path) -> paired.Contender:
    words = ("catalog", "pull", link, "--lan", "--no-dht", "--no-files")
    return paired.Contender(
        "pull", (sys.executable, "-m", "seedbed", *words), {"SEEDBED_HOME": str(home)}, timeout_s=3_600
    )


def _row(name: str, pull: paired.Contender, counter: _Counter) -> str:
    counter.sent_bytes = 0
    run = paired.measure(pull)
    return f"| {name} | {run.wall_s:.2f} | {run.cpu_s:.2f} | {run.rss_bytes / 1e6:.0f} | {counter.sent_bytes:,} |"


def _change(signed: SignedFolder, count: int, catalog: Path, now: dt.datetime) -> None:
    """The next release: new versions of some datasets, and the rows before them."""
    site = replace(catalog_data.SITE, serial=2)
    changed = sorted(catalog_step.new_versions(count, CHANGED), key=release_order)
    merged, change = signed.folder.parent / "merged.parquet", signed.folder.parent / "change.parquet"
    rows = merge_catalog(catalog, changed, site, merged)
    write_catalog(change, changed, site)
    targets = {paths.CATALOG: merged.read_bytes(), paths.change(2): change.read_bytes()}
    custom: dict[str, dict[str, object]] = {
        paths.CATALOG: {"serial": 2, "rows": rows, "site": site.id},
        paths.change(2): {"serial": 2},
    }
    signed.release(targets, now=now, custom=custom)
