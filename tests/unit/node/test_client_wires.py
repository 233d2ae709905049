# SPDX-License-Identifier: Apache-2.0
"""What is said to Transmission and qBittorrent of several versions, and what their answers mean."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from seedbed.errors import InputError, SeedbedError, SourceError
from seedbed.node.clients.base import Address
from seedbed.node.clients.qbittorrent import QBittorrent
from seedbed.node.clients.transmission import Transmission
from seedbed.node.clients.web import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "s3cret"


class FakeWeb:
    """Answers as told, and remembers what was asked."""

    url = "http://host"

    def __init__(self, answer: Callable[[str, bytes, dict[str, str]], Answer]) -> None:
        self._answer = answer
        self.asked: list[tuple[str, bytes, dict[str, str]]] = []

    def ask(self, _method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        """As :class:`seedbed.node.clients.web.Web`."""
        self.asked.append((path, body, dict(headers or {})))
        return self._answer(path, body, dict(headers or {}))

    def close(self) -> None:
        """Nothing is kept."""


def said(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """An answer; text as it is, everything else as JSON."""
    body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
    return Answer(status, headers or {}, body)


def transmission(answer: Callable[[str, bytes, dict[str, str]], Answer]) -> tuple[Transmission, FakeWeb]:
    """One that answers so."""
    client, web = Transmission(Address("transmission", "http://host:9091", "me"), SECRET), FakeWeb(answer)
    client._web = web  # type: ignore[assignment]
    return client, web


def qbittorrent(answer: Callable[[str, bytes, dict[str, str]], Answer]) -> tuple[QBittorrent, FakeWeb]:
    """One that answers so."""
    client, web = QBittorrent(Address("qbittorrent", "http://host:8080", "me"), SECRET), FakeWeb(answer)
    client._web = web  # type: ignore[assignment]
    return client, web


def test_transmissions_session() -> None:
    """The first answer is 409 with a name; with it the same is asked again, and it changes when the daemon restarts."""
    names = iter(["one", "one", "two", "two"])

    def answer(_path: str, _body: bytes, headers: dict[str, str]) -> Answer:
        name = next(names)
        if headers.get("X-Transmission-Session-Id") != name:
            return said("", 409, {"x-transmission-session-id": name})
        facts = {"version": "4.0.6 (38c1649)", "rpc-version": 17, "peer-port": 51_413}
        return said({"result": "success", "arguments": facts})

    client, web = transmission(answer)
    client.open()
    assert client.name == "Transmission 4.0.6 at http://host:9091"
    assert client.port == 51_413
    client.open()
    assert len(web.asked) == 4
    assert web.asked[0][2]["Authorization"].startswith("Basic ")


@pytest.mark.parametrize(("version", "takes_hybrid"), [("3.00 (bb6b5a062e)", False), ("4.0.6 (38c1649)", True)])
def test_what_transmission_takes(version: str, *, takes_hybrid: bool) -> None:
    """Version 3 refuses hybrids; nobody of them takes what is version 2 only."""
    client, _ = transmission(
        lambda *_: said({"result": "success", "arguments": {"version": version, "rpc-version": 16}})
    )
    client.open()
    assert client.takes(v1=True, v2=False)
    assert client.takes(v1=True, v2=True) is takes_hybrid
    assert not client.takes(v1=False, v2=True)


@pytest.mark.parametrize(("answer", "error", "words"), [
    (said("", 401), InputError, "refuses user 'me'"),
    (said("", 403), InputError, "rpc-whitelist"),
    (said("", 421), InputError, "rpc-host-whitelist"),
    (said("", 502), SourceError, "502"),
    (said("<html>", 200), InputError, "not Transmission's RPC"),
    (said("not found", 404), InputError, "not Transmission's RPC"),
    (said({"result": "success", "arguments": {"version": "2.94", "rpc-version": 15}}), InputError, "too old"),
    (said({"result": "gibberish", "arguments": {}}), SourceError, "gibberish"),
])  # fmt: skip
def test_transmission_says_no(answer: Answer, error: type[SeedbedError], words: str) -> None:
    """In words that say whose move it is, without the password."""
    client, _ = transmission(lambda *_: answer)
    with pytest.raises(error) as caught:
        client.open()
    assert words in caught.value.message + caught.value.hint
    assert SECRET not in caught.value.message + caught.value.hint


def test_transmission_adds_what_its_limits_do_not_stop() -> None:
    """Labelled, without ratio and idle limits, started whatever is in its queue; a duplicate is no success."""
    answers = {
        "torrent-add": {"torrent-added": {"hashString": "ab" * 20}}, "torrent-set": {}, "torrent-start-now": {},
    }  # fmt: skip
    asked: list[dict[str, Any]] = []

    def answer(_path: str, body: bytes, _headers: dict[str, str]) -> Answer:
        asked.append(json.loads(body))
        return said({"result": "success", "arguments": answers[asked[-1]["method"]]})

    client, _ = transmission(answer)
    client.add(b"torrent", "/there")
    assert [one["method"] for one in asked] == ["torrent-add", "torrent-set", "torrent-start-now"]
    assert asked[0]["arguments"]["paused"] is True
    assert asked[1]["arguments"] == {"ids": ["ab" * 20], "labels": ["seedbed"], "seedRatioMode": 2, "seedIdleMode": 2}
    answers["torrent-add"] = {"torrent-duplicate": {"hashString": "ab" * 20}}
    with pytest.raises(SourceError, match="already"):
        client.add(b"torrent", "/there")


TORRENT_T = {
    "hashString": "AB" * 20, "name": "lakes", "labels": ["seedbed"], "status": 6, "leftUntilDone": 0,
    "sizeWhenDone": 10, "downloadDir": "/d", "peersConnected": 1, "uploadedEver": 2, "downloadedEver": 3,
    "rateUpload": 4, "rateDownload": 5, "error": 0, "errorString": "", "metadataPercentComplete": 1,
}  # fmt: skip


@pytest.mark.parametrize(("changes", "facts"), [
    ({}, {"is_complete": True, "is_stopped": False, "error": ""}),
    ({"status": 0}, {"is_complete": True, "is_stopped": True}),
    ({"status": 2}, {"is_complete": False, "is_checking": True}),
    ({"leftUntilDone": 4}, {"is_complete": False, "done_bytes": 6}),
    ({"sizeWhenDone": 0, "metadataPercentComplete": 0}, {"is_complete": False}),
    ({"error": 3, "errorString": "No data found!"}, {"error": "No data found!"}),
    ({"error": 2, "errorString": "tracker says no"}, {"error": ""}),
    ({"labels": ["films"]}, {"label": "films"}),
    ({"labels": []}, {"label": ""}),
])  # fmt: skip
def test_transmissions_torrents(changes: dict[str, Any], facts: dict[str, Any]) -> None:
    """What their fields mean."""
    listed = {"result": "success", "arguments": {"torrents": [{**TORRENT_T, **changes}]}}
    client, _ = transmission(lambda *_: said(listed))
    seen = client.torrents()[0]
    assert {name: getattr(seen, name) for name in facts} == facts
    assert seen.hashes == {"ab" * 20}


def of_version(api: str, log: list[str]) -> Callable[[str, bytes, dict[str, str]], Answer]:
    """A qBittorrent whose session ends once."""
    sessions = iter(["SID=one", "SID=two"])
    valid = ["SID=one"]

    def answer(path: str, _body: bytes, headers: dict[str, str]) -> Answer:
        log.append(path.removeprefix("/api/v2/"))
        if path.endswith("login"):
            valid[0] = next(sessions)
            return said("Ok.", 200, {"set-cookie": f"{valid[0]}; HttpOnly; path=/"})
        if headers.get("Cookie") != valid[0]:
            return said("Forbidden", 403)
        if path.endswith("preferences"):
            return said({"listen_port": 28_111})
        if path.endswith("version"):
            return said("v9.9" if path.endswith("app/version") else api)
        return said(api if path.endswith("webapiVersion") else "[]")

    return answer


@pytest.mark.parametrize(("api", "names"), [
    ("2.8.19", ["torrents/resume", "torrents/setForceStart", "torrents/pause"]),
    ("2.11.2", ["torrents/start", "torrents/setForceStart", "torrents/stop"]),
])  # fmt: skip
def test_qbittorrents_names(api: str, names: list[str]) -> None:
    """4.x pauses and resumes, 5.x stops and starts."""
    log: list[str] = []
    client, web = qbittorrent(of_version(api, log))
    client.open()
    assert client.port == 28_111
    del log[:]
    client.start("abc")
    client.stop("abc")
    assert log == names
    assert all(headers["Referer"] == "http://host:8080" for _, _, headers in web.asked)


def test_qbittorrent_is_restarted() -> None:
    """The session's name is another one: log in once more, ask once more."""
    log: list[str] = []
    client, _ = qbittorrent(of_version("2.8.19", log))
    client.open()
    client._cookie = "SID=old"
    del log[:]
    assert client.torrents() == []
    assert log == ["torrents/info", "auth/login", "torrents/info"]


