# SPDX-License-Identifier: Apache-2.0
"""Data becomes a version of a dataset in a catalogue.

:func:`prepare` does all that can fail cheaply: metadata, names, the plan of the torrent. Then everything is hashed
once, by whoever is best at it. :func:`release` needs the catalogue's lock only for what is left: the place among the
versions, the torrent (which names the version before, BEP 38), the entry, the signed release.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.catalog import checks, ids, versions
from seedbed.catalog.findings import refuse
from seedbed.catalog.model import Change, Mirror
from seedbed.creating import create as creating
from seedbed.creating import kept, like
from seedbed.creating.scan import scan
from seedbed.errors import InputError
from seedbed.hashing.files import LocalFiles
from seedbed.inspecting import Inspected, inspect_folder
from seedbed.publishing import datapackage, entry, metadata, sidecars
from seedbed.publishing.own_words import own_sources
from seedbed.publishing.request import Prepared, Published
from seedbed.publishing.said import Said, Source

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from seedbed.catalog.findings import Finding
    from seedbed.catalog.model import FileRow, Release
    from seedbed.creating.create import Created
    from seedbed.creating.dataset import Dataset
    from seedbed.publishing.metadata import Described
    from seedbed.publishing.request import Catalog, Hashed, Publisher, Request


def publish(request: Request, publisher: Publisher, *, hashed: Hashed, now: Callable[[], dt.datetime]) -> Published:
    """Publish data as a version of a dataset; see :func:`prepare` and :func:`release`."""
    prepared = prepare(request, publisher, now=now())
    return release(prepared, hashed(prepared.plan), publisher, now=now())


def prepare(
    request: Request,
    catalog: Catalog,
    *,
    now: dt.datetime,
    progress: Callable[[int, int, str], object] = lambda *_: None,
) -> Prepared:
    """Check, list and inspect what shall be published; reads the data's folder and writes nothing.

    Args:
        request: What shall be published.
        catalog: Where; read only.
        now: The time, with a zone.
        progress: Called with bytes inspected, bytes in all, and a note.

    Raises:
        MetadataError: with every fault of the metadata.
        NotFoundError: there is no such file or folder.
        NameRefusedError: names of files are refused.
        UnsuitableFileError: links, special or unreadable files.
        InputError: there is nothing to share.
    """
    own, findings = own_sources(request.said, request.metadata_file)
    dataset = _dataset(request)
    files = _local_files(dataset)
    beside, remarks = sidecars.read_sidecars(files) if not dataset.is_single_file else ([], [])
    sources = (*own, *beside, *_places(dataset))
    _refuse_faults(request, sources, findings, catalog, now)
    if request.wish.kept:
        dataset, wish = kept.fitted(dataset, request.wish)
    else:
        wish = request.wish
    plan = creating.plan_torrent(dataset, wish)
    found, each = _inspect(request, files, progress)
    told = [] if files else _of_urls(dataset, request)
    before = versions.newest(catalog.versions(request.dataset))
    if before and "&ws=" in before.torrent.magnet and not (request.wish.web_seeds or request.goes_to_mirrors):
        told.append(f"{before.id} has a web seed and this version has none: --webseed URL gives it one.")
    return Prepared(request, plan, sources, found, each, (*dataset.remarks, *remarks, *told, *found.remarks))


def release(
    prepared: Prepared,
    created: Created,
    publisher: Catalog | Publisher,
    *,
    now: dt.datetime,
    is_trial: bool = False,
    is_final: bool = False,
) -> Published:
    """Put a version into the catalogue.

    Args:
        prepared: From :func:`prepare`.
        created: The torrent of its plan.
        publisher: The catalogue, held open for changes; for a trial just the catalogue.
        now: The time, with a zone.
        is_trial: Say what would be released, and release nothing.
        is_final: The torrent names the version before it already, and is on mirrors: it stays as it is.

    Returns:
        What was published; ``is_new`` is False when these very bytes are there already.

    Raises:
        InputError: the version is there with other bytes, or the bytes under another version.
        MetadataError: with every fault of the entry.
        CatalogError: its data or DOI is that of another dataset's version.
    """
    known = publisher.versions(prepared.request.dataset)
    twin = entry.same_data(created, known, publisher.files)
    if twin is not None:
        return _nothing_new(prepared, twin, publisher)
    torrent = created if is_final else entry.with_similar(created, versions.newest(known))
    described, rows = _entry(prepared, torrent, known, publisher, now)
    placed = versions.add(known, described.release)
    new = placed[-1]
    package = datapackage.descriptor(new, rows, prepared.each)
    change = Change(placed, rows, {new.torrent.best_hex: torrent.torrent}, {new.id: package})
    refuse(new.id, [*metadata.faults(new), *(one for row in rows for one in checks.file_findings(row))])
    if is_trial:
        publisher.refuse_clash(new)  # before anything is public for good
    released = None if is_trial else publisher.release(change)  # type: ignore[union-attr]  # a trial needs no lock
    return Published(new, rows, torrent.torrent, package, described.origins, prepared.remarks, released, is_new=True)


def _of_urls(dataset: Dataset, request: Request) -> list[str]:
    """What the person should know of data that is published where it is."""
    told = ["Data behind URLs is not looked into: give --bbox and --time."]
    is_named = dataset.folder_url or dataset.web_seeds or request.wish.web_seeds or request.goes_to_mirrors
    if not is_named:
        told.append(
            "No copy is named, so nobody can fetch this: the URLs are not of files in one folder, or they are not "
            "public (?public=URL). --mirror or --webseed gives it a copy."
        )
    return told


def _refuse_faults(
    request: Request, sources: Sequence[Source], findings: Sequence[Finding], catalog: Catalog, now: dt.datetime
) -> None:
    """Tell all faults at once, before anything is hashed.

    Raises:
        MetadataError: there are some.
    """
    known = catalog.versions(request.dataset)
    names = request.dataset, request.version or entry.free_version(known, now)
    draft = metadata.describe(names, sources, inspected=Inspected(), before=versions.newest(known), now=now).release
    told = {one.field.partition("[")[0] for one in findings}
    more = [one for one in metadata.faults(draft) if one.field.partition("[")[0] not in told]
    hint = "The same fields can stand in a file: --metadata FILE.yaml." if not request.metadata_file else ""
    refuse(request.dataset, [*findings, *more], hint=hint)


def _dataset(request: Request) -> Dataset:
    if isinstance(request.source, str):
        dataset = scan(request.source, follow_symlinks=request.follow_symlinks)
        return like.renamed(dataset, request.name) if request.name else dataset
    from seedbed.creating.remote import remote_dataset  # noqa: PLC0415  # HTTP and object stores: 100 ms

    if len(request.source) > 1 and not request.name:
        raise InputError("several URLs make a folder: give it a name with --name")
    return remote_dataset(request.source, name=request.name)


def _places(dataset: Dataset) -> list[Source]:
    """Where the data is already, as the catalogue says it: a web seed alone would need the folder's name in the URL."""
    if not dataset.folder_url:
        return []
    return [Source("where the data is", Said(mirrors=(Mirror("own", dataset.folder_url),)))]


