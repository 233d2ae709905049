# SPDX-License-Identifier: Apache-2.0
"""``seedbed torrent create``."""

from __future__ import annotations

import gc
import re
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seedbed.cli import output, progress
from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from seedbed.core.metainfo import Format
    from seedbed.creating.create import Created, Plan, Wish
    from seedbed.creating.dataset import Dataset
    from seedbed.creating.journal import FileJournal
    from seedbed.hashing.batch import Wanted
    from seedbed.hashing.job import Executor, Progress

_SIZE = re.compile(r"(\d+)\s*(B|KIB|MIB|GIB|K|M|G)?", re.IGNORECASE)
_FACTORS = {"": 1, "B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_URL = re.compile(r"(https?|s3)://", re.IGNORECASE)
_TRACKER = re.compile(r"(https?|udp|wss?)://[^\s/]+\S*", re.IGNORECASE)
_WEB_SEED = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)


_CONNECTIONS = 4
"""Threads for data behind URLs at least: they wait for the server most of the time."""


class SizeParam(click.ParamType[int]):
    """Bytes, or with a binary unit: ``1MiB``."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """See :class:`click.ParamType`."""
        if isinstance(value, int):
            return value
        if not (match := _SIZE.fullmatch(value.strip())):
            self.fail(f"{value!r} is not a size; examples: 262144, 256KiB, 1MiB", param, ctx)
        unit = (match[2] or "").upper().removesuffix("IB")
        return int(match[1]) * _FACTORS[unit]


SIZE = SizeParam()


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH|URL...")
@click.option(
    "-o", "--output", "target", metavar="FILE", help="File or folder to write to; NAME.torrent here if not given."
)
@click.option("--name", help="The torrent's name; needed for several URLs.")
@click.option("--format", "format_", type=click.Choice(["hybrid", "v1", "v2"]), default=None, help="[default: hybrid]")
@click.option("--piece-length", type=SIZE, default=0, metavar="N", help="Bytes, or 1MiB; chosen from the files if not.")
@click.option("--tracker", "trackers", multiple=True, metavar="URL", help="Repeat for more.")
@click.option("--webseed", "web_seeds", multiple=True, metavar="URL", help="Where the same data is on the web.")
@click.option("--comment", default="", metavar="TEXT")
@click.option("--source", default="", metavar="TEXT", help="Becomes part of the torrent's identity.")
@click.option("--similar", multiple=True, metavar="HASH", help="Info-hash of a torrent that shares files with this.")
@click.option("--like", type=click.Choice(["py3createtorrent"]), help="Make what another program would make.")
@click.option("--md5", is_flag=True, help="Write each file's MD5; slow.")
@click.option("--sha256-up-to", type=SIZE, default=None, metavar="N", help="Report SHA-256 of files up to N bytes.")
@click.option("--follow-symlinks", is_flag=True, help="Take links inside the folder for what they point to.")
@click.option("--workers", type=click.IntRange(1, 256), default=None, metavar="N", help="Threads; one per core if not.")
@click.option("--dask", "cluster", metavar="ADDRESS", help="Hash on a Dask cluster: tcp://…, or local.")
@click.option("--no-resume", is_flag=True, help="Keep no record for continuing after an interruption.")
@click.option("--explain", is_flag=True, help="Say why this piece length.")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@output.json_option
@output.quiet_option
def create(paths: tuple[str, ...], target: str | None, **options: Any) -> None:
    """Make a torrent file of a file, a folder or URLs.

    By default a hybrid torrent, that old and new programs can use. The same data always gives the same torrent.
    """
    from seedbed.creating import files  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.creating.create import plan_torrent  # noqa: PLC0415

    started_s = time.monotonic()
    gc.disable()  # one short run builds a hundred thousand small objects, none of them in cycles
    wish = _wish(options)
    dataset = _dataset(paths, options, named=bool(options["name"] or target), target=target)
    plan = plan_torrent(dataset, _alike(wish, dataset, options))
    path = _place(target, dataset.name)
    if not options["force"]:
        files.refuse_overwrite(path)
    for remark in dataset.remarks:
        output.say(output.plain(remark))
    created = _make(plan, path, options)
    _tell(created, path, time.monotonic() - started_s, explain=options["explain"])


def _place(target: str | None, name: str) -> Path:
    """Where to write: as asked, in the folder that was asked for, or here."""
    path = Path(target or ".")
    return path / f"{name}.torrent" if path.is_dir() else path


def _wish(options: dict[str, Any]) -> Wish:
    from seedbed.creating.create import SHA256_UP_TO_BYTES, Wish  # noqa: PLC0415

    for url in options["trackers"]:
        _check_url(url, _TRACKER, "tracker", "http://, https://, udp://, ws:// or wss://")
    for url in options["web_seeds"]:
        _check_url(url, _WEB_SEED, "web seed", "http:// or https://")
    if options["like"] and options["format_"] not in {None, "v1"}:
        raise InputError(f"--like {options['like']} makes v1 torrents: expected no --format, got {options['format_']}")
    format_: Format = "v1" if options["like"] else options["format_"] or "hybrid"
    limit = options["sha256_up_to"]
    return Wish(
        format=format_,
        piece_length=options["piece_length"],
        trackers=options["trackers"],
        web_seeds=options["web_seeds"],
        comment=options["comment"],
        source=options["source"].strip(),
        similar=tuple(_info_hash(text) for text in options["similar"]),
        md5=options["md5"],
        sha256_up_to=SHA256_UP_TO_BYTES if limit is None else limit,
    )


def _alike(wish: Wish, dataset: Dataset, options: dict[str, Any]) -> Wish:
    from seedbed.creating.like import piece_length_of_py3createtorrent  # noqa: PLC0415

    if not options["like"] or wish.piece_length:
        return wish
    return replace(wish, piece_length=piece_length_of_py3createtorrent(dataset.size_bytes))


def _check_url(url: str, pattern: re.Pattern[str], what: str, expected: str) -> None:
    if not pattern.fullmatch(url):
        raise InputError(f"{what} {url!r}: expected a URL that starts with {expected}")


def _info_hash(text: str) -> bytes:
    if not re.fullmatch(r"[0-9a-fA-F]{40}([0-9a-fA-F]{24})?", text):
        raise InputError(f"--similar {text!r}: expected an info-hash of 40 or 64 hex digits")
    return bytes.fromhex(text)[:20]


def _dataset(paths: tuple[str, ...], options: dict[str, Any], *, named: bool, target: str | None) -> Dataset:
    from seedbed.creating import like  # noqa: PLC0415

    urls = [path for path in paths if _URL.match(path)]
    if urls and len(urls) < len(paths):
        raise InputError("expected either files here or URLs, got both")
    if urls:
        from seedbed.creating.remote import remote_dataset  # noqa: PLC0415

        if len(urls) > 1 and not named:
            raise InputError("several URLs make a folder: give it a name with --name or -o")
        return remote_dataset(urls, name=options["name"] or _name_from(target, urls))
    if len(paths) > 1:
        raise InputError("expected one file or folder, got several", hint="Put them into one folder.")
    from seedbed.creating.scan import scan  # noqa: PLC0415

    dataset = scan(paths[0], follow_symlinks=options["follow_symlinks"])
    if options["name"]:
        dataset = like.renamed(dataset, options["name"])
    return like.in_order_of_py3createtorrent(dataset) if options["like"] else dataset


def _name_from(target: str | None, urls: list[str]) -> str:
    """The name of a folder of URLs is that of the torrent file; one URL has a name of its own."""
    return Path(target).name.removesuffix(".torrent") if target and len(urls) > 1 else ""


@contextmanager
def _executor(plan: Plan, options: dict[str, Any]) -> Iterator[tuple[Executor, int]]:
    """Who hashes, and how many at once."""
    from seedbed.hashing.choice import choose_engine  # noqa: PLC0415
    from seedbed.hashing.job import Threads  # noqa: PLC0415
    from seedbed.hashing.threads import default_workers  # noqa: PLC0415

    if options["cluster"]:
        from seedbed.creating.cluster import dask_executor  # noqa: PLC0415

        with dask_executor(options["cluster"]) as cluster:
            yield cluster, cluster.workers
    else:
        workers = options["workers"] or max(default_workers(), _CONNECTIONS if _is_remote(plan) else 1)
        yield Threads(choose_engine(), workers), workers


def _is_remote(plan: Plan) -> bool:
    from seedbed.hashing.files import LocalFiles  # noqa: PLC0415

    return not isinstance(plan.dataset.source, LocalFiles)


def _make(plan: Plan, path: Path, options: dict[str, Any]) -> Created:
    from seedbed.creating import create as flow  # noqa: PLC0415
    from seedbed.creating import files  # noqa: PLC0415

    with ExitStack() as stack:
        executor, workers = stack.enter_context(_executor(plan, options))
        wanted = flow.wanted_hashes(plan, workers=workers)
        record = None if options["no_resume"] else _journal(plan, wanted)
        if record and stack.enter_context(record).known_batches:
            output.say("Going on where an earlier run was interrupted.")
        tell = _teller(stack.enter_context(progress.bar("Hashing")))
        created = flow.create(plan, executor, wanted=wanted, journal=record, progress=tell)
        files.write_whole(path, created.torrent, replace=options["force"])
        if record:
            record.remove()
    return created


def _journal(plan: Plan, wanted: Wanted) -> FileJournal | None:
    from seedbed.creating.dataset import LARGE_BYTES  # noqa: PLC0415

    if plan.dataset.size_bytes < LARGE_BYTES:  # asked here too, so that small work need not import the journal
        return None
    from seedbed.creating import journal  # noqa: PLC0415

    return journal.open_journal(plan.dataset, wanted)


def _teller(report: progress.Report) -> Callable[[Progress], object]:
    def tell(state: Progress) -> None:
        report(state.bytes_done, state.bytes_total, f"{state.files_done:,}/{state.files_total:,} files")

    return tell


def _tell(created: Created, path: Path, seconds: float, *, explain: bool) -> None:
    plan, size = created.plan, created.plan.dataset.size_bytes
    facts: dict[str, Any] = {
        "torrent": str(path),
        "name": created.name,
        "format": plan.wish.format,
        "infohash_v1": created.info_hashes.v1_hex or None,
        "infohash_v2": created.info_hashes.v2_hex or None,
        "size_bytes": size,
        "piece_length": plan.piece_length,
        "piece_count": plan.layout.piece_count,
        "web_seeds": list(plan.web_seeds),
        "remarks": list(plan.dataset.remarks),
        "seconds": round(seconds, 3),
        "files": [
            {"path": "/".join(one.path), "size_bytes": one.length, "sha256": one.sha256, "md5": one.md5,
             "pieces_root": one.pieces_root}
            for one in (created.files if output.wants_json() else ())
        ],
    }  # fmt: skip
    if explain:
        facts["piece_length_why"] = plan.choice.why
    output.result(facts, _text(created, path, seconds, explain=explain))


def _text(created: Created, path: Path, seconds: float, *, explain: bool) -> str:
    plan, size = created.plan, created.plan.dataset.size_bytes
    count = len(plan.dataset.items)
    files = f"{count:,} file{'' if count == 1 else 's'}"
    pieces = f"{plan.layout.piece_count:,} pieces of {output.binary_size(plan.piece_length)}"
    lines = [f"{output.plain(str(path))}: {plan.wish.format} torrent of {files}, {output.size(size)}, {pieces}"]
    if created.info_hashes.v1_hex:
        lines.append(f"info-hash v1  {created.info_hashes.v1_hex}")
    if created.info_hashes.v2_hex:
        lines.append(f"info-hash v2  {created.info_hashes.v2_hex}")
    if seconds >= 1:
        lines.append(f"made in {seconds:.1f} s ({output.size(size / seconds)}/s)")
    return "\n".join(lines + (_explanation(plan) if explain else []))


def _explanation(plan: Plan) -> list[str]:
    size = plan.dataset.size_bytes
    rows = [
        f"{'>' if row.piece_length == plan.piece_length else ' '} {output.binary_size(row.piece_length):>8} "
        f"{row.pieces:>9,} {row.padding_bytes / size:>8.1%} {output.size(row.hash_bytes):>10}"
        for row in plan.choice.table
    ]
    return [
        f"\nPieces of {output.binary_size(plan.piece_length)}: {plan.choice.why}.",
        f"  {'length':>8} {'pieces':>9} {'padding':>8} {'hashes':>10}",
        *rows,
    ]
