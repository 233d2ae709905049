# SPDX-License-Identifier: Apache-2.0
"""Tokens and keys for web services: where they are looked for, and that they are never shown.

In this order: the variables of the account, ``credentials.toml`` in the person's own folder, the file of the service's
own program, the system's keyring (with the optional package ``keyring``). Accounts are told apart by host, so no host
ever gets another's token::

    ["zenodo.org"]
    token = "…"

    ["rdm.example.org"]
    token = "…"

The file is refused when others on the machine could read it.
"""

from __future__ import annotations

import configparser
import contextlib
import importlib
import json
import os
import stat
import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from seedbed.errors import InputError, MissingProgramError, StateError

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "credentials.toml"
_HOME = "SEEDBED_HOME"
"""Moves everything that seedbed remembers, as in :mod:`seedbed.api.home`."""
_SERVICE = "seedbed"
"""What the entries in a keyring belong to."""


@dataclass(frozen=True, slots=True)
class Account:
    """Credentials that a service wants; none of them are in here."""

    host: str
    """With a port if it has one: what the credentials are kept under."""
    fields: tuple[str, ...]
    """What they are called: ``token``; ``access`` and ``secret``."""
    variables: tuple[str, ...]
    """Of the process, in the order of the fields."""
    page_url: str = ""
    """Where a person gets them."""
    ini_section: str = ""
    """Of ``ia.ini``, the file of the Internet Archive's own program; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What authorizes requests; never shown."""

    values: Mapping[str, str] = field(repr=False)
    """By the account's field."""

    def __getitem__(self, name: str) -> str:
        return self.values[name]


def variable_of(host: str) -> str:
    """The variable that holds a token for a host without one of its own: ``SEEDBED_TOKEN_RDM_EXAMPLE_ORG``."""
    return "SEEDBED_TOKEN_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in host).upper()


def find(account: Account, environ: Mapping[str, str]) -> Credentials:
    """Find an account's credentials.

    Raises:
        InputError: there are none, only a part of them, or they lie where others can read them.
    """
    for values in (_of_variables, _of_file, _of_ini, _of_keyring):
        if found := values(account, environ):
            if missing := [name for name in account.fields if not found.get(name)]:
                raise InputError(f"credentials for {account.host}: {missing[0]} is missing", hint=_hint(account))
            return Credentials({name: _checked(account, found[name]) for name in account.fields})
    raise InputError(f"{account.host}: it wants credentials, and none were found", hint=_hint(account))


def store(account: Account, values: Mapping[str, str], environ: Mapping[str, str], *, in_keyring: bool = False) -> str:
    """Keep credentials for the next time, instead of those that were kept before.

    Returns:
        Where they are now, for people.

    Raises:
        InputError: a field is missing, or holds a character that cannot be in a header.
        MissingProgramError: the keyring is not there.
        StateError: the file cannot be written.
    """
    for name in account.fields:
        if not _checked(account, values.get(name, "")):
            raise InputError(f"credentials for {account.host}: {name} is missing")
    if in_keyring:
        for name in account.fields:
            _keyring().set_password(_SERVICE, f"{account.host} {name}", values[name])
        return "the system's keyring"
    path = file_of(environ)
    sections = _read(path)
    sections[account.host] = {name: values[name] for name in account.fields}
    _write(path, sections)
    return str(path)


def forget(account: Account, environ: Mapping[str, str]) -> bool:
    """Delete credentials from our file and the keyring; whether there were any.

    Raises:
        StateError: the file cannot be written.
    """
    path = file_of(environ)
    sections = _read(path)
    was_there = sections.pop(account.host, None) is not None
    if was_there:
        _write(path, sections)
    with contextlib.suppress(MissingProgramError):
        for name in account.fields:
            if _keyring().get_password(_SERVICE, f"{account.host} {name}"):
                _keyring().delete_password(_SERVICE, f"{account.host} {name}")
                was_there = True
    return was_there


def file_of(environ: Mapping[str, str]) -> Path:
    """Where the file of credentials is, or would be."""
    home = environ.get(_HOME)
    return (Path(home) if home else platformdirs.user_config_path("seedbed")) / FILE


def _of_variables(account: Account, environ: Mapping[str, str]) -> Mapping[str, str]:
    pairs = zip(account.fields, account.variables, strict=False)
    return {name: environ[variable] for name, variable in pairs if environ.get(variable)}


def _of_file(account: Account, environ: Mapping[str, str]) -> Mapping[str, str]:
    return _read(file_of(environ)).get(account.host, {})