@pytest.mark.parametrize(("answer", "words"), [
    (said("Fails."), "refuses user 'me'"),
    (said("banned", 403), "banned"),
    (said("not found", 404), "not qBittorrent"),
    (said("", 500), "not qBittorrent"),
])  # fmt: skip
def test_qbittorrent_says_no(answer: Answer, words: str) -> None:
    """Nothing is asked twice: five wrong passwords, and the address is banned for an hour."""
    client, web = qbittorrent(lambda *_: answer)
    with pytest.raises(InputError) as caught:
        client.open()
    assert words in caught.value.message
    assert SECRET not in caught.value.message + caught.value.hint
    assert len(web.asked) == 1


def test_qbittorrent_takes_a_torrent_or_not() -> None:
    """Into our folder and category, without limits that might remove it; a refusal is an error."""
    client, web = qbittorrent(lambda *_: said("Ok."))
    client.add(b"torrent-bytes", "/there")
    body = web.asked[0][1]
    for name, value in {
        "savepath": "/there", "category": "seedbed", "autoTMM": "false", "contentLayout": "Original",
        "ratioLimit": "-1",
    }.items():  # fmt: skip
        assert f'name="{name}"\r\n\r\n{value}\r\n'.encode() in body
    assert b"torrent-bytes" in body
    for answer in (said("Fails."), said("bad", 415), said("there", 409)):
        client._web = FakeWeb(lambda *_, answer=answer: answer)  # type: ignore[assignment]
        with pytest.raises(SourceError, match="refuses"):
            client.add(b"torrent-bytes", "/there")


