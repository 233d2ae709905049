# SPDX-License-Identifier: Apache-2.0
"""What can be set of a portal: one frozen value, read once, handed to every part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Settings:
    """Of one portal."""

    folder: Path
    """Of the server: catalogue, keys, public data, quarantine, records."""
    public_url: str
    """Where people reach the portal, without a slash at the end: ``https://data.example.org``."""
    data_url: str = ""
    """Where files, web seeds and the catalogue are served (gateway); empty: at the portal's own address."""
    title: str = "Seedbed"
    """Of the site, for people."""
    database_url: str = ""
    """``postgresql://…``; empty: SQLite in the folder."""
    uploads_url: str = ""
    """Where received files are kept: empty for the folder, or ``s3://bucket/prefix``."""
    health: Path | None = None
    """The record of audits and of what trackers said; None where nobody keeps one."""
    registry_url: str = ""
    """Of the tracker over HTTP, ending in a slash: it tells how many nodes are in which country; empty for none."""
    trackers: tuple[str, ...] = ()
    """Announce URLs that new torrents name."""
    allows_private: bool = False
    """Whether sources and mirrors may be in private networks: for a try at home."""
    proxies: tuple[str, ...] = ()
    """Networks whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed."""
    is_open: bool = True
    """Whether strangers may make an account."""
    max_upload_bytes: int = 10 * 1024 * GIB
    """Of one upload, all its files together."""
    quota_bytes: int = 100 * GIB
    """Of a person without an organisation, and of an organisation unless it is given another."""
    max_open_uploads: int = 10_000
    """Of all people together (table U38)."""
    oidc_issuer: str = ""
    """Of a provider of OpenID Connect, such as ``https://login.example.org/realm``; empty: passwords only."""
    oidc_client: str = ""
    """Our client id there."""
    oidc_secret: str = ""
    """Our client secret there; never shown."""
    oidc_name: str = ""
    """What the button says; empty: the issuer's host."""

    @property
    def files_url(self) -> str:
        """Where the gateway's paths begin, without a slash at the end."""
        return self.data_url or self.public_url

    @property
    def catalog(self) -> Path:
        """The published catalogue."""
        return self.folder / "catalog"

    @property
    def data(self) -> Path:
        """Published files: ``DATASET/VERSION/NAME/…``."""
        return self.folder / "data"

    @property
    def quarantine(self) -> Path:
        """What was received and is not published; nothing is ever served from there."""
        return self.folder / "uploads"

    @property
    def is_secure(self) -> bool:
        """Whether people reach it by HTTPS, so that cookies may insist on it."""
        return self.public_url.startswith("https://")

    @property
    def store_url(self) -> str:
        """The database, as SQLAlchemy names it."""
        if not self.database_url:
            return f"sqlite:///{self.folder / 'portal.sqlite'}"
        return self.database_url.replace("postgresql://", "postgresql+pg8000://", 1)
