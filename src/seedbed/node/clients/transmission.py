# SPDX-License-Identifier: Apache-2.0
"""Transmission by its RPC (``rpc-spec.md``): from 3.00 on, whose daemon takes no torrents with version 2 in them."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from seedbed.errors import InputError, SourceError
from seedbed.node.clients.base import LABEL, PASSWORD, Address, Seen
from seedbed.node.clients.web import Web

if TYPE_CHECKING:
    from seedbed.node.clients.web import Answer

_SESSION = "X-Transmission-Session-Id"
_PATH = "/transmission/rpc"
_LABELS_SINCE = 16
"""RPC version of Transmission 3.00."""
_FIELDS = (
    "hashString", "name", "labels", "status", "leftUntilDone", "sizeWhenDone", "downloadDir", "peersConnected",
    "uploadedEver", "downloadedEver", "rateUpload", "rateDownload", "error", "errorString", "metadataPercentComplete",
)  # fmt: skip
_STOPPED, _CHECKING = 0, frozenset((1, 2))
_LOCAL_ERROR = 3
"""Others are a tracker's, which pass."""
_UNLIMITED = 2


class Transmission:
    """See :class:`seedbed.node.clients.base.Client`.

    Args:
        address: Where it is.
        password: Ours there.
    """

    def __init__(self, address: Address, password: str) -> None:
        self._address = address
        self._web = Web(address.url if address.url.endswith("/rpc") else address.url + _PATH)
        self._headers = {"Content-Type": "application/json"}
        if address.user:
            secret = base64.b64encode(f"{address.user}:{password}".encode()).decode()
            self._headers["Authorization"] = f"Basic {secret}"
        self._version = ""
        self.port = 0

    @property
    def name(self) -> str:
        """For people."""
        return f"Transmission {self._version} at {self._address.url}".replace("  ", " ")

    def takes(self, *, v1: bool, v2: bool) -> bool:
        """Version 4 takes hybrids, by their version 1."""
        return v1 and not (v2 and re.match(r"[0-3]\.", self._version))

    def open(self) -> None:
        """See there."""
        session = self._call("session-get")
        self._version = str(session.get("version", "")).partition(" ")[0]
        self.port = int(session.get("peer-port", 0))
        if int(session.get("rpc-version", 0)) < _LABELS_SINCE:
            raise InputError(f"{self.name}: it is too old: expected Transmission 3.00 or newer")

    def torrents(self) -> list[Seen]:
        """See there."""
        found = self._call("torrent-get", fields=_FIELDS).get("torrents")
        if not isinstance(found, list):
            raise SourceError(f"{self.name}: it gives no list of torrents")
        return [_seen(one) for one in found]

    def add(self, torrent: bytes, folder: str) -> None:
        """See there; version 3 cannot label what it adds, so it is added stopped."""
        metainfo = base64.b64encode(torrent).decode()
        said = self._call("torrent-add", **{"metainfo": metainfo, "download-dir": folder, "paused": True})
        if not (added := said.get("torrent-added")):
            raise SourceError(f"{self.name}: it has this torrent already")
        one = str(added["hashString"])
        self._call(
            "torrent-set", ids=[one], labels=[LABEL], seedRatioMode=_UNLIMITED, seedIdleMode=_UNLIMITED
        )  # fmt: skip
        self.start(one)

    def start(self, torrent: str) -> None:
        """Whatever is in its queue."""
        self._call("torrent-start-now", ids=[torrent])

    def stop(self, torrent: str) -> None:
        """See there."""
        self._call("torrent-stop", ids=[torrent])

    def forget(self, torrent: str) -> None:
        """See there."""
        self._call("torrent-remove", **{"ids": [torrent], "delete-local-data": False})

    def close(self) -> None:
        """See there."""
        self._web.close()

    def _call(self, method: str, **arguments: Any) -> dict[str, Any]:
        body = json.dumps({"method": method, "arguments": arguments}).encode()
        answer = self._web.ask("POST", "", body, self._headers)
        if answer.status == 409:  # the first call, and the first after its restart, only brings a session's name
            self._headers[_SESSION] = answer.headers.get(_SESSION.lower(), "")
            answer = self._web.ask("POST", "", body, self._headers)
        self._check(answer)
        try:
            said = json.loads(answer.body)
            arguments, result = said.get("arguments") or {}, str(said["result"])
        except (ValueError, KeyError, AttributeError) as error:
            raise InputError(f"{self._web.url}: this is not Transmission's RPC") from error
        if result != "success":
            raise SourceError(f"{self.name}: {method}: {result}")
        return dict(arguments)

    def _check(self, answer: Answer) -> None:
        if answer.status == 401:
            raise InputError(
                f"{self._address.url}: Transmission refuses user {self._address.user!r} and the password",
                hint=f"The user stands in --client, the password in {PASSWORD}.",
            )
        if answer.status in {403, 421}:
            raise InputError(
                f"{self._address.url}: Transmission lets nobody in from here",
                hint="Its settings rpc-whitelist and rpc-host-whitelist say who may.",
            )
        if answer.status >= 500:
            raise SourceError(f"{self._address.url}: Transmission answers {answer.status}")
        if answer.status != 200:
            raise InputError(f"{self._web.url}: this is not Transmission's RPC: it answers {answer.status}")


def _seen(one: dict[str, Any]) -> Seen:
    status, total = int(one["status"]), int(one["sizeWhenDone"])
    left, is_known = int(one["leftUntilDone"]), one.get("metadataPercentComplete", 1) == 1
    is_checking, labels = status in _CHECKING, list(map(str, one.get("labels", ())))
    return Seen(
        id=str(one["hashString"]), hashes=frozenset((str(one["hashString"]).lower(),)), name=str(one["name"]),
        label=LABEL if LABEL in labels else next(iter(labels), ""), is_stopped=status == _STOPPED,
        is_checking=is_checking,
        is_complete=is_known and left == 0 and not is_checking, folder=str(one["downloadDir"]),
        done_bytes=max(total - left, 0), total_bytes=total, peers=int(one["peersConnected"]),
        uploaded_bytes=int(one["uploadedEver"]), downloaded_bytes=int(one["downloadedEver"]),
        upload_bytes_per_s=int(one["rateUpload"]), download_bytes_per_s=int(one["rateDownload"]),
        error=str(one["errorString"]) if int(one["error"]) == _LOCAL_ERROR else "",
    )  # fmt: skip
