# SPDX-License-Identifier: Apache-2.0
"""``seedbed fetch``: a dataset of a catalogue, or a torrent's data, verified, from peers and mirrors."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output, progress, release_screen
from seedbed.cli.catalog_choice import dht_node_option, endpoint, open_catalog, which_option
from seedbed.cli.wish import check_web_seed
from seedbed.errors import InputError

if TYPE_CHECKING:
    from seedbed.fetching.options import Options
    from seedbed.fetching.result import Fetched, Progress, SourceReport

_STAGES = {"torrent": "Finding", "checking": "Checking", "fetching": "Fetching", "saving": "Saving"}


@click.command(short_help="Get a dataset, or the data of a torrent, verified, from peers and mirrors.")
@click.argument("what", metavar="ID[@VERSION]|FILE|MAGNET|URL")
@click.option(
    "-o", "--output", "folder", type=click.Path(file_okay=False, path_type=Path), default=None,
    help="Folder for the data; made if missing. Without it datasets go to the cache, torrents' data comes here.",
)  # fmt: skip
@click.option("--files", "files", multiple=True, metavar="GLOB", help="Only files whose path matches; may be repeated.")
@click.option("--peer", "peers", multiple=True, metavar="HOST:PORT", help="A peer to ask; may be repeated.")
@click.option("--no-peers", is_flag=True, help="Only HTTP: no trackers, no peers.")
@click.option("--no-dht", is_flag=True, help="Do not look for peers in the distributed hash table.")
@dht_node_option
@click.option(
    "--web-seed", "web_seeds", multiple=True, metavar="URL",
    help="Ask this copy too: a URL as in BEP 19, or one with {path} or {flat} for each file; may be repeated.",
)  # fmt: skip
@click.option("--no-webseeds", is_flag=True, help="Only peers: no HTTP mirrors.")
@click.option("--lan", is_flag=True, help="Allow sources in your own network; refused otherwise.")
@click.option("--offline", is_flag=True, help="Ask nobody: only what is in the cache.")
@click.option("--force", is_flag=True, help="Replace different files of the same name, once the new ones are verified.")
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(min=0.1), default=60.0, show_default=True, metavar="SECONDS",
    help="Give up when nobody sent anything for so long.",
)  # fmt: skip
@which_option
@output.json_option
@output.quiet_option
def fetch(what: str, where: str, folder: Path | None, *, offline: bool, **given: Any) -> None:
    """Get a dataset, or the data of a torrent: every byte verified, from peers and HTTP mirrors at once.

    A dataset is named as the catalogue names it, or by an info-hash or the hash of a file in it. What other versions
    share with it is not fetched again. An interrupted fetch goes on where it stopped: run the same command again.
    Files appear under their final names only when all of them are verified.

    Exit codes: 0 done, 10 no such dataset, torrent or file, 11 the sources have wrong data, 12 nobody sends it,
    13 no space.
    """
    from seedbed.api.calls import names_torrent  # noqa: PLC0415  # 40 ms that --help need not pay

    options = _options(**given)
    with progress.bar("Fetching") as report:
        try:
            if names_torrent(what):
                fetched = _fetch_torrent(what, options, folder, report, offline=offline)
            else:
                with open_catalog(where) as catalog:
                    release = catalog.find(what)
                    if release.status != "active":
                        output.say(f"{release.id}{release_screen.mark(release)}")
                    fetched = catalog.fetch(
                        release, into=folder, options=options, offline=offline, on_progress=_teller(report)
                    )
        except KeyboardInterrupt:
            output.say("What came so far is kept: run the same command again to go on.")
            raise
    output.result(_facts(fetched), _summary(fetched))


def _fetch_torrent(
    what: str, options: Options, folder: Path | None, report: progress.Report, *, offline: bool
) -> Fetched:
    from seedbed.fetching import flow  # noqa: PLC0415

    if offline:
        raise InputError("--offline is for datasets of a catalogue: the data of a torrent is not in the cache")
    return asyncio.run(flow.fetch(what, replace(options, folder=folder or Path()), on_progress=_teller(report)))


def _options(*, peers: tuple[str, ...], dht_nodes: tuple[str, ...], timeout_s: float, **given: Any) -> Options:
    from seedbed.fetching.options import Options  # noqa: PLC0415
    from seedbed.fetching.rules import Rules  # noqa: PLC0415

    for url in given["web_seeds"]:
        check_web_seed(url)
    return Options(
        files=given["files"],
        peers=tuple(map(endpoint, peers)),
        uses_peers=not given["no_peers"],
        uses_dht=not given["no_dht"],
        dht_nodes=tuple(map(endpoint, dht_nodes)),
        uses_web_seeds=not given["no_webseeds"],
        web_seeds=given["web_seeds"],
        replaces=given["force"],
        rules=Rules(allows_private=given["lan"], no_progress_timeout_s=timeout_s),
    )


def _teller(report: progress.Report) -> Any:
    def tell(state: Progress) -> None:
        who = [f"{state.peers} peers"] if state.peers else []
        who += [f"{state.mirrors} mirror{'' if state.mirrors == 1 else 's'}"] if state.mirrors else []
        stage = "" if state.stage == "fetching" else _STAGES[state.stage].lower()
        report(state.bytes_done, state.bytes_total, ", ".join(filter(None, (stage, *who))))

    return tell


def _summary(fetched: Fetched) -> str:
    files = f"{len(fetched.paths):,} file{'' if len(fetched.paths) == 1 else 's'}"
    where = output.plain(str(fetched.root))
    if fetched.was_complete:
        return f"{where}: already complete, {files}, {output.size(fetched.size_bytes)}, verified by {fetched.proof}"
    rate = output.size((fetched.bytes_from_mirrors + fetched.bytes_from_peers) / max(fetched.seconds, 1e-3))
    lines = [
        f"{where}: {files}, {output.size(fetched.size_bytes)}, every byte verified by {fetched.proof}",
        f"  from {_origins(fetched)}, in {fetched.seconds:.1f} s ({rate}/s)",
        *(f"  {line}" for source in fetched.sources for line in _source_lines(source)),
    ]
    return "\n".join(lines)


def _origins(fetched: Fetched) -> str:
    mirrors = [source for source in fetched.sources if source.bytes_good and source.name != "peers"]
    parts = []
    if fetched.bytes_from_peers:
        parts.append(f"peers {output.size(fetched.bytes_from_peers)}")
    if fetched.bytes_from_mirrors:
        count = f"{len(mirrors)} HTTP mirror{'' if len(mirrors) == 1 else 's'}"
        parts.append(f"{count} {output.size(fetched.bytes_from_mirrors)}")
    if fetched.bytes_reused:
        parts.append(f"this disk {output.size(fetched.bytes_reused)} (there before, verified again)")
    return ", ".join(parts) or "nobody: the files are empty"


def _source_lines(source: SourceReport) -> list[str]:
    """What a person should know of a source: that it is damaged or failed."""
    name = output.plain(source.name)
    lines = []
    if source.pieces_wrong:
        shown = ", ".join(str(piece) for piece in source.pieces_wrong[:5])
        more = ", …" if len(source.pieces_wrong) > 5 else ""
        lines.append(f"{name} sent wrong bytes (pieces {shown}{more}); they were fetched elsewhere")
    said = [text for text in source.faults[:3] if text]
    if said:
        lines.append(f"{name}: {output.plain('; '.join(said))}")
    return lines


def _facts(fetched: Fetched) -> dict[str, Any]:
    return {
        "root": str(fetched.root),
        "files": [str(path) for path in fetched.paths],
        "info_hash": fetched.info_hash,
        "verified_by": fetched.proof,
        "was_complete": fetched.was_complete,
        "size_bytes": fetched.size_bytes,
        "bytes_from_peers": fetched.bytes_from_peers,
        "bytes_from_mirrors": fetched.bytes_from_mirrors,
        "bytes_reused": fetched.bytes_reused,
        "seconds": round(fetched.seconds, 3),
        "sources": [
            {"name": one.name, "bytes_good": one.bytes_good, "pieces_wrong": list(one.pieces_wrong),
             "banned": one.banned, "faults": list(one.faults)}
            for one in fetched.sources
        ],
    }  # fmt: skip
