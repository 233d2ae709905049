# SPDX-License-Identifier: Apache-2.0
"""A dataset becomes a torrent: choose the piece length, hash everything once, write the metainfo (BEP 3, 47, 52)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.core.ids import V1_LENGTH, InfoHashes
from seedbed.core.layout import Layout, web_seed_base
from seedbed.core.merkle import HASH_LENGTH, root_from_layer
from seedbed.core.metainfo import DEFAULT_RULES, Draft, File, V1Entry
from seedbed.core.metainfo_writer import build_with_info
from seedbed.creating import kept
from seedbed.creating import piece_length as lengths
from seedbed.errors import InputError
from seedbed.hashing.batch import Wanted
from seedbed.hashing.job import FULL_WINDOW_BYTES, hash_dataset, window_for
from seedbed.hashing.plan import Shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.core.metainfo import Format
    from seedbed.creating.dataset import Dataset
    from seedbed.hashing.job import Executor, Hashes, Journal, Progress

CREATED_BY = "seedbed"
SHA256_UP_TO_BYTES = 16 << 20
"""Whole-file SHA-256 of files up to this size is made side by side with others and costs a fifth of a second a GB.
Above, one file is one chain: three times the time of everything else, for a file whose v2 root names it already."""

ALL_BYTES = 1 << 62
"""``Wish.sha256_up_to`` for the SHA-256 of every file."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the torrent shall be like; the defaults suit open data."""

    format: Format = "hybrid"
    piece_length: int = 0
    """Bytes; 0 chooses from the files' sizes."""
    trackers: tuple[tuple[str, ...], ...] = ()
    """Tiers (BEP 12): a client goes on to the next when nobody of the one before answers."""
    web_seeds: tuple[str, ...] = ()
    comment: str = ""
    source: str = ""
    similar: tuple[bytes, ...] = ()
    md5: bool = False
    """Write ``md5sum`` for each file; serial, so the slowest hash of all."""
    sha256_up_to: int = SHA256_UP_TO_BYTES
    """Also report the SHA-256 of files of at most so many bytes; 0 for none."""
    created_by: str = CREATED_BY
    kept: bytes = b""
    """A .torrent file that exists already, and is to stay as it is (``creating.kept``)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is decided before the first byte is read."""

    dataset: Dataset
    wish: Wish
    choice: lengths.Choice
    layout: Layout

    @property
    def piece_length(self) -> int:
        """Bytes."""
        return self.choice.piece_length

    @property
    def web_seeds(self) -> tuple[str, ...]:
        """Those asked for and those that the data came from, each in the spelling that clients agree on."""
        name, is_single = self.dataset.name, self.dataset.is_single_file
        urls = (*self.wish.web_seeds, *self.dataset.web_seeds)
        bases = (web_seed_base(url, name, is_single_file=is_single, format_=self.wish.format) for url in urls)
        return tuple(dict.fromkeys(bases))


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of one file once it was read."""

    path: tuple[str, ...]
    length: int
    sha256: str = ""
    """64 hex digits; empty for files longer than ``Wish.sha256_up_to``."""
    md5: str = ""
    pieces_root: str = ""


@dataclass(frozen=True, slots=True)
class Created:
    """A torrent, and what was learned on the way."""

    torrent: bytes
    name: str
    info_hashes: InfoHashes
    plan: Plan
    hashes: Hashes

    @property
    def files(self) -> tuple[FileFacts, ...]:
        """What is known of each file; put together when it is asked for."""
        facts = []
        for index, item in enumerate(self.plan.dataset.items):
            sha256, md5 = self.hashes.digests.get(index, (b"", b""))
            root, _ = _root(self.plan, self.hashes.layer, index)
            facts.append(FileFacts(item.path, item.length, sha256.hex(), md5.hex(), root.hex()))
        return tuple(facts)


def plan_torrent(dataset: Dataset, wish: Wish) -> Plan:
    """Decide everything that does not need the bytes.

    Raises:
        InputError: the piece length is not allowed, or the torrent would be one that programs refuse.
    """
    sizes = tuple(item.length for item in dataset.items)
    if wish.piece_length:
        lengths.check(wish.piece_length, wish.format)
        row = lengths.candidate(sizes, wish.format, wish.piece_length)
        choice = lengths.Choice(wish.piece_length, "as asked for", (row,))
    else:
        choice = lengths.choose(sizes, wish.format)
    layout = _layout(sizes, choice.piece_length, wish.format)
    _check_bounds(dataset, wish, layout)
    return Plan(dataset, wish, choice, layout)


def create(
    plan: Plan,
    executor: Executor,
    *,
    wanted: Wanted,
    journal: Journal | None = None,
    progress: Callable[[Progress], object] = lambda _: None,
    told: Callable[[int, bytes], object] = lambda _index, _sha256: None,
) -> Created:
    """Hash a dataset and make its torrent.

    Args:
        plan: From :func:`plan_torrent`.
        executor: Who hashes.
        wanted: From :func:`wanted_hashes`.
        journal: What an earlier, interrupted run left.
        progress: Called after each batch.
        told: See :func:`seedbed.hashing.job.hash_dataset`.

    Raises:
        FileChangedError: a file changed while it was read.
        UnsuitableFileError: a file cannot be read.
    """
    hashes = hash_dataset(wanted, plan.dataset.source, executor, journal=journal, progress=progress, told=told)
    return assemble(plan, hashes)


def wanted_hashes(plan: Plan, *, workers: int) -> Wanted:
    """Which hashes a plan needs, and in which batches they are made.

    Args:
        plan: From :func:`plan_torrent`.
        workers: How many batches the executor has in memory at once.
    """
    v1, v2 = plan.wish.format != "v2", plan.wish.format != "v1"
    window = window_for(plan.piece_length, workers=workers, v1=v1, at_least=FULL_WINDOW_BYTES)
    shape = Shape(plan.layout, aligned=v2, packed=not v1, window=window)
    return Wanted(shape, v1=v1, v2=v2, sha256_up_to=plan.wish.sha256_up_to, md5=plan.wish.md5)


def assemble(plan: Plan, hashes: Hashes) -> Created:
    """The torrent file from the plan and the hashes.

    Raises:
        DataError: a torrent is to be kept, and is of other data.
    """
    files, layers = [], {}
    for index, item in enumerate(plan.dataset.items):
        root, layer = _root(plan, hashes.layer, index)
        if len(layer) > HASH_LENGTH:
            layers[root] = layer
        md5 = hashes.digests[index][1].hex() if index in hashes.digests else ""
        files.append(File(item.path, item.length, root or None, md5))
    wish = plan.wish
    if wish.kept:
        torrent = kept.proved(wish.kept, hashes, files)
        return Created(wish.kept, torrent.name, torrent.info_hashes, plan, hashes)
    draft = Draft(
        name=plan.dataset.name,
        piece_length=plan.piece_length,
        files=tuple(files),
        is_single_file=plan.dataset.is_single_file,
        format=wish.format,
        pieces=hashes.pieces,
        piece_layers=layers,
        trackers=wish.trackers,
        web_seeds=plan.web_seeds,
        comment=wish.comment,
        created_by=wish.created_by,
        source=wish.source,
        similar=wish.similar,
    )
    made, info = build_with_info(draft)
    names = InfoHashes.of(info, v1=wish.format != "v2", v2=wish.format != "v1")
    return Created(made, draft.name, names, plan, hashes)


def _root(plan: Plan, layer: bytes, index: int) -> tuple[bytes, bytes]:
    """A file's pieces root and its part of the layer; both empty for empty files and in v1."""
    pieces = plan.layout.file_pieces(index)
    if plan.wish.format == "v1" or not pieces:
        return b"", b""
    own = layer[pieces.start * HASH_LENGTH : pieces.stop * HASH_LENGTH]
    return (own if len(pieces) == 1 else root_from_layer(own, plan.piece_length)), own


