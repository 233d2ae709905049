# SPDX-License-Identifier: Apache-2.0
"""The portal's process: its parts put together, and served by uvicorn."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from importlib.metadata import version
from typing import TYPE_CHECKING

import uvicorn

from seedbed.api.home import Home
from seedbed.catalog import paths
from seedbed.catalog.table import reader
from seedbed.errors import SeedbedError, StateError
from seedbed.portal.accounts import invitations
from seedbed.portal.app import build
from seedbed.portal.opening import opened
from seedbed.portal.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seedbed.core.endpoints import Endpoint
    from seedbed.serving.wishes import Wishes

KEEP_ALIVE_S = 30
GRACE_S = 10
"""Requests that are being answered when we end may take so long."""
BACKLOG = 1_024


def settings_of(wishes: Wishes) -> Settings:
    """The portal's settings, as the keeper's wishes mean them."""
    issuer, client, name = wishes.oidc
    return Settings(
        folder=wishes.folder, public_url=wishes.portal_url, data_url=wishes.files_url, title=wishes.title,
        database_url=wishes.database, proxies=wishes.proxies, is_open=wishes.is_open, oidc_issuer=issuer,
        oidc_client=client, oidc_secret=os.environ.get("SEEDBED_OIDC_SECRET", ""), oidc_name=name,
        allows_private=wishes.is_local, trackers=wishes.announce_urls, health=_health(wishes),
        registry_url=next((one.removesuffix("announce") for one in wishes.announce_urls if one.startswith("http")), ""),
    )  # fmt: skip


def _health(wishes: Wishes) -> Path | None:
    """Where the server's own commands keep what they found of the catalogue's copies."""
    try:
        site = reader.read_site(wishes.catalog / paths.CATALOG)
    except SeedbedError:
        return None
    return Home(wishes.home, wishes.home / "cache").health(site.id)


async def run(wishes: Wishes, ready: Callable[[str], object]) -> None:
    """Serve until a TERM signal or Ctrl-C.

    Raises:
        StateError: the address cannot be listened on, or the database fails.
    """
    settings = settings_of(wishes)
    with closing(_listening(wishes.listen)) as listening, opened(settings, version("seedbed")) as portal:
        config = uvicorn.Config(
            build(portal), log_config=None, access_log=False, server_header=False, proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_S, timeout_graceful_shutdown=GRACE_S, ws="none",
        )  # fmt: skip
        server = _Told(config, lambda: ready(f"http://{wishes.listen}/"))
        await server.serve([listening])


class _Told(uvicorn.Server):
    """Says when it is ready: uvicorn itself only logs it."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def _listening(where: Endpoint) -> socket.socket:
    """A socket that listens already: a port that is taken is told before anything else is done."""
    family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio sends at once only where it is said
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((where.host, where.port))
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise StateError(
            f"{where}: it cannot be listened on: {error.strerror}", hint="--listen names another address or port."
        ) from error
    return made


def admin_link(wishes: Wishes, *, is_wanted: bool = False) -> str:
    """A link that makes an administrator, once; empty where there is one and none is wished for.

    Raises:
        StateError: the database fails.
    """
    with opened(settings_of(wishes)) as portal:
        needs = is_wanted or invitations.needs_admin(portal)
        return invitations.make_admin_link(portal) if needs else ""
