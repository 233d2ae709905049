# SPDX-License-Identifier: Apache-2.0
"""What a server's keeper asks for, and the addresses that follow from it (pure values)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from seedbed.core.endpoints import Endpoint
from seedbed.core.hosts import is_private_url
from seedbed.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

PARTS = ("portal", "worker", "gateway", "tracker", "node", "catalog", "schedule")
"""What can run, alone or together: the names of ``--only``."""
ANYWHERE = frozenset(("0.0.0.0", "::", ""))  # noqa: S104  # compared with, not listened on


@dataclass(frozen=True, slots=True)
class Wishes:
    """Of one server."""

    folder: Path
    listen: Endpoint
    """Of the portal."""
    gateway: Endpoint
    tracker: Endpoint
    """HTTP and UDP."""
    tracker_ws: Endpoint
    """WebSocket, for browsers."""
    node: Endpoint
    """For peers."""
    public_url: str = ""
    """Where people reach the portal: ``https://data.example.org``; empty: the address it listens at."""
    gateway_url: str = ""
    """The same for files; empty: the portal's host with the gateway's port."""
    trackers: tuple[str, ...] = ()
    """Announce URLs that new torrents name; empty: those of our own tracker."""
    mirrors: tuple[str, ...] = ()
    """Where versions are pushed besides our own folder."""
    store: str = ""
    """Where published files are kept instead of our own folder: ``s3://…``, whose files the gateway passes on."""
    title: str = "Seedbed"
    name: str = ""
    """Of the catalogue; empty: made from the title."""
    database: str = ""
    storage_bytes: int = 0
    """What the seeding node may hold; 0: as much as its disk."""
    proxies: tuple[str, ...] = ()
    is_open: bool = True
    lan: bool = False
    """Whether peers, mirrors and uploads may be in private networks: for a try at home."""
    dht: bool = True
    oidc: tuple[str, str, str] = ("", "", "")
    """Issuer, client id, name on the button. The secret stands in the environment: SEEDBED_OIDC_SECRET."""
    only: tuple[str, ...] = ()
    """Of :data:`PARTS`; empty for all."""

    @property
    def home(self) -> Path:
        """What the commands of this server remember: ``SEEDBED_HOME``."""
        return self.folder / "home"

    @property
    def catalog(self) -> Path:
        """The published catalogue."""
        return self.folder / "catalog"

    @property
    def data(self) -> Path:
        """Published files."""
        return self.folder / "data"

    @property
    def own_mirror(self) -> str:
        """Where published files go first, and how the public reaches them there."""
        public = quote(f"{self.files_url}/webseed/", safe=":/")
        if not self.store:
            return f"file://{quote(str(self.data))}?public={public}"
        if "public=" in self.store:
            return self.store
        return f"{self.store}{'&' if '?' in self.store else '?'}public={public}"

    @property
    def portal_url(self) -> str:
        """Where people reach the portal, without a slash at the end."""
        return self.public_url.rstrip("/") or f"http://{self._reached(self.listen)}"

    @property
    def files_url(self) -> str:
        """Where the gateway's paths begin."""
        return self.gateway_url.rstrip("/") or f"http://{self._reached(self.gateway)}"

    @property
    def announce_urls(self) -> tuple[str, ...]:
        """What new torrents name."""
        if self.trackers:
            return self.trackers
        at, ws = self._reached(self.tracker), self._reached(self.tracker_ws)
        return (f"udp://{at}/announce", f"http://{at}/announce", f"ws://{ws}")

    @property
    def is_local(self) -> bool:
        """Whether private networks are let in: where it was asked for, and where our own files are in one anyhow."""
        return self.lan or is_private_url(self.files_url)

    def runs(self, part: str) -> bool:
        """Whether a part is wanted here."""
        return not self.only or part in self.only

    def _reached(self, where: Endpoint) -> Endpoint:
        """Where others reach what listens there: an address that means all is replaced by the public host."""
        host = urlsplit(self.public_url).hostname or ("127.0.0.1" if self.listen.host in ANYWHERE else self.listen.host)
        return Endpoint(host, where.port) if where.host in ANYWHERE or self.public_url else where


def check_url(option: str, url: str) -> str:
    """An address of ours as people type it, without a slash at the end.

    Raises:
        InputError: it is none.
    """
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or parts.query):
        raise InputError(f"{option} {url!r}: expected an http or https URL without password and query")
    return url.rstrip("/")


def check_parts(names: tuple[str, ...]) -> tuple[str, ...]:
    """Parts as people type them, also with commas between.

    Raises:
        InputError: there is no such part.
    """
    found = tuple(one.strip() for text in names for one in text.split(",") if one.strip())
    for one in found:
        if one not in PARTS:
            raise InputError(f"--only {one!r}: expected one of {', '.join(PARTS)}")
    return found