def _of_ini(account: Account, environ: Mapping[str, str]) -> Mapping[str, str]:
    """``ia configure`` writes it (documentation of the program *ia*, *Configuration*)."""
    if not account.ini_section:
        return {}
    home = Path(environ.get("HOME") or Path.home())
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    own = [Path(environ["IA_CONFIG_FILE"])] if environ.get("IA_CONFIG_FILE") else []
    for path in (
        *own,
        config / "internetarchive" / "ia.ini",
        config / "ia.ini",
        home / ".config" / "ia.ini",
        home / ".ia",
    ):
        if path.is_file():
            return _ini_section(path, account.ini_section)
    return {}


def _ini_section(path: Path, section: str) -> Mapping[str, str]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text("utf-8"))
    except (OSError, ValueError, configparser.Error):
        # The parser's own words repeat the line, which may be a secret.
        raise InputError(f"{path}: it cannot be read as the configuration of the program ia") from None
    return dict(parser.items(section)) if parser.has_section(section) else {}


def _of_keyring(account: Account, environ: Mapping[str, str]) -> Mapping[str, str]:  # noqa: ARG001  # as the others
    try:
        ring = _keyring()
    except MissingProgramError:
        return {}
    found = {name: ring.get_password(_SERVICE, f"{account.host} {name}") for name in account.fields}
    return {name: value for name, value in found.items() if value}


def _keyring() -> Any:
    """The package, with every failure of its back-ends told as one of ours."""
    try:
        ring = importlib.import_module("keyring")
    except ImportError:
        raise MissingProgramError(
            "the package keyring is not installed", hint="Install it: pip install 'seedbed[keyring]'"
        ) from None
    return _Ring(ring)


class _Ring:
    def __init__(self, ring: Any) -> None:
        self._ring = ring

    def get_password(self, service: str, user: str) -> str | None:
        try:
            found: str | None = self._ring.get_password(service, user)
        except Exception:  # noqa: BLE001  # whatever the system's keyring raises: it is not usable here
            return None
        return found

    def set_password(self, service: str, user: str, value: str) -> None:
        try:
            self._ring.set_password(service, user, value)
        except Exception:  # noqa: BLE001
            raise MissingProgramError("the system's keyring cannot be used") from None

    def delete_password(self, service: str, user: str) -> None:
        with contextlib.suppress(Exception):
            self._ring.delete_password(service, user)


def _checked(account: Account, value: str) -> str:
    """Refuse what would end a header and begin another, or is no token: a line with its newline, a page."""
    if not value.isascii() or not value.isprintable() or len(value) > 4096:
        raise InputError(f"credentials for {account.host}: expected printable ASCII, got something else")
    return value


def _hint(account: Account) -> str:
    variables = " and ".join(account.variables)
    ways = f"'seedbed mirror login' with the mirror's URL keeps them; or set {variables}."
    made = f" They are made at {account.page_url}." if account.page_url else ""
    return f"{ways}{made}"


def _read(path: Path) -> dict[str, dict[str, str]]:
    """The file's sections, as far as they are ours to understand."""
    try:
        _check_private(path)
        sections = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        # TOML's own words may repeat what is in the file.
        raise InputError(f"{path}: it cannot be read: expected sections of TOML, each named by a host") from None
    wrong = [
        name
        for name, section in sections.items()
        if not isinstance(section, dict) or not all(isinstance(value, str) for value in section.values())
    ]
    if wrong:
        raise InputError(f'{path}: {wrong[0]}: expected ["host"] and below it texts only')
    return sections


def _check_private(path: Path) -> None:
    mode = path.stat().st_mode
    if os.name != "nt" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InputError(
            f"{path}: others on this machine can read it, so nothing in it is used",
            hint=f"Make it private: chmod 600 {path}",
        )


def _write(path: Path, sections: Mapping[str, Mapping[str, str]]) -> None:
    """Whole or not at all, and private from its first byte."""
    rows = [_section(name, values) for name, values in sections.items()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{FILE}")  # mode 600
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(rows))
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        raise StateError(f"{path}: it cannot be written: {error.strerror}") from None


def _section(name: str, values: Mapping[str, str]) -> str:
    """JSON's strings are TOML's basic strings (TOML 1.0, *String*)."""
    return "".join([f"[{json.dumps(name)}]\n", *(f"{key} = {json.dumps(value)}\n" for key, value in values.items())])
