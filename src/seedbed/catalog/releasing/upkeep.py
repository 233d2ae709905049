# SPDX-License-Identifier: Apache-2.0
"""What keeps a catalogue alive between releases: fresh signatures, and other keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.catalog import paths
from seedbed.catalog.releasing import cleaning, finishing
from seedbed.catalog.releasing.disk import as_our_error
from seedbed.catalog.signing import changes, repository, roles
from seedbed.catalog.signing import draft as drafts
from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seedbed.catalog.releasing.finishing import Outcome
    from seedbed.catalog.releasing.workplace import Workplace
    from seedbed.catalog.signing.draft import Draft
    from seedbed.catalog.signing.public_key import PublicKey


def refresh(place: Workplace) -> None:
    """Sign anew that the newest release still is the newest, by the online key alone; also while something waits.

    Raises:
        SigningKeyError: the online key is not here, or does not open.
        StateError: the disk refused.
    """
    files = drafts.refresh(repository.load(place.folder), place.ring, now=place.now())
    try:
        for path in sorted(files, key=lambda path: path == paths.TIMESTAMP):
            place.replace(path, files[path])
        cleaning.clean(place.folder, place.disk)
    except OSError as error:
        raise as_our_error(error, place.folder) from error


def can_refresh(place: Workplace) -> bool:
    """Whether the online key is at hand."""
    return finishing.can_seal(drafts.Draft(repository.load(place.folder)), place.ring, always=True)


def due(place: Workplace) -> tuple[str, ...]:
    """Roles of people whose signatures should be renewed now, and for which a key is here."""
    base, now = repository.load(place.folder), place.now()
    expiries = {roles.ROOT: base.root.signed.expires, roles.TARGETS: base.targets.signed.expires}
    late = (role for role, expires in expiries.items() if expires - now < roles.RENEWED_BEFORE[role])
    return tuple(role for role in late if place.ring.held(base.holders(role).keys))


def renew(place: Workplace, due_roles: Iterable[str]) -> Outcome:
    """Sign the same contents for a new term.

    Raises:
        SigningKeyError: no key of the roles is here, or one does not open.
        StateError: something waits for signatures, or the disk refused.
    """
    wanted = tuple(due_roles)
    base = repository.load(place.folder)
    return _finish(place, changes.renew(base, wanted, now=place.now()), f"renew {', '.join(wanted)}")


def add_key(place: Workplace, names: Iterable[str], key: PublicKey, *, threshold: int = 0) -> Outcome:
    """Let one more key sign for roles.

    Args:
        place: The catalogue.
        names: The roles.
        key: The new key.
        threshold: How many must sign from now on; 0 leaves it.

    Raises:
        InputError: it is there already, or the threshold cannot be met.
        SigningKeyError: no root key is here, or one does not open.
        StateError: something waits for signatures, or the disk refused.
    """
    base = repository.load(place.folder)
    draft = changes.add_key(base, names, key, threshold=threshold, now=place.now())
    return _finish(place, draft, f"add {key}")


def rotate(place: Workplace, names: Iterable[str], old: PublicKey, new: PublicKey) -> Outcome:
    """Put a new key in an old one's place.

    Raises:
        InputError: the old key is none of the role's, or the new one is already.
        SigningKeyError: no root key is here, or one does not open.
        StateError: something waits for signatures, or the disk refused.
    """
    base = repository.load(place.folder)
    draft = changes.replace_key(base, names, old, new, now=place.now())
    return _finish(place, draft, f"replace {old} by {new}")


def key_called(place: Workplace, names: Iterable[str], called: str) -> PublicKey:
    """A key of roles by its name, or by the start of its hex digits; the only one when no name is given.

    Raises:
        InputError: there is none, or more than one.
    """
    base = repository.load(place.folder)
    wanted = tuple(names)
    held = dict.fromkeys(key for role in wanted for key in base.holders(role).keys)
    found = [key for key in held if not called or key.name == called or key.public_hex.startswith(called)]
    if len(found) == 1:
        return found[0]
    who = ", ".join(map(str, held))
    what = f"no key of it is called {called!r}" if called else "it has several keys"
    raise InputError(f"{'+'.join(wanted)}: {what}: expected one of {who}", hint="--old NAME says which.")


def open_root_keys(place: Workplace) -> None:
    """Open what a change of keys needs, before a new key is made.

    Raises:
        SigningKeyError: no root key is here, or one does not open.
        StateError: something waits for signatures.
    """
    place.refuse_waiting()
    finishing.open_own_keys(repository.load(place.folder).holders(roles.ROOT), place.ring)


def _finish(place: Workplace, draft: Draft, what: str) -> Outcome:
    place.refuse_waiting()
    judge = draft.base.root.signed if draft.base else draft.root.signed
    role = roles.ROOT if draft.roots else roles.TARGETS
    finishing.open_own_keys(repository.holders(judge, role), place.ring)
    try:
        place.stage.begin()
        return finishing.finish(place, draft, now=place.now(), note={"kind": "keys", "what": what})
    except OSError as error:
        raise as_our_error(error, place.folder) from error
    finally:
        place.stage.drop_half_made()
