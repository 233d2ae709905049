# SPDX-License-Identifier: Apache-2.0
"""Keys on disk: made once, guarded, handed over as one line."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.catalog.signing import keys, public_key
from seedbed.catalog.signing.key_ring import KeyRing
from seedbed.catalog.signing.public_key import PublicKey
from seedbed.errors import SigningKeyError, StateError

if TYPE_CHECKING:
    from pathlib import Path

LOCKED = "correct horse"


def test_a_key_is_for_its_owner_only(tmp_path: Path) -> None:
    """The folder and the private key are closed to others; the public one is text."""
    made = keys.create(tmp_path / "keys", "anna")

    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "keys/anna.key").stat().st_mode) == 0o600
    assert keys.read_public(tmp_path / "keys/anna.pub") == made
    assert keys.load(tmp_path / "keys/anna.key").public_key().public_bytes_raw().hex() == made.public_hex


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    """A second key of one name is refused, and the first stays."""
    made = keys.create(tmp_path, "anna")
    with pytest.raises(SigningKeyError, match="already"):
        keys.create(tmp_path, "anna")
    assert keys.read_public(tmp_path / "anna.pub") == made


def test_a_passphrase_locks(tmp_path: Path) -> None:
    """Without it, and with a wrong one, the key stays shut."""
    keys.create(tmp_path, "anna", passphrase=LOCKED)
    path = tmp_path / "anna.key"
    with pytest.raises(SigningKeyError, match="locked with a passphrase"):
        keys.load(path)
    with pytest.raises(SigningKeyError, match="wrong passphrase"):
        keys.load(path, passphrase="wrong")
    keys.load(path, passphrase=LOCKED)


def test_the_ring_asks_once(tmp_path: Path) -> None:
    """Two keys with one passphrase: the person types it once."""
    made = [keys.create(tmp_path, name, passphrase=LOCKED) for name in ("root", "targets")]
    asked: list[str] = []

    def ask(path: str) -> str:
        asked.append(path)
        return LOCKED

    ring = KeyRing([tmp_path, tmp_path / "none"], passphrase=ask)
    for key in made:
        assert len(ring.seed(key)) == 32
    assert asked == [str(tmp_path / "root.key")]


@pytest.mark.parametrize(
    "content", [b"", b"\xff\x00", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_damaged_key_is_refused(tmp_path: Path, content: bytes) -> None:
    """It is named, and the copy is thought of."""
    made = keys.create(tmp_path, "anna")
    (tmp_path / "anna.key").write_bytes(content)
    with pytest.raises(SigningKeyError, match=r"anna\.key: not a private key") as caught:
        KeyRing([tmp_path]).signer(made)
    assert "copy" in caught.value.hint


def test_another_kind_of_key_is_refused(tmp_path: Path) -> None:
    """RSA keys of other programs are told apart."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # only this test needs it
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey  # noqa: PLC0415

    pem = X25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "x.key").write_bytes(pem)
    with pytest.raises(SigningKeyError, match="expected an ed25519 key"):
        keys.load(tmp_path / "x.key")


def test_halves_must_match(tmp_path: Path) -> None:
    """A .pub of another key beside a private key is noticed before anything is signed."""
    keys.create(tmp_path, "anna")
    other = keys.create(tmp_path / "other", "anna")
    (tmp_path / "anna.pub").write_text(public_key.render(other))
    with pytest.raises(SigningKeyError, match="not the private half"):
        KeyRing([tmp_path]).private(other)


def test_a_missing_key_says_where_it_was_looked_for(tmp_path: Path) -> None:
    """The folders are named."""
    with pytest.raises(SigningKeyError, match=str(tmp_path)):
        KeyRing([tmp_path]).private(PublicKey("anna", "0" * 64))


@given(st.from_regex(r"[a-z0-9][a-z0-9._-]{0,63}", fullmatch=True), st.binary(min_size=32, max_size=32))
def test_a_public_line_reads_as_it_was_written(name: str, public: bytes) -> None:
    """Parse of render is the key; so is the key of TUF metadata."""
    key = PublicKey(name, public.hex())
    assert public_key.parse(public_key.render(key) + "\n") == key
    assert public_key.from_tuf(key.to_tuf()) == key


@given(st.text(max_size=120) | st.text(max_size=40).map("seedbed-key ed25519 {}".format))
def test_any_line_is_read_or_refused(text: str) -> None:
    """Nothing but our error leaves the parser."""
    try:
        assert public_key.parse(text).name
    except SigningKeyError:
        pass


@pytest.mark.parametrize("name", ["", "Anna", "a/b", "..", "-x", "a" * 65])
def test_key_names_become_file_names(tmp_path: Path, name: str) -> None:
    """What is not plainly safe is refused."""
    with pytest.raises(SigningKeyError, match="key name"):
        keys.create(tmp_path, name)


def test_a_key_that_cannot_be_written_whole_leaves_nothing(tmp_path: Path) -> None:
    """Half a pair would stand in the way of the next try: keys are never overwritten."""
    (tmp_path / "ana.pub").mkdir()

    with pytest.raises(StateError, match="cannot be written"):
        keys.create(tmp_path, "ana")

    assert not (tmp_path / "ana.key").exists()
