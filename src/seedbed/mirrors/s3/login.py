# SPDX-License-Identifier: Apache-2.0
"""Credentials for an object store, in the usual AWS order; only ever held by who signs with them.

1. A profile that was asked for (``?profile=``, ``AWS_PROFILE``).
2. ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_SESSION_TOKEN``.
3. A web identity or a container's role: obstore asks for them itself (``AWS_WEB_IDENTITY_TOKEN_FILE``, …).
4. The profile ``default``.
5. None: requests are not signed, as public buckets want it.

A profile is a section of ``~/.aws/credentials`` or ``~/.aws/config``: keys, or a ``credential_process`` that prints
them (AWS SDKs and Tools Reference Guide, *Process credential provider*; ``source-coop creds`` is one).
"""

from __future__ import annotations

import configparser
import datetime as dt
import json
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

_BY_OBSTORE = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_PROCESS_TIMEOUT_S = 60
"""A program that asks the person in a browser takes a while."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What signs requests; never shown."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)
    expires_at: dt.datetime | None = None
    """When they must be asked for again; None if never."""


@dataclass(frozen=True, slots=True)
class Login:
    """Where credentials come from."""

    profile: str = ""
    """Asked for at each signing that needs it, so that what expires is renewed; empty for none."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_left_to_obstore: bool = False
    is_anonymous: bool = False

    def credentials(self) -> Credentials:
        """The credentials now.

        Raises:
            InputError: the profile cannot be used; nothing secret is repeated.
        """
        if self.profile:
            return _of_profile(self.profile, self.environ)
        return Credentials(
            self.environ["AWS_ACCESS_KEY_ID"],
            self.environ.get("AWS_SECRET_ACCESS_KEY", ""),
            self.environ.get("AWS_SESSION_TOKEN", ""),
        )


def find(profile: str, environ: Mapping[str, str]) -> Login:
    """Choose where credentials come from.

    Raises:
        InputError: the profile that was asked for is not there.
    """
    if profile:
        _section(profile, environ)
        return Login(profile, environ)
    if environ.get("AWS_SKIP_SIGNATURE", "").lower() in {"1", "true", "yes"}:
        return Login(is_anonymous=True)
    if environ.get("AWS_ACCESS_KEY_ID"):
        return Login(environ=environ)
    if any(environ.get(name) for name in _BY_OBSTORE):
        return Login(is_left_to_obstore=True)
    section = _sections(environ).get("default", {})
    return Login("default", environ) if _gives_credentials(section) else Login(is_anonymous=True)


def _gives_credentials(section: Mapping[str, str]) -> bool:
    return "aws_access_key_id" in section or "credential_process" in section


def _section(profile: str, environ: Mapping[str, str]) -> Mapping[str, str]:
    section = _sections(environ).get(profile, {})
    if not _gives_credentials(section):
        raise InputError(
            f"AWS profile {profile!r}: expected aws_access_key_id or credential_process, found neither",
            hint="Profiles are in ~/.aws/credentials and ~/.aws/config.",
        )
    return section


def _sections(environ: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Both files' profiles; what the credentials file says counts more."""
    home = Path(environ.get("HOME") or Path.home())
    paths = (
        environ.get("AWS_CONFIG_FILE") or home / ".aws" / "config",
        environ.get("AWS_SHARED_CREDENTIALS_FILE") or home / ".aws" / "credentials",
    )
    merged: dict[str, dict[str, str]] = {}
    for path in paths:
        for name, section in _read(Path(path)).items():
            merged.setdefault(name.removeprefix("profile ").strip(), {}).update(section)
    return merged


def _read(path: Path) -> Mapping[str, Mapping[str, str]]:
    parser = configparser.RawConfigParser(default_section="\0")  # "default" is a profile like the others
    try:
        parser.read_string(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, configparser.Error):
        # The parser's own words repeat the line, which may be a secret.
        raise InputError(f"{path}: it cannot be read as an AWS configuration") from None
    return {name: dict(parser.items(name)) for name in parser.sections()}


def _of_profile(profile: str, environ: Mapping[str, str]) -> Credentials:
    section = _section(profile, environ)
    if "aws_access_key_id" in section:
        return Credentials(
            section["aws_access_key_id"], section.get("aws_secret_access_key", ""), section.get("aws_session_token", "")
        )
    return _of_process(profile, section["credential_process"], environ)


def _of_process(profile: str, command: str, environ: Mapping[str, str]) -> Credentials:
    """Ask a program for credentials: JSON with ``Version`` 1 on its standard output."""
    thing = f"AWS profile {profile!r}: its credential_process"
    try:
        done = subprocess.run(  # noqa: S603  # the person's own configuration names it
            shlex.split(command),
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROCESS_TIMEOUT_S,
            check=True,
        )
        said = json.loads(done.stdout)
        expires = said.get("Expiration")
        return Credentials(
            said["AccessKeyId"],
            said["SecretAccessKey"],
            said.get("SessionToken") or "",
            dt.datetime.fromisoformat(expires) if expires else None,
        )
    except subprocess.CalledProcessError as error:
        raise InputError(f"{thing} ended with {error.returncode}", hint="Run it yourself to see why.") from None
    except subprocess.TimeoutExpired:
        raise InputError(f"{thing} gave nothing in {_PROCESS_TIMEOUT_S} s") from None
    except OSError as error:
        raise InputError(f"{thing} cannot be started: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise InputError(f"{thing} did not print credentials: expected JSON with AccessKeyId and others") from None
