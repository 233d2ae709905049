# SPDX-License-Identifier: Apache-2.0
"""An upload is checked: its archive unpacked, names and torrent judged, data looked into. Blocks; for a thread.

What is wrong is told as findings with the row of table U, and the upload is a draft again; what is odd is a remark.
A check that a crash interrupted is begun again: each step can be done twice.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from seedbed.catalog.findings import Finding
from seedbed.core import names
from seedbed.errors import SeedbedError, StateError
from seedbed.portal.uploads import describing, draft_files, drafts, handing_over, look, places, quotas, states, torrents
from seedbed.portal.uploads.states import SERVER, State
from seedbed.portal.uploads.zips.blob import FileBlob
from seedbed.portal.uploads.zips.judging import judge
from seedbed.portal.uploads.zips.unpack import unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.portal.uploads.draft_files import UploadFile
    from seedbed.portal.uploads.drafts import Upload
    from seedbed.portal.uploads.receiving.desk import Desk

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Outcome:
    """What a check found."""

    findings: list[Finding] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    """Columns of the upload."""


def run(desk: Desk, upload_id: str, *, asks: Callable[..., places.Asked] = places.ask_all) -> None:
    """Check an upload that is in the state ``checking``; whatever happens it is not there afterwards.

    Args:
        desk: Of the portal.
        upload_id: Which.
        asks: Who asks URLs.

    Raises:
        StateError: our own disk or database fails: the check is to be run again.
    """
    with desk.portal.store.read() as connection:
        upload = drafts.find(connection, upload_id)
        files = draft_files.of(connection, upload_id)
    if upload.state is not State.CHECKING:
        return
    outcome = Outcome()
    try:
        _check(desk, upload, files, outcome, asks)
    except StateError:
        raise
    except SeedbedError as error:
        rule = str(error.data.get("rule", ""))
        outcome.findings.append(Finding("files", f"{error.message}. {error.hint}".strip(), rule))
    _tell(desk, upload, outcome)


def _check(
    desk: Desk, upload: Upload, files: list[UploadFile], outcome: Outcome, asks: Callable[..., places.Asked]
) -> None:
    if upload.kind == "places":
        _check_places(upload, outcome, asks)
        return
    if upload.kind == "torrent":
        _check_torrent(desk, files, outcome)
        return
    names.check_unique(file.path.split("/") for file in files)
    if upload.kind == "package":
        _check_package(desk, files, outcome)
    elif upload.kind == "zip":
        files = _expand(desk, upload, files, outcome)
    if not outcome.findings:
        name = str(outcome.values.get("name", upload.name))
        plan = handing_over.planned(desk.den(upload.id), name, upload.piece_length)
        outcome.remarks += plan.dataset.remarks
        _look(desk, upload, [file.path for file in files], outcome)


def _check_places(upload: Upload, outcome: Outcome, asks: Callable[..., places.Asked]) -> None:
    asked = asks(upload.places)
    for at, place in enumerate(asked.places):
        if place.fault:
            outcome.findings.append(Finding(f"urls[{at}]", place.fault, place.rule))
    outcome.remarks += places.remarks_of(asked)
    outcome.values |= {"size_bytes": asked.size_bytes, "declared_bytes": asked.size_bytes}


def _check_torrent(desk: Desk, files: list[UploadFile], outcome: Outcome) -> None:
    """The one .torrent among the files is judged; what else is there must be its data."""
    found = [file for file in files if file.path.endswith(".torrent")]
    if len(found) != 1:
        outcome.findings.append(Finding("files", f"expected one .torrent, got {len(found)}"))
        return
    judged = torrents.judge(desk.den(found[0].upload_id).place(found[0].path).read_bytes())
    outcome.remarks += judged.remarks
    metainfo = judged.metainfo
    expected = {"/".join(file.path): file.length for file in metainfo.files}
    for file in files:
        if file is not found[0] and expected.get(file.path) != file.length:
            outcome.findings.append(Finding("files", f"{file.path}: the torrent has no such file of this length"))
    outcome.values["name"] = metainfo.name
    if len(files) == 1 and not metainfo.web_seeds:
        outcome.remarks.append("Only the torrent is here: it can be published when a server or a peer has the data.")


def _check_package(desk: Desk, files: list[UploadFile], outcome: Outcome) -> None:
    """A zip that stays one: judged like any other, and named by its MD5 (peers.md, 4)."""
    if len(files) != 1:
        outcome.findings.append(Finding("files", f"expected one zip, got {len(files)} files"))
        return
    path = desk.den(files[0].upload_id).place(files[0].path)
    with path.open("rb") as file:
        judge(FileBlob.of(file.fileno()))
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    outcome.values["md5"] = digest


def _expand(desk: Desk, upload: Upload, files: list[UploadFile], outcome: Outcome) -> list[UploadFile]:
    """What was in the zip takes its place."""
    archives = [file for file in files if file.path.lower().endswith(".zip") and "/" not in file.path]
    if len(files) != 1 or len(archives) != 1:
        if not archives:  # expanded by a check before
            return files
        outcome.findings.append(Finding("files", f"expected one zip, got {len(files)} files"))
        return files
    den, settings = desk.den(upload.id), desk.portal.settings
    with desk.portal.store.read() as connection:
        left = quotas.left(connection, desk.quota(connection, upload), upload.person_id, upload.organisation_id)
    room = min(left + upload.declared_bytes, settings.max_upload_bytes)
    fresh = den.folder / "unpacked"
    shutil.rmtree(fresh, ignore_errors=True)
    done = unpack(den.place(archives[0].path), fresh, den.book, piece_length=0, max_bytes=room)
    paths = {path.relative_to(fresh).as_posix(): path.stat().st_size for path in fresh.rglob("*") if path.is_file()}
    shutil.rmtree(den.data)
    fresh.rename(den.data)
    with desk.portal.store.begin() as connection:
        draft_files.replace(connection, upload.id, paths, now_s=desk.now_s())
        found = draft_files.of(connection, upload.id)
    outcome.values |= {"name": done.root or upload.name.removesuffix(".zip") or "data"}
    return found


def _look(desk: Desk, upload: Upload, paths: list[str], outcome: Outcome) -> None:
    looked = look.look(desk.den(upload.id).data, paths)
    outcome.remarks += looked.remarks
    outcome.values["found"] = {**looked.fields, "tables": list(looked.tables)}


def _tell(desk: Desk, upload: Upload, outcome: Outcome) -> None:
    """Write down what was found, and move the upload on, or back: all at once."""
    told = list(map(_plain, outcome.findings))
    now_s, has_faults = desk.now_s(), bool(told)
    if not has_faults and upload.wants_review:
        found = outcome.values.get("found", upload.found)
        told += map(_plain, describing.findings(replace(upload, found=found), desk.portal))
    with desk.portal.store.begin() as connection:
        if drafts.find(connection, upload.id).state is not State.CHECKING:  # somebody else was faster
            return
        if upload.wants_review and (clash := drafts.same_doi(connection, upload)):
            told.append(clash)
        drafts.change(
            connection, upload.id, now_s=now_s, findings=told, remarks=outcome.remarks, **outcome.values,
            wants_review=upload.wants_review and not told,
        )  # fmt: skip
        after = State.DRAFT if has_faults else State.CHECKED
        reason = f"{len(told)} faults were found" if told else ""
        states.move(connection, upload.id, after, by=SERVER, now_s=now_s, reason=reason)
        if upload.wants_review and not told:
            states.move(connection, upload.id, State.IN_REVIEW, by=SERVER, now_s=now_s)
    _log.info("upload checked id=%s kind=%s findings=%d", upload.id, upload.kind, len(told))


def _plain(fault: Finding) -> dict[str, str]:
    return {"field": fault.field, "problem": fault.problem, "rule": fault.rule}
