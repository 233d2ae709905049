# SPDX-License-Identifier: Apache-2.0
"""How a catalogue stands: who signed what, what expires when, what waits."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from seedbed.catalog import paths
from seedbed.catalog.join_link import JoinLink
from seedbed.catalog.releasing import waiting
from seedbed.catalog.signing import public_key, repository, roles
from seedbed.errors import NotFoundError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator
    from pathlib import Path

    from tuf.api.metadata import Metadata

    from seedbed.catalog.model import Site
    from seedbed.catalog.releasing.waiting import Waiting
    from seedbed.catalog.releasing.workplace import Workplace
    from seedbed.catalog.signing.public_key import PublicKey
    from seedbed.catalog.signing.repository import Repository

Term: TypeAlias = Literal["good", "soon", "expired"]


@dataclass(frozen=True, slots=True)
class RoleStatus:
    """One role's published metadata."""

    role: str
    version: int
    expires: dt.datetime
    threshold: int
    holders: tuple[PublicKey, ...]
    signed: tuple[PublicKey, ...]
    """Those of the holders whose signature it has."""
    days_left: float
    term: Term
    """``soon``: a person should act now."""


@dataclass(frozen=True, slots=True)
class CatalogStatus:
    """One catalogue."""

    folder: Path
    site: Site | None
    """None while its founding waits for signatures."""
    rows: int
    """Versions in it."""
    roles: tuple[RoleStatus, ...]
    """Empty while its founding waits."""
    waiting: Waiting | None
    link: JoinLink | None
    """What readers need; None while its founding waits."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Lines for people about what expires."""
        return tuple(_warning(one) for one in self.roles if one.term != "good")


def read(place: Workplace) -> CatalogStatus:
    """How a catalogue stands.

    Raises:
        NotFoundError: there is none.
        CatalogError: it cannot be read.
    """
    waits = waiting.look(place)
    if not repository.root_version(place.folder) and waits is not None:
        return CatalogStatus(place.folder, None, 0, (), waits, None)
    base = repository.load(place.folder)
    site = place.tables.read_site(place.folder / paths.CATALOG)
    custom = base.target_facts()[paths.CATALOG].custom or {}
    standing = tuple(_roles(base, place.now()))
    return CatalogStatus(
        place.folder, site, int(custom.get("rows", 0)), standing, waits, join_link(place.folder, base, site)
    )


def join_link(folder: Path, base: Repository, site: Site) -> JoinLink:
    """What readers need: the pin is the first root, so that the link stays the same for ever.

    Raises:
        NotFoundError: the first root is not there.
    """
    try:
        first = (folder / repository.role_path(roles.ROOT, 1)).read_bytes()
    except OSError as error:
        raise NotFoundError(f"{folder}: its first root is not there: {error.strerror}") from error
    return JoinLink(hashlib.sha256(first).hexdigest(), (site.url,) if site.url else (), base.pointer)


def _roles(base: Repository, now: dt.datetime) -> Iterator[RoleStatus]:
    parts: dict[str, Metadata[Any]] = {
        roles.ROOT: base.root,
        roles.TARGETS: base.targets,
        roles.SNAPSHOT: base.snapshot,
        roles.TIMESTAMP: base.timestamp,
    }
    for role, metadata in parts.items():
        found = base.root.signed.get_verification_result(role, metadata.signed_bytes, metadata.signatures)
        left = metadata.signed.expires - now
        term: Term = "good" if left >= roles.WARNED_BEFORE[role] else "soon" if left.total_seconds() > 0 else "expired"
        yield RoleStatus(
            role,
            metadata.signed.version,
            metadata.signed.expires,
            found.threshold,
            base.holders(role).keys,
            tuple(map(public_key.from_tuf, found.signed.values())),
            left.total_seconds() / 86_400,
            term,
        )


def _warning(one: RoleStatus) -> str:
    day = one.expires.strftime("%Y-%m-%d")
    what = f"expired on {day}: readers accept nothing new" if one.term == "expired" else f"expires on {day}"
    if one.role in roles.ONLINE:
        return f"{one.role} {what}. Run 'seedbed catalog sign --refresh' every day, by a timer."
    who = " or ".join(key.name for key in one.holders)
    return f"{one.role} {what}. Somebody with a key of it ({who}) must run 'seedbed catalog sign'."
