# SPDX-License-Identifier: Apache-2.0
"""Options that say what a torrent shall be like, shared by ``torrent create`` and ``publish``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from seedbed.core.layout import is_template
from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.core.metainfo import Format
    from seedbed.creating.create import Wish

_SIZE = re.compile(r"(\d+)\s*(B|KIB|MIB|GIB|K|M|G)?", re.IGNORECASE)
_FACTORS = {"": 1, "B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_URL = re.compile(r"(https?|s3)://", re.IGNORECASE)
_TRACKER = re.compile(r"(https?|udp|wss?)://[^\s/]+\S*", re.IGNORECASE)
_WEB_SEED = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)


class SizeParam(click.ParamType[int]):
    """Bytes, or with a binary unit: ``1MiB``."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """See :class:`click.ParamType`."""
        if isinstance(value, int):
            return value
        if not (match := _SIZE.fullmatch(value.strip())):
            self.fail(f"{value!r} is not a size; examples: 262144, 256KiB, 1MiB", param, ctx)
        unit = (match[2] or "").upper().removesuffix("IB")
        return int(match[1]) * _FACTORS[unit]


SIZE = SizeParam()


def are_urls(paths: tuple[str, ...]) -> bool:
    """Whether the data is behind URLs, and not here.

    Raises:
        InputError: some of it is here, and some behind URLs; or there are several files here.
    """
    urls = [path for path in paths if _URL.match(path)]
    if urls and len(urls) < len(paths):
        raise InputError("expected either files here or URLs, got both")
    if not urls and len(paths) > 1:
        raise InputError("expected one file or folder, got several", hint="Put them into one folder.")
    return bool(urls)


def wish_of(options: Mapping[str, Any]) -> Wish:
    """What the torrent shall be like.

    Args:
        options: Those of ``torrent create``, by the names of its parameters, some may be absent; ``tiers`` of trackers.

    Raises:
        InputError: a URL or info-hash is none, or two options contradict each other.
    """
    from seedbed.creating.create import SHA256_UP_TO_BYTES, Wish  # noqa: PLC0415

    for url in options["web_seeds"]:
        check_web_seed(url)
        if is_template(url):
            raise InputError(
                f"web seed {url!r}: other clients do not know templates: expected a URL as in BEP 19",
                hint="Name such a copy as a mirror of the catalogue's entry.",
            )
    like = options.get("like")
    if like and options["format_"] not in {None, "v1"}:
        raise InputError(f"--like {like} makes v1 torrents: expected no --format, got {options['format_']}")
    format_: Format = "v1" if like else options["format_"] or "hybrid"
    limit = options["sha256_up_to"]
    return Wish(
        format=format_,
        piece_length=options["piece_length"],
        trackers=tuple(map(tuple, options["tiers"])),
        web_seeds=options["web_seeds"],
        comment=options.get("comment", ""),
        source=options.get("source", "").strip(),
        similar=tuple(_info_hash(text) for text in options.get("similar", ())),
        md5=options["md5"],
        sha256_up_to=SHA256_UP_TO_BYTES if limit is None else limit,
    )


def check_tracker(url: str) -> None:
    """Do nothing when a URL may be a tracker's.

    Raises:
        InputError: it is none.
    """
    _check_url(url, _TRACKER, "tracker", "http://, https://, udp://, ws:// or wss://")


def check_web_seed(url: str) -> None:
    """Do nothing when a URL, or a template (``core.layout``), may be a web seed's.

    Raises:
        InputError: it is none.
    """
    _check_url(url, _WEB_SEED, "web seed", "http:// or https://")
    if ("{" in url or "}" in url) and not is_template(url):
        raise InputError(
            f"web seed {url!r}: expected one {{path}} or {{flat}} behind the host, and no other braces",
            hint="A brace that belongs to a name is written %7B or %7D in a URL.",
        )


def _check_url(url: str, pattern: re.Pattern[str], what: str, expected: str) -> None:
    if not pattern.fullmatch(url):
        raise InputError(f"{what} {url!r}: expected a URL that starts with {expected}")


def _info_hash(text: str) -> bytes:
    if not re.fullmatch(r"[0-9a-fA-F]{40}([0-9a-fA-F]{24})?", text):
        raise InputError(f"--similar {text!r}: expected an info-hash of 40 or 64 hex digits")
    return bytes.fromhex(text)[:20]
