# SPDX-License-Identifier: Apache-2.0
"""From an untrusted source to the active catalogue, in one order that is never changed.

1 open the record · 2 judge the clock · 3-6 verify root, timestamp, snapshot, targets · 7 get the catalogue, hash
before parse · 8 examine it in a child process with limits · 9 see what it takes away · 10 record it in one transaction,
which is also what makes it the active one. Whatever fails, the catalogue of before stays in use.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.catalog import paths
from seedbed.catalog.releasing import log as releases_log
from seedbed.catalog.trust import changes, clock, difference, metadata
from seedbed.catalog.trust.record import Active, Record, Unlisted
from seedbed.catalog.trust.store import file_sha256, stamp
from seedbed.errors import CatalogError, SeedbedError, TrustError

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.catalog.trust.difference import Difference
    from seedbed.catalog.trust.metadata import Verified
    from seedbed.catalog.trust.source import Source
    from seedbed.catalog.trust.store import Store

log = logging.getLogger(__name__)

KEEP_UNLISTED = dt.timedelta(days=90)
"""How long data is kept that the catalogue stopped listing: a catalogue can stop a node from fetching, it can never
make it delete at once."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """What came of looking at one source."""

    active: Active
    is_new: bool
    """Whether it is another release than before."""
    source: str
    received_bytes: int
    by_changes: bool = False
    """Whether only the changes were fetched."""
    difference: Difference = field(default=difference.Difference())
    alarms: tuple[str, ...] = ()
    """What the person should know."""


def adopt(store: Store, source: Source, *, pin: str, now: dt.datetime, with_files: bool = True) -> Adopted:
    """Make the source's catalogue the active one, if it is to be believed and not older than ours.

    Args:
        store: Where it is kept; the folder exists.
        source: Untrusted.
        pin: SHA-256 of the first trusted root; not used once there is a newer one in the record.
        now: The machine's clock, UTC.
        with_files: Whether ``files.parquet`` is wanted too.

    Raises:
        TrustError: it is not to be believed; the evidence is recorded.
        CatalogError: it is signed, and not a catalogue that we can read.
        SourceError: it does not come.
        StateError: or NoSpaceError: our disk.
    """
    with Record(store.record_path) as record:
        moment = clock.judge(now, record.trusted_time)
        try:
            root = record.root or metadata.find_root(source, pin)
            verified = metadata.refresh(source, record, root, store.metadata, moment)
            return _adopt(store, record, verified, moment, now=now, with_files=with_files)
        except (TrustError, CatalogError) as error:
            record.alarm(now, str(error.data.get("rule", "")), error.message)
            raise


def _adopt(
    store: Store, record: Record, verified: Verified, moment: clock.Moment, *, now: dt.datetime, with_files: bool
) -> Adopted:
    before = record.active
    _refuse_going_back(before, verified, record)
    if before and _is_held(store, record, before, verified, with_files=with_files):
        with record.transaction():
            _write_marks(record, verified, moment)
            record.suspicion = ""  # what we hold was signed anew
        return Adopted(before, False, verified.source, verified.fetcher.received_bytes, alarms=_doubts(moment))  # noqa: FBT003
    work = store.clean_work()
    old = _old_catalog(store, record)
    old_folder = store.release(before.folder) if before else None
    got = changes.get(verified, work, before=before, old_folder=old_folder, with_files=with_files)
    _refuse_other_history(got, old_folder, verified)
    _examine(got, verified, old)
    differs = difference.between(old, got.catalog) if old else difference.Difference()
    active = _keep(store, verified, got, now, in_use=before.folder if before else "")
    with record.transaction():  # this is the moment at which the new catalogue counts
        _write_marks(record, verified, moment)
        record.see_release(active.serial, active.signed_sha256)
        _write_unlisted(record, differs, active)
        record.suspicion = ""
        record.active = active
        found = _found(record, differs, got, now)
    store.drop_all_but({active.folder, before.folder if before else ""})
    store.drop_work()
    alarms = (*_doubts(moment), *found)
    log.info("catalogue adopted serial=%d rows=%d source=%s bytes=%d", active.serial, active.rows, verified.source,
             verified.fetcher.received_bytes)  # fmt: skip
    return Adopted(active, True, verified.source, verified.fetcher.received_bytes, got.by_changes, differs, alarms)  # noqa: FBT003


def _refuse_going_back(before: Active | None, verified: Verified, record: Record) -> None:
    """Versions of metadata cannot go back; neither may what they say, whoever signed it.

    Raises:
        TrustError: the serial went back, or one serial means two catalogues (a fork).
    """
    if before and verified.site_id != before.site_id:
        raise TrustError(
            f"{verified.source}: expected catalogue {before.site_id!r}, got {verified.site_id!r}", rule="other-catalog"
        )
    if before and verified.serial < before.serial:
        raise TrustError(
            f"{verified.source}: the catalogue went back: expected release {before.serial} or newer, "
            f"got {verified.serial}",
            rule="rollback",
        )
    known = record.release_sha256(verified.serial)
    if known and known != verified.catalog.sha256:
        raise TrustError(
            f"{verified.source}: two different catalogues are signed as release {verified.serial}",
            hint="Either keys are stolen, or the keeper shows different people different catalogues. Tell others.",
            rule="fork",
        )


def _refuse_other_history(got: changes.Got, old_folder: Path | None, verified: Verified) -> None:
    """The log of releases must end with this one, and go on from the one that we have.

    Raises:
        CatalogError: it is damaged, or does not belong to this release.
        TrustError: it tells another story than ours: the keeper shows different people different catalogues.
    """
    if got.log is None:
        return
    theirs = releases_log.parse(got.log.read_bytes())
    if theirs and (theirs[-1].serial, theirs[-1].sha256) != (verified.serial, verified.catalog.sha256):
        raise CatalogError(f"{verified.source}: the log of releases does not end with this one", rule="releases-log")
    ours = old_folder / paths.RELEASES_LOG if old_folder else None
    if ours is None or not ours.is_file():
        return
    serial = releases_log.fork(releases_log.parse(ours.read_bytes()), theirs)
    if serial is not None:
        raise TrustError(
            f"{verified.source}: its history is another one than ours: release {serial} was signed twice",
            hint="Either keys are stolen, or the keeper shows different people different catalogues. Tell others.",
            rule="fork",
        )


def _is_held(store: Store, record: Record, before: Active, verified: Verified, *, with_files: bool) -> bool:
    """Whether the active catalogue is the signed one, and still as it was verified."""
    if before.signed_sha256 != verified.catalog.sha256:
        return False
    try:
        store.catalog(record)
        has_files = store.files(record) is not None
    except SeedbedError:
        return False  # damaged on our disk: got again
    return has_files or not with_files or paths.FILES not in verified.targets


def _old_catalog(store: Store, record: Record) -> Path | None:
    """The catalogue of before, if it is still as it was verified."""
    try:
        return store.catalog(record)
    except SeedbedError:
        return None


def _examine(got: changes.Got, verified: Verified, old: Path | None) -> None:
    """Step 8: every row, by a process that may die.

    Raises:
        CatalogError: it is not a catalogue that we accept.
    """
    from seedbed.catalog.table.examine import examine  # noqa: PLC0415  # Parquet is heavy

    examined = examine(got.catalog, files=got.files, previous=old)
    if examined.site.serial != verified.serial or examined.site.id != verified.site_id:
        raise CatalogError(
            f"{verified.source}: the catalogue says it is release {examined.site.serial} of {examined.site.id!r}, "
            f"expected {verified.serial} of {verified.site_id!r}",
            rule="serial",
        )
    if examined.replaced:
        raise CatalogError(
            f"{verified.source}: versions never change, and {len(examined.replaced)} of release {verified.serial} have "
            f"another info-hash than before: {', '.join(examined.replaced)}",
            rule="rewritten",
            hint="Either keys are stolen, or the keeper made a mistake. The catalogue before stays; ask the keeper.",
        )


def _keep(store: Store, verified: Verified, got: changes.Got, now: dt.datetime, *, in_use: str) -> Active:
    """Move what was got to its place, durably; nothing points to it yet."""
    signed = verified.catalog
    local = file_sha256(got.catalog)
    files_sha256 = file_sha256(got.files) if got.files else ""
    names = [path.name for path in got.all]
    folder = store.keep(verified.serial, signed.sha256, got.all, in_use=in_use)
    place = store.release(folder)
    rows = (signed.custom or {}).get("rows", 0)
    return Active(
        serial=verified.serial,
        signed_sha256=signed.sha256,
        local_sha256=local,
        files_sha256=files_sha256,
        folder=folder,
        rows=rows if isinstance(rows, int) else 0,
        site_id=verified.site_id,
        accepted=now.isoformat(),
        stamps={name: stamp(place / name) for name in names},
    )


def _write_marks(record: Record, verified: Verified, moment: clock.Moment) -> None:
    metadata.remember(record, verified)
    record.trusted_time = clock.advanced(
        record.trusted_time, moment, signed_at=verified.signed_at, renewed=verified.renewed
    )


def _write_unlisted(record: Record, differs: Difference, active: Active) -> None:
    since = active.accepted
    gone = (Unlisted(one.item_id, one.info_hash, one.size_bytes, since) for one in differs.gone)
    record.unlist(gone, [one.item_id for one in (*differs.added, *differs.changed)])


def _found(record: Record, differs: Difference, got: changes.Got, now: dt.datetime) -> tuple[str, ...]:
    """What people should hear of, recorded with the release itself: step 9, and changes that nobody should sign."""
    found: dict[str, str] = {"changes": got.doubt} if got.doubt else {}
    if differs.is_suspicious:  # what it takes away is kept; when it is much, it is said
        size = sum(one.size_bytes for one in differs.gone)
        found["mass-removal"] = (
            f"this release takes away {len(differs.gone):,} of {differs.old_rows:,} releases ({size:,} bytes); "
            f"held data is kept for {KEEP_UNLISTED.days} days"
        )
    for rule, what in found.items():
        record.alarm(now, rule, what)
    return tuple(found.values())


def _doubts(moment: clock.Moment) -> tuple[str, ...]:
    return (f"{moment.doubt}; expiry was not judged",) if moment.doubt else ()
