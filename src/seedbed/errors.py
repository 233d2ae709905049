# SPDX-License-Identifier: Apache-2.0
"""Every error that seedbed raises, split by whose move it is.

The tree (``tests/repo`` compares this drawing with the classes)::

    SeedbedError                1   anything below
    ├─ InputError               2   what the person gave cannot be used as it is
    │  ├─ FormatError           1   bytes that are not what they should be
    │  │  ├─ BencodeError       1   not bencoding, not canonical, or over a limit
    │  │  ├─ TorrentError       1   bencoding, but not a torrent we accept
    │  │  ├─ MagnetError        1   not a magnet link we accept
    │  │  └─ CatalogError       1   not a catalogue we accept
    │  ├─ NameRefusedError      1   a file name that is not safe on every system
    │  ├─ UnsuitableFileError   1   a link, device or unreadable file among the data
    │  ├─ MetadataError         1   what is said of a dataset has faults, all listed
    │  ├─ SigningKeyError       1   a signing key is missing, locked or not one of the role's
    │  └─ NotFoundError         10  no such file, dataset or version
    ├─ DataError                11  bytes do not match their hash
    │  ├─ FileChangedError      11  a file changed while it was read
    │  └─ TrustError            11  a catalogue that is not signed as it must be, or is older than one seen before
    ├─ SourceError              12  a mirror, peer or tracker
    │  └─ NoSourceError         12  nobody who has the data answers
    ├─ StateError               1   our own disk or records
    │  ├─ BusyError             1   another program is at work on the same records
    │  └─ NoSpaceError          13  the disk is full
    ├─ PartlyDoneError          3   some of what was asked is done, and some is not
    └─ MissingProgramError      1   an optional library or program is not installed

A message reads ``{thing}: {what is wrong}: expected {x}, got {y}``; ``hint`` says what to do next.
Exit codes are stable: scripts may rely on them.
"""

from __future__ import annotations


class SeedbedError(Exception):
    """Base of all errors raised on purpose.

    Args:
        message: What is wrong and where, with expected and got.
        hint: What the person can do next; empty when there is nothing to add.
        data: Facts for scripts, printed by ``--json``.
    """

    exit_code: int = 1

    def __init__(self, message: str, *, hint: str = "", **data: object) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.data = data


class InputError(SeedbedError):
    """What the person gave cannot be used as it is."""

    exit_code = 2


class FormatError(InputError):
    """Bytes that are not what they should be."""

    exit_code = 1


class BencodeError(FormatError):
    """Not bencoding, not canonical, or over a limit (BEP 3)."""


class TorrentError(FormatError):
    """Bencoding, but not a torrent we accept; ``data['rule']`` names the rule."""


class MagnetError(FormatError):
    """Not a magnet link we accept (BEP 9, 53)."""


class NameRefusedError(InputError):
    """A file name that is not safe on every system; ``data['rule']`` names the rule."""

    exit_code = 1


class UnsuitableFileError(InputError):
    """A link, device or unreadable file among the data."""

    exit_code = 1


class CatalogError(FormatError):
    """Not a catalogue we accept; ``data['rule']`` names the rule."""


class MetadataError(InputError):
    """What is said of a dataset has faults; ``data['findings']`` lists all of them."""

    exit_code = 1


class SigningKeyError(InputError):
    """A signing key is missing, locked or not one of the role's."""

    exit_code = 1


class NotFoundError(InputError):
    """No such file, dataset or version."""

    exit_code = 10


class DataError(SeedbedError):
    """Bytes do not match their hash."""

    exit_code = 11


class FileChangedError(DataError):
    """A file changed while it was read, so its hashes mean nothing."""


class TrustError(DataError):
    """A catalogue that is not signed as it must be, or older than one seen before; ``data['rule']`` names the rule."""


class SourceError(SeedbedError):
    """A mirror, peer or tracker failed us."""

    exit_code = 12


class NoSourceError(SourceError):
    """Nobody who has the data answers."""


class StateError(SeedbedError):
    """Our own disk or records."""


class BusyError(StateError):
    """Another program is at work on the same records."""


class NoSpaceError(StateError):
    """The disk is full."""

    exit_code = 13


class PartlyDoneError(SeedbedError):
    """Some of what was asked is done, and some is not."""

    exit_code = 3


class MissingProgramError(SeedbedError):
    """An optional library or program is not installed."""
