# SPDX-License-Identifier: Apache-2.0
"""What the person sees while ``seedbed seed`` runs: lines for what happens, one line that changes for how it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output

if TYPE_CHECKING:
    from seedbed.seeding.offers import Offer
    from seedbed.seeding.serve import Copied, Ready, Report, Tick, Trouble

_SHOWN_OFFERS = 10


class SeedScreen:
    """Shows reports as they come."""

    def __init__(self, copies_wanted: int) -> None:
        self._copies_wanted = copies_wanted
        self._has_line = False
        self._told: set[str] = set()

    def show(self, report: Report) -> None:
        """Show one report."""
        from seedbed.seeding import serve  # noqa: PLC0415  # imports stay inside: --help must be quick

        if isinstance(report, serve.Tick):
            self._line(report)
            return
        self.clear()
        if isinstance(report, serve.Ready):
            output.event(_ready_facts(report), _ready_text(report))
        elif isinstance(report, serve.Copied):
            self._copied(report)
        else:
            self._trouble(report)

    def clear(self) -> None:
        """Take the changing line away, so that others can be written."""
        if self._has_line:
            click.echo("\r\x1b[K", nl=False, err=True)
            self._has_line = False

    def _copied(self, report: Copied) -> None:
        of = f" of {self._copies_wanted}" if self._copies_wanted else ""
        text = f"{output.plain(report.offer.metainfo.name)}: copy {report.copies}{of} fetched by {report.peer}"
        facts = {"torrent": report.offer.torrent, "peer": str(report.peer), "copies": report.copies}
        output.event({"event": "copy", **facts}, text)

    def _trouble(self, report: Trouble) -> None:
        if report.what in self._told:  # a tracker that is down says so every few minutes
            return
        self._told.add(report.what)
        facts = {"torrent": report.offer.torrent, "what": report.what, "is_lost": report.is_lost}
        text = f"{output.plain(report.offer.metainfo.name)}: {output.plain(report.what)}"
        output.event({"event": "trouble", **facts}, text)

    def _line(self, tick: Tick) -> None:
        if not output.shows_progress() or output.wants_json():
            return
        parts = [
            count_of(tick.peer_count, "peer", "peers"),
            f"{output.size(tick.upload_bytes_per_s)}/s up",
            f"{output.size(tick.uploaded_bytes)} sent",
            *([count_of(tick.copies, "copy", "copies")] if self._copies_wanted else []),
        ]
        click.echo("\r\x1b[K" + ", ".join(parts), nl=False, err=True)
        self._has_line = True


def count_of(number: int, one: str, many: str) -> str:
    """``1 peer``, ``2 peers``."""
    return f"{number:,} {one if number == 1 else many}"


def _ready_text(ready: Ready) -> str:
    lines = [_offer_text(offer) for offer in ready.offers[:_SHOWN_OFFERS]]
    if len(ready.offers) > len(lines):
        lines.append(f"… and {len(ready.offers) - len(lines):,} more")
    where = ", ".join(str(endpoint) for endpoint in ready.endpoints)
    return "\n".join([*lines, f"Listening on {where}. Ctrl-C stops."])


def _offer_text(offer: Offer) -> str:
    name, path = output.plain(offer.metainfo.name), output.plain(str(offer.place.path))
    return f"Serving {name} ({output.size(offer.metainfo.size_bytes)}, verified) from {path}"


def _ready_facts(ready: Ready) -> dict[str, Any]:
    return {
        "event": "ready",
        "listen": [{"host": endpoint.host, "port": endpoint.port} for endpoint in ready.endpoints],
        "torrents": [_offer_facts(offer) for offer in ready.offers],
    }


def _offer_facts(offer: Offer) -> dict[str, Any]:
    return {
        "name": offer.metainfo.name,
        "infohash_v1": offer.metainfo.info_hashes.v1_hex,
        "infohash_v2": offer.metainfo.info_hashes.v2_hex,
        "size_bytes": offer.metainfo.size_bytes,
        "path": str(offer.place.path),
    }
