# SPDX-License-Identifier: Apache-2.0
"""``seedbed catalog pull``, ``list``, ``leave`` and ``diff``: following other people's catalogues."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output, progress
from seedbed.cli.catalog_choice import dht_node_option, lan_option, no_dht_option, peer_option, ways_of
from seedbed.errors import InputError, PartlyDoneError, SeedbedError

if TYPE_CHECKING:
    from seedbed.api.home import Home
    from seedbed.catalog.trust.difference import Changed, Difference
    from seedbed.following.joined import Joined
    from seedbed.following.pull import Pulled

_SHOWN = 10


@click.command()
@click.argument("where", metavar="[LINK|NAME]", default="")
@click.option("--no-files", is_flag=True, help="Without the table of files: smaller, but nothing is found by file.")
@click.option("--whole", is_flag=True, help="Get the whole catalogue again, not only its changes.")
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(min=0.1), default=60.0, show_default=True, metavar="SECONDS",
    help="Give up on a way when nothing came for so long.",
)  # fmt: skip
@no_dht_option
@dht_node_option
@peer_option
@lan_option
@output.json_option
@output.quiet_option
def pull(where: str, *, whole: bool, **ways: Any) -> None:
    """Follow a catalogue by its join LINK, or bring those that you follow up to date.

    Web servers are asked first, then the catalogue's own torrent, which a pointer in the distributed hash table names.
    All ways end in the same verification: nothing is believed that is not signed, and nothing older than what was seen.

    Exit codes: 0 done, 11 what came cannot be believed, 12 no way leads there.
    """
    from seedbed.api.home import Home  # noqa: PLC0415  # imports stay inside: --help must be quick

    home = Home.of_environment()
    if where:
        output.result(*_pull(_chosen(home, where), whole=whole, ways=ways))
    else:
        _pull_all(home, whole=whole, ways=ways)


def _pull_all(home: Home, *, whole: bool, ways: dict[str, Any]) -> None:
    """Every catalogue that is followed; one that fails does not stop the others."""
    from seedbed.following import joined  # noqa: PLC0415

    chosen = joined.followed(home.catalogs)
    told: list[dict[str, Any]] = []
    texts: list[str] = []
    failed: list[SeedbedError] = []
    for found in chosen:
        try:
            facts, text = _pull(found, whole=whole, ways=ways)
        except SeedbedError as error:
            if len(chosen) == 1:
                raise
            facts = {"id": found.name, "error": type(error).__name__, "message": error.message}
            text = f"{output.plain(found.name)}: {output.plain(error.message)}"
            failed.append(error)
        told.append(facts)
        texts.append(text)
    if failed:
        lines = "".join(f"\n  {line}" for text in texts for line in text.split("\n"))
        raise PartlyDoneError(f"{len(failed)} of {len(chosen)} catalogues could not be pulled:{lines}", catalogs=told)
    none = "No catalogue is followed yet: seedbed catalog pull LINK joins one."
    output.result({"catalogs": told}, "\n".join(texts) or none)


def _chosen(home: Home, where: str) -> Joined:
    from seedbed.catalog import join_link  # noqa: PLC0415
    from seedbed.following import joined  # noqa: PLC0415

    if join_link.is_join_link(where):
        return joined.place_for(home.catalogs, join_link.parse(where))
    if where and Path(where).is_dir():
        raise InputError(
            f"{where}: a folder is followed by its join link", hint="seedbed catalog status DIR shows the link."
        )
    return joined.find(home.catalogs, where)


def _pull(found: Joined, *, whole: bool, ways: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """What came, for scripts and for people."""
    from seedbed.api import catalog  # noqa: PLC0415

    if whole:
        found.forget_release()
    with progress.bar("Pulling") as report:
        pulled = catalog.pull(
            found, ways_of(**ways), on_progress=lambda state: report(state.bytes_done, state.bytes_total, state.name)
        )
    return _facts(found, pulled), _text(pulled)


def _text(pulled: Pulled) -> str:
    adopted = pulled.adopted
    active = adopted.active
    lines = [f"{one.source}: {one.error.message}" for one in pulled.failures]
    got = f"{output.size(adopted.received_bytes)} from {adopted.source}"
    if not adopted.is_new:
        lines.append(f"{active.site_id}: nothing new; release {active.serial}, {active.rows:,} versions ({got})")
    else:
        how = "by its changes, " if adopted.by_changes else ""
        lines.append(f"{active.site_id}: release {active.serial}, {active.rows:,} versions, verified ({how}{got})")
        lines += difference_lines(adopted.difference)
    lines += [f"Warning: {text}" for text in adopted.alarms]
    return "\n".join(map(output.plain, lines))


def difference_lines(differs: Difference) -> list[str]:
    """What changed, a line for each kind."""
    kinds = (
        ("new", differs.added), ("changed", differs.changed), ("withdrawn", differs.withdrawn),
        ("no longer listed", differs.removed),
    )  # fmt: skip
    return [f"  {name}: {_names(changes)}" for name, changes in kinds if changes]


def _names(changes: tuple[Changed, ...]) -> str:
    more = f" and {len(changes) - _SHOWN:,} more" if len(changes) > _SHOWN else ""
    return ", ".join(one.item_id for one in changes[:_SHOWN]) + more


def difference_facts(differs: Difference) -> dict[str, list[str]]:
    """For scripts: ids by kind."""
    return {
        kind: [one.item_id for one in getattr(differs, kind)] for kind in ("added", "changed", "withdrawn", "removed")
    }


def _facts(found: Joined, pulled: Pulled) -> dict[str, Any]:
    adopted = pulled.adopted
    return {
        "id": adopted.active.site_id,
        "folder": str(found.store.folder),
        "serial": adopted.active.serial,
        "versions": adopted.active.rows,
        "is_new": adopted.is_new,
        "source": adopted.source,
        "received_bytes": adopted.received_bytes,
        "by_changes": adopted.by_changes,
        "is_exact": adopted.active.is_exact,
        "difference": difference_facts(adopted.difference),
        "alarms": list(adopted.alarms),
        "failures": [{"source": one.source, "message": one.error.message} for one in pulled.failures],
    }


@click.command("list")
@output.json_option
@output.quiet_option
def list_() -> None:
    """List the catalogues that you follow, and those that you publish."""
    from seedbed.api.home import Home  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.following import joined  # noqa: PLC0415

    home = Home.of_environment()
    now = dt.datetime.now(dt.UTC)
    rows = [_followed_facts(found, now) for found in joined.followed(home.catalogs)]
    lines = [
        f"{row['id']:<24} release {row['serial']:<6} {row['versions']:>9,} versions  {row['state']}" for row in rows
    ]
    lines += [f"{path}  (published by you)" for path in home.published]
    facts = {"followed": rows, "published": [str(path) for path in home.published]}
    hint = "None yet. seedbed catalog pull LINK follows one, seedbed catalog init DIR makes one."
    output.result(facts, "\n".join(lines) or hint)


def _followed_facts(found: Joined, now: dt.datetime) -> dict[str, Any]:
    from seedbed.catalog import join_link  # noqa: PLC0415

    active, stands = found.active, found.standing(now)
    return {
        "id": found.name,
        "serial": active.serial if active else 0,
        "versions": active.rows if active else 0,
        "state": stands.state,
        "why": stands.why,
        "accepted": active.accepted if active else None,
        "join_link": join_link.render(found.link),
        "folder": str(found.store.folder),
    }


def followed_status(name: str) -> None:
    """How a followed catalogue stands, with what should worry somebody."""
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.following import joined  # noqa: PLC0415

    found = joined.find(Home.of_environment().catalogs, name)
    now = dt.datetime.now(dt.UTC)
    facts = _followed_facts(found, now)
    memory = found.memory()
    facts |= {
        "alarms": [{"at": one.at, "rule": one.rule, "what": one.what} for one in memory.alarms],
        "unlisted": [{"id": one.item_id, "since": one.since} for one in memory.unlisted],
    }
    lines = [f"{facts['id']}: release {facts['serial']}, {facts['versions']:,} versions, {facts['state']}"]
    lines += [f"  {facts['why']}"] if facts["why"] else []
    lines += [f"  adopted {facts['accepted'][:16]}", f"  {facts['join_link']}"] if facts["accepted"] else []
    lines += [f"  alarm {one.at[:16]} {one.rule}: {one.what}" for one in memory.alarms[:_SHOWN]]
    lines += [f"  not listed since {one.since[:10]}: {one.item_id}" for one in memory.unlisted[:_SHOWN]]
    output.result(facts, "\n".join(map(output.plain, lines)))


@click.command()
@click.argument("name", metavar="NAME")
@output.json_option
@output.quiet_option
def leave(name: str) -> None:
    """Follow a catalogue no more. Data that was fetched stays."""
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.following import joined  # noqa: PLC0415

    found = joined.find(Home.of_environment().catalogs, name)
    known = found.name
    joined.forget(found)
    output.result({"left": known}, f"{known}: not followed any more.")


@click.command()
@click.argument("old", metavar="[NAME|OLD]", default="")
@click.argument("new", metavar="[NEW]", default="")
@output.json_option
@output.quiet_option
def diff(old: str, new: str) -> None:
    """Show what changed: in a followed catalogue with its last pull, or from one catalog.parquet to another.

    OLD and NEW are files, or folders of published catalogues.
    """
    from seedbed.catalog.trust import difference  # noqa: PLC0415  # imports stay inside: --help must be quick

    before, after = (_table(old), _table(new)) if new else _last_two(old)
    found = difference.between(before, after)
    lines = difference_lines(found) or ["Nothing changed."]
    output.result(difference_facts(found), "\n".join(line.strip() for line in lines))


def _table(text: str) -> Path:
    from seedbed.catalog import paths  # noqa: PLC0415

    path = Path(text) / paths.CATALOG if Path(text).is_dir() else Path(text)
    if not path.is_file():
        raise InputError(f"{text}: expected a catalog.parquet, or a folder with one")
    return path


def _last_two(name: str) -> tuple[Path, Path]:
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.following import joined  # noqa: PLC0415

    found = joined.find(Home.of_environment().catalogs, name)
    before = found.previous_catalog()
    if before is None:
        raise InputError(f"{found.name}: only one release was pulled so far; there is nothing to compare it with")
    return before, found.catalog()[0]
