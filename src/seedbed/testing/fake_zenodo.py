# SPDX-License-Identifier: Apache-2.0
"""Zenodo on loopback: the InvenioRDM API as Zenodo runs it, with the quirks that matter to whoever deposits or fetches.

Each quirk is named in ``tests/unit/testing/test_fake_zenodo.py``. ``with FakeZenodo() as zenodo`` gives ``zenodo.url``
and ``zenodo.token``; attributes may be changed while it runs.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

from seedbed.testing import fake_zenodo_drafts, fake_zenodo_files
from seedbed.testing.fake_http import Blobs, FakeService, Reply, Request, json_reply
from seedbed.testing.fake_zenodo_records import RDM, Record, RefusedError, legacy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_IDENTIFIER = re.compile(r'metadata\.identifiers\.identifier:"([^"]+)"')


class FakeZenodo(FakeService):
    """See the module.

    Args:
        folder: Where files are kept; in memory if not given.
        prefix: Of DOIs; Zenodo's sandbox has 10.5072.
    """

    def __init__(self, folder: Path | None = None, *, prefix: str = "10.5072") -> None:
        super().__init__(self._reply)
        self.token = "t" + uuid.uuid4().hex
        self.users = {self.token: "me", "another-" + self.token: "another"}
        """Token -> who. A token that is not here is refused with 401."""
        self.forbidden_tokens: set[str] = set()
        """Good tokens without the scope for writing: 403."""
        self.refused_agents: tuple[str, ...] = ("aria2/",)
        """Beginnings of User-Agents that get 403, whatever they ask."""
        self.max_files, self.quota_bytes = 100, 50_000_000_000
        self.remaining: int | None = None
        """Requests until 429; None for any number."""
        self.retry_after = "1"
        """What a 429 says; empty to say it by ``X-RateLimit-Reset`` only."""
        self.reset_at_s = 1_893_456_000
        """When a 429 ends, in seconds since 1970."""
        self.index_lag = 0
        """So many requests after it was made or described a draft shows up in a search."""
        self.communities: dict[str, str] = {}
        """Slug -> id; every submission waits for :meth:`accept`."""
        self.records: dict[str, Record] = {}
        self.files = Blobs(folder)
        self.prefix = prefix
        self.next_id = 100
        self.time = 0

    @property
    def mirror_url(self) -> str:
        """What opens it as a depository."""
        return f"zenodo://127.0.0.1:{self.port}?scheme=http"

    @property
    def environ(self) -> dict[str, str]:
        """The variable that holds its token."""
        return {f"SEEDBED_TOKEN_127_0_0_1_{self.port}": self.token}

    def accept(self, record_id: str) -> None:
        """Be the curator: publish a submitted draft into its community."""
        record = self.records[record_id]
        record.communities.append(record.review)
        record.is_published, record.review, record.review_status = True, "", ""

    def decline(self, record_id: str) -> None:
        """Be the curator: refuse."""
        self.records[record_id].review_status = "declined"

    # How requests find their answers.

    def _reply(self, request: Request) -> Reply:
        self.time += 1
        agent = request.headers.get("user-agent", "")
        if any(agent.startswith(refused) for refused in self.refused_agents):
            return Reply(403, b"<html><h1>Forbidden</h1>Unusual traffic.</html>", {"Content-Type": "text/html"})
        if self.remaining is not None:
            self.remaining -= 1
            if self.remaining < 0:
                return self._rate(refused(429, "Too Many Requests").reply)
        try:
            return self._rate(self._route(request))
        except RefusedError as error:
            return self._rate(error.reply)

    def _rate(self, reply: Reply) -> Reply:
        left = 133 if self.remaining is None else max(self.remaining, 0)
        reply.headers |= {"X-RateLimit-Limit": "133", "X-RateLimit-Remaining": str(left)}
        reply.headers |= {"X-RateLimit-Reset": str(self.reset_at_s)}
        if reply.status == 429 and self.retry_after:
            reply.headers["Retry-After"] = self.retry_after
        return reply

    def _route(self, request: Request) -> Reply:
        for form, answer in {**fake_zenodo_drafts.ROUTES, **fake_zenodo_files.ROUTES}.items():
            methods, _, pattern = form.partition(" ")
            if request.method in methods.split(",") and (found := re.fullmatch(pattern, request.path)):
                return answer(self, request, *found.groups())
        raise refused(404, "The requested URL was not found on the server.")

    def user(self, request: Request) -> str:
        """Whose token it is.

        Raises:
            RefusedError: nobody's, or not for this.
        """
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if not token or token in self.forbidden_tokens:
            raise refused(403, "Permission denied.")
        if kind != "Bearer" or token not in self.users:
            raise refused(401, "The server could not verify that you are authorized to access the URL requested.")
        return self.users[token]

    def own_draft(self, request: Request, record_id: str) -> Record:
        """One's own draft.

        Raises:
            RefusedError: it is another's, or a draft no more.
        """
        user, record = self.user(request), self.records.get(record_id)
        if record is None or record.is_published:
            raise refused(404, "The persistent identifier is not registered.")
        if record.owner != user:
            raise refused(403, "Permission denied.")
        return record

    def readable(self, request: Request, record_id: str, draft: str) -> Record:
        """Whatever has files: one's own draft, or a public record.

        Raises:
            RefusedError: it is neither.
        """
        if draft:
            return self.own_draft(request, record_id)
        record = self.records.get(record_id)
        if record is None or not record.is_published:
            raise refused(404, "The persistent identifier does not exist.")
        return record

    def newest(self, record_id: str) -> Record | None:
        """The last public version of a record's family."""
        known = self.records.get(record_id)
        family = [one for one in self.records.values() if known and one.parent == known.parent and one.is_published]
        return max(family, key=lambda one: one.index, default=None)

    def shown(self, request: Request, record: Record, status: int = 200, **more: object) -> Reply:
        """A record, in the form that was asked for."""
        newest = self.newest(record.id)
        concept = f"{self.prefix}/zenodo.{record.parent}" if newest else ""
        told = record.shown(self.url, concept_doi=concept, is_latest=record is newest)
        if RDM not in request.headers.get("accept", ""):
            return json_reply(legacy(told), status)
        return json_reply(told | more, status, kind=RDM)

    def matching(self, query: str) -> Iterator[Record]:
        """Records that a search finds: by alternate identifier, or all that have one."""
        urns = set(_IDENTIFIER.findall(query))
        for record in self.records.values():
            is_seen = max(record.made_at, record.said_at) + self.index_lag < self.time
            if is_seen and (not urns or urns & record.urns) and ("scheme:urn" not in query or record.urns):
                yield record
