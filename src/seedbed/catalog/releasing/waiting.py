# SPDX-License-Identifier: Apache-2.0
"""What waits for signatures: who looks at it, proves it, and signs or discards it.

The second person does not take the first one's word. What would be published is compared with what *is* published
plus the rows that the release says it changes: equal rows give equal bytes, so the tables are made again and must come
out the same. Only then is a key used.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.catalog import paths
from seedbed.catalog.model import Change
from seedbed.catalog.releasing import building, finishing, log
from seedbed.catalog.releasing.disk import as_our_error
from seedbed.catalog.signing import draft as drafts
from seedbed.catalog.signing import own_trust, repository, roles
from seedbed.catalog.signing.draft import Draft
from seedbed.errors import NotFoundError, TrustError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seedbed.catalog.model import Release, Site
    from seedbed.catalog.releasing.finishing import Outcome
    from seedbed.catalog.releasing.workplace import Workplace
    from seedbed.catalog.signing.draft import Standing
    from seedbed.catalog.signing.public_key import PublicKey
    from seedbed.catalog.signing.repository import Repository, TargetFacts

_SPARE = "proof"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits, from its own files."""

    kind: str
    """``founding``, ``release`` or ``keys``."""
    staged: str
    """When it was made: RFC 3339."""
    standings: tuple[Standing, ...]
    serial: int | None = None
    """Of the catalogue after it; None when its contents stay."""
    added: tuple[str, ...] = ()
    """Ids of new versions."""
    changed: tuple[str, ...] = ()
    """Ids of versions whose description or standing changes."""
    withdrawn: tuple[str, ...] = ()
    """Those of the changed and new ones that are marked as withdrawn."""
    size_bytes: int = 0
    """Of the new versions' data."""
    key_changes: tuple[str, ...] = ()
    """Lines for people: who may sign from then on."""
    site_changes: tuple[str, ...] = ()
    """Lines for people: what the catalogue says of itself from then on."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What signing did."""

    made: tuple[tuple[str, PublicKey], ...]
    """Role and key of each new signature."""
    outcome: Outcome


def look(place: Workplace) -> Waiting | None:
    """What waits; None when nothing does.

    Raises:
        CatalogError: it cannot be read.
        StateError: the disk refused.
    """
    if not place.stage.is_waiting:
        return None
    note = place.stage.note()
    draft = load_draft(place)
    tree = place.stage.tree
    found = Waiting(str(note.get("kind", "")), str(note.get("staged", "")), tuple(draft.standings()))
    keys = tuple(_key_changes(draft))
    if not (tree / paths.CATALOG).exists():
        return Waiting("keys", found.staged, found.standings, key_changes=keys)
    site = place.tables.read_site(tree / paths.CATALOG)
    releases, new = _staged_rows(place, site)
    return Waiting(
        found.kind,
        found.staged,
        found.standings,
        serial=site.serial,
        added=tuple(one.id for one in releases if one.id in new),
        changed=tuple(one.id for one in releases if one.id not in new),
        withdrawn=tuple(one.id for one in releases if one.status == "withdrawn"),
        size_bytes=sum(one.size_bytes for one in releases if one.id in new),
        key_changes=keys,
        site_changes=tuple(_site_changes(place, site)),
    )


def sign(place: Workplace) -> Signed:
    """Prove what waits, sign it with the keys at hand, and publish it when that is enough.

    Raises:
        NotFoundError: nothing waits.
        TrustError: what waits is not what it says.
        SigningKeyError: a key does not open.
        StateError: the disk refused.
    """
    if not place.stage.is_waiting:
        raise NotFoundError(f"{place.folder}: nothing waits for signatures")
    draft = load_draft(place)
    try:
        prove(place, draft)
        return _sign(place, draft)
    except OSError as error:
        raise as_our_error(error, place.folder) from error


def discard(place: Workplace) -> None:
    """Take back what waits.

    Raises:
        NotFoundError: nothing waits.
        StateError: the disk refused.
    """
    if not place.stage.is_waiting:
        raise NotFoundError(f"{place.folder}: nothing waits for signatures")
    try:
        place.stage.discard()
    except OSError as error:
        raise as_our_error(error, place.folder) from error


