# SPDX-License-Identifier: Apache-2.0
"""What is said of a version, as InvenioRDM wants it (InvenioRDM, *Metadata reference*). Pure."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seedbed.mirrors.deposits import Creator, Description, Related, Wanted

_ORCID = re.compile(r"https?://orcid\.org/(\d{4}-\d{4}-\d{4}-\d{3}[\dX])/?")
_ROR = re.compile(r"https?://ror\.org/([0-9a-z]+)/?")
_URN = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LANGUAGES = {
    "ar": "ara", "ca": "cat", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa", "et": "est",
    "eu": "eus", "fi": "fin", "fr": "fra", "gl": "glg", "hr": "hrv", "hu": "hun", "it": "ita", "ja": "jpn", "ko": "kor",
    "lt": "lit", "lv": "lav", "nl": "nld", "no": "nor", "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus", "sk": "slk",
    "sl": "slv", "sv": "swe", "tr": "tur", "uk": "ukr", "zh": "zho",
}  # fmt: skip
"""ISO 639-1 to 639-3, which is what InvenioRDM's vocabulary is made of; others are left out."""


def placeholder(wanted: Wanted) -> dict[str, Any]:
    """What a draft says before anything is known but its version; holds the urn that finds it again."""
    return {
        "title": f"{wanted.dataset} {wanted.version}",
        "version": wanted.version,
        "resource_type": {"id": "dataset"},
        "identifiers": [_own_identifier(wanted)],
    }


def metadata(description: Description, wanted: Wanted) -> dict[str, Any]:
    """The record's ``metadata``."""
    said: dict[str, Any] = {
        "title": description.title,
        "version": description.version,
        "resource_type": {"id": "dataset"},
        "publication_date": description.published.isoformat(),
        "publisher": description.publisher,
        "description": _html(description.text),
        "creators": [_creator(one) for one in description.creators],
        "rights": [_rights(description)],
        "subjects": [{"subject": keyword} for keyword in description.keywords],
        "identifiers": [_own_identifier(wanted)],
        "related_identifiers": [_related(one) for one in description.related],
    }
    if description.url:
        said["related_identifiers"].append(_link(description.url, "url", "hasmetadata"))
    if language := _LANGUAGES.get(description.language.split("-")[0].lower()):
        said["languages"] = [{"id": language}]
    if description.size_bytes:
        said["sizes"] = [f"{description.size_bytes} bytes", f"{description.file_count} files"]
    return said


def urns_of(metadata: dict[str, Any]) -> frozenset[str]:
    """The publications that a record says it belongs to."""
    found = (one.get("identifier", "") for one in metadata.get("identifiers") or ())
    return frozenset(urn for urn in found if _URN.fullmatch(urn))


def token_of(urn: str) -> str:
    """A publication's token: the reverse of :attr:`Wanted.urn`."""
    return urn.removeprefix("urn:uuid:").replace("-", "")


def _own_identifier(wanted: Wanted) -> dict[str, str]:
    return {"scheme": "urn", "identifier": wanted.urn}


def _html(text: str) -> str:
    """Plain text as the HTML that this field is."""
    paragraphs = (html.escape(part.strip()).replace("\n", "<br>") for part in text.split("\n\n"))
    return "".join(f"<p>{part}</p>" for part in paragraphs if part)


def _creator(creator: Creator) -> dict[str, Any]:
    who: dict[str, Any] = {"type": "organizational", "name": creator.name}
    if creator.is_person:
        family, comma, given = creator.name.partition(",")
        if not comma:
            given, _, family = creator.name.rpartition(" ")
        who = {"type": "personal", "family_name": family.strip(), "given_name": given.strip()}
    for scheme, form in (("orcid", _ORCID), ("ror", _ROR)):
        if found := form.fullmatch(creator.url):
            who["identifiers"] = [{"scheme": scheme, "identifier": found[1]}]
    return {"person_or_org": who}


def _rights(description: Description) -> dict[str, Any]:
    """By id of the vocabulary, which is SPDX in lower case, or in words."""
    if description.license != "other":
        return {"id": description.license.lower()}
    return {"title": {"en": "Other"}, **({"link": description.license_url} if description.license_url else {})}


def _related(related: Related) -> dict[str, Any]:
    scheme = "url" if "://" in related.identifier else "doi"
    return _link(related.identifier, scheme, related.relation.lower())


def _link(identifier: str, scheme: str, relation: str) -> dict[str, Any]:
    return {"identifier": identifier, "scheme": scheme, "relation_type": {"id": relation}}
