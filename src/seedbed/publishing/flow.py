# SPDX-License-Identifier: Apache-2.0
"""Data becomes a version of a dataset in a catalogue.

:func:`prepare` does all that can fail cheaply: metadata, names, the plan of the torrent. Then everything is hashed
once, by whoever is best at it. :func:`release` needs the catalogue's lock only for what is left: the place among the
versions, the torrent (which names the version before, BEP 38), the entry, the signed release.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.catalog import checks, ids, versions
from seedbed.catalog.findings import refuse
from seedbed.catalog.model import Change
from seedbed.creating import create as creating
from seedbed.creating.scan import scan
from seedbed.errors import InputError
from seedbed.hashing.files import LocalFiles
from seedbed.inspecting import Inspected, inspect_folder
from seedbed.publishing import datapackage, entry, metadata, metadata_file, sidecars
from seedbed.publishing.reading import read
from seedbed.publishing.request import Prepared, Published
from seedbed.publishing.said import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from seedbed.catalog.findings import Finding
    from seedbed.catalog.model import FileRow, Release
    from seedbed.creating.create import Created
    from seedbed.creating.dataset import Dataset
    from seedbed.publishing.request import Catalog, Hashed, Publisher, Request

COMMAND_LINE = "the command line"


def publish(
    request: Request, publisher: Publisher, *, hashed: Hashed, now: Callable[[], dt.datetime]
) -> Published:
    """Publish data as a version of a dataset; see :func:`prepare` and :func:`release`."""
    prepared = prepare(request, publisher, now=now())
    return release(prepared, hashed(prepared.plan), publisher, now=now())


def prepare(
    request: Request,
    catalog: Catalog,
    *,
    now: dt.datetime,
    progress: Callable[[int, int], object] = lambda *_: None,
) -> Prepared:
    """Check, list and inspect what shall be published; reads the data's folder and writes nothing.

    Args:
        request: What shall be published.
        catalog: Where; read only.
        now: The time, with a zone.
        progress: Called with files inspected and files in all.

    Raises:
        MetadataError: with every fault of the metadata.
        NotFoundError: there is no such file or folder.
        NameRefusedError: names of files are refused.
        UnsuitableFileError: links, special or unreadable files.
        InputError: there is nothing to share.
    """
    own, findings = _own_sources(request)
    dataset = _dataset(request)
    files = _local_files(dataset)
    beside, remarks = sidecars.read_sidecars(files) if not dataset.is_single_file else ([], [])
    sources = (*own, *beside)
    _refuse_faults(request, sources, findings, catalog, now)
    plan = creating.plan_torrent(dataset, request.wish)
    found, each = _inspect(request, files, progress)
    told = [] if files else ["Data behind URLs is not looked into: give --bbox and --time."]
    return Prepared(request, plan, sources, found, each, (*dataset.remarks, *remarks, *told, *found.remarks))


def release(
    prepared: Prepared, created: Created, publisher: Catalog | Publisher, *, now: dt.datetime, is_trial: bool = False
) -> Published:
    """Put a version into the catalogue.

    Args:
        prepared: From :func:`prepare`.
        created: The torrent of its plan.
        publisher: The catalogue, held open for changes; for a trial just the catalogue.
        now: The time, with a zone.
        is_trial: Say what would be released, and release nothing.

    Returns:
        What was published; ``is_new`` is False when these very bytes are there already.

    Raises:
        InputError: the version is there with other bytes, or the bytes under another version.
        MetadataError: with every fault of the entry.
    """
    known = publisher.versions(prepared.request.dataset)
    twin = entry.same_data(created, known, publisher.files)
    if twin is not None:
        return _nothing_new(prepared, twin, publisher)
    before = versions.newest(known)
    torrent = entry.with_similar(created, before)
    named = prepared.request.version or entry.free_version(known, now)
    described, rows = _entry(prepared, torrent, named, before, publisher, now)
    placed = versions.add(known, described.release)
    new = placed[-1]
    package = datapackage.descriptor(new, rows, prepared.each)
    change = Change(placed, rows, {new.torrent.best_hex: torrent.torrent}, {new.id: package})
    refuse(new.id, [*metadata.faults(new, publisher.site), *(one for row in rows for one in checks.file_findings(row))])
    released = None if is_trial else publisher.release(change)  # type: ignore[union-attr]  # a trial needs no lock
    return Published(
        new, rows, torrent.torrent, package, described.origins, prepared.remarks, released, is_new=True
    )


def _own_sources(request: Request) -> tuple[list[Source], list[Finding]]:
    """What the person says, on the command line and in a file."""
    said, findings = read(request.said)
    sources = [Source(COMMAND_LINE, said)]
    if request.metadata_file:
        name = request.metadata_file.name
        filed, faults = read(metadata_file.load(request.metadata_file), where=name)
        sources.append(Source(name, filed))
        findings += faults
    return sources, findings