def load_draft(place: Workplace) -> Draft:
    """What waits to be signed, with the signatures it has."""
    from tuf.api.metadata import Root, Targets  # noqa: PLC0415  # only who signs needs it

    base = repository.load(place.folder) if repository.root_version(place.folder) else None
    first = base.root.signed.version + 1 if base else 1
    last = repository.root_version(place.stage.tree)
    names = [repository.role_path(roles.ROOT, version) for version in range(first, last + 1)]
    number = base.targets.signed.version + 1 if base else 1
    path = repository.role_path(roles.TARGETS, number)
    targets = repository.read(place.stage.tree, path, Targets) if (place.stage.tree / path).exists() else None
    return Draft(base, tuple(repository.read(place.stage.tree, name, Root) for name in names), targets)


def prove(place: Workplace, draft: Draft) -> None:
    """Do nothing when what waits is exactly what it says.

    Raises:
        TrustError: it is not; ``rule`` names what.
    """
    _prove_versions(draft, place.now())
    if draft.targets is None:
        return
    if draft.base is None:
        _prove_empty(place)
        expected = building.targets(place.stage.tree, place.tables.read_site(place.stage.tree / paths.CATALOG), 0, {})
    elif (place.stage.tree / paths.CATALOG).exists():
        own_trust.verify_tables(place.folder, draft.base)
        expected = _prove_tables(place, draft.base)
    else:
        expected = draft.base.target_facts()
    signed = _facts(draft)
    for path in sorted(signed | expected):
        _expect(signed.get(path) == expected.get(path), f"{path}: what is signed of it is not what it is")


def _sign(place: Workplace, draft: Draft) -> Signed:
    made = tuple(draft.sign(place.ring))
    if made:
        place.stage.replace(drafts.signed_files(draft))
    if draft.missing() or not finishing.can_seal(draft, place.ring):
        return Signed(made, finishing.Outcome(is_public=False, missing_signatures=draft.missing()))
    people = drafts.signed_files(draft)
    online = (path for path in place.stage.staged() if path.startswith(f"{paths.METADATA}/") and path not in people)
    place.stage.forget(online)  # of a signing that a crash stopped: a refresh since then may have its number
    sealed = drafts.seal(draft, place.ring, now=place.now())
    place.stage.put({path: data for path, data in sealed.items() if path not in people})
    finishing.publish(place)
    return Signed(made, finishing.Outcome(is_public=True, missing_signatures=0))


def _prove_versions(draft: Draft, now: dt.datetime) -> None:
    """A signature now must not reach further into the future than one made now would."""
    parts = [*((roles.ROOT, root.signed) for root in draft.roots)]
    late = now + dt.timedelta(days=1)
    for role, signed in [*parts, *([(roles.TARGETS, draft.targets.signed)] if draft.targets else [])]:
        _expect(signed.expires <= late + roles.LIFETIME[role], f"{role}: it would be good for too long")
    if draft.targets is not None:
        said = str(draft.targets.signed.unrecognized_fields.get(repository.SIGNED_AT_FIELD, ""))
        _expect(_is_past(said, late), f"targets: it says that it was drawn up at {said!r}, which is yet to come")
    _expect(bool(draft.roots or draft.targets), "there is nothing to be signed")
    _expect(len(draft.roots) <= 2, f"expected at most 2 new roots, got {len(draft.roots)}")
    for root in draft.roots if draft.base else ():
        same = root.signed.unrecognized_fields == draft.base.root.signed.unrecognized_fields if draft.base else True
        _expect(same and bool(root.signed.consistent_snapshot), "root: it changes more than who may sign")


def _is_past(moment: str, late: dt.datetime) -> bool:
    """Readers take that moment for certain: one in the future would make them distrust their clocks."""
    try:
        return dt.datetime.fromisoformat(moment) <= late
    except (ValueError, TypeError):
        return False


