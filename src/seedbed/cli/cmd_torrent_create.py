# SPDX-License-Identifier: Apache-2.0
"""``seedbed torrent create``."""

from __future__ import annotations

import gc
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output, tracker_tiers
from seedbed.cli.hashing import hashed
from seedbed.cli.wish import SIZE, are_urls, wish_of
from seedbed.errors import InputError

if TYPE_CHECKING:
    from seedbed.creating.create import Created, Plan, Wish
    from seedbed.creating.dataset import Dataset


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH|URL...")
@click.option(
    "-o", "--output", "target", metavar="FILE", help="File or folder to write to; NAME.torrent here if not given."
)
@click.option("--name", help="The torrent's name; needed for several URLs.")
@click.option("--format", "format_", type=click.Choice(["hybrid", "v1", "v2"]), default=None, help="[default: hybrid]")
@click.option("--piece-length", type=SIZE, default=0, metavar="N", help="Bytes, or 1MiB; chosen from the files if not.")
@tracker_tiers.tracker_options
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
    wish = wish_of({**options, "tiers": tracker_tiers.tiers(options)})
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


def _alike(wish: Wish, dataset: Dataset, options: dict[str, Any]) -> Wish:
    from seedbed.creating.like import piece_length_of_py3createtorrent  # noqa: PLC0415

    if not options["like"] or wish.piece_length:
        return wish
    return replace(wish, piece_length=piece_length_of_py3createtorrent(dataset.size_bytes))


def _dataset(paths: tuple[str, ...], options: dict[str, Any], *, named: bool, target: str | None) -> Dataset:
    from seedbed.creating import like  # noqa: PLC0415

    if are_urls(paths):
        from seedbed.creating.remote import remote_dataset  # noqa: PLC0415

        if len(paths) > 1 and not named:
            raise InputError("several URLs make a folder: give it a name with --name or -o")
        return remote_dataset(paths, name=options["name"] or _name_from(target, paths))
    from seedbed.creating.scan import scan  # noqa: PLC0415

    dataset = scan(paths[0], follow_symlinks=options["follow_symlinks"])
    if options["name"]:
        dataset = like.renamed(dataset, options["name"])
    return like.in_order_of_py3createtorrent(dataset) if options["like"] else dataset


def _name_from(target: str | None, urls: tuple[str, ...]) -> str:
    """The name of a folder of URLs is that of the torrent file; one URL has a name of its own."""
    return Path(target).name.removesuffix(".torrent") if target and len(urls) > 1 else ""


def _make(plan: Plan, path: Path, options: dict[str, Any]) -> Created:
    from seedbed.creating import files  # noqa: PLC0415

    with hashed(plan, options) as created:
        files.write_whole(path, created.torrent, replace=options["force"])
    return created


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
