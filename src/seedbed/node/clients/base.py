# SPDX-License-Identifier: Apache-2.0
"""What a node asks of a client that runs already, and how the client is named.

Rules: a torrent that the node did not add is never changed, started, stopped or removed. What the node adds lies in the
node's folder, and has the label (category) ``seedbed``. Data is never deleted through the client.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias
from urllib.parse import urlsplit, urlunsplit

from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.core.ids import InfoHashes

LABEL = "seedbed"
PASSWORD = "SEEDBED_CLIENT_PASSWORD"  # noqa: S105  # the variable's name
PASSWORD_FILE = "SEEDBED_CLIENT_PASSWORD_FILE"  # noqa: S105
Kind: TypeAlias = Literal["transmission", "qbittorrent"]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a client is, and who we are there."""

    kind: Kind
    url: str
    """Without user and password."""
    user: str = ""

    @classmethod
    def read(cls, text: str) -> Address:
        """Read ``transmission:http://user@host:9091/transmission/rpc`` or ``qbittorrent:https://user@host:8080``.

        Raises:
            InputError: it is none, or holds a password: those are seen by everybody on the machine.
        """
        kind, _, url = text.partition(":")
        hint = "Such as transmission:http://user@127.0.0.1:9091 or qbittorrent:http://user@127.0.0.1:8080."
        try:
            parts = urlsplit(url)
            where = parts.hostname, parts.port
        except ValueError:
            where = None, None
        if kind not in {"transmission", "qbittorrent"} or not where[0] or parts.scheme not in {"http", "https"}:
            raise InputError(f"--client {text!r}: expected transmission:URL or qbittorrent:URL", hint=hint)
        if parts.password is not None:
            raise InputError(
                "--client: a password on the command line is seen by everybody on this machine",
                hint=f"Give it in {PASSWORD}, or in a file that {PASSWORD_FILE} names.",
            )
        host = parts.netloc.rpartition("@")[2]
        return cls(kind, urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", "")), parts.username or "")  # type: ignore[arg-type]  # looked at above


def password(environment: Mapping[str, str]) -> str:
    """The client's password; empty where none is given.

    Raises:
        InputError: the file that holds it cannot be read.
    """
    if not (path := environment.get(PASSWORD_FILE)):
        return environment.get(PASSWORD, "")
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            return file.read().strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{PASSWORD_FILE}: {path}: it cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class Seen:
    """A torrent as the client has it."""

    id: str
    """By which the client knows it."""
    hashes: frozenset[str]
    """Its info-hashes: 40 or 64 hex digits."""
    name: str
    label: str
    """Or category; empty when it has none."""
    is_stopped: bool
    is_checking: bool
    is_complete: bool
    """The client says that all of it is there; not while it checks."""
    folder: str
    """Holds the torrent's file or folder, as the client names it."""
    done_bytes: int
    total_bytes: int
    peers: int
    uploaded_bytes: int
    downloaded_bytes: int
    upload_bytes_per_s: int
    download_bytes_per_s: int
    error: str = ""
    """Why it does not go on, in the client's words; empty when it does."""

    def is_of(self, hashes: InfoHashes) -> bool:
        """Whether it is this torrent."""
        return bool(self.hashes & {hashes.v1_hex, hashes.v2_hex} - {""})


class Client(Protocol):
    """A client. All calls block, for less than a minute each."""

    @property
    def name(self) -> str:
        """For people: program, version and address."""
        ...

    def takes(self, *, v1: bool, v2: bool) -> bool:
        """Whether it takes torrents of these versions of the protocol; a hybrid has both."""
        ...

    def open(self) -> None:
        """Find out who it is, and log in.

        Raises:
            InputError: it refuses user and password, or is no such client.
            SourceError: it is not there.
        """
        ...

    @property
    def port(self) -> int:
        """Where it accepts peers, as it said when it was opened; 0 when it does not say."""
        ...

    def torrents(self) -> list[Seen]:
        """All that it has, ours and others.

        Raises:
            SourceError: it does not answer.
        """
        ...

    def add(self, torrent: bytes, folder: str) -> None:
        """Have it fetch or seed a torrent, with our label, and whatever its limits of ratio and queue are.

        What lies in the folder is checked by it first.

        Raises:
            SourceError: it does not answer, or refuses the torrent.
        """
        ...

    def start(self, torrent: str) -> None:
        """Go on with a torrent of ours.

        Raises:
            SourceError: it does not answer.
        """
        ...

    def stop(self, torrent: str) -> None:
        """Stop a torrent of ours; the same errors."""
        ...

    def forget(self, torrent: str) -> None:
        """Remove a torrent of ours, and leave its data; the same errors."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
