# SPDX-License-Identifier: Apache-2.0
"""qBittorrent by its Web API, version 2: both the names of 4.x (pause, resume) and those of 5.x (stop, start)."""

from __future__ import annotations

import contextlib
import json
import secrets
from typing import Any
from urllib.parse import urlencode

from seedbed.errors import InputError, SourceError
from seedbed.node.clients.base import LABEL, PASSWORD, Address, Seen
from seedbed.node.clients.web import Answer, Web

_FORM = "application/x-www-form-urlencoded"
_STOPS_SINCE = (2, 11)
"""Web API of qBittorrent 5.0: what was paused is stopped."""
_V2_SINCE = (2, 8, 4)
"""Web API of qBittorrent 4.4, with libtorrent 2."""
_STOPPED = frozenset(("pausedUP", "pausedDL", "stoppedUP", "stoppedDL"))
_CHECKING = frozenset(("checkingUP", "checkingDL", "checkingResumeData", "moving", "allocating"))
_FAILED = frozenset(("error", "missingFiles"))
_UNLIMITED = "-1"


class QBittorrent:
    """See :class:`seedbed.node.clients.base.Client`.

    Args:
        address: Where it is.
        password: Ours there.
    """

    def __init__(self, address: Address, password: str) -> None:
        self._address, self._password = address, password
        self._web = Web(address.url)
        self._cookie = ""
        self._version = ""
        self._api: tuple[int, ...] = ()
        self.port = 0

    @property
    def name(self) -> str:
        """For people."""
        return f"qBittorrent {self._version} at {self._address.url}".replace("  ", " ")

    def takes(self, *, v1: bool, v2: bool) -> bool:
        """All, since 4.4."""
        return v1 if not v2 else self._api >= _V2_SINCE

    def open(self) -> None:
        """See there."""
        if self._address.user:
            self._log_in()
        self._version = self._get("app/version").text.removeprefix("v")
        said = self._get("app/webapiVersion").text
        if not all(part.isdecimal() for part in said.split(".")):
            raise InputError(f"{self._address.url}: this is not qBittorrent's Web UI")
        self._api = tuple(int(part) for part in said.split("."))
        with contextlib.suppress(ValueError, TypeError, KeyError):
            self.port = int(json.loads(self._get("app/preferences").body)["listen_port"])
        self._post("torrents/createCategory", {"category": LABEL, "savePath": ""}, allows=(409,))  # 409: it is there

    def torrents(self) -> list[Seen]:
        """See there."""
        try:
            return [_seen(one) for one in json.loads(self._get("torrents/info").body)]
        except (ValueError, KeyError, TypeError) as error:
            raise SourceError(f"{self.name}: it gives no list of torrents") from error

    def add(self, torrent: bytes, folder: str) -> None:
        """See there. Its own ratio limits could remove the data: they do not hold for ours."""
        said = {
            "savepath": folder, "category": LABEL, "autoTMM": "false", "useDownloadPath": "false",
            "contentLayout": "Original", "paused": "false", "stopped": "false", "skip_checking": "false",
            "ratioLimit": _UNLIMITED, "seedingTimeLimit": _UNLIMITED, "inactiveSeedingTimeLimit": _UNLIMITED,
        }  # fmt: skip
        kind, body = _multipart(said, torrent)
        answer = self._send("torrents/add", body, kind, allows=(409, 415))
        if answer.status != 200 or answer.text.startswith("Fails"):
            raise SourceError(f"{self.name}: it refuses the torrent, or has it already")

    def start(self, torrent: str) -> None:
        """Whatever is in its queue."""
        self._post("torrents/start" if self._api >= _STOPS_SINCE else "torrents/resume", {"hashes": torrent})
        self._post("torrents/setForceStart", {"hashes": torrent, "value": "true"})

    def stop(self, torrent: str) -> None:
        """See there."""
        self._post("torrents/stop" if self._api >= _STOPS_SINCE else "torrents/pause", {"hashes": torrent})

    def forget(self, torrent: str) -> None:
        """See there."""
        self._post("torrents/delete", {"hashes": torrent, "deleteFiles": "false"})

    def close(self) -> None:
        """See there."""
        self._web.close()

    def _log_in(self) -> None:
        said = {"username": self._address.user, "password": self._password}
        answer = self._web.ask("POST", "/api/v2/auth/login", urlencode(said).encode(), self._headers(_FORM))
        if answer.status == 403:
            raise InputError(f"{self._address.url}: qBittorrent has banned this address after failed log-ins")
        if answer.status in {404, 405} or answer.status >= 500:
            raise InputError(f"{self._address.url}: this is not qBittorrent's Web UI: it answers {answer.status}")
        cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        if answer.text.startswith("Fails") or not cookie:
            raise InputError(
                f"{self._address.url}: qBittorrent refuses user {self._address.user!r} and the password",
                hint=f"The user stands in --client, the password in {PASSWORD}.",
            )
        self._cookie = cookie

    def _get(self, path: str) -> Answer:
        return self._send(path)

    def _post(self, path: str, said: dict[str, str], *, allows: tuple[int, ...] = ()) -> Answer:
        return self._send(path, urlencode(said).encode(), _FORM, allows=allows)

    def _send(self, path: str, body: bytes = b"", kind: str = "", *, allows: tuple[int, ...] = ()) -> Answer:
        method = "POST" if body else "GET"
        answer = self._web.ask(method, f"/api/v2/{path}", body, self._headers(kind))
        if answer.status == 403 and self._address.user:  # it was restarted, or the session is old
            self._log_in()
            answer = self._web.ask(method, f"/api/v2/{path}", body, self._headers(kind))
        if answer.status in {401, 403}:
            raise InputError(
                f"{self._address.url}: qBittorrent lets nobody in without a log-in",
                hint=f"Name the user in --client, and give the password in {PASSWORD}.",
            )
        if answer.status >= 300 and answer.status not in allows:
            raise SourceError(f"{self.name}: {path}: it answers {answer.status}")
        return answer

    def _headers(self, kind: str) -> dict[str, str]:
        """It takes a request without the right ``Referer`` for one of a strange web page."""
        said = {"Referer": self._address.url, "Content-Type": kind, "Cookie": self._cookie}
        return {name: value for name, value in said.items() if value}


