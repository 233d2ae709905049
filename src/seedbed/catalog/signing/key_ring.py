# SPDX-License-Identifier: Apache-2.0
"""The private keys that this person, or this machine, has at hand."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from seedbed.catalog.signing import keys
from seedbed.errors import SigningKeyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from securesystemslib.signer import Signer

    from seedbed.catalog.signing.public_key import PublicKey

_log = logging.getLogger(__name__)


class KeyRing:
    """Finds keys by their public half. Nothing is opened before it is used; a passphrase is asked for once.

    Args:
        folders: Where ``*.key`` files lie; those that do not exist are empty.
        passphrase: Called with a locked key's path; an empty answer means that there is none.
    """

    def __init__(
        self, folders: Iterable[Path], *, passphrase: Callable[[str], str] = keys.environment_passphrase
    ) -> None:
        self._folders = tuple(folders)
        self._ask = passphrase
        self._heard: list[str] = []
        self._open: dict[str, Ed25519PrivateKey] = {}
        self._paths = dict(_found(self._folders))

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where it looks."""
        return self._folders

    def look_again(self) -> None:
        """Find keys that were made since."""
        self._paths = dict(_found(self._folders))

    def has(self, key: PublicKey) -> bool:
        """Whether the private half is here."""
        return key.public_hex in self._paths

    def held(self, wanted: Iterable[PublicKey]) -> list[PublicKey]:
        """Those whose private half is here."""
        return [key for key in wanted if self.has(key)]

    def exposed(self) -> list[Path]:
        """Key files that others on this machine may read."""
        return [path for path in self._paths.values() if keys.is_exposed(path)]

    def signer(self, key: PublicKey) -> Signer:
        """What signs with it.

        Raises:
            SigningKeyError: it is not here, or does not open.
        """
        from securesystemslib.signer import CryptoSigner, SSlibKey  # noqa: PLC0415  # only who signs needs it

        tuf_key = key.to_tuf()
        assert isinstance(tuf_key, SSlibKey)  # noqa: S101  # for the type checker: it is made so
        return CryptoSigner(self.private(key), tuf_key)

    def seed(self, key: PublicKey) -> bytes:
        """The 32 bytes of a private key, for formats other than TUF (BEP 44).

        Raises:
            SigningKeyError: it is not here, or does not open.
        """
        return self.private(key).private_bytes_raw()

    def private(self, key: PublicKey) -> Ed25519PrivateKey:
        """The opened private key.

        Raises:
            SigningKeyError: it is not here, does not open, or is another key than its ``.pub`` file says.
        """
        if key.public_hex not in self._paths:
            places = ", ".join(str(folder) for folder in self._folders)
            raise SigningKeyError(f"key {key}: its private half is not in {places}", hint="--keys-dir says where.")
        if key.public_hex not in self._open:
            path = self._paths[key.public_hex]
            private = self._unlock(path)
            if private.public_key().public_bytes_raw().hex() != key.public_hex:
                raise SigningKeyError(f"{path}: this is not the private half of the .pub file beside it")
            self._open[key.public_hex] = private
        return self._open[key.public_hex]

    def _unlock(self, path: Path) -> Ed25519PrivateKey:
        if keys.is_exposed(path):
            _log.warning("%s: others on this machine may read this key; chmod 600 would end that", path)
        for known in ("", *self._heard):
            try:
                return keys.load(path, passphrase=known)
            except SigningKeyError as error:
                if not _is_locked(path):
                    raise
                refused = error
        answer = self._ask(str(path))
        if not answer:
            raise refused
        private = keys.load(path, passphrase=answer)
        self._heard.append(answer)
        return private


def _is_locked(path: Path) -> bool:
    return path.is_file() and keys.is_encrypted(path.read_bytes())


def _found(folders: Iterable[Path]) -> Iterable[tuple[str, Path]]:
    for folder in folders:
        for path in sorted(folder.glob(f"*{keys.KEY_SUFFIX}")):
            try:
                yield keys.read_public(path.with_suffix(keys.PUBLIC_SUFFIX)).public_hex, path
            except SigningKeyError as error:
                _log.warning("a key is passed over: %s", error.message)
