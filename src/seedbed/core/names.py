# SPDX-License-Identifier: Apache-2.0
"""The portable-name rule: a name is good on every system, or it is refused. Never renamed.

Who attacks: whoever makes a torrent or an upload. How: a path that leaves its folder, a device name, a name that
looks like another (bidi, zero width), two names that one file system sees as one (case, Unicode forms) so that one file
hides the other. Engines mend such names silently, each in its own way; then two nodes that hold "the same" data
hold different files. So they are refused, by rule, before anything is written.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from seedbed.errors import NameRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_COMPONENT_BYTES = 240
"""UTF-8 bytes of one name: file systems allow 255, a temporary suffix needs some."""
MAX_PATH_BYTES = 1000
"""UTF-8 bytes of a whole path: PATH_MAX is 4096 on Linux and 1024 on macOS, the folder above needs some."""
MAX_DEPTH = 32
"""Folders and file name together."""

_PLAIN = re.compile(r"[A-Za-z0-9_+=,()\[\]{}@#%&~^!$';-][A-Za-z0-9_+=,()\[\]{}@#%&~^!$';. -]*")
_FORBIDDEN = frozenset('/\\:*?"<>|')
_HIDDEN_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
"""Controls, format characters (bidi, zero width), lone surrogates, line and paragraph separators."""
_DEVICES = frozenset(["CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in "123456789¹²³")])


def check_component(name: str) -> None:
    """Check one file or folder name.

    Raises:
        NameRefusedError: ``data['rule']`` is one of ``empty dots length characters hidden edges device normal-form``.
    """
    if not name:
        raise _refuse(name, "empty", "the name is empty")
    if name in {".", ".."}:
        raise _refuse(name, "dots", "the name leads to another folder")
    if not _PLAIN.fullmatch(name):
        _check_characters(name)
    if len(name) > MAX_COMPONENT_BYTES // 4 and (length := len(name.encode())) > MAX_COMPONENT_BYTES:
        raise _refuse(name, "length", f"expected at most {MAX_COMPONENT_BYTES} bytes, got {length}")
    if name[0] == " " or name[-1] in " .":
        raise _refuse(name, "edges", "a space at either end or a dot at the end is lost on Windows")
    if name.partition(".")[0].rstrip(" ").upper() in _DEVICES:
        raise _refuse(name, "device", "the name is a device on Windows")


def _check_characters(name: str) -> None:
    if bad := sorted(_FORBIDDEN & set(name)):
        raise _refuse(name, "characters", f"it holds {' '.join(bad)}, which other systems forbid")
    for character in name:
        if unicodedata.category(character) in _HIDDEN_CATEGORIES:
            raise _refuse(name, "hidden", f"it holds the invisible character U+{ord(character):04X}")
    if not unicodedata.is_normalized("NFC", name):
        raise _refuse(name, "normal-form", "it is not in Unicode form NFC, so it has twins that look the same")


def check_path(parts: Sequence[str]) -> None:
    """Check a relative path, given as its components.

    Raises:
        NameRefusedError: as :func:`check_component`; rule ``depth`` or ``length`` for the whole path.
    """
    if not parts:
        raise _refuse("", "empty", "the path is empty")
    if len(parts) > MAX_DEPTH:
        raise _refuse("/".join(parts), "depth", f"expected at most {MAX_DEPTH} levels, got {len(parts)}")
    for part in parts:
        check_component(part)
    if sum(len(part.encode()) + 1 for part in parts) > MAX_PATH_BYTES:
        raise _refuse("/".join(parts), "length", f"the path is longer than {MAX_PATH_BYTES} bytes")


def check_unique(paths: Iterable[Sequence[str]]) -> None:
    """Check that no two paths are one on a file system that ignores case or Unicode form.

    Folders count too: ``a/x`` beside ``A/y`` is refused, and a file beside a folder of its name.

    Raises:
        NameRefusedError: rule ``twin``; the message names both.
    """
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for parts in paths:
        path = "/".join(parts)
        key = folded(path)
        if key in files:
            raise _twins(path, files[key])
        files[key] = path
        _claim_folders(path, folders)
    for key in files.keys() & folders.keys():
        raise _twins(files[key], folders[key] + "/")


def _claim_folders(path: str, folders: dict[str, str]) -> None:
    while "/" in path:
        path = path.rpartition("/")[0]
        known = folders.setdefault(folded(path), path)
        if known != path:
            raise _twins(path + "/", known + "/")


def _twins(path: str, other: str) -> NameRefusedError:
    return _refuse(path, "twin", f"some systems cannot tell it from {other!r}")


def folded(path: str) -> str:
    """The form in which two names that some file system takes for one are equal."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _refuse(name: str, rule: str, why: str) -> NameRefusedError:
    shown = name if len(name) <= 80 else f"{name[:60]}…{name[-19:]}"
    return NameRefusedError(
        f"name {shown!r} is refused: {why}",
        hint="Rename it where the data is made; seedbed never renames, so that all copies stay equal.",
        rule=rule,
        name=name,
    )
