# SPDX-License-Identifier: Apache-2.0
"""Settings of smartnode-transmission, for whoever comes from there: its properties and list of collections (pure).

That program drives a Transmission and takes the collections whose CSV addresses it is given. A collection becomes a
pattern of :mod:`seedbed.node.giving.choice`, its Transmission an option of ``seedbed node run``; the rest has no
equivalent here, and is said. Passwords and keys are neither kept nor shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PROPERTIES, COLLECTIONS = "smartnode.properties", "collections_urls.txt"
MOST_BYTES = 1_000_000
"""A file of settings has a few hundred."""
_MOST_FAULTS = 20
_PORT = "9091"
"""Where Transmission listens if nothing else is said."""
_NO_EQUIVALENT: Mapping[tuple[str, str], str] = {
    ("transmission", "password"): "it was not read in; SEEDBED_CLIENT_PASSWORD gives it to 'seedbed node run --client'",
    ("academictorrents", "api_key"): "a catalogue is public, and nobody logs in; it was not read in",
}
_OF_CLIENT = frozenset((("transmission", "address"), ("transmission", "port"), ("transmission", "user")))


class Note(NamedTuple):
    """What became of one setting."""

    where: str
    """File and line."""
    setting: str
    became: str
    """An option of ``seedbed node join``; empty where there is none."""
    why: str = ""


class Line(NamedTuple):
    """One setting of a file."""

    number: int
    section: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What was read."""

    collections: tuple[tuple[str, str], ...]
    """File and line, and the name of a collection."""
    notes: tuple[Note, ...]
    """Of all other settings."""


def read(files: Mapping[str, bytes]) -> Imported:
    """Read them.

    Args:
        files: Name -> content; the name says which of the two it is.

    Raises:
        InputError: something in them cannot be understood; each line is named.
    """
    faults: list[str] = []
    collections: list[tuple[str, str]] = []
    notes: list[Note] = []
    for name, body in files.items():
        text = _text(name, body, faults)
        if name.endswith(".properties"):
            lines = _lines(name, text, faults)
            notes += [_note(name, line, _client(lines)) for line in lines]
        else:
            collections += _collections(name, text, faults)
    if faults:
        more = len(faults) - _MOST_FAULTS
        told = [*faults[:_MOST_FAULTS], *([f"and {more:,} more"] if more > 0 else [])]
        raise InputError("these settings cannot be read:\n    " + "\n    ".join(told))
    return Imported(tuple(dict.fromkeys(collections)), tuple(notes))


def chosen(imported: Imported, known: Iterable[str]) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """Patterns for the collections that a catalogue has; and what became of each setting.

    Args:
        imported: What was read.
        known: Collections of the catalogue.

    Raises:
        InputError: it has none of those that were named: all of the catalogue would be taken instead.
    """
    names = {name.lower(): name for name in known}
    notes = list(imported.notes)
    only: list[str] = []
    for where, name in imported.collections:
        if found := names.get(name.lower()):
            only.append(found)
            notes.append(Note(where, name, f"--only {found}"))
        else:
            notes.append(Note(where, name, "", "the catalogue has no collection of this name"))
    if imported.collections and not only:
        raise InputError(
            f"none of the {len(imported.collections)} collections is in this catalogue: "
            + ", ".join(name for _, name in imported.collections[:5]),
            hint=f"It has: {', '.join(sorted(names.values())[:10]) or 'none yet'}. Say with --only what to take.",
        )
    return tuple(dict.fromkeys(only)), tuple(notes)


def _text(name: str, body: bytes, faults: list[str]) -> str:
    if len(body) > MOST_BYTES:
        faults.append(f"{name}: {len(body):,} bytes are no settings; expected at most {MOST_BYTES:,}")
        return ""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = body[: error.start].count(b"\n") + 1
        faults.append(f"{name}:{number}: it is not text in UTF-8")
        return ""


def _lines(name: str, text: str, faults: list[str]) -> list[Line]:
    found: list[Line] = []
    section, seen = "", set[tuple[str, str]]()
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip().lower()
            continue
        key, equals, value = line.partition("=")
        key = key.strip().lower()
        if not equals or not key:
            faults.append(f"{name}:{number}: expected NAME=VALUE or [SECTION]")
        elif not section:
            faults.append(f"{name}:{number}: {key!r} is in no [SECTION]")
        elif (section, key) in seen:
            faults.append(f"{name}:{number}: {key!r} is said twice")
        else:
            seen.add((section, key))
            found.append(Line(number, section, key, value.strip()))
    return found


def _client(lines: Iterable[Line]) -> str:
    """The option that drives the same Transmission, without its password; empty where no address is given."""
    said = {line.name: line.value for line in lines if line.section == "transmission"}
    if not said.get("address"):
        return ""
    user = quote(said.get("user", ""), safe="")
    where = f"{user}@" if user else ""
    return f"seedbed node run --client transmission:http://{where}{said['address']}:{said.get('port') or _PORT}"


def _note(name: str, line: Line, client: str) -> Note:
    """Values are not shown: some are secrets."""
    if client and line.value and (line.section, line.name) in _OF_CLIENT:
        return Note(f"{name}:{line.number}", f"[{line.section}] {line.name}", client)
    why = _NO_EQUIVALENT.get((line.section, line.name), "this setting is not known")
    if not line.value:
        why = "it is empty"
    return Note(f"{name}:{line.number}", f"[{line.section}] {line.name}", "", why)


def _collections(name: str, text: str, faults: list[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        parts = urlsplit(line) if "://" in line else None
        last = unquote(parts.path.rstrip("/").rpartition("/")[2]) if parts else ""
        collection = last.removesuffix(".csv")
        if parts is None or parts.scheme not in {"http", "https"} or not collection.isprintable() or not collection:
            faults.append(f"{name}:{number}: expected the address of a collection's CSV")
        else:
            found.append((f"{name}:{number}", collection))
    return found
