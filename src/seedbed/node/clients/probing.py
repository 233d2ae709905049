# SPDX-License-Identifier: Apache-2.0
"""Does the client see the node's folder? It is asked to look at a small file there, as a torrent of one piece.

In a container it sees the same files under other names, or none at all; and what the node cannot see it cannot prove.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from typing import TYPE_CHECKING

from seedbed.core import bencode
from seedbed.core.ids import InfoHashes
from seedbed.errors import InputError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seedbed.node.clients.base import Client, Seen
    from seedbed.node.clients.calls import Calls
    from seedbed.node.clients.paths import PathMap

WITHIN_S = 30.0
LACKING_S = 4.0
"""A client that has looked, and waits for peers, does not see the file: it takes a moment until it looks."""
_LOOK_S = 0.3
_PIECE_BYTES = 16_384


async def probe(
    client: Client,
    calls: Calls,
    folder: Path,
    paths: PathMap,
    *,
    now_s: Callable[[], float],
    within_s: float = WITHIN_S,
) -> None:
    """Do nothing when it sees the folder.

    Args:
        client: Open.
        calls: To it.
        folder: The node's.
        paths: How the client names it.
        now_s: The clock that nobody sets.
        within_s: That it may take.

    Raises:
        InputError: it does not see the folder, or other files than we do.
        SourceError: it does not answer.
        StateError: the disk refuses.
    """
    place, name, content = folder / "client-probe", f"probe-{secrets.token_hex(4)}", secrets.token_bytes(64)
    await asyncio.to_thread(_write, place / name, content)
    info = bencode.encode({
        b"length": len(content), b"name": name.encode(), b"piece length": _PIECE_BYTES,
        b"pieces": hashlib.sha1(content, usedforsecurity=False).digest(), b"private": 1,
    })  # fmt: skip
    hashes, there = InfoHashes.of(info, v1=True, v2=False), paths.to_client(place)
    try:
        await calls.call(lambda: client.add(b"d4:info" + info + b"e", there))
        seen = await _settled(client, calls, hashes, now_s, within_s)
        if seen:
            await calls.call(lambda: client.forget(seen.id))
    finally:
        await asyncio.to_thread((place / name).unlink, missing_ok=True)
    if seen is None or not seen.is_complete:
        said = f" ({seen.error})" if seen and seen.error else ""
        raise InputError(
            f"{client.name} does not see the node's folder: in {there} it found no file that is in {place}{said}",
            hint="Is it in a container, or another user? --client-path HERE=THERE says how it names the folder.",
        )


async def _settled(
    client: Client, calls: Calls, hashes: InfoHashes, now_s: Callable[[], float], within_s: float
) -> Seen | None:
    """The torrent, once it is complete or has failed; or when it has long been checked, or the time is over."""
    until_s, seen, lacking_since_s = now_s() + within_s, None, 0.0
    while now_s() < until_s:
        listed = await calls.call(client.torrents)
        seen = next((one for one in listed if one.is_of(hashes)), None)
        if seen and (seen.is_complete or seen.error):
            return seen
        is_lacking = seen is not None and not seen.is_checking
        lacking_since_s = (lacking_since_s or now_s()) if is_lacking else 0.0
        if is_lacking and now_s() - lacking_since_s > LACKING_S:
            return seen
        await asyncio.sleep(_LOOK_S)
    return seen


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o644)
    except OSError as error:
        raise StateError(f"{path}: {error.strerror}") from error