def _layout(sizes: tuple[int, ...], piece_length: int, format_: Format) -> Layout:
    if format_ != "v1":
        return Layout.aligned(sizes, piece_length)
    return Layout.listed((V1Entry((), size) for size in sizes), piece_length)


def _check_bounds(dataset: Dataset, wish: Wish, layout: Layout) -> None:
    """Nothing is made that this or other programs would refuse to read.

    Raises:
        InputError: too many files or pieces, or a folder that v2 cannot tell from a file.
    """
    if len(dataset.items) > DEFAULT_RULES.max_files:
        raise InputError(
            f"{dataset.name}: expected at most {DEFAULT_RULES.max_files:,} files, got {len(dataset.items):,}",
            hint="Other programs refuse such torrents. Make one torrent for each subfolder, or archives.",
        )
    if layout.piece_count > DEFAULT_RULES.max_pieces:
        raise InputError(
            f"{dataset.name}: expected at most {DEFAULT_RULES.max_pieces:,} pieces, got {layout.piece_count:,} "
            f"({layout.piece_count * V1_LENGTH:,} bytes of hashes)",
            hint="Longer pieces (--piece-length), or one torrent for each subfolder.",
        )
    only = dataset.items[0].path if len(dataset.items) == 1 else ()
    if not dataset.is_single_file and wish.format != "v1" and only == (dataset.name,):
        raise InputError(
            f"{dataset.name}: a v2 torrent cannot tell this folder from its only file, which has the same name",
            hint="Publish the file itself, or rename the folder.",
        )
