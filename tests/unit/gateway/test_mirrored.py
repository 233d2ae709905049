# SPDX-License-Identifier: Apache-2.0
"""Mirrors as roots of the gateway: what is found and remembered, how failures are told, how much memory is taken."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from seedbed.errors import InputError, SourceError
from seedbed.gateway import remote
from seedbed.gateway.facts import Facts, NoFacts
from seedbed.gateway.metrics import Metrics
from seedbed.gateway.mirrored import KEPT_S, MirrorRoot
from seedbed.gateway.places import FolderRoot, Places
from seedbed.gateway.ranges import Span
from seedbed.gateway.remote import Ahead, Remote, Room
from seedbed.gateway.request import Request
from seedbed.gateway.site import Site
from seedbed.mirrors.base import Traits, failure
from seedbed.mirrors.memory import MemoryMirror
from tests.unit.gateway.test_site import BODY, SHA256, Known

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seedbed.gateway.places import Root
    from seedbed.gateway.replies import Reply
    from seedbed.mirrors.base import Stored


class Asked(MemoryMirror):
    """Says what it was asked, and may fail."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.error: Exception | None = None

    def find(self, key: str) -> Stored | None:
        """Noted."""
        self._ask(f"find {key}")
        return super().find(key)

    def list(self, *, prefix: str = "") -> Iterator[Stored]:
        """Noted."""
        self._ask(f"list {prefix}")
        return super().list(prefix=prefix)

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.error:
            raise self.error


@pytest.fixture
def mirror() -> Asked:
    """A folder and a single file, and what must not be seen."""
    mirror = Asked()
    for key in ("tree/2/ds/a/x.csv", "tree/2/ds/y.bin", "tree/2/ds/.secret", "file/1/one.csv"):
        mirror.files[key] = BODY
    return mirror


class Clock:
    """Stands still until told."""

    now_s = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now_s


def ask(*roots: Root, path: str, facts: Facts | None = None, **headers: str) -> Reply:
    """The answer."""
    site = Site(Places(roots), facts or NoFacts(), None, Metrics())
    return site.answer(Request("GET", path, headers))


@pytest.mark.parametrize("facts", [NoFacts(), Known()])
@pytest.mark.parametrize(
    "path", ["/v/tree/2/a/x.csv", "/webseed/tree/2/ds/a/x.csv", "/v/file/1/one.csv", "/webseed/file/1/one.csv"]
)
def test_files_are_found(mirror: Asked, path: str, facts: Facts) -> None:
    """The same paths as from a folder, with the catalogue's hashes or the mirror's."""
    reply = ask(MirrorRoot(mirror), path=path, facts=facts, range="bytes=2-")

    assert (reply.status, reply.size_bytes, reply.handle) == (206, 8, None)
    assert reply.remote is not None
    assert reply.remote.read(Span(2, 10)) == BODY[2:]
    if "tree" in path:
        assert dict(reply.headers)["ETag"] == f'"{SHA256}"'


@pytest.mark.parametrize(
    "path", ["/v/tree/2/.secret", "/v/tree/2/none", "/v/tree/2/a/x.csv/", "/v/other/1/", "/webseed/tree/2/a/x.csv"]
)
def test_the_rest_is_not_there(mirror: Asked, path: str) -> None:
    """Hidden and missing files."""
    assert ask(MirrorRoot(mirror), path=path).status == 404


def test_listings(mirror: Asked) -> None:
    """Keys become folders; datasets are not listed, for that would list everything."""
    root = MirrorRoot(mirror)

    def names(path: str) -> Any:
        reply = ask(root, path=path, accept="application/json")
        assert isinstance(reply.body[0], bytes)
        return [(one["name"], one["kind"]) for one in json.loads(reply.body[0])["entries"]]

    assert names("/v/") == []
    assert names("/v/tree/") == [("2", "folder")]
    assert names("/v/tree/2/") == [("a", "folder"), ("y.bin", "file")]
    assert names("/v/file/1/") == [("one.csv", "file")]
    assert "list " not in mirror.asked


def test_answers_are_remembered_for_seconds(mirror: Asked) -> None:
    """One question for many requests; what is there and what is not is asked again later."""
    clock = Clock()
    root = MirrorRoot(mirror, clock)
    for _ in range(3):
        ask(root, path="/v/tree/2/a/x.csv", facts=Known())
    assert mirror.asked == ["find tree/2/ds/a/x.csv"]
    del mirror.files["tree/2/ds/a/x.csv"]
    clock.now_s = KEPT_S

    assert ask(root, path="/v/tree/2/a/x.csv", facts=Known()).status == 404


