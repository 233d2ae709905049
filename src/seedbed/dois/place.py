# SPDX-License-Identifier: Apache-2.0
"""Which account registers DOIs, read from ``datacite:10.12345``, and what the DOIs of a dataset are called. Pure.

``datacite:test/10.12345`` is DataCite's test system; ``?api=http://127.0.0.1:8000`` a service on this machine.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from seedbed.core.url_options import read_options
from seedbed.errors import InputError
from seedbed.mirrors.credentials import Account
from seedbed.mirrors.rest import check_base, is_loopback

_FORM = re.compile(r"(test/)?(10\.\d{4,9}(?:\.\d+)*)")
_APIS = {"": "https://api.datacite.org", "test/": "https://api.test.datacite.org"}
_FOREIGN = re.compile(r"[^a-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Place:
    """An account's prefix at a service."""

    name: str
    """The URL for people."""
    api: str
    """Base URL, without a slash at the end."""
    prefix: str

    @property
    def account(self) -> Account:
        """The credentials that it wants."""
        return Account(
            urlsplit(self.api).netloc,
            ("repository_id", "password"),
            ("DATACITE_REPOSITORY_ID", "DATACITE_PASSWORD"),
            "https://doi.datacite.org",
        )

    def version_doi(self, dataset: str, version: str) -> str:
        """Of a version: always the same."""
        return f"{self.prefix}/{_suffix(f'{dataset}.{version}')}"

    def concept_doi(self, dataset: str) -> str:
        """Of all versions together."""
        return f"{self.prefix}/{_suffix(dataset)}"


def of_url(url: str) -> Place:
    """Read a minter's URL.

    Raises:
        InputError: it cannot be used; nothing of its options is repeated.
    """
    parts = urlsplit(url)
    shown = f"datacite:{parts.path}"
    found = _FORM.fullmatch(parts.path)
    options, wrong = read_options(parts.query, {"api"})
    if parts.scheme != "datacite" or parts.netloc or parts.fragment or not found or wrong:
        raise _bad("expected datacite:10.12345 or datacite:test/10.12345")
    api = options.get("api", _APIS[found[1] or ""])
    host = urlsplit(api).hostname or ""
    if api not in _APIS.values() and not is_loopback(host):
        raise _bad("option api: expected a URL on this machine")
    return Place(name=shown, api=check_base(shown, api), prefix=found[2])


def _bad(what: str) -> InputError:
    return InputError(f"DOIs: {what}", hint="docs/mirrors.md lists the forms.")


def _suffix(wished: str) -> str:
    """In lower case, for case tells no DOIs apart (DOI Handbook, 2.4); with a mark where a name had to be changed."""
    plain = wished.lower()
    if not _FOREIGN.search(plain):
        return plain
    return f"{_FOREIGN.sub('-', plain)}-{hashlib.sha256(wished.encode()).hexdigest()[:8]}"
