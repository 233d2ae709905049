# SPDX-License-Identifier: Apache-2.0
"""Where an S3 mirror is, read from its URL: bucket, prefix, endpoint, and how its objects are read by anybody.

``s3://bucket/prefix`` with the options ``endpoint``, ``region``, ``public`` and ``profile`` behind a question mark, and
``source-coop://account/product/prefix``: Source Cooperative's data proxy speaks S3 with the account as bucket.
What an URL leaves out comes from the usual variables (``AWS_ENDPOINT_URL_S3``, ``AWS_REGION``, …).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from seedbed.mirrors.base import bad_url, check_address, check_key, options_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPTIONS = frozenset(("endpoint", "region", "public", "profile"))
_SOURCE_COOP = "https://data.source.coop"
_DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket, and what is below a prefix in it."""

    name: str
    """The URL for people."""
    bucket: str
    prefix: str
    """Empty, or ends with a slash."""
    endpoint: str
    """Base URL; empty for Amazon's own."""
    region: str
    public: str
    """Base URL under which anybody reads what is below the prefix; empty if nobody can."""
    profile: str
    """Name of the profile in the AWS configuration whose credentials are used; empty for the usual order."""

    @property
    def base_url(self) -> str:
        """Where requests go: the endpoint, or Amazon's own in the region (AWS General Reference, *S3 endpoints*)."""
        china = ".cn" if self.region.startswith("cn-") else ""
        return self.endpoint or f"https://s3.{self.region}.amazonaws.com{china}"

    def object_key(self, key: str) -> str:
        """A mirror's key as the store has it."""
        check_key(key)
        return self.prefix + key

    def public_url(self, key: str) -> str:
        """Where anybody reads a file; empty if nobody can."""
        check_key(key)
        return f"{self.public}{quote(key)}" if self.public else ""


def of_url(url: str, environ: Mapping[str, str]) -> Place:
    """Read a mirror's URL.

    Args:
        url: ``s3://…`` or ``source-coop://…``.
        environ: The process's variables.

    Raises:
        InputError: it cannot be used. Nothing of its options or password is repeated.
        NameRefusedError: the prefix is not a good path.
    """
    parts = urlsplit(url)
    bucket, prefix = parts.netloc, unquote(parts.path).strip("/")
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    if "@" in bucket:
        raise bad_url(shown, "credentials do not belong in a URL: set AWS_ACCESS_KEY_ID or use ?profile=")
    if not bucket or ":" in bucket or parts.fragment:
        raise bad_url(shown, f"expected {parts.scheme}://{'account/product' if _is_source(url) else 'bucket'}/prefix")
    if prefix:
        check_key(prefix)
    options = _options(parts.query, shown)
    return (
        _source_coop(shown, bucket, prefix, options)
        if _is_source(url)
        else _s3(shown, bucket, prefix, options, environ)
    )


def _is_source(url: str) -> bool:
    return url.lower().startswith("source-coop:")


def _options(query: str, shown: str) -> dict[str, str]:
    options = options_of(query, _OPTIONS, shown)
    for name in ("endpoint", "public"):
        if name in options:
            check_address(name, options[name], shown)
    return options


def _s3(shown: str, bucket: str, prefix: str, options: Mapping[str, str], environ: Mapping[str, str]) -> Place:
    endpoint = options.get("endpoint") or environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL") or ""
    region = options.get("region") or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or _DEFAULT_REGION
    below = f"{prefix}/" if prefix else ""
    public = options.get("public", "")
    return Place(
        name=shown,
        bucket=bucket,
        prefix=below,
        endpoint=endpoint.rstrip("/"),
        region=region,
        public=f"{public.rstrip('/')}/" if public else "",
        profile=options.get("profile") or environ.get("AWS_PROFILE", ""),
    )


def _source_coop(shown: str, account: str, prefix: str, options: Mapping[str, str]) -> Place:
    """The account acts as bucket, the product is the first folder; every product is read by anybody below one host."""
    if not prefix:
        raise bad_url(shown, "expected source-coop://account/product/prefix")
    endpoint = options.get("endpoint", _SOURCE_COOP).rstrip("/")
    public = options.get("public") or f"{endpoint}/{account}/{quote(prefix)}"
    return Place(
        name=shown,
        bucket=account,
        prefix=f"{prefix}/",
        endpoint=endpoint,
        region=options.get("region", _DEFAULT_REGION),
        public=f"{public.rstrip('/')}/",
        profile=options.get("profile", ""),
    )
