# SPDX-License-Identifier: Apache-2.0
"""Signed metadata from an untrusted source: root chain, timestamp, snapshot, targets (TUF specification, 5.3 to 5.6).

The verifying itself is python-tuf's ``ngclient``: own-made verifiers of TUF went wrong in six published ways. Here it
is given its clock, its source and its first root, and its answers are held against the durable record.
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuf.api import exceptions
from tuf.api.serialization import DeserializationError
from tuf.ngclient import Updater, UpdaterConfig

from seedbed.catalog import paths
from seedbed.catalog.signing.repository import SIGNED_AT_FIELD, TargetFacts, from_target, role_path, site_id
from seedbed.catalog.trust.source import BASE, MissingError, SourceFetcher, read_whole
from seedbed.errors import NoSpaceError, SeedbedError, SourceError, StateError, TrustError

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.catalog.trust.clock import Moment
    from seedbed.catalog.trust.record import Record
    from seedbed.catalog.trust.source import Source

MAX_ROOTS = 256
"""Steps of the root chain: a yearly ceremony takes 256 years; a hostile chain costs at most 128 MB."""
MAX_ROOT_BYTES = 512_000
MAX_TIMESTAMP_BYTES = 16_384
MAX_SNAPSHOT_BYTES = 65_536
"""One line for each of the roles; ours has one."""
MAX_TARGETS_BYTES = 5_000_000
"""About 20,000 targets: every release of the catalogue has two change files, most of which are dropped in time."""
_TIMESTAMP_LIFE = dt.timedelta(days=7)
_RULES: tuple[tuple[type[Exception], str, str], ...] = (
    (exceptions.BadVersionNumberError, "rollback", "it is older than what was seen before"),
    (
        exceptions.ExpiredMetadataError,
        "expired",
        "its signature has expired: it was not renewed in time, an old one is shown, or our clock is wrong",
    ),
    (exceptions.UnsignedMetadataError, "unsigned", "it is not signed by enough of the right keys"),
    (exceptions.LengthOrHashMismatchError, "mismatch", "its parts do not belong together, or were changed on the way"),
    (exceptions.DownloadLengthMismatchError, "endless", "more comes than was signed"),
    (DeserializationError, "malformed", "its metadata cannot be read"),
)


@dataclass(frozen=True, slots=True)
class Verified:
    """What is signed, and verified; targets are still to be got."""

    updater: Updater
    fetcher: SourceFetcher
    targets: dict[str, TargetFacts]
    expires: dt.datetime
    """When the timestamp does."""
    signed_at: dt.datetime | None
    """When the targets say that they were drawn up; None when they do not say."""
    site_id: str
    source: str
    """Its name, for people."""

    @property
    def catalog(self) -> TargetFacts:
        """The catalogue itself.

        Raises:
            TrustError: the signed list does not name it.
        """
        if paths.CATALOG not in self.targets:
            raise TrustError(f"{self.source}: the signed list does not name {paths.CATALOG}", rule="malformed")
        return self.targets[paths.CATALOG]

    @property
    def serial(self) -> int:
        """Number of the catalogue's release.

        Raises:
            TrustError: it is not signed.
        """
        serial = (self.catalog.custom or {}).get("serial")
        if not isinstance(serial, int) or isinstance(serial, bool) or not 0 <= serial < 1 << 53:
            raise TrustError(
                f"{self.source}: the catalogue's serial is {serial!r}, expected a number", rule="malformed"
            )
        return serial

    @property
    def renewed(self) -> dt.datetime:
        """About when the timestamp was signed."""
        return self.expires - _TIMESTAMP_LIFE

    def download(self, path: str, to: Path) -> TargetFacts:
        """Get a target; the file is there only when it is what was signed.

        Raises:
            TrustError: it is not.
            SourceError: it does not come.
            StateError: it cannot be written.
        """
        target = self.updater.get_targetinfo(path)
        if target is None:
            raise SourceError(f"{self.source}: {path} is not in the signed list")
        try:
            self.updater.download_target(target, str(to))
        except Exception as error:
            to.unlink(missing_ok=True)
            raise translated(error, self.source, path, self.fetcher) from error
        return self.targets[path]


def find_root(source: Source, pin: str) -> bytes:
    """The root metadata that a join link pins, whichever version it is.

    Args:
        source: Where to look.
        pin: SHA-256, 64 hex digits.

    Raises:
        TrustError: the source has roots, and none is the pinned one.
        SourceError: there is no catalogue, or it does not answer.
    """
    for version in range(1, MAX_ROOTS + 1):
        try:
            data = read_whole(source, role_path("root", version), max_bytes=MAX_ROOT_BYTES)
        except MissingError as error:
            if version == 1:
                raise SourceError(f"{source.name}: there is no signed catalogue here") from error
            break
        if hashlib.sha256(data).hexdigest() == pin:
            return data
        if not data.lstrip().startswith(b"{"):  # a page that stands for whatever is missing
            raise SourceError(f"{source.name}: something else comes instead of the catalogue's metadata")
    raise TrustError(
        f"{source.name}: the catalogue here is not the one that the join link means (root sha256:{pin[:16]}…)",
        hint="Ask the catalogue's keeper for the link again. Somebody else may be answering in its place.",
        rule="pin",
    )


def refresh(source: Source, record: Record, root: bytes, folder: Path, moment: Moment) -> Verified:
    """Steps 3 to 6: verify everything that is signed, up to the list of targets.

    Args:
        source: Untrusted.
        record: The durable memory; marks are compared here and written by :func:`remember`.
        root: The root to start from: the record's, or the pinned one.
        folder: For the client's own files; made when missing.
        moment: By which expiry is judged.

    Raises:
        TrustError: ``data['rule']`` is ``rollback expired unsigned mismatch endless malformed`` or ``root-chain``.
        SourceError: it does not come.
        StateError: ``folder`` cannot be written.
    """
    fetcher = SourceFetcher(source)
    config = UpdaterConfig(
        max_root_rotations=MAX_ROOTS,
        root_max_length=MAX_ROOT_BYTES,
        timestamp_max_length=MAX_TIMESTAMP_BYTES,
        snapshot_max_length=MAX_SNAPSHOT_BYTES,
        targets_max_length=MAX_TARGETS_BYTES,
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        updater = Updater(
            str(folder), BASE + paths.METADATA, None, BASE, fetcher, config, bootstrap=root,
        )  # fmt: skip
        trusted = updater._trusted_set  # noqa: SLF001  # the client has no other way to be given a clock
        trusted.reference_time = moment.reference
        first = trusted.root.version
        updater.refresh()
    except Exception as error:
        raise translated(error, source.name, "metadata", fetcher) from error
    if trusted.root.version - first >= MAX_ROOTS:
        raise TrustError(f"{source.name}: its chain of roots is longer than {MAX_ROOTS}", rule="root-chain")
    _require_not_older(source, record, trusted)
    targets = {path: from_target(target) for path, target in trusted.targets.targets.items()}
    signed_at = _time(trusted.targets.unrecognized_fields.get(SIGNED_AT_FIELD))
    expires, site = trusted.timestamp.expires, site_id(trusted.root)
    return Verified(updater, fetcher, targets, expires, signed_at, site, source.name)


def _time(text: object) -> dt.datetime | None:
    try:
        when = dt.datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return when if when.tzinfo else None


def _require_not_older(source: Source, record: Record, trusted: Any) -> None:
    """Raises TrustError when any role is older than the record remembers."""
    for role in ("root", "timestamp", "snapshot", "targets"):
        seen, got = record.seen(role, _keys(trusted, role)), trusted[role].version
        if got < seen:
            raise TrustError(
                f"{source.name}: {role} metadata is older than what was seen before: expected version {seen} or newer, "
                f"got {got}",
                hint="Nothing was changed; the newer catalogue stays in use.",
                rule="rollback",
            )


def remember(record: Record, verified: Verified) -> None:
    """Write the high-water marks; to be called inside a transaction."""
    trusted = verified.updater._trusted_set  # noqa: SLF001  # as in refresh
    for role in ("root", "timestamp", "snapshot", "targets"):
        record.see(role, _keys(trusted, role), trusted[role].version)
    newest = verified.updater._load_local_metadata("root")  # noqa: SLF001  # its bytes, as they were verified
    record.root = newest
    record.expires = verified.expires


def _keys(trusted: Any, role: str) -> str:
    """A role's keys as one text. The root has one count: each version names its own keys."""
    return "" if role == "root" else " ".join(sorted(trusted.root.roles[role].keyids))


def translated(error: Exception, where: str, what: str, fetcher: SourceFetcher) -> SeedbedError:
    """TUF's error in our words."""
    if isinstance(error, SeedbedError):
        return error
    for kind, rule, text in _RULES:
        if isinstance(error, kind):
            hint = "Nothing was changed; what was verified before stays in use."
            return TrustError(f"{where}: {what}: {text} ({error})", hint=hint, rule=rule)
    if isinstance(error, exceptions.DownloadHTTPError):
        return SourceError(f"{where}: {what} is not there: {error}")
    if isinstance(error, exceptions.DownloadError):
        return fetcher.trouble or SourceError(f"{where}: {what} does not come: {error}")
    if isinstance(error, exceptions.RepositoryError):
        return TrustError(f"{where}: {what}: it cannot be read: {error}", rule="malformed")
    if isinstance(error, OSError):
        kind = NoSpaceError if error.errno in {errno.ENOSPC, errno.EDQUOT} else StateError
        return kind(f"{where}: {what} cannot be kept: {error.strerror}", hint="The catalogue of before stays in use.")
    raise error
