# SPDX-License-Identifier: Apache-2.0
"""Private keys on disk: ed25519 in PKCS 8 PEM, ``<name>.key``, beside its ``<name>.pub``.

They are guarded by file permissions (0600) or by a passphrase. They never lie inside a catalogue's folder: everything
there is published.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.catalog.signing import public_key
from seedbed.catalog.signing.public_key import PublicKey
from seedbed.errors import NoSpaceError, SigningKeyError, StateError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PASSPHRASE_VARIABLE = "SEEDBED_KEY_PASSPHRASE"  # noqa: S105  # the name of a variable, not its value
KEY_SUFFIX = ".key"
PUBLIC_SUFFIX = ".pub"
_MAX_BYTES = 16_384
"""A PEM of this kind has about 300."""


def create(folder: Path, name: str, *, passphrase: str = "") -> PublicKey:
    """Make a new key pair and write both files.

    Args:
        folder: Made when it is not there, for its owner only.
        name: Whose key it is; the files are called so.
        passphrase: Encrypts the private key; empty leaves it to the file's permissions.

    Raises:
        SigningKeyError: there is a key of this name; keys are never overwritten.
        StateError: or NoSpaceError: the disk refused; nothing is left of the key.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

    public_key.check_name(name)
    private = Ed25519PrivateKey.generate()
    public = PublicKey(name, private.public_key().public_bytes_raw().hex())
    path = folder / f"{name}{KEY_SUFFIX}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_pair(path, _pem(private, passphrase), public_key.render(public) + "\n")
    except FileExistsError as error:
        raise SigningKeyError(
            f"{path}: there is a key of this name already", hint="Keys are never overwritten. Choose another name."
        ) from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise NoSpaceError(f"{path}: the disk is full", hint="Make room and repeat.") from error
        raise StateError(f"{path}: cannot be written: {error.strerror}") from error
    return public


def load(path: Path, *, passphrase: str = "") -> Ed25519PrivateKey:
    """Read a private key.

    Raises:
        SigningKeyError: missing, damaged, of another kind, or the passphrase does not open it.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    pem = _read(path)
    secret = passphrase.encode() if is_encrypted(pem) else None
    if secret is not None and not secret:
        raise SigningKeyError(
            f"{path}: this key is locked with a passphrase",
            hint=f"Set {PASSPHRASE_VARIABLE}, or run the command on a terminal, where it asks.",
        )
    try:
        key = load_pem_private_key(pem, secret)
    except ValueError as error:
        what = "wrong passphrase, or the file is damaged" if secret else "not a private key in PEM form"
        raise SigningKeyError(f"{path}: {what}", hint="" if secret else "Restore it from your copy.") from error
    except UnsupportedAlgorithm as error:
        raise SigningKeyError(f"{path}: encrypted in a way that is not known here: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyError(f"{path}: expected an ed25519 key, got {type(key).__name__}")
    return key


def read_public(path: Path) -> PublicKey:
    """Read a ``.pub`` file that somebody handed over.

    Raises:
        SigningKeyError: missing, or something else.
    """
    try:
        text = _read(path).decode()
    except UnicodeDecodeError as error:
        raise SigningKeyError(f"{path}: not a public key: it is not text") from error
    return public_key.parse(text, where=str(path))


def is_encrypted(pem: bytes) -> bool:
    """Whether a PEM needs a passphrase."""
    return b"ENCRYPTED PRIVATE KEY" in pem


def is_exposed(path: Path) -> bool:
    """Whether others on this machine may read the file."""
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def refuse_inside(folder: Path, keys: Path) -> None:
    """Do nothing when the keys lie outside the catalogue.

    Raises:
        SigningKeyError: they lie inside, and would be published.
    """
    if keys.resolve().is_relative_to(folder.resolve()):
        raise SigningKeyError(
            f"{keys}: the keys would lie inside the catalogue {folder}, and be published with it",
            hint="Choose a folder outside of it for --keys-dir.",
        )


def environment_passphrase(_path: str) -> str:
    """The passphrase that the environment gives; empty when it gives none."""
    return os.environ.get(PASSPHRASE_VARIABLE, "")


def _pem(private: Ed25519PrivateKey, passphrase: str) -> bytes:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        lock = serialization.BestAvailableEncryption(passphrase.encode())
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)


def _write_pair(path: Path, private: bytes, public: str) -> None:
    """Both files or none: a key without its public half, or an empty one, would stand in the next try's way."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(private)
            file.flush()
            os.fsync(file.fileno())
        path.with_suffix(PUBLIC_SUFFIX).write_text(public, encoding="ascii")
    except OSError:
        for half in (path, path.with_suffix(PUBLIC_SUFFIX)):
            with contextlib.suppress(OSError):
                half.unlink()
        raise


def _read(path: Path) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(_MAX_BYTES)
    except FileNotFoundError as error:
        raise SigningKeyError(f"{path}: there is no such key file") from error
    except OSError as error:
        raise SigningKeyError(f"{path}: cannot be read: {error.strerror}") from error