def _multipart(said: dict[str, str], torrent: bytes) -> tuple[str, bytes]:
    """A form with a file (RFC 7578)."""
    boundary = f"seedbed-{secrets.token_hex(16)}"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in said.items()
    ]
    head = 'Content-Disposition: form-data; name="torrents"; filename="a.torrent"'
    parts += [f"--{boundary}\r\n{head}\r\nContent-Type: application/x-bittorrent\r\n\r\n".encode(), torrent]
    return f"multipart/form-data; boundary={boundary}", b"".join(parts) + f"\r\n--{boundary}--\r\n".encode()


def _seen(one: dict[str, Any]) -> Seen:
    state = str(one["state"])
    hashes = {str(one.get(name) or "").lower() for name in ("hash", "infohash_v1", "infohash_v2")} - {""}
    is_checking = state in _CHECKING
    return Seen(
        id=str(one["hash"]), hashes=frozenset(hashes), name=str(one["name"]), label=str(one["category"]),
        is_stopped=state in _STOPPED, is_checking=is_checking,
        is_complete=int(one["amount_left"]) == 0 and int(one["size"]) > 0 and not is_checking and state not in _FAILED,
        folder=str(one["save_path"]), done_bytes=int(one["size"]) - int(one["amount_left"]),
        total_bytes=int(one["size"]), peers=int(one["num_seeds"]) + int(one["num_leechs"]),
        uploaded_bytes=int(one["uploaded"]), downloaded_bytes=int(one["downloaded"]),
        upload_bytes_per_s=int(one["upspeed"]), download_bytes_per_s=int(one["dlspeed"]),
        error={"error": "it cannot read or write its files", "missingFiles": "its files are missing"}.get(state, ""),
    )  # fmt: skip
