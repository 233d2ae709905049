# SPDX-License-Identifier: Apache-2.0
"""A botocore client for the requests that obstore has no door for: those about single parts of a file.

It takes nothing from the person's AWS configuration by itself: place and credentials are those that obstore uses for
the same mirror. It is imported only when a large file is sent, because that takes a fifth of a second.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import threading
from typing import TYPE_CHECKING, Any

from botocore import UNSIGNED
from botocore.config import Config
from botocore.credentials import CredentialProvider, CredentialResolver, ReadOnlyCredentials
from botocore.credentials import Credentials as SignerCredentials
from botocore.session import Session

if TYPE_CHECKING:
    from seedbed.mirrors.s3.login import Credentials, Login
    from seedbed.mirrors.s3.place import Place

_RENEW_BEFORE = dt.timedelta(minutes=2)
"""Credentials that end sooner are asked for again: a part of a file may be under way for so long."""
_CONNECTIONS = 64
"""Kept open: more than files at once times parts at once."""
_OWN_CONFIGURATION = {
    name: (None, None, value, None)
    for name, value in (("profile", None), ("config_file", os.devnull), ("credentials_file", os.devnull))
}


def open_client(place: Place, login: Login) -> Any:
    """A client; nothing is asked of the store yet. Its methods are those of the S3 API, in snake case.

    Raises:
        InputError: the login's credentials cannot be had.
    """
    _silence()
    session = Session(session_vars=_OWN_CONFIGURATION)
    if not (login.is_anonymous or login.is_left_to_obstore):
        session.register_component("credential_provider", CredentialResolver([_Provider(login)]))
    return session.create_client("s3", region_name=place.region, endpoint_url=place.base_url, config=_config(login))


def _config(login: Login) -> Config:
    """Each part is proved by its Content-MD5, which is signed; so its bytes need not be hashed again for signing."""
    return Config(
        signature_version=UNSIGNED if login.is_anonymous else None,
        s3={"addressing_style": "path", "payload_signing_enabled": False},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        ignore_configured_endpoint_urls=True,
        retries={"mode": "standard", "total_max_attempts": 3},
        connect_timeout=15,
        read_timeout=120,
        max_pool_connections=_CONNECTIONS,
    )


def _silence() -> None:
    """Its debug lines hold what is signed and by which key; no log of ours may have them, whatever its level."""
    logger = logging.getLogger("botocore")
    logger.setLevel(max(logger.level, logging.WARNING))


class _Provider(CredentialProvider):  # type: ignore[misc]  # botocore has no types
    METHOD = "seedbed"

    def __init__(self, login: Login) -> None:
        super().__init__()
        self._login = login

    def load(self) -> _Renewed:
        return _Renewed(self._login)


class _Renewed(SignerCredentials):  # type: ignore[misc]  # botocore has no types
    """Credentials that are asked for again before they end: a push may take longer than they hold."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._lock = threading.Lock()
        self._found = login.credentials()
        super().__init__(self._found.access_key_id, self._found.secret_access_key, self._found.session_token or None)

    def __repr__(self) -> str:
        return "_Renewed()"

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """What the next request is signed with.

        Raises:
            InputError: they have ended, and new ones cannot be had.
        """
        with self._lock:
            if _ends(self._found):
                self._found = self._login.credentials()
            found = self._found
        return ReadOnlyCredentials(found.access_key_id, found.secret_access_key, found.session_token or None)


def _ends(found: Credentials) -> bool:
    end = found.expires_at
    if end is None:
        return False
    end = end if end.tzinfo else end.replace(tzinfo=dt.UTC)
    return end - dt.datetime.now(dt.UTC) < _RENEW_BEFORE
