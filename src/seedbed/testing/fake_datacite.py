# SPDX-License-Identifier: Apache-2.0
"""DataCite on loopback: its REST API for DOIs (JSON:API), with their states and what it checks.

Each rule is named in ``tests/unit/testing/test_fake_datacite.py``.
"""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass
from typing import Any

from seedbed.testing.fake_http import FakeService, Reply, Request, json_reply

_KIND = "application/vnd.api+json"
_EVENTS = {
    ("draft", "publish"): "findable",
    ("registered", "publish"): "findable",
    ("findable", "publish"): "findable",
    ("draft", "register"): "registered",
    ("findable", "hide"): "registered",
}
_RELATIONS = frozenset(
    (
        *("IsVersionOf", "HasVersion", "IsNewVersionOf", "IsPreviousVersionOf", "IsDerivedFrom", "IsSourceOf"),
        *("IsIdenticalTo", "IsVariantFormOf", "IsPartOf", "HasPart", "References", "IsReferencedBy", "HasMetadata"),
    )
)
"""Of the vocabulary *relationType*, those that are used here."""


@dataclass(slots=True)
class Doi:
    """A name and what is said of it."""

    attributes: dict[str, Any]
    owner: str
    state: str = "draft"

    def faults(self) -> list[dict[str, str]]:
        """What it lacks to be registered, or says wrongly."""
        said = self.attributes
        empty = [name for name in ("url", "titles", "creators", "publicationYear") if not said.get(name)]
        empty += [] if (said.get("publisher") or {}).get("name") else ["publisher"]
        empty += [] if (said.get("types") or {}).get("resourceTypeGeneral") else ["types"]
        faults = [{"source": name, "title": "Can't be blank"} for name in empty]
        kinds = {one.get("relationType") for one in said.get("relatedIdentifiers") or ()}
        return faults + [{"source": "relatedIdentifiers", "title": f"{one} is no type"} for one in kinds - _RELATIONS]


class FakeDataCite(FakeService):
    """See the module.

    Args:
        prefix: The account's; DOIs below others are refused.
    """

    def __init__(self, prefix: str = "10.5072") -> None:
        super().__init__(self._reply)
        self.prefix = prefix
        self.repository_id, self.password = "TEST.REPO", "p" + uuid.uuid4().hex
        self.accounts = {f"{self.repository_id}:{self.password}": "me", "OTHER.REPO:other": "other"}
        self.remaining: int | None = None
        """Requests until 429; None for any number."""
        self.dois: dict[str, Doi] = {}

    @property
    def minter_url(self) -> str:
        """What opens it."""
        return f"datacite:{self.prefix}?api={self.url}"

    @property
    def environ(self) -> dict[str, str]:
        """The variables that hold its account."""
        return {"DATACITE_REPOSITORY_ID": self.repository_id, "DATACITE_PASSWORD": self.password}

    def _reply(self, request: Request) -> Reply:
        if self.remaining is not None:
            self.remaining -= 1
            if self.remaining < 0:
                return _refused(429, "Too Many Requests")
        kind, _, doi = request.path.strip("/").partition("/")
        if kind != "dois":
            return _refused(404, "The resource you are looking for doesn't exist.")
        if request.method == "GET":
            return self._get(request, doi.lower())
        owner = self._owner(request)
        if not owner:
            return _refused(401, "Bad credentials.")
        if request.method == "DELETE":
            return self._delete(owner, doi.lower())
        return self._write(request, owner, doi.lower())

    def _owner(self, request: Request) -> str:
        kind, _, basic = request.headers.get("authorization", "").partition(" ")
        return self.accounts.get(base64.b64decode(basic).decode(), "") if kind == "Basic" else ""

    def _get(self, request: Request, doi: str) -> Reply:
        """A draft is seen by its owner only."""
        known = self.dois.get(doi)
        if known is None or (known.state == "draft" and known.owner != self._owner(request)):
            return _refused(404, "The resource you are looking for doesn't exist.")
        return _shown(doi, known, is_whole=request.query.get("publisher") == "true")

    def _delete(self, owner: str, doi: str) -> Reply:
        known = self.dois.get(doi)
        if known is None or known.owner != owner:
            return _refused(404 if known is None else 403, "You are not authorized to access this resource.")
        if known.state != "draft":
            return _refused(405, "Method not allowed")
        del self.dois[doi]
        return Reply(204)

    def _write(self, request: Request, owner: str, doi: str) -> Reply:
        said = ((request.json() or {}).get("data") or {}).get("attributes")
        if not isinstance(said, dict):
            return _refused(400, "You need to provide a payload following the JSONAPI spec")
        said = dict(said)
        doi = doi or str(said.get("doi") or f"{said.get('prefix')}/{uuid.uuid4().hex[:8]}").lower()
        known = self.dois.get(doi)
        if known is not None and request.method == "POST":
            return _refused(422, "This DOI has already been taken", source="doi")
        if not doi.startswith(f"{self.prefix}/") or (known is not None and known.owner != owner):
            return _refused(403, "You are not authorized to access this resource.")
        return self._change(doi, Doi(dict(known.attributes), owner, known.state) if known else Doi({}, owner), said)

    def _change(self, doi: str, changed: Doi, said: dict[str, Any]) -> Reply:
        """Say what is given, leave the rest; check it when the DOI is registered, or shall be."""
        status = 200 if doi in self.dois else 201
        event = said.pop("event", "")
        changed.attributes |= said | {"doi": doi}
        if isinstance(changed.attributes.get("publisher"), str):
            changed.attributes["publisher"] = {"name": changed.attributes["publisher"]}
        changed.state = _EVENTS.get((changed.state, event), changed.state)
        if changed.state != "draft" and (faults := changed.faults()):
            return json_reply({"errors": faults}, 422, kind=_KIND)
        self.dois[doi] = changed
        return _shown(doi, changed, status)


def _shown(doi: str, known: Doi, status: int = 200, *, is_whole: bool = False) -> Reply:
    """A publisher is shown by name only, unless it is asked for."""
    said = json.loads(json.dumps(known.attributes))
    if not is_whole and said.get("publisher"):
        said["publisher"] = said["publisher"]["name"]
    body = {"data": {"id": doi, "type": "dois", "attributes": {**said, "doi": doi, "state": known.state}}}
    return json_reply(body, status, kind=_KIND)


def _refused(status: int, title: str, *, source: str = "") -> Reply:
    fault = {"status": str(status), "title": title} | ({"source": source} if source else {})
    return json_reply({"errors": [fault]}, status, kind=_KIND)
