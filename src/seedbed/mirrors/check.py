# SPDX-License-Identifier: Apache-2.0
"""Whether a mirror can be used, found out before there is anything to publish."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from seedbed.mirrors.content import BytesContent
from seedbed.mirrors.push import push
from seedbed.mirrors.shelf import Shelf

if TYPE_CHECKING:
    from seedbed.mirrors.base import Mirror
    from seedbed.mirrors.deposits import Depository

_PREFIX = "seedbed-check-"


def check(depository: Depository) -> dict[str, Any]:
    """Try it.

    Returns:
        What was found, for people and scripts.

    Raises:
        InputError: URL or credentials cannot be used.
        SourceError: it cannot be reached, or does not do what it should.
    """
    if isinstance(depository, Shelf):
        return _put_and_take_back(depository.mirror)
    drafts = [one.text for one in depository.unfinished()]
    return {"writes": "not tried", "drafts": len(drafts), "reserves DOIs": depository.traits.mints_dois}


def _put_and_take_back(mirror: Mirror) -> dict[str, Any]:
    key = f"{_PREFIX}{secrets.token_hex(8)}.txt"
    try:
        push(mirror, {key: BytesContent(key, b"A trial by seedbed; it may be deleted.\n")})
    finally:
        mirror.remove(key)
    return {"writes": "yes", "reads": "yes", "public": mirror.public_url(key).removesuffix(key)}
