# SPDX-License-Identifier: Apache-2.0
"""How the Internet Archive is used, read from a mirror's URL, and what an item is called there.

``ia:`` with the options ``prefix`` (of all identifiers), ``collection``, ``test=yes`` (the collection whose items are
deleted after 30 days), and ``s3`` and ``web`` (base URLs of a service on this machine that stands in for it).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from seedbed.mirrors.base import bad_url, options_of
from seedbed.mirrors.credentials import Account
from seedbed.mirrors.rest import check_base, is_loopback

_OPTIONS = frozenset(("prefix", "collection", "test", "s3", "web"))
_S3, _WEB = "https://s3.us.archive.org", "https://archive.org"
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{4,99}")
"""What the archive takes (Internet Archive, *Item identifiers*): 5 to 100 characters."""
_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_MAX_IDENTIFIER = 100


@dataclass(frozen=True, slots=True)
class Place:
    """The archive, and how it is used."""

    name: str
    """The URL for people."""
    s3: str
    web: str
    """Base URLs, without a slash at the end."""
    prefix: str = ""
    collection: str = "opensource_data"

    @property
    def account(self) -> Account:
        """The credentials that it wants."""
        return Account(
            "archive.org",
            ("access", "secret"),
            ("IA_ACCESS_KEY_ID", "IA_SECRET_ACCESS_KEY"),
            "https://archive.org/account/s3.php",
            ini_section="s3",
        )

    def identifier(self, dataset: str, version: str) -> str:
        """What a version's item is called: always the same; where the name had to be changed, with a mark of it."""
        wished = f"{self.prefix}{dataset}-{version}"
        if _IDENTIFIER.fullmatch(wished):
            return wished
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", wished).lstrip("-._") or "item"
        mark = hashlib.sha256(wished.encode()).hexdigest()[:8]
        return f"{plain[: _MAX_IDENTIFIER - 9]}-{mark}"

    def trusts(self, origin: str) -> bool:
        """Whether an origin is the archive's, so that it may see credentials: uploads are sent on to its nodes."""
        parts = urlsplit(origin)
        host = parts.hostname or ""
        if is_loopback(urlsplit(self.s3).hostname or ""):
            return is_loopback(host)
        return parts.scheme == "https" and host.endswith(".archive.org")


def of_url(url: str) -> Place:
    """Read a mirror's URL.

    Raises:
        InputError: it cannot be used. Nothing of its options is repeated.
    """
    parts = urlsplit(url)
    shown = "ia:"
    if parts.netloc or parts.path.strip("/") or parts.fragment:
        raise bad_url(shown, "expected ia: with options only, such as ia:?prefix=myorg-")
    options = options_of(parts.query, _OPTIONS, shown)
    for name, form in (("prefix", _PREFIX), ("collection", _IDENTIFIER)):
        if name in options and not form.fullmatch(options[name]):
            raise bad_url(shown, f"option {name}: expected letters, digits, dot, underscore and hyphen")
    if options.get("test", "no") not in {"yes", "no"}:
        raise bad_url(shown, "option test: expected yes or no")
    is_test = options.get("test") == "yes"
    return Place(
        name=f"ia:{options.get('prefix', '')}",
        s3=_base(shown, options.get("s3", _S3)),
        web=_base(shown, options.get("web", _WEB)),
        prefix=options.get("prefix", ""),
        collection="test_collection" if is_test else options.get("collection", "opensource_data"),
    )


def _base(shown: str, base: str) -> str:
    """Only the archive itself, or this machine: the archive's keys go nowhere else."""
    host = urlsplit(base).hostname or ""
    if host not in {"archive.org", "s3.us.archive.org"} and not is_loopback(host):
        raise bad_url(shown, "options s3 and web: expected a URL on this machine")
    return check_base(shown, base)
