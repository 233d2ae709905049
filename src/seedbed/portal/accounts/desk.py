# SPDX-License-Identifier: Apache-2.0
"""What the middleware lends to each request: counts, password hashing, the key that hides networks."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.portal.accounts import networks
from seedbed.portal.accounts.limits import Limits
from seedbed.portal.accounts.oidc.provider import Provider
from seedbed.portal.accounts.passwords import Passwords

if TYPE_CHECKING:
    from starlette.requests import Request

    from seedbed.portal.settings import Settings


@dataclass(frozen=True, slots=True)
class Desk:
    """Of one application in one process."""

    proxies: tuple[networks.Network, ...] = ()
    limits: Limits = field(default_factory=Limits)
    passwords: Passwords = field(default_factory=Passwords)
    provider: Provider | None = None
    network_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Desk:
        """For a portal.

        Raises:
            InputError: one of the proxies is no network, or the provider's address cannot be used.
        """
        return cls(networks.proxies_of(settings.proxies), provider=Provider.of(settings))

    def network(self, request: Request) -> str:
        """A hidden name for who asks."""
        return networks.network_of(request, self.proxies, self.network_key)


def desk_of(request: Request) -> Desk:
    """What the middleware lent."""
    found: Desk = request.state.desk
    return found
