# SPDX-License-Identifier: Apache-2.0
"""Who is asking (pure)."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("uploader", "reviewer", "admin")
"""From the least to the most. An admin may do everything; other roles are independent of each other."""


@dataclass(frozen=True, slots=True)
class Person:
    """Of one request."""

    id: str = ""
    name: str = ""
    roles: frozenset[str] = frozenset()
    """Cut down to a token's scopes where one was used."""
    organisations: tuple[str, ...] = ()
    """Ids of those it is a member of, in order."""
    owns: frozenset[str] = frozenset()
    """Ids of those it may add members to."""
    session: str = ""
    """Key of the session, as it is kept; empty for a token."""
    via_token: bool = False

    @property
    def is_known(self) -> bool:
        """Whether it has an account."""
        return bool(self.id)

    def may(self, role: str) -> bool:
        """Whether it has a role, or is an admin; anybody known for an empty one."""
        return self.is_known and (not role or role in self.roles or "admin" in self.roles)


STRANGER = Person()
