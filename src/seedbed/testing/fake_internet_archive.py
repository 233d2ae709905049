# SPDX-License-Identifier: Apache-2.0
"""The Internet Archive on loopback: its S3-like endpoint, its metadata and download pages, and a node on another port.

Each quirk is named in ``tests/unit/testing/test_fake_internet_archive.py``. What is sent becomes visible only when the
archive has taken it in: at once, after some requests, after some seconds of a test's clock, or when a test says so.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from seedbed.testing.fake_http import Blobs, FakeService, Reply, Request, json_reply, ranged
from seedbed.testing.fake_internet_archive_item import Item

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{4,99}")
_META = re.compile(r"x-archive-meta(\d\d)?-(.+)")
_URI = re.compile(r"uri\((.*)\)", re.DOTALL)


@dataclass(slots=True)
class _Task:
    """Something the archive will do."""

    identifier: str
    due_request: int
    due_s: float
    do: Callable[[], object] = field(repr=False)


class FakeInternetArchive(FakeService):
    """See the module.

    Args:
        folder: Where files are kept; in memory if not given.
        clock: Seconds, monotonic.
    """

    def __init__(self, folder: Path | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(self._reply)
        self.access, self.secret = "a" + uuid.uuid4().hex[:15], "s" + uuid.uuid4().hex[:15]
        self.owners = {f"{self.access}:{self.secret}": "me", "other:other-secret": "other"}
        self.delay_requests = 0
        """So many further requests until what was sent is taken in."""
        self.delay_s = 0.0
        """The same in seconds of the clock."""
        self.is_held = False
        """Whether nothing is taken in at all."""
        self.slow_downs = 0
        """So many further uploads are refused with 503 SlowDown."""
        self.sends_to_node = False
        """Whether uploads are sent on to the node by 307."""
        self.items: dict[str, Item] = {}
        self.owned: dict[str, str] = {}
        """Identifier -> owner, from the first request on."""
        self.node = FakeService(self._node)
        """Where downloads end."""
        self.files = Blobs(folder)
        self._clock = clock
        self._count = 0
        self._tasks: list[_Task] = []

    @property
    def mirror_url(self) -> str:
        """What opens it as a depository."""
        return f"ia:?s3={self.url}/s3&web={self.url}"

    @property
    def environ(self) -> dict[str, str]:
        """The variables that hold its keys."""
        return {"IA_ACCESS_KEY_ID": self.access, "IA_SECRET_ACCESS_KEY": self.secret}

    def start(self) -> None:
        """Listen, and the node too."""
        super().start()
        self.node.start()

    def stop(self) -> None:
        """Be gone, and the node too."""
        super().stop()
        self.node.stop()

    def forget(self) -> None:
        """Have no items, and nothing to do."""
        self.items.clear()
        self.owned.clear()
        self._tasks.clear()

    def take_in(self) -> None:
        """Do whatever is due."""
        due = [] if self.is_held else [one for one in self._tasks if self._is_due(one)]
        for task in due:
            self._tasks.remove(task)
            task.do()

    def _is_due(self, task: _Task) -> bool:
        return task.due_request <= self._count and task.due_s <= self._clock()

    def _later(self, identifier: str, do: Callable[[], object]) -> None:
        self._tasks.append(_Task(identifier, self._count + self.delay_requests, self._clock() + self.delay_s, do))
        if not self.delay_requests and not self.delay_s:
            self.take_in()

    def _reply(self, request: Request) -> Reply:
        self._count += 1
        self.take_in()
        kind, _, rest = request.path.lstrip("/").partition("/")
        identifier, _, name = rest.partition("/")
        if kind == "s3":
            return self._s3(request, identifier, name)
        if kind == "metadata" and request.method == "GET":
            return self._metadata(identifier)
        if kind == "download" and request.method in {"GET", "HEAD"}:
            return self._download(identifier, name)
        return Reply(404, b"<html>Page not found</html>", {"Content-Type": "text/html"})

    # Pages.

    def _metadata(self, identifier: str) -> Reply:
        """An item that is not there is an empty object, with status 200."""
        item = self.items.get(identifier)
        if item is None:
            return json_reply({})
        pending = any(one.identifier == identifier for one in self._tasks)
        return json_reply(item.shown("127.0.0.1") | ({"pending_tasks": True} if pending else {}))

    def _download(self, identifier: str, name: str) -> Reply:
        item = self.items.get(identifier)
        if item is None or not item.has(name):
            return Reply(404, b"<html>Item not available</html>", {"Content-Type": "text/html"})
        return Reply(302, b"", {"Location": f"{self.node.url}/0/items/{identifier}/{quote(name)}"})

    def _node(self, request: Request) -> Reply:
        if request.method == "PUT":  # sent on by 307: the node is the same archive
            return self._put(request, *request.path.removeprefix("/s3/").split("/", 1))
        identifier, _, name = request.path.removeprefix("/0/items/").partition("/")
        item = self.items.get(identifier)
        if item is None or not item.has(name):
            return Reply(404)
        return ranged(request, item.data(name, self.files))

    # S3.

    def _s3(self, request: Request, identifier: str, name: str) -> Reply:
        if not identifier and request.query.get("check_limit") == "1":
            return json_reply({"bucket": request.query.get("bucket"), "over_limit": int(self.slow_downs > 0)})
        if request.method == "GET":
            return self._get(identifier, name)
        return self._write(request, identifier, name)

    def _write(self, request: Request, identifier: str, name: str) -> Reply:
        owner = self._owner(request)
        if not owner or self.owned.get(identifier, owner) != owner:
            return _refused(403, "AccessDenied", f"Access Denied: {identifier}")
        if request.method == "DELETE":
            return self._delete(request, identifier, name)
        if self.slow_downs:
            self.slow_downs -= 1
            return _refused(503, "SlowDown", "Please reduce your request rate.")
        if self.sends_to_node:
            return Reply(307, b"", {"Location": f"{self.node.url}/s3/{identifier}/{quote(name)}"})
        return self._put(request, identifier, name)

    def _owner(self, request: Request) -> str:
        kind, _, keys = request.headers.get("authorization", "").partition(" ")
        return self.owners.get(keys, "") if kind == "LOW" else ""

    def _get(self, identifier: str, name: str) -> Reply:
        """All of a file: a range is not looked at."""
        item = self.items.get(identifier)
        if item is None or not item.has(name):
            return _refused(404, "NoSuchKey", "The specified key does not exist.")
        return Reply(200, item.data(name, self.files))

    def _put(self, request: Request, identifier: str, name: str) -> Reply:
        owner = self._owner(request)
        if not owner or self.owned.get(identifier, owner) != owner:
            return _refused(403, "AccessDenied", f"Access Denied: {identifier}")
        if not _IDENTIFIER.fullmatch(identifier):
            return _refused(400, "InvalidBucketName", "The specified bucket is not valid.")
        replaces = request.headers.get("x-archive-ignore-preexisting-bucket") == "1"
        makes = not name or request.headers.get("x-archive-auto-make-bucket") == "1"
        if identifier in self.owned and not name and not replaces:
            return _refused(409, "BucketAlreadyExists", "The requested bucket name is not available.")
        if identifier not in self.owned and not makes:
            return _refused(404, "NoSuchBucket", "The specified bucket does not exist.")
        if (md5 := request.headers.get("content-md5")) and md5 != _md5(request.body):
            return _refused(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
        if identifier not in self.owned or replaces:
            self.owned[identifier] = owner
            said = _said(request)
            self._later(identifier, lambda: self._describe(identifier, said))
        if name:
            blob, data, headers = self.files.keep(request.body), request.body, request.headers
            self._later(identifier, lambda: self.items[identifier].take(name, blob, data, headers))
        return Reply(200)

    def _describe(self, identifier: str, said: dict[str, str | list[str]]) -> None:
        item = self.items.setdefault(identifier, Item(identifier))
        item.metadata = said | {"identifier": identifier}

    def _delete(self, request: Request, identifier: str, name: str) -> Reply:
        if not name:
            return _refused(405, "MethodNotAllowed", "Buckets cannot be deleted.")
        cascades = request.headers.get("x-archive-cascade-delete") == "1"
        if item := self.items.get(identifier):
            self._later(identifier, lambda: item.drop(name, cascades=cascades))
        return Reply(204)


def _said(request: Request) -> dict[str, str | list[str]]:
    """An item's metadata in the headers: ``x-archive-meta01-subject``, ``--`` for ``_``, ``uri(…)`` for UTF-8."""
    found: dict[str, str | list[str]] = {}
    for name, value in sorted(request.headers.items()):
        if not (match := _META.fullmatch(name)):
            continue
        key = match[2].replace("--", "_")
        text = unquote(uri[1]) if (uri := _URI.fullmatch(value)) else value
        before = found.get(key)
        found[key] = text if before is None else [*(before if isinstance(before, list) else [before]), text]
    return found


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def _refused(status: int, code: str, message: str) -> Reply:
    body = f"<?xml version='1.0' encoding='UTF-8'?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Reply(status, body.encode(), {"Content-Type": "application/xml"})
