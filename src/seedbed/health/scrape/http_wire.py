# SPDX-License-Identifier: Apache-2.0
"""Scrapes over HTTP as a client sees them (BEP 48, and what was agreed before it). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote_from_bytes, urlsplit

from seedbed.health.scrape import loose_bencode
from seedbed.health.scrape.counted import Numbers, Unanswered, is_sane

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seedbed.core.bencode import Value

MAX_URL_BYTES = 4_000
"""Some 50 hashes. Servers take 8,000 and more; opentracker's buffer and proxies before it are shorter."""


class Answer(NamedTuple):
    """What a tracker said."""

    found: dict[bytes, Numbers]
    failure: str = ""
    """In its words, where it gave no numbers."""


def scrape_url(announce: str) -> str | None:
    """Where to scrape: ``announce`` after the last slash becomes ``scrape``; None where it is not there (BEP 48)."""
    try:
        parts = urlsplit(announce)
    except ValueError:  # brackets that are no IPv6 address
        return None
    head, slash, last = parts.path.rpartition("/")
    if not last.startswith("announce"):
        return None
    return parts._replace(path=head + slash + "scrape" + last.removeprefix("announce"), fragment="").geturl()


def questions(scrape: str, info_hashes: Sequence[bytes]) -> Iterator[tuple[str, tuple[bytes, ...]]]:
    """URLs that ask for all hashes, as many in each as fit, with the hashes."""
    sign = "&" if "?" in scrape else "?"
    batch: list[bytes] = []
    url = scrape
    for one in info_hashes:
        more = f"{'&' if batch else sign}info_hash={quote_from_bytes(one, safe='')}"
        if batch and len(url) + len(more) > MAX_URL_BYTES:
            yield url, tuple(batch)
            batch, url, more = [], scrape, sign + more[1:]
        batch.append(one)
        url += more
    if batch:
        yield url, tuple(batch)


def read(body: bytes, wanted: Sequence[bytes]) -> Answer:
    """Read an answer. Numbers that cannot be true are left out.

    Args:
        body: What came, of a length that the caller bounds.
        wanted: The hashes that were asked for; others are passed over.

    Raises:
        Unanswered: it is no answer of a tracker.
    """
    value = loose_bencode.read(body)
    if not isinstance(value, dict):
        raise _none(body)
    failure = value.get(b"failure reason", value.get(b"failure_reason"))
    files = value.get(b"files")
    if not isinstance(files, dict):
        if isinstance(failure, bytes):
            return Answer({}, failure[:200].decode(errors="replace"))
        raise _none(body)
    told = {one: numbers for one in wanted if (numbers := _numbers(files.get(one)))}
    return Answer(told)


def _none(body: bytes) -> Unanswered:
    """Why a body is no answer: a page for people is what firewalls in front of trackers send."""
    if body.lstrip()[:1] == b"<":
        return Unanswered("refused", "it sends a page for people instead of numbers")
    return Unanswered("nonsense", "its answer is no bencoding, or has no numbers")


def _numbers(value: Value | None) -> Numbers | None:
    if not isinstance(value, dict):
        return None
    seeds, leechers, completed = (_count(value.get(key)) for key in (b"complete", b"incomplete", b"downloaded"))
    return None if seeds is None and leechers is None else Numbers(seeds, leechers, completed)


def _count(value: Value | None) -> int | None:
    return value if isinstance(value, int) and is_sane(value) else None
