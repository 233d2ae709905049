# SPDX-License-Identifier: Apache-2.0
"""``seedbed audit --all``: a keeper looks after the copies of a whole catalogue; and what was found over time."""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING, Any

from seedbed.cli import catalog_options, output, passphrase, progress
from seedbed.cli.catalog_choice import open_catalog
from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from seedbed.api.keeping import Looked, Round
    from seedbed.auditing.audited import Audited
    from seedbed.catalog.model import Release


def budget(options: Mapping[str, Any]) -> int | None:
    """Bytes asked of each copy; None for everything."""
    return None if options["full"] else options["budget_bytes"]


def remember(catalog_id: str, item_id: str, audited: Audited) -> None:
    """Keep what an audit found."""
    from seedbed.api.home import Home  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.api.keeping import noted  # noqa: PLC0415
    from seedbed.health.record import HealthRecord  # noqa: PLC0415

    with HealthRecord(Home.of_environment().health(catalog_id)) as record:
        record.note(noted(item_id, audited, catalog_options.clock()))


def audit_all(where: str, options: Mapping[str, Any]) -> None:
    """Look at the copies of all versions that are due; with ``--withdraw`` let the catalogue follow.

    Raises:
        InputError: the catalogue is not one's own.
    """
    from seedbed.api.catalog import Catalog  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.api.keeping import Round  # noqa: PLC0415
    from seedbed.fetching.rules import Rules  # noqa: PLC0415
    from seedbed.health.record import HealthRecord  # noqa: PLC0415
    from seedbed.publishing import catalog_folder  # noqa: PLC0415

    folder = catalog_options.catalog_folder(where)
    known = catalog_folder.open_folder(folder)
    path = Home.of_environment().health(known.site.id)
    with HealthRecord(path) as record, Catalog.open(folder) as catalog, progress.bar("Auditing") as report:
        round_ = Round(folder, record, Rules(allows_private=options["lan"]), catalog_options.clock, budget(options))
        due = round_.due(_item_ids(folder), dt.timedelta(days=options["every_days"]))
        looked: list[Looked] = []
        chosen = due[: options["limit"]]
        for number, item_id in enumerate(chosen, 1):
            report(number, len(chosen), item_id)
            looked += filter(None, [_look(round_, catalog.get(item_id))])
        serial = _release(round_, folder, options["keys_dir"]) if options["withdraws"] else 0
    _tell(looked, serial=serial, left=len(due) - len(chosen), withdraws=options["withdraws"])


def show_history(what: str, where: str) -> None:
    """What audits of a version's copies found, and what was done about them."""
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.health.record import HealthRecord  # noqa: PLC0415

    with open_catalog(where) as catalog:
        item_id, name = catalog.find(what).id, catalog.id
    with HealthRecord(Home.of_environment().health(name)) as record:
        audits, deeds = record.audits(item_id), record.deeds(item_id)
    lines = [f"{_moment(one.at)}  {one.deed:<9}  {output.plain(one.url)}  {one.why}" for one in deeds]
    for url, noted in audits.items():
        lines.append(output.plain(url))
        lines += [f"  {_moment(one.at)}  {one.verdict:<8} {', '.join(one.troubles)}".rstrip() for one in noted]
    facts = {
        "id": item_id,
        "audits": [
            {"url": one.url, "at": one.at.isoformat(), "verdict": one.verdict, "troubles": list(one.troubles)}
            for noted in audits.values() for one in noted
        ],
        "deeds": [{"url": one.url, "at": one.at.isoformat(), "deed": one.deed, "why": one.why} for one in deeds],
    }  # fmt: skip
    output.result(facts, "\n".join(lines) or f"{item_id}: its copies were never audited from here.")


def _item_ids(folder: Path) -> Iterator[str]:
    """All versions; withdrawn ones are nobody's concern."""
    from seedbed.catalog import paths  # noqa: PLC0415
    from seedbed.catalog.table.reader import read_catalog  # noqa: PLC0415

    return (one.id for one in read_catalog(folder / paths.CATALOG) if one.status != "withdrawn")


def _look(round_: Round, release: Release) -> Looked | None:
    """One version; what cannot be looked at does not keep the others from it."""
    try:
        return round_.look(release)
    except (InputError, OSError) as error:
        output.say(f"{release.id}: {error}")
        return None


def _release(round_: Round, folder: Path, keys_dir: str) -> int:
    """Serial of the release that says what follows; 0 when nothing does."""
    from seedbed.catalog.releasing.publisher import open_publisher  # noqa: PLC0415

    change = round_.change()
    if change is None:
        return 0
    with open_publisher(
        folder,
        catalog_options.keys_folder(keys_dir),
        wait_s=30,
        now=lambda: catalog_options.clock().replace(microsecond=0),
        passphrase=functools.cache(passphrase.ask),
    ) as publisher:
        return publisher.release(change).serial


def _tell(looked: list[Looked], *, serial: int, left: int, withdraws: bool) -> None:
    deeds = [deed for one in looked for deed in one.deeds]
    troubled = [
        (one, copy) for one in looked for copy in one.audited.copies if copy.verdict.value in {"bad", "unknown"}
    ]
    lines = [
        f"{copy.verdict.value:<8} {one.release.id}  {output.plain(copy.url)}  {', '.join(r.name for r in copy.remarks)}"
        for one, copy in troubled
    ]
    word = "" if withdraws else "would be "
    lines += [f"{word}{deed.deed}: {deed.item_id}  {output.plain(deed.url)}  ({deed.why})" for deed in deeds]
    copies = sum(len(one.audited.copies) for one in looked)
    lines.append(f"{copies:,} copies of {len(looked):,} versions were asked, {len(troubled):,} of them are not good.")
    lines += [f"The catalogue says so: release {serial}."] if serial else []
    lines += ["--withdraw lets the catalogue follow."] if deeds and not withdraws else []
    lines += [f"{left:,} more versions are due."] if left else []
    output.result(_facts(looked, serial, left), "\n".join(lines))


def _facts(looked: list[Looked], serial: int, left: int) -> dict[str, Any]:
    return {
        "versions": [
            {
                "id": one.release.id,
                "copies": [{"url": copy.url, "verdict": copy.verdict.value, "troubles": [r.name for r in copy.remarks]}
                           for copy in one.audited.copies],
                "deeds": [{"url": deed.url, "deed": deed.deed, "why": deed.why} for deed in one.deeds],
            }
            for one in looked
        ],
        "serial": serial or None,
        "due": left,
    }  # fmt: skip


def _moment(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M")
