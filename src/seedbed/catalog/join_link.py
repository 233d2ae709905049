# SPDX-License-Identifier: Apache-2.0
"""The join link: all that a person needs to follow a catalogue and trust nobody else (pure).

``seedbed:join?url=https://data.example/catalog/&root=sha256:…&dht=…``

``root`` is the SHA-256 of a root metadata file (TUF specification, 4.3), the first trust; ``url`` may stand several
times, for several mirrors; ``dht`` is the ed25519 public key of the DHT pointer (BEP 44, 46). Only ``root`` is trusted:
whoever holds the server or the pointer key can refuse service, and nothing more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

from seedbed.errors import InputError

PREFIX = "seedbed:join?"
MAX_CHARACTERS = 8_192
MAX_URLS = 16
_HEX_64 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class JoinLink:
    """What a join link says."""

    root_sha256: str
    """64 hex digits: which root metadata is trusted first."""
    urls: tuple[str, ...] = ()
    """Where the catalogue's folder is published, each ending in ``/``."""
    pointer_key: str = ""
    """64 hex digits: public key of the DHT pointer; empty when there is none."""


def is_join_link(text: str) -> bool:
    """Whether a person means a join link, well formed or not."""
    return text.strip().lower().startswith("seedbed:")


def parse(text: str) -> JoinLink:
    """Read a join link.

    Raises:
        InputError: it is none, or a part of it is not what it should be.
    """
    text = text.strip()
    if len(text) > MAX_CHARACTERS:
        raise _refuse(f"expected at most {MAX_CHARACTERS:,} characters, got {len(text):,}")
    if not text.startswith(PREFIX):
        raise _refuse(f"it does not start with {PREFIX!r}")
    values: dict[str, list[str]] = {}
    for key, value in parse_qsl(text.removeprefix(PREFIX), keep_blank_values=True):
        values.setdefault(key, []).append(value)
    roots = set(values.get("root", []))
    if len(roots) != 1:
        raise _refuse(f"expected one root=sha256:…, got {len(roots)}")
    kind, _, digest = roots.pop().partition(":")
    if kind != "sha256":
        raise _refuse(f"root: expected sha256:…, got {kind!r}")
    urls = tuple(dict.fromkeys(_url(url) for url in values.get("url", [])))
    if len(urls) > MAX_URLS:
        raise _refuse(f"expected at most {MAX_URLS} URLs, got {len(urls)}")
    pointer = values.get("dht", [""])[0]
    if not urls and not pointer:
        raise _refuse("it names neither a URL nor a DHT pointer, so there is nowhere to look")
    return JoinLink(_hex("root", digest), urls, _hex("dht", pointer) if pointer else "")


def render(link: JoinLink) -> str:
    """The text of a join link; ``parse(render(link)) == link``."""
    pairs = [("url", url) for url in link.urls] + [("root", f"sha256:{link.root_sha256}")]
    pairs += [("dht", link.pointer_key)] if link.pointer_key else []
    return PREFIX + "&".join(f"{key}={quote(value, safe=':/')}" for key, value in pairs)


def _url(text: str) -> str:
    if not text.startswith(("https://", "http://", "file:///")) or any(c.isspace() or ord(c) < 32 for c in text):
        raise _refuse(f"url {text!r}: expected https://…")
    if "?" in text or "#" in text:
        raise _refuse(f"url {text!r}: expected a folder's address, without ? and #")
    return text if text.endswith("/") else text + "/"


def _hex(name: str, text: str) -> str:
    if not _HEX_64.fullmatch(text.lower()):
        raise _refuse(f"{name}: expected 64 hex digits, got {text!r}")
    return text.lower()


def _refuse(what: str) -> InputError:
    return InputError(
        f"join link: {what}", hint="Copy the whole link that the catalogue's keeper gives; put it in 'single quotes'."
    )