def _prove_empty(place: Workplace) -> None:
    """A new catalogue has no rows yet."""
    rows = place.tables.read_releases(place.stage.tree / paths.CATALOG)
    _expect(next(iter(rows), None) is None, "catalog.parquet: a new catalogue has no rows")


def _prove_tables(place: Workplace, base: Repository) -> dict[str, TargetFacts]:
    """Published rows and changed rows must give the tables that are to be signed; returns all that is to be."""
    tree, folder, tables = place.stage.tree, place.folder, place.tables
    site, before = tables.read_site(tree / paths.CATALOG), tables.read_site(folder / paths.CATALOG)
    _expect(site.serial == before.serial + 1, f"expected serial {before.serial + 1}, got {site.serial}")
    _expect(site.id == base.site_id, f"expected the catalogue {base.site_id!r}, got {site.id!r}")
    releases, new = _staged_rows(place, site)
    rows = list(tables.read_files(tree / paths.file_change(site.serial)))
    spare = place.stage.tree.parent / _SPARE
    try:
        count = tables.merge_catalog(folder / paths.CATALOG, releases, site, spare)
        same = _sha256(spare) == _sha256(tree / paths.CATALOG)
        _expect(same, "catalog.parquet: it is not the published one with the rows that the release says it changes")
        tables.merge_files(folder / paths.FILES, rows, spare)
        same = _sha256(spare) == _sha256(tree / paths.FILES)
        _expect(same, "files.parquet: it is not the published one with the rows that the release says it adds")
    finally:
        spare.unlink(missing_ok=True)
    added = len([one for one in releases if one.id in new])
    line = log.append(
        (folder / paths.RELEASES_LOG).read_bytes(), serial=site.serial, sha256=_sha256(tree / paths.CATALOG),
        rows=count, added=added, changed=len(releases) - added,
    )  # fmt: skip
    _expect((tree / paths.RELEASES_LOG).read_bytes() == line, "releases.log: its new line is not this release's")
    torrents = {one.torrent.best_hex: tree / paths.torrent(one.torrent.best_hex) for one in releases if one.id in new}
    given = {name: path.read_bytes() for name, path in torrents.items() if path.exists()}
    building.check_torrents(Change(tuple(releases), tuple(rows), given))
    return building.targets(tree, site, count, base.target_facts())


def _staged_rows(place: Workplace, site: Site) -> tuple[list[Release], set[str]]:
    """Changed rows, and the ids of those that are new."""
    tree = place.stage.tree
    if not (tree / paths.change(site.serial)).exists():
        return [], set()
    releases = list(place.tables.read_releases(tree / paths.change(site.serial)))
    return releases, {row.item_id for row in place.tables.read_files(tree / paths.file_change(site.serial))}


def _site_changes(place: Workplace, site: Site) -> Iterator[str]:
    """What is other than in the published catalogue; of a new one nothing."""
    published = place.folder / paths.CATALOG
    if not published.exists():
        return
    before = place.tables.read_site(published)
    for name in ("title", "description", "url", "tracker"):
        old, new = getattr(before, name), getattr(site, name)
        if old != new:
            yield f"{name}: {new or 'none'} (was {old or 'none'})"


def _key_changes(draft: Draft) -> Iterator[str]:
    if draft.base is None:
        return
    for role in roles.ALL:
        before, after = draft.base.holders(role), repository.holders(draft.root.signed, role)
        yield from (f"{role}: {key} may sign" for key in after.keys if key not in before.keys)
        yield from (f"{role}: {key} may no longer sign" for key in before.keys if key not in after.keys)
        if before.threshold != after.threshold:
            yield f"{role}: {after.threshold} must sign instead of {before.threshold}"


def _facts(draft: Draft) -> dict[str, TargetFacts]:
    if draft.targets is None:
        return {}
    return {path: repository.from_target(target) for path, target in draft.targets.signed.targets.items()}


def _expect(holds: bool, what: str) -> None:  # noqa: FBT001  # reads as a sentence
    if not holds:
        raise TrustError(
            f"what waits is not to be signed: {what}",
            hint="Ask whoever made it. seedbed catalog sign --discard takes it back.",
            rule="waiting",
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
