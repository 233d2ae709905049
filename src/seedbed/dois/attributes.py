# SPDX-License-Identifier: Apache-2.0
"""What is said of a version in DataCite's metadata schema, 4.6 and later, as its REST API takes it. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from seedbed.mirrors.deposits import Creator, Description, Facts

SCHEMA = "http://datacite.org/schema/kernel-4"
_ORCID = re.compile(r"https?://orcid\.org/[\dX-]{19}/?")
_ROR = re.compile(r"https?://ror\.org/[0-9a-z]+/?")
_SHARED = ("titles", "creators", "publisher", "publicationYear", "types", "subjects", "descriptions", "rightsList")
"""What the DOI of all versions says as the newest version does."""


def attributes(description: Description, facts: Facts) -> dict[str, Any]:
    """Of a version's DOI.

    Args:
        description: The version.
        facts: Its DOI, and that of all versions.
    """
    said: dict[str, Any] = {
        "doi": facts.doi,
        "url": description.url,
        "schemaVersion": SCHEMA,
        "titles": [{"title": description.title}],
        "creators": [_creator(one) for one in description.creators],
        "publisher": {"name": description.publisher},
        "publicationYear": description.published.year,
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Dataset"},
        "subjects": [{"subject": keyword} for keyword in description.keywords],
        "dates": [{"date": description.published.isoformat(), "dateType": "Issued"}],
        "version": description.version,
        "descriptions": [{"description": description.text, "descriptionType": "Abstract"}],
        "rightsList": [_rights(description)],
        "sizes": [f"{description.size_bytes} bytes", f"{description.file_count} files"],
        "relatedIdentifiers": [
            related("IsVersionOf", facts.concept_doi),
            *(related(one.relation, one.identifier) for one in description.related),
        ],
    }
    return said | ({"language": description.language} if description.language else {})


def concept_attributes(version: Mapping[str, Any], concept: Mapping[str, Any]) -> dict[str, Any]:
    """Of the DOI of all versions, from what its newest version says.

    Args:
        version: Attributes of that version's DOI.
        concept: Attributes that the concept's DOI has now.
    """
    said = {name: version[name] for name in _SHARED if version.get(name)}
    if isinstance(said.get("publisher"), str):  # what a change is answered with has the name only
        said["publisher"] = {"name": said["publisher"]}
    relations = with_relation(concept.get("relatedIdentifiers") or (), "HasVersion", version["doi"])
    return said | {
        "doi": concept["doi"],
        "url": version["url"],
        "schemaVersion": SCHEMA,
        "relatedIdentifiers": relations,
    }


def with_relation(known: Iterable[Mapping[str, Any]], relation: str, identifier: str) -> list[dict[str, Any]]:
    """Relations, and one more unless it is among them."""
    found = [dict(one) for one in known]
    more = related(relation, identifier)
    return found if any(more.items() <= one.items() for one in found) else [*found, more]


def versions_before(version: Mapping[str, Any]) -> tuple[str, ...]:
    """DOIs of the versions that a version follows, by its attributes."""
    return tuple(
        str(one["relatedIdentifier"]).lower()
        for one in version.get("relatedIdentifiers") or ()
        if one.get("relationType") == "IsNewVersionOf" and one.get("relatedIdentifierType") == "DOI"
    )


def related(relation: str, identifier: str) -> dict[str, Any]:
    """A related identifier: a DOI by its name, or a URL."""
    kind = "URL" if "://" in identifier else "DOI"
    return {"relationType": relation, "relatedIdentifier": identifier, "relatedIdentifierType": kind}


def _creator(creator: Creator) -> dict[str, Any]:
    who: dict[str, Any] = {"name": creator.name, "nameType": "Organizational"}
    if creator.is_person:
        family, comma, given = creator.name.partition(",")
        if not comma:
            given, _, family = creator.name.rpartition(" ")
        family, given = family.strip(), given.strip()
        name = f"{family}, {given}" if given else family
        who = {"name": name, "nameType": "Personal", "familyName": family, "givenName": given}
    for scheme, form, home in (("ORCID", _ORCID, "https://orcid.org"), ("ROR", _ROR, "https://ror.org")):
        if form.fullmatch(creator.url):
            who["nameIdentifiers"] = [
                {"nameIdentifier": creator.url, "nameIdentifierScheme": scheme, "schemeUri": home}
            ]
    return who


def _rights(description: Description) -> dict[str, str]:
    said = {"rights": description.license}
    if description.license != "other":
        said |= {"rightsIdentifier": description.license.lower(), "rightsIdentifierScheme": "SPDX"}
        said |= {"schemeUri": "https://spdx.org/licenses/"}
    return said | ({"rightsUri": description.license_url} if description.license_url else {})
