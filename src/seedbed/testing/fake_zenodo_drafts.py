# SPDX-License-Identifier: Apache-2.0
"""What the fake Zenodo answers about drafts, records, versions and communities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.testing.fake_http import Reply, json_reply
from seedbed.testing.fake_zenodo_records import RDM, Record, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seedbed.testing.fake_http import Request
    from seedbed.testing.fake_zenodo import FakeZenodo


def _create(zenodo: FakeZenodo, request: Request) -> Reply:
    user = zenodo.user(request)
    parent, own = zenodo.next_id, zenodo.next_id + 1
    zenodo.next_id += 2
    record = Record(str(own), str(parent), user, 1, zenodo.time)
    zenodo.records[record.id] = record
    return _said(zenodo, request, record, 201)


def _update(zenodo: FakeZenodo, request: Request, record_id: str) -> Reply:
    record = zenodo.own_draft(request, record_id)
    if record.review_status == "submitted":
        raise refused(403, "Permission denied.")
    return _said(zenodo, request, record, 200)


def _said(zenodo: FakeZenodo, request: Request, record: Record, status: int) -> Reply:
    said = request.json()
    if not isinstance(said, dict):
        raise refused(400, "Unable to decode JSON data in request body.")
    record.metadata, record.said_at = dict(said.get("metadata") or {}), zenodo.time
    record.has_files = bool(said.get("files", {}).get("enabled", True))
    faults = record.faults()
    return zenodo.shown(request, record, status, **({"errors": faults} if faults else {}))


def _draft(zenodo: FakeZenodo, request: Request, record_id: str) -> Reply:
    record = zenodo.own_draft(request, record_id)
    return zenodo.shown(request, record)


def _record(zenodo: FakeZenodo, request: Request, record_id: str) -> Reply:
    record = zenodo.records.get(record_id)
    if record is None or not record.is_published:
        raise refused(404, "The persistent identifier is not registered.")
    return zenodo.shown(request, record)


def _latest(zenodo: FakeZenodo, request: Request, record_id: str) -> Reply:
    record = zenodo.newest(record_id)
    if record is None:
        raise refused(404, "The persistent identifier does not exist.")
    return zenodo.shown(request, record)


def _discard(zenodo: FakeZenodo, request: Request, record_id: str) -> Reply:
    record = zenodo.own_draft(request, record_id)
    if record.review_status == "submitted":
        raise refused(400, "You cannot delete a draft with an open review.")
    del zenodo.records[record_id]
    return Reply(204)


def _reserve(zenodo: FakeZenodo, request: Request, record_id: str) -> Reply:
    record = zenodo.own_draft(request, record_id)
    if record.doi:
        raise refused(400, "A PID already exists for type doi")
    record.doi = f"{zenodo.prefix}/zenodo.{record.id}"
    return zenodo.shown(request, record, 201)


def _publish(zenodo: FakeZenodo, request: Request, record_id: str) -> Reply:
    record = zenodo.own_draft(request, record_id)
    if record.review:
        raise refused(400, "You cannot publish a draft with a review: submit it for review instead.")
    if faults := record.faults() + record.file_faults():
        raise refused(400, "A validation error occurred.", errors=faults)
    record.doi = record.doi or f"{zenodo.prefix}/zenodo.{record.id}"
    record.is_published = True
    return zenodo.shown(request, record, 202)


def _version(zenodo: FakeZenodo, request: Request, record_id: str) -> Reply:
    user, known = zenodo.user(request), zenodo.records.get(record_id)
    if known is None or known.owner != user or not known.is_published:
        raise refused(403 if known else 404, "Permission denied.")
    if zenodo.newest(record_id) is not known:
        raise refused(400, "Only the latest version can be followed by a new one.")
    open_drafts = [one for one in zenodo.records.values() if one.parent == known.parent and not one.is_published]
    if open_drafts:
        return zenodo.shown(request, open_drafts[0], 201)
    record = Record(str(zenodo.next_id), known.parent, user, known.index + 1, zenodo.time)
    zenodo.next_id += 1
    record.metadata = {k: v for k, v in known.metadata.items() if k not in {"publication_date", "version"}}
    record.communities = list(known.communities)
    zenodo.records[record.id] = record
    return zenodo.shown(request, record, 201)


def _search(zenodo: FakeZenodo, request: Request) -> Reply:
    """One's own records and drafts; without ``allversions`` of each only the newest."""
    user = zenodo.user(request)
    size = int(request.query.get("size", "10"))
    if size > 100:
        raise refused(400, "Page size cannot be greater than 100.")
    found = [one for one in zenodo.matching(request.query.get("q", "")) if one.owner == user]
    if request.query.get("allversions") != "true":
        found = [one for one in found if not any(o.parent == one.parent and o.index > one.index for o in found)]
    start = (int(request.query.get("page", "1")) - 1) * size
    page = [zenodo.shown(request, one).body for one in found[start : start + size]]
    body = b'{"hits":{"hits":[' + b",".join(page) + b'],"total":%d}}' % len(found)
    return Reply(200, body, {"Content-Type": RDM})


def _community(zenodo: FakeZenodo, request: Request, slug: str) -> Reply:  # noqa: ARG001  # as the others
    known = zenodo.communities.get(slug)
    if known is None:
        raise refused(404, "The community does not exist.")
    return json_reply({"id": known, "slug": slug})


def _ask_review(zenodo: FakeZenodo, request: Request, record_id: str) -> Reply:
    record = zenodo.own_draft(request, record_id)
    wanted = (request.json() or {}).get("receiver", {}).get("community", "")
    if wanted not in zenodo.communities.values():
        raise refused(400, "The receiver does not exist.")
    record.review, record.review_status = wanted, "created"
    return json_reply({"id": f"r{record_id}", "status": "created"})


def _submit_review(zenodo: FakeZenodo, request: Request, record_id: str) -> Reply:
    record = zenodo.own_draft(request, record_id)
    if record.review_status not in {"created", "declined"}:
        raise refused(400, "No review to submit.")
    if faults := record.faults() + record.file_faults():
        raise refused(400, "A validation error occurred.", errors=faults)
    record.doi = record.doi or f"{zenodo.prefix}/zenodo.{record.id}"
    record.review_status = "submitted"
    return json_reply({"id": f"r{record_id}", "status": "submitted"}, 202)


def _cancel(zenodo: FakeZenodo, request: Request, record_id: str) -> Reply:
    record = zenodo.own_draft(request, record_id)
    record.review, record.review_status = "", ""
    return json_reply({"id": f"r{record_id}", "status": "cancelled"})


_RECORD, _NAME = r"/api/records/(\d+)", r"([^/]+)"
ROUTES: Mapping[str, Callable[..., Reply]] = {
    "POST /api/records": _create,
    "GET /api/user/records": _search,
    f"GET {_RECORD}": _record,
    f"GET {_RECORD}/versions/latest": _latest,
    f"POST {_RECORD}/versions": _version,
    f"GET {_RECORD}/draft": _draft,
    f"PUT {_RECORD}/draft": _update,
    f"DELETE {_RECORD}/draft": _discard,
    f"POST {_RECORD}/draft/pids/doi": _reserve,
    f"POST {_RECORD}/draft/actions/publish": _publish,
    f"PUT {_RECORD}/draft/review": _ask_review,
    f"POST {_RECORD}/draft/actions/submit-review": _submit_review,
    r"POST /api/requests/r(\d+)/actions/cancel": _cancel,
    rf"GET /api/communities/{_NAME}": _community,
}
