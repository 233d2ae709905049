# SPDX-License-Identifier: Apache-2.0
"""A node's key: made once, for nobody else to read, and never something that only looks like one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from seedbed.errors import StateError
from seedbed.node.policy.lottery import key_of
from seedbed.node.trusting.identity import Identity

if TYPE_CHECKING:
    from pathlib import Path


def test_it_is_made_once(tmp_path: Path) -> None:
    """The second call reads what the first one wrote; others may not read it."""
    path = tmp_path / "new" / "key"
    first, second = Identity.load(path), Identity.load(path)
    assert first.public == second.public
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["key"]


def test_the_file_is_that_of_earlier_versions(tmp_path: Path) -> None:
    """32 bytes of a secret key; the node has the same lots as before."""
    secret = Ed25519PrivateKey.generate()
    (tmp_path / "key").write_bytes(secret.private_bytes_raw())
    public = secret.public_key().public_bytes_raw()
    assert Identity.load(tmp_path / "key").key == key_of(public)


def test_what_it_signs_can_be_checked() -> None:
    """By whoever has the public half."""
    identity = Identity.new()
    Ed25519PublicKey.from_public_bytes(identity.public).verify(identity.sign(b"data"), b"data")


def test_the_secret_is_not_shown() -> None:
    """Not even in a traceback."""
    assert "PrivateKey" not in repr(Identity.new())


@pytest.mark.parametrize("size", [0, 31, 64])
def test_what_is_no_key(tmp_path: Path, size: int) -> None:
    """A file cut short gives no other key in silence."""
    (tmp_path / "key").write_bytes(bytes(size))
    with pytest.raises(StateError, match="not a node's key"):
        Identity.load(tmp_path / "key")


def test_a_start_that_was_cut_short(tmp_path: Path) -> None:
    """A part that was left behind is no key, and in nobody's way."""
    (tmp_path / "key.part").write_bytes(b"half")
    assert len(Identity.load(tmp_path / "key").public) == 32
