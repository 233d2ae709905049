# SPDX-License-Identifier: Apache-2.0
"""What an uploader says of the data: the same fields as for ``seedbed publish``, judged by the same rules.

Besides those there are ``dataset`` and ``version`` (under which it shall be published) and ``embargo`` (a day until
which nothing of it is shown). What was read from the data fills in what nobody said.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from seedbed.catalog import ids
from seedbed.catalog.findings import Finding, refuse
from seedbed.errors import SeedbedError
from seedbed.inspecting import Inspected
from seedbed.publishing import licenses, metadata
from seedbed.publishing.reading import FIELDS, read
from seedbed.publishing.said import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.catalog.model import Release
    from seedbed.portal.portal import Portal
    from seedbed.portal.uploads.drafts import Upload

OWN_FIELDS = ("dataset", "version", "embargo")
FORM = "the form"
_EMBARGO_DAYS = 5 * 366
"""Longer is not an embargo but a grave."""


def taken(values: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of an upload from what somebody said; empty texts are silence.

    Args:
        values: Field -> value.
    """
    kept = {str(key): value for key, value in values.items() if value not in (None, "", [], {})}
    kept = json.loads(json.dumps(kept, default=str))
    return {
        "metadata": kept,
        "title": _text(kept, "title"),
        "doi": _doi(kept),
        "dataset": _text(kept, "dataset"),
        "version": _text(kept, "version"),
        "embargo_s": _embargo_s(kept),
    }


def for_publishing(upload: Upload) -> tuple[str, str, dict[str, Any]]:
    """Dataset, version (may be empty) and the fields of a metadata file."""
    said = {**upload.found, **upload.metadata}
    fields = {key: value for key, value in said.items() if key in FIELDS}
    proposed = f"zip-{upload.md5}" if upload.md5 else ids.slug(upload.title)
    return upload.dataset or proposed, upload.version, fields


def findings(upload: Upload, portal: Portal) -> list[Finding]:
    """All that is wrong with what is said of an upload; nothing when it can be published."""
    dataset, version, _ = for_publishing(upload)
    found = {key: value for key, value in upload.found.items() if key in FIELDS}
    said, faults = read({**found, **_without_own(upload.metadata)})
    faults += _name_faults(dataset, version)
    faults += _embargo_faults(upload.metadata.get("embargo"), portal.now())
    known = _versions(portal, dataset) if not faults else []
    draft = metadata.describe(
        (dataset or "dataset", version or "1"),
        [Source(FORM, said)],
        inspected=Inspected(),
        before=None,  # what holds for the version before is asked for again: licences change
        now=portal.now().replace(microsecond=0),
    ).release
    told = {one.field.partition("[")[0] for one in faults}
    for one in metadata.faults(draft):
        if one.field.partition("[")[0] not in told and one.field not in {"id", "dataset", "version"}:
            faults.append(_in_words_of_the_form(one))
    if known and not upload.dataset:
        problem = (
            f"there is a dataset {dataset} already: write {dataset} if this is a new version of it, else another name"
        )
        faults.append(Finding("dataset", problem))
    if version and any(one.version == version for one in known):
        faults.append(Finding("version", f"{dataset} has a version {version} already"))
    return faults


def refuse_faults(upload: Upload, portal: Portal) -> None:
    """Do nothing when it can be published.

    Raises:
        MetadataError: with every fault and its field.
    """
    refuse(upload.name, findings(upload, portal), hint="Correct the fields that are named, and hand it in again.")


def _versions(portal: Portal, dataset: str) -> list[Release]:
    try:
        return portal.shelf.versions(dataset)
    except SeedbedError:  # a portal that has no catalogue yet
        return []


def _without_own(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if key not in OWN_FIELDS}


def _name_faults(dataset: str, version: str) -> list[Finding]:
    found = []
    for field, text, check in (("dataset", dataset, ids.check_dataset), ("version", version, ids.check_version)):
        if not text and field == "version":
            continue
        try:
            check(text)
        except SeedbedError as error:
            found.append(Finding(field, error.message))
    return found


def _in_words_of_the_form(fault: Finding) -> Finding:
    """Faults name options of the command; a form has fields."""
    if fault.field == "license" and "missing" in fault.problem:
        return Finding("license", f"it is missing: expected an SPDX identifier ({licenses.SUGGESTED})", "U52")
    if fault.field == "license_url":
        return Finding("license_url", "a licence called 'other' needs a link to its text", "U52")
    if fault.field == "title" and "missing" in fault.problem:
        return Finding("title", "it is missing: what this is, in a few words")
    return fault


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    return value.strip()[:500] if isinstance(value, str) else ""


def _doi(values: Mapping[str, Any]) -> str:
    """As it is compared with others."""
    said, _ = read({"doi": values.get("doi")})
    return said.doi or ""


def _embargo_s(values: Mapping[str, Any]) -> float:
    day = _day(values.get("embargo"))
    return dt.datetime.combine(day, dt.time(), dt.UTC).timestamp() if day else 0.0


def _embargo_faults(value: Any, now: dt.datetime) -> list[Finding]:
    if not value:
        return []
    day = _day(value)
    if day is None:
        return [Finding("embargo", f"expected a day such as 2027-01-31, got {str(value)[:40]!r}")]
    if not now.date() < day <= now.date() + dt.timedelta(days=_EMBARGO_DAYS):
        return [Finding("embargo", f"expected a day after today, within five years, got {day}")]
    return []


def _day(value: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