def _local_files(dataset: Dataset) -> dict[str, Path]:
    """Path in the dataset -> where the file is; nothing for data behind URLs."""
    if not isinstance(dataset.source, LocalFiles):
        return {}
    names = ("/".join(item.path) for item in dataset.items)
    return dict(zip(names, map(Path, dataset.source.paths), strict=True))


def _inspect(
    request: Request, files: Mapping[str, Path], progress: Callable[[int, int, str], object]
) -> tuple[Inspected, dict[str, Inspected]]:
    data = {name: path for name, path in files.items() if not sidecars.is_sidecar(name)}
    if not request.inspects or not data:
        return Inspected(), {}
    reached = [0, *accumulate(path.stat().st_size for path in data.values())]
    return inspect_folder(
        data, progress=lambda done, total: progress(reached[done], reached[-1], f"{done:,}/{total:,} files")
    )


def _nothing_new(prepared: Prepared, twin: Release, catalog: Catalog) -> Published:
    wanted = prepared.request.version
    if wanted and wanted != twin.version:
        raise InputError(
            f"{ids.item_id(twin.dataset, wanted)}: the very same data is published as {twin.id}",
            hint="There is nothing new to publish. seedbed catalog edit changes what is said of it.",
        )
    rows = tuple(catalog.files(twin.id))
    return Published(twin, rows, b"", {}, {}, prepared.remarks, None, is_new=False)


def _entry(
    prepared: Prepared, torrent: Created, known: Sequence[Release], catalog: Catalog, now: dt.datetime
) -> tuple[Described, tuple[FileRow, ...]]:
    """The entry of a new version and its files, before it has its place among the others."""
    request, dataset, before = prepared.request, torrent.plan.dataset, versions.newest(known)
    version = request.version or entry.free_version(known, now)
    rows = entry.rows(torrent, ids.item_id(request.dataset, version), prepared.each)
    only = rows[0] if dataset.is_single_file else None
    described = metadata.describe(
        (request.dataset, version),
        prepared.sources,
        inspected=prepared.inspected,
        before=before,
        now=now,
        torrent=entry.facts(torrent, site_url=catalog.site.url),
        size=(dataset.size_bytes, len(dataset.items)),
    )
    shared = versions.shared_with(catalog.files(before.id), rows) if before else (0, 0)
    full = replace(
        described.release,
        media_type=only.media_type if only else "",
        sha256=only.sha256 if only else "",
        reused_files=shared[0],
        reused_bytes=shared[1],
    )
    return replace(described, release=full), rows
