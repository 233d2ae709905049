# SPDX-License-Identifier: Apache-2.0
"""What the fake Zenodo answers when it is asked for files, or given some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.testing.fake_http import Reply, json_reply, ranged
from seedbed.testing.fake_zenodo_records import StoredFile, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seedbed.testing.fake_http import Request
    from seedbed.testing.fake_zenodo import FakeZenodo


def _list_files(zenodo: FakeZenodo, request: Request, record_id: str, draft: str) -> Reply:
    record = zenodo.readable(request, record_id, draft)
    base = f"/api/records/{record_id}{draft}/files"
    return json_reply({"enabled": record.has_files, "entries": [one.shown(base) for one in record.files.values()]})


def _file(zenodo: FakeZenodo, request: Request, record_id: str, draft: str, key: str) -> Reply:
    record = zenodo.readable(request, record_id, draft)
    if key not in record.files:
        raise refused(404, f'Record "{record_id}" has no file "{key}".')
    return json_reply(record.files[key].shown(f"/api/records/{record_id}{draft}/files"))


def _api_content(zenodo: FakeZenodo, request: Request, record_id: str, draft: str, key: str) -> Reply:
    """All of a file, whatever range was asked for; the only place that browsers may read across sites."""
    record = zenodo.readable(request, record_id, draft)
    if key not in record.files or not record.files[key].blob:
        raise refused(404, "No such file.")
    return Reply(200, zenodo.files.get(record.files[key].blob), {"Access-Control-Allow-Origin": "*"})


def _page_content(zenodo: FakeZenodo, request: Request, record_id: str, key: str) -> Reply:
    """The same for people, and for ranges; not for other sites' pages."""
    record = zenodo.records.get(record_id)
    if record is None or not record.is_published or key not in record.files:
        return Reply(404, b"<html>Not found</html>", {"Content-Type": "text/html"})
    return ranged(request, zenodo.files.get(record.files[key].blob))


def _begin_files(zenodo: FakeZenodo, request: Request, record_id: str) -> Reply:
    record = zenodo.own_draft(request, record_id)
    keys = [one["key"] for one in request.json() or []]
    if taken := [key for key in keys if key in record.files]:
        raise refused(400, f"File with key {taken[0]} already exists.")
    if len(record.files) + len(keys) > zenodo.max_files:
        total = len(record.files) + len(keys)
        raise refused(400, f"Uploading selected files will result in {total} files, but the max is {zenodo.max_files}.")
    record.files |= {key: StoredFile(key) for key in keys}
    base = f"/api/records/{record_id}/draft/files"
    return json_reply({"enabled": True, "entries": [record.files[key].shown(base) for key in keys]}, 201)


def _take_content(zenodo: FakeZenodo, request: Request, record_id: str, key: str) -> Reply:
    record = zenodo.own_draft(request, record_id)
    file = record.files.get(key)
    if file is None or file.is_complete:
        raise refused(404 if file is None else 400, "No upload of this file was begun.")
    others = sum(one.size_bytes for one in record.files.values() if one is not file)
    if others + len(request.body) > zenodo.quota_bytes:
        raise refused(400, "Bucket quota exceeded.")
    file.take(zenodo.files.keep(request.body), request.body)
    return json_reply(file.shown(f"/api/records/{record_id}/draft/files"))


def _commit(zenodo: FakeZenodo, request: Request, record_id: str, key: str) -> Reply:
    record = zenodo.own_draft(request, record_id)
    file = record.files.get(key)
    if file is None or not file.blob or file.is_complete:
        raise refused(400, "No upload of this file was begun, or it is complete.")
    file.is_complete = True
    return json_reply(file.shown(f"/api/records/{record_id}/draft/files"))


def _delete_file(zenodo: FakeZenodo, request: Request, record_id: str, key: str) -> Reply:
    record = zenodo.own_draft(request, record_id)
    if record.files.pop(key, None) is None:
        raise refused(404, "No such file.")
    return Reply(204)


def _import_files(zenodo: FakeZenodo, request: Request, record_id: str) -> Reply:
    record = zenodo.own_draft(request, record_id)
    before = zenodo.newest(record_id)
    if before is None or record.files:
        raise refused(400, "Please remove all files first.")
    record.files = dict(before.files)
    return _list_files(zenodo, request, record_id, "/draft")


_RECORD, _NAME = r"/api/records/(\d+)", r"([^/]+)"
ROUTES: Mapping[str, Callable[..., Reply]] = {
    f"POST {_RECORD}/draft/actions/files-import": _import_files,
    f"POST {_RECORD}/draft/files": _begin_files,
    f"GET {_RECORD}(/draft|)/files": _list_files,
    f"GET {_RECORD}(/draft|)/files/{_NAME}": _file,
    f"GET,HEAD {_RECORD}(/draft|)/files/{_NAME}/content": _api_content,
    f"PUT {_RECORD}/draft/files/{_NAME}/content": _take_content,
    f"POST {_RECORD}/draft/files/{_NAME}/commit": _commit,
    f"DELETE {_RECORD}/draft/files/{_NAME}": _delete_file,
    rf"GET,HEAD /records/(\d+)/files/{_NAME}": _page_content,
}
