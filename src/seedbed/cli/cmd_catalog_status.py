# SPDX-License-Identifier: Apache-2.0
"""``seedbed catalog status``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import catalog_options, output

if TYPE_CHECKING:
    from seedbed.catalog.releasing.status import CatalogStatus, RoleStatus
    from seedbed.catalog.releasing.waiting import Waiting
    from seedbed.catalog.signing.draft import Standing

_SHOWN = 20


@click.command()
@click.argument("which", metavar="[DIR|NAME]", default="")
@output.json_option
def status(which: str) -> None:
    """Show how a catalogue stands.

    Of one that you publish (DIR): who signed what, what expires when, what waits for signatures. Of one that you follow
    (NAME, as in 'seedbed catalog list'): whether it is fresh, since when, what was alarming.
    """
    if which and not Path(which).is_dir() and "/" not in which:
        from seedbed.cli.cmd_catalog_pull import followed_status  # noqa: PLC0415

        followed_status(which)
    else:
        _own_status(which)


def _own_status(folder: str) -> None:
    from seedbed.catalog.releasing import status as reading  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.catalog.releasing import workplace  # noqa: PLC0415

    place = workplace.look_at(catalog_options.catalog_folder(folder), now=catalog_options.clock)
    found = reading.read(place)
    output.result(facts(found), "\n".join(lines(found)))


def facts(found: CatalogStatus) -> dict[str, Any]:
    """For scripts."""
    from seedbed.catalog import join_link  # noqa: PLC0415

    return {
        "folder": str(found.folder),
        "id": found.site.id if found.site else None,
        "title": found.site.title if found.site else None,
        "url": found.site.url if found.site else None,
        "serial": found.site.serial if found.site else None,
        "versions": found.rows,
        "join_link": join_link.render(found.link) if found.link else None,
        "roles": [_role_facts(one) for one in found.roles],
        "warnings": list(found.warnings),
        "waiting": waiting_facts(found.waiting) if found.waiting else None,
    }


def waiting_facts(waits: Waiting) -> dict[str, Any]:
    """For scripts."""
    return {
        "kind": waits.kind,
        "staged": waits.staged,
        "serial": waits.serial,
        "added": list(waits.added),
        "changed": list(waits.changed),
        "withdrawn": list(waits.withdrawn),
        "size_bytes": waits.size_bytes,
        "key_changes": list(waits.key_changes),
        "site_changes": list(waits.site_changes),
        "signatures": [
            {
                "role": one.role, "version": one.version, "threshold": one.threshold, "missing": one.needed,
                "signed": [key.name for key in one.signed], "may_sign": [key.name for key in one.may_sign],
            }
            for one in waits.standings
        ],
    }  # fmt: skip


def lines(found: CatalogStatus) -> list[str]:
    """For people."""
    from seedbed.catalog import join_link  # noqa: PLC0415

    shown = []
    if found.site:
        many = f"{found.rows:,} version{'' if found.rows == 1 else 's'}"
        title = f" ({output.plain(found.site.title)})" if found.site.title else ""
        shown += [f"{found.site.id}{title}: release {found.site.serial}, {many}"]
    if found.link:
        shown += [f"  {join_link.render(found.link)}"]
    shown += [_role_line(one) for one in found.roles]
    shown += [f"! {warning}" for warning in found.warnings]
    return [*shown, *(waiting_lines(found.waiting) if found.waiting else [])]


def waiting_lines(waits: Waiting) -> list[str]:
    """What waits, for people."""
    head = {"founding": "The new catalogue", "keys": "A change of keys or terms"}.get(waits.kind, "A release")
    shown = [f"{head} waits for signatures, since {waits.staged}:"]
    if waits.serial:
        new = f"{len(waits.added)} new ({output.size(waits.size_bytes)})"
        shown += [f"  release {waits.serial}: {new}, {len(waits.changed)} changed, {len(waits.withdrawn)} withdrawn"]
    shown += _listed("new", waits.added) + _listed("changed", waits.changed) + _listed("withdrawn", waits.withdrawn)
    shown += [f"  {output.plain(line)}" for line in (*waits.site_changes, *waits.key_changes)]
    shown += [_standing_line(one) for one in waits.standings]
    if not any(one.needed for one in waits.standings):
        shown.append("  only the online key is missing: 'seedbed catalog sign' where it is kept")
    return shown


def _listed(what: str, ids: tuple[str, ...]) -> list[str]:
    shown = [f"    {what} {output.plain(one)}" for one in ids[:_SHOWN]]
    return [*shown, *([f"    and {len(ids) - _SHOWN:,} more {what}"] if len(ids) > _SHOWN else [])]


def _standing_line(one: Standing) -> str:
    have = ", ".join(output.plain(key.name) for key in one.signed) or "nobody yet"
    line = f"  {one.role} {one.version}: signed by {have}"
    if not one.needed:
        return line + "; complete"
    who = ", ".join(output.plain(key.name) for key in one.may_sign)
    return line + f"; {one.needed} more of {who}"


def _role_line(one: RoleStatus) -> str:
    who = ", ".join(output.plain(key.name) for key in one.holders)
    term = f"{one.expires:%Y-%m-%d}, {one.days_left:.0f} days" if one.days_left > 0 else f"{one.expires:%Y-%m-%d}, over"
    signed = f"{len(one.signed)}/{one.threshold}"
    return f"  {one.role.ljust(10)} version {one.version:<5} signed {signed}  expires {term}  by {who}"


def _role_facts(one: RoleStatus) -> dict[str, Any]:
    return {
        "role": one.role,
        "version": one.version,
        "expires": one.expires.isoformat(),
        "days_left": round(one.days_left, 3),
        "term": one.term,
        "threshold": one.threshold,
        "signed": [key.name for key in one.signed],
        "holders": [{"name": key.name, "public": key.public_hex} for key in one.holders],
    }