def test_a_web_server_without_lists(mirror: Asked) -> None:
    """Files are found by the catalogue's word; it is not asked for folders, which it may answer with a page."""
    mirror.traits = Traits(is_writable=False, can_list=False)

    assert ask(MirrorRoot(mirror), path="/v/tree/2/a/x.csv", facts=Known()).status == 200
    assert ask(MirrorRoot(mirror), path="/v/tree/2/a/", facts=Known()).status == 404
    assert mirror.asked == ["find tree/2/ds/a/x.csv"]


@pytest.mark.parametrize(
    ("error", "status", "later"),
    [
        (failure("m", "k", "broken"), 502, None),
        (failure("m", "k", "busy", is_passing=True), 503, None),
        (failure("m", "k", "busy", is_passing=True, retry_after_s=6.5), 503, "7"),
        (InputError("secret-key is out of date"), 502, None),
    ],
)
def test_failures_are_told_without_names(mirror: Asked, error: Exception, status: int, later: str | None) -> None:
    """Whose fault it is, when to come again, and nothing else."""
    mirror.error = error

    reply = ask(MirrorRoot(mirror), path="/v/tree/2/a/x.csv", facts=Known())

    assert (reply.status, dict(reply.headers).get("Retry-After")) == (status, later)
    assert reply.body == (b"the place that keeps it fails\n",)


def test_the_first_root_that_has_it_answers(mirror: Asked, tmp_path: Path) -> None:
    """Also behind a mirror that fails."""
    (tmp_path / "tree/2/ds/a").mkdir(parents=True)
    (tmp_path / "tree/2/ds/a/x.csv").write_bytes(BODY)
    broken = Asked()
    broken.error = failure("m", "k", "broken")
    roots = MirrorRoot(broken), MirrorRoot(Asked()), MirrorRoot(mirror), FolderRoot(tmp_path)

    reply = ask(*roots, path="/v/tree/2/a/x.csv", facts=Known())

    assert reply.remote is not None
    assert reply.remote.mirror is mirror
    assert ask(*roots, path="/v/tree/2/none", facts=Known()).status == 502


def test_spans_come_in_order_and_give_their_room_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small spans, two of them wanted, one empty; at most two are held at a time."""
    monkeypatch.setattr(remote, "MAX_SPAN_BYTES", 1000)
    mirror, room = MemoryMirror(), Room(8000)
    mirror.files["k"] = body = hashlib.sha256().digest() * 200

    async def story() -> list[bytes]:
        with ThreadPoolExecutor(2) as pool:
            ahead = Ahead(Remote(mirror, "k", pool), [Span(0, 2500), Span(5, 5), Span(3000, 3100)], room, patience_s=5)
            await ahead.begin()
            found = []
            while data := await ahead.take():
                found.append(data)
                assert room.free_bytes >= 6000
            ahead.close()
            return found

    found = asyncio.run(story())

    assert [len(data) for data in found] == [1000, 1000, 500, 100]
    assert b"".join(found) == body[:2500] + body[3000:3100]
    assert room.free_bytes == 8000


def test_a_silent_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our patience ends; the thread that still waits gives its room back when it comes."""
    go_on, room = threading.Event(), Room(8000)
    mirror = MemoryMirror()
    mirror.files["k"] = bytes(10)
    monkeypatch.setattr(mirror, "read", lambda *_, **__: bytes(10) if go_on.wait(10) else b"")

    async def story() -> None:
        with ThreadPoolExecutor(1) as pool:
            ahead = Ahead(Remote(mirror, "k", pool), [Span(0, 10)], room, patience_s=0.01)
            with pytest.raises(SourceError) as caught:
                await ahead.begin()
            assert caught.value.data["is_silent"] is True
            ahead.close()
            assert room.free_bytes == 7990
            go_on.set()

    asyncio.run(story())

    assert room.free_bytes == 8000


def test_room_is_left_for_others() -> None:
    """However many come, the sum stays near the room; nobody gets nothing."""
    room = Room()
    taken = [room.take(1 << 30) for _ in range(400)]

    assert taken[0] == remote.MAX_SPAN_BYTES
    assert min(taken) == remote.MIN_SPAN_BYTES
    assert sum(taken) <= remote.ROOM_BYTES + 400 * remote.MIN_SPAN_BYTES
