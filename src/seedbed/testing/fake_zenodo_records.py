# SPDX-License-Identifier: Apache-2.0
"""What :class:`seedbed.testing.fake_zenodo.FakeZenodo` keeps: records, their files, and how both look as JSON."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from typing import Any

from seedbed.testing.fake_http import Reply, json_reply

RDM = "application/vnd.inveniordm.v1+json"
_SINCE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclass(slots=True)
class StoredFile:
    """A file of a record."""

    key: str
    blob: int = 0
    """Where its bytes are; 0 until they came."""
    size_bytes: int = 0
    md5: str = ""
    is_complete: bool = False

    def take(self, blob: int, data: bytes) -> None:
        """Note content that came."""
        self.blob, self.size_bytes = blob, len(data)
        self.md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()

    def shown(self, base: str) -> dict[str, Any]:
        """As the API shows it; sums only when it is complete."""
        links = {name: f"{base}/{self.key}/{name}" for name in ("content", "commit")}
        told: dict[str, Any] = {"key": self.key, "status": "pending", "links": {"self": f"{base}/{self.key}", **links}}
        if self.is_complete:
            told |= {"status": "completed", "size": self.size_bytes, "checksum": f"md5:{self.md5}"}
        return told


@dataclass(slots=True)
class Record:
    """One version, as a draft or public."""

    id: str
    parent: str
    """All versions have the same."""
    owner: str
    index: int
    """Of the version, from 1."""
    made_at: int
    """Number of the request that made it; also its time, in seconds."""
    said_at: int = 0
    """The same of the request that said last what it is: a search knows of that only later."""
    metadata: dict[str, Any] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    has_files: bool = True
    doi: str = ""
    is_published: bool = False
    review: str = ""
    """Id of the community that was asked; empty if none was."""
    review_status: str = ""
    """``created``, ``submitted``, ``declined``."""
    communities: list[str] = field(default_factory=list)

    @property
    def status(self) -> str:
        """As InvenioRDM calls it."""
        if self.is_published:
            return "published"
        if self.review_status:
            return {"created": "draft_with_review", "submitted": "in_review"}.get(self.review_status, "declined")
        return "draft" if self.index == 1 else "new_version_draft"

    @property
    def urns(self) -> set[str]:
        """Its alternate identifiers."""
        return {one.get("identifier", "") for one in self.metadata.get("identifiers", [])}

    def faults(self) -> list[dict[str, Any]]:
        """What it lacks to be published."""
        wanted = ("title", "publication_date", "resource_type", "creators")
        return [
            {"field": f"metadata.{name}", "messages": ["Missing data for required field."]}
            for name in wanted
            if not self.metadata.get(name)
        ]

    def file_faults(self) -> list[dict[str, Any]]:
        """What its files lack: some must be there, and all must be complete."""
        words = ""
        if self.has_files and not self.files:
            words = "Missing uploaded files. To disable files for this record please mark it as metadata-only."
        elif any(not file.is_complete for file in self.files.values()):
            words = "One or more files have not completed their transfer, please wait."
        return [{"field": "files.enabled", "messages": [words]}] if words else []

    def shown(self, url: str, *, concept_doi: str, is_latest: bool) -> dict[str, Any]:
        """As the API shows it when asked for ``application/vnd.inveniordm.v1+json``."""
        created = (_SINCE + dt.timedelta(seconds=self.made_at)).isoformat()
        own = f"{url}/api/records/{self.id}" + ("" if self.is_published else "/draft")
        page = "records" if self.is_published else "uploads"
        parent: dict[str, Any] = {"id": self.parent, "communities": {"ids": self.communities}, "pids": {}}
        if concept_doi:
            parent["pids"] = {"doi": {"identifier": concept_doi, "provider": "datacite", "client": "datacite"}}
        if self.review:
            parent["review"] = {"id": f"r{self.id}", "type": "community-submission", "status": self.review_status}
        return {
            "id": self.id,
            "created": created,
            "updated": created,
            "is_published": self.is_published,
            "is_draft": not self.is_published,
            "status": self.status,
            "metadata": self.metadata,
            "files": {"enabled": self.has_files},
            "parent": parent,
            "pids": {"doi": {"identifier": self.doi, "provider": "datacite", "client": "datacite"}} if self.doi else {},
            "versions": {"index": self.index, "is_latest": is_latest, "is_latest_draft": True},
            "links": {"self": own, "self_html": f"{url}/{page}/{self.id}"},
        }


def legacy(shown: dict[str, Any]) -> dict[str, Any]:
    """The same as Zenodo shows it to whoever asks for plain ``application/json``: in the shape of its old API."""
    doi = shown["pids"].get("doi", {}).get("identifier", "")
    return {
        "id": int(shown["id"]),
        "conceptrecid": shown["parent"]["id"],
        "doi": doi,
        "title": shown["metadata"].get("title", ""),
        "submitted": shown["is_published"],
        "metadata": {"title": shown["metadata"].get("title", ""), "prereserve_doi": {"doi": doi}},
    }


class RefusedError(Exception):
    """No: ends the work on a request."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


def refused(status: int, message: str, **more: object) -> RefusedError:
    """No, in the form that InvenioRDM uses."""
    return RefusedError(json_reply({"status": status, "message": message, **more}, status))
