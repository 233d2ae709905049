# SPDX-License-Identifier: Apache-2.0
"""Which InvenioRDM, read from a mirror's URL: ``zenodo:``, ``zenodo:sandbox``, ``zenodo://rdm.example.org``.

Options behind a question mark: ``community`` (its short name), ``data=no`` (only what describes the data goes there),
``scheme=http`` (for a service on this machine).
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from seedbed.mirrors.base import bad_url, options_of
from seedbed.mirrors.credentials import Account, variable_of
from seedbed.mirrors.rest import check_base, is_loopback

_OPTIONS = frozenset(("community", "data", "scheme"))
_HOSTS = {"": "zenodo.org", "sandbox": "sandbox.zenodo.org"}
_VARIABLES = {"zenodo.org": "ZENODO_TOKEN", "sandbox.zenodo.org": "ZENODO_SANDBOX_TOKEN"}


@dataclass(frozen=True, slots=True)
class Place:
    """A service, and how it is used."""

    name: str
    """The URL for people."""
    web: str
    """Base URL, without a slash at the end."""
    community: str = ""
    """Short name; empty for none."""
    takes_data: bool = True

    @property
    def host(self) -> str:
        """With its port, if it has one."""
        return urlsplit(self.web).netloc

    @property
    def key(self) -> str:
        """What it is called in the catalogue; on this machine it stands in for Zenodo."""
        is_zenodo = self.host in _VARIABLES or is_loopback(urlsplit(self.web).hostname or "")
        return "zenodo" if is_zenodo else "other"

    @property
    def account(self) -> Account:
        """The credentials that it wants."""
        page_url = f"{self.web}/account/settings/applications/tokens/new/"
        return Account(self.host, ("token",), (_VARIABLES.get(self.host) or variable_of(self.host),), page_url)


def of_url(url: str) -> Place:
    """Read a mirror's URL.

    Raises:
        InputError: it cannot be used. Nothing of its options or password is repeated.
    """
    parts = urlsplit(url)
    host = parts.netloc or _HOSTS.get(parts.path.strip("/"), "")
    shown = f"{parts.scheme}:" + (f"//{parts.netloc.rpartition('@')[2]}" if parts.netloc else parts.path)
    if not host or parts.fragment or (parts.netloc and parts.path.strip("/")):
        raise bad_url(shown, "expected zenodo:, zenodo:sandbox or zenodo://host")
    options = options_of(parts.query, _OPTIONS, shown)
    if options.get("data", "yes") not in {"yes", "no"}:
        raise bad_url(shown, "option data: expected yes or no")
    return Place(
        name=shown,
        web=check_base(shown, f"{options.get('scheme', 'https')}://{host}"),
        community=options.get("community", ""),
        takes_data=options.get("data") != "no",
    )
