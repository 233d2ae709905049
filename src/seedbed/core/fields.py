# SPDX-License-Identifier: Apache-2.0
"""Typed access to a bencoded dictionary: a field is of its type, or the torrent is refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.errors import TorrentError

if TYPE_CHECKING:
    from seedbed.core.bencode import Value

_NAMES = {int: "an integer", bytes: "a string", list: "a list", dict: "a dictionary"}
_HASH_LENGTH = 32


def refuse(rule: str, what: str) -> TorrentError:
    """The refusal of a torrent; ``rule`` is stable, for scripts and tests."""
    return TorrentError(f"torrent refused: {what}", rule=rule)


class Fields:
    """A dictionary of a torrent and its name in error messages."""

    __slots__ = ("value", "where")

    def __init__(self, where: str, value: Value) -> None:
        if not isinstance(value, dict):
            raise refuse("type", f"{where!r}: expected a dictionary, got {_kind(value)}")
        self.where = where
        self.value = value

    def __contains__(self, key: str) -> bool:
        return key.encode() in self.value

    def get(self, key: str, default: Value) -> Value:
        """The value of any type."""
        return self.value.get(key.encode(), default)

    def integer(self, key: str, default: int | None = None) -> int:
        """An integer; missing is refused unless there is a default."""
        value = self._get(key, default)
        if not isinstance(value, int):
            raise self._wrong(key, "an integer", value)
        return value

    def string(self, key: str, default: bytes | None = None) -> bytes:
        """A byte string; missing is refused unless there is a default."""
        value = self._get(key, default)
        if not isinstance(value, bytes):
            raise self._wrong(key, "a string", value)
        return value

    def items(self, key: str) -> list[Value]:
        """A list; empty when absent."""
        value = self._get(key, [])
        if not isinstance(value, list):
            raise self._wrong(key, "a list", value)
        return value

    def table(self, key: str) -> dict[bytes, Value]:
        """A dictionary; empty when absent."""
        value = self._get(key, {})
        if not isinstance(value, dict):
            raise self._wrong(key, "a dictionary", value)
        return value

    def _get(self, key: str, default: Value | None) -> Value:
        value = self.value.get(key.encode(), default)
        if value is None:
            raise refuse("missing", f"'{key}' is missing in '{self.where}'")
        return value

    def _wrong(self, key: str, expected: str, value: Value) -> TorrentError:
        return refuse("type", f"'{key}' in '{self.where}': expected {expected}, got {_kind(value)}")

    def text(self, key: str, default: str | None = "") -> str:
        """UTF-8 text; missing is refused when the default is None."""
        return text_of(self.string(key, None if default is None else default.encode()), key)

    def texts_of(self, value: Value, key: str) -> tuple[str, ...]:
        """A list of UTF-8 texts."""
        if not isinstance(value, list):
            raise refuse("type", f"'{key}': expected a list, got {_kind(value)}")
        return tuple(text_of(item, key) for item in value)

    def hashes(self, key: str) -> dict[bytes, bytes]:
        """A dictionary of 32-byte keys to non-empty rows of 32-byte hashes (BEP 52, *piece layers*)."""
        table = self.table(key)
        for root, layer in table.items():
            sound = isinstance(layer, bytes) and layer and not len(layer) % _HASH_LENGTH
            if len(root) != _HASH_LENGTH or not sound:
                raise refuse("piece-layers", f"'{key}': expected rows of 32-byte hashes")
        return {root: layer for root, layer in table.items() if isinstance(layer, bytes)}


def text_of(value: Value, key: str) -> str:
    """UTF-8 text from a bencoded string."""
    if not isinstance(value, bytes):
        raise refuse("type", f"'{key}': expected a string, got {_kind(value)}")
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise refuse("utf-8", f"'{key}' is not valid UTF-8: {value[:40]!r}") from error


def _kind(value: Value) -> str:
    return _NAMES.get(type(value), type(value).__name__)
