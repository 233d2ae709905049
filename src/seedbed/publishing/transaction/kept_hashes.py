# SPDX-License-Identifier: Apache-2.0
"""What hashing gave, kept in the journal's folder: data that has not changed is not read again for its hashes."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from seedbed.fetching.disk.flushing import write_durably
from seedbed.hashing.job import Hashes

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.creating.create import Plan

_NAME = "hashes"


def keep(folder: Path, plan: Plan, hashes: Hashes) -> None:
    """Write the hashes of a plan down.

    Raises:
        OSError: the disk refuses.
    """
    digests = {str(index): (sha256.hex(), md5.hex()) for index, (sha256, md5) in hashes.digests.items()}
    head = {"of": _identity(plan), "pieces": len(hashes.pieces), "digests": digests}
    body = json.dumps(head).encode() + b"\n" + hashes.pieces + hashes.layer
    write_durably(folder / _NAME, hashlib.sha256(body).digest() + body)


def load(folder: Path, plan: Plan) -> Hashes | None:
    """The hashes of a plan; None when there are none, they are damaged, or a file or wish is another now."""
    try:
        data = (folder / _NAME).read_bytes()
    except OSError:
        return None
    check, body = data[:32], data[32:]
    if hashlib.sha256(body).digest() != check:
        return None
    line, _, rest = body.partition(b"\n")
    head = json.loads(line)
    if head["of"] != _identity(plan):
        return None
    digests = {
        int(index): (bytes.fromhex(sha256), bytes.fromhex(md5)) for index, (sha256, md5) in head["digests"].items()
    }
    return Hashes(rest[: head["pieces"]], rest[head["pieces"] :], digests)


def _identity(plan: Plan) -> str:
    """Changes when a file does, or what is asked of the hashing."""
    dataset, wish = plan.dataset, plan.wish
    facts = [(item.path, item.length, dataset.source.identity(index)) for index, item in enumerate(dataset.items)]
    text = json.dumps([plan.piece_length, wish.format, wish.md5, wish.sha256_up_to, dataset.name, facts])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