TORRENT_Q = {
    "hash": "cd" * 20, "infohash_v1": "ab" * 20, "infohash_v2": "EF" * 32, "name": "lakes", "category": "seedbed",
    "state": "stalledUP", "amount_left": 0, "size": 10, "save_path": "/d", "num_seeds": 1, "num_leechs": 1,
    "uploaded": 2, "downloaded": 3, "upspeed": 4, "dlspeed": 5,
}  # fmt: skip


@pytest.mark.parametrize(("changes", "facts"), [
    ({}, {"is_complete": True, "is_stopped": False, "error": ""}),
    ({"state": "pausedUP"}, {"is_complete": True, "is_stopped": True}),
    ({"state": "stoppedUP"}, {"is_complete": True, "is_stopped": True}),
    ({"state": "checkingUP"}, {"is_complete": False, "is_checking": True}),
    ({"state": "moving"}, {"is_complete": False, "is_checking": True}),
    ({"state": "forcedDL", "amount_left": 4}, {"is_complete": False, "done_bytes": 6}),
    ({"state": "missingFiles"}, {"is_complete": False, "error": "its files are missing"}),
    ({"state": "error"}, {"is_complete": False, "error": "it cannot read or write its files"}),
    ({"category": ""}, {"label": ""}),
])  # fmt: skip
def test_qbittorrents_torrents(changes: dict[str, Any], facts: dict[str, Any]) -> None:
    """What their states mean; a hybrid is known by all of its hashes."""
    client, _ = qbittorrent(lambda *_: said([{**TORRENT_Q, **changes}]))
    seen = client.torrents()[0]
    assert {name: getattr(seen, name) for name in facts} == facts
    assert seen.hashes == {"cd" * 20, "ab" * 20, "ef" * 32}
