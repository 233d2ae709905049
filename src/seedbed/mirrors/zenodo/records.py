# SPDX-License-Identifier: Apache-2.0
"""The calls of InvenioRDM's REST API that a deposit needs, one function each (InvenioRDM, *Drafts and Records*)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from seedbed.mirrors.rest import Ask, json_body

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from seedbed.mirrors.content import Stream
    from seedbed.mirrors.rest import Rest

_FORMS = {"Accept": "application/vnd.inveniordm.v1+json", "Content-Type": "application/json"}
"""Zenodo gives records in the shape of its old API to whoever accepts plain JSON."""
_PAGE = 100
"""The most that whoever has a token gets at once."""
_MAX_PAGES = 100


@dataclass(frozen=True, slots=True)
class Record:
    """One version, as a draft or public."""

    said: Mapping[str, Any]

    @property
    def id(self) -> str:
        """What the service calls it."""
        return str(self.said["id"])

    @property
    def is_public(self) -> bool:
        """Whether it is published, and so stays."""
        return bool(self.said.get("is_published"))

    @property
    def status(self) -> str:
        """``draft``, ``in_review``, ``declined``, ``published`` and others."""
        return str(self.said.get("status", ""))

    @property
    def metadata(self) -> dict[str, Any]:
        """What is said of it."""
        return dict(self.said.get("metadata") or {})

    @property
    def doi(self) -> str:
        """In lower case; empty when none is reserved."""
        return _doi(self.said)

    @property
    def concept_doi(self) -> str:
        """Of all versions, in lower case; empty before the first is public."""
        return _doi(self.said.get("parent") or {})

    @property
    def communities(self) -> tuple[str, ...]:
        """Ids of those that it belongs to."""
        return tuple(((self.said.get("parent") or {}).get("communities") or {}).get("ids") or ())

    @property
    def review(self) -> str:
        """Id of the request to a community; empty if there is none."""
        return str(((self.said.get("parent") or {}).get("review") or {}).get("id") or "")


def _doi(said: Mapping[str, Any]) -> str:
    return str(((said.get("pids") or {}).get("doi") or {}).get("identifier") or "").lower()


@dataclass(frozen=True, slots=True)
class Records:
    """An InvenioRDM.

    Args:
        rest: The service, with its credentials.
    """

    rest: Rest

    def search(self, query: str) -> Iterator[Record]:
        """Our own records and drafts, of every version."""
        for page in range(1, _MAX_PAGES + 1):
            asked = {"q": query, "allversions": "true", "size": str(_PAGE), "page": str(page)}
            hits = self._json(Ask("GET", "/api/user/records", "look for the draft", query=asked))["hits"]["hits"]
            yield from map(Record, hits)
            if len(hits) < _PAGE:
                return

    def create(self, metadata: Mapping[str, Any]) -> Record:
        """Begin a draft."""
        return Record(self._say("POST", "/api/records", "begin a draft", _body(metadata, has_files=True)))

    def follow(self, record_id: str) -> Record:
        """The draft of the version after the newest, which must be given: a new one, or the one that is open."""
        return Record(self._say("POST", f"/api/records/{record_id}/versions", "begin a new version", None))

    def newest(self, record_id: str) -> Record:
        """The newest public version of a record."""
        path = f"/api/records/{quote(record_id)}/versions/latest"
        return Record(self._json(Ask("GET", path, "find the newest version")))

    def get(self, record_id: str) -> Record:
        """A draft, or what became of it."""
        path = f"/api/records/{quote(record_id)}"
        answer = self.rest.ask(Ask("GET", f"{path}/draft", "look at the draft", headers=_FORMS, allows=(404,)))
        if answer.status == 404:
            return self.public(record_id)
        return Record(answer.json())

    def public(self, record_id: str) -> Record:
        """A published record."""
        return Record(self._json(Ask("GET", f"/api/records/{quote(record_id)}", "look at the record")))

    def update(self, record: Record, metadata: Mapping[str, Any], *, has_files: bool = True) -> Record:
        """Say what a draft is; ``said['errors']`` of what is returned is what it lacks to be published."""
        body = _body(metadata, has_files=has_files)
        if record.said.get("pids"):
            body["pids"] = record.said["pids"]  # older releases drop a reserved DOI that is not sent back
        return Record(self._say("PUT", f"/api/records/{record.id}/draft", "describe the draft", body))

    def reserve(self, record: Record) -> Record:
        """Reserve a DOI, unless there is one."""
        if record.doi:
            return record
        return Record(self._say("POST", f"/api/records/{record.id}/draft/pids/doi", "reserve the DOI", None))

    def publish(self, record_id: str) -> None:
        """Make it public for good."""
        self._say("POST", f"/api/records/{record_id}/draft/actions/publish", "publish", None)

    def discard(self, record: Record) -> None:
        """Take a draft back, and a request to a community first; nothing happens when it is gone."""
        if record.status == "in_review":
            self._say("POST", f"/api/requests/{record.review}/actions/cancel", "cancel the review", {})
        self.rest.ask(Ask("DELETE", f"/api/records/{record.id}/draft", "discard the draft", allows=(404, 410)))

    def community(self, slug: str) -> str:
        """A community's id."""
        return str(self._json(Ask("GET", f"/api/communities/{quote(slug, safe='')}", "find the community"))["id"])

    def submit(self, record_id: str, community_id: str) -> None:
        """Ask a community to take it, and with that to publish it."""
        body = {"receiver": {"community": community_id}, "type": "community-submission"}
        path = f"/api/records/{record_id}/draft"
        self._say("PUT", f"{path}/review", "choose the community", body)
        self._say("POST", f"{path}/actions/submit-review", "submit to the community", {})

    def files(self, record_id: str, *, is_public: bool) -> tuple[Mapping[str, Any], ...]:
        """All files, complete or not; none of a draft that is gone."""
        ask = Ask("GET", _files(record_id, is_public=is_public), "list the files")
        return tuple(self._json(ask).get("entries") or ())

    def begin_upload(self, record_id: str, key: str) -> None:
        """Take the name of a file of which nothing is known yet."""
        self._say("POST", _files(record_id, is_public=False), "begin the upload", [{"key": key}], key=key)

    def upload(self, record_id: str, key: str, stream: Stream) -> Mapping[str, Any]:
        """Send a file whose upload was begun, and complete it."""
        path = f"{_files(record_id, is_public=False)}/{quote(key, safe='')}"
        headers = {"Content-Type": "application/octet-stream"}
        self.rest.ask(
            Ask("PUT", f"{path}/content", "upload", key, headers=headers, body=stream, size_bytes=stream.size_bytes)
        )
        done: Mapping[str, Any] = self._say("POST", f"{path}/commit", "complete the upload", None, key=key)
        return done

    def remove(self, record_id: str, key: str) -> None:
        """Delete a draft's file; nothing happens when it is gone."""
        path = f"{_files(record_id, is_public=False)}/{quote(key, safe='')}"
        self.rest.ask(Ask("DELETE", path, "remove the file", key, allows=(404,)))

    def _json(self, ask: Ask) -> Any:
        return self.rest.json(Ask(ask.method, ask.path, ask.step, ask.key, ask.query, _FORMS))

    def _say(self, method: str, path: str, step: str, body: object, *, key: str = "") -> Any:
        data = None if body is None else json_body(body)
        return self.rest.json(Ask(method, path, step, key, headers=_FORMS, body=data))


def _body(metadata: Mapping[str, Any], *, has_files: bool) -> dict[str, Any]:
    return {
        "access": {"record": "public", "files": "public"},
        "files": {"enabled": has_files},
        "metadata": dict(metadata),
    }


def _files(record_id: str, *, is_public: bool) -> str:
    return f"/api/records/{quote(record_id)}{'' if is_public else '/draft'}/files"
