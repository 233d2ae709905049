# SPDX-License-Identifier: Apache-2.0
"""DOIs of one's own prefix at DataCite (DataCite REST API, version 2).

A DOI is taken as a draft that carries whose it is as an alternate identifier: the publication's urn for a version, the
dataset for all versions. Drafts can be deleted; what is findable is for ever, and only ever said anew.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from seedbed.dois.attributes import attributes, concept_attributes, versions_before, with_relation
from seedbed.errors import InputError, NotFoundError
from seedbed.mirrors import credentials
from seedbed.mirrors.deposits import Facts
from seedbed.mirrors.refusals import refusals
from seedbed.mirrors.rest import Ask, Manners, Rest, json_body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.dois.place import Place
    from seedbed.mirrors.deposits import Description, Wanted

_FORMS = {"Accept": "application/vnd.api+json", "Content-Type": "application/vnd.api+json"}


class DataCite:
    """A :class:`seedbed.dois.minter.DoiMinter`.

    Args:
        place: Which account.
        environ: Where its password is looked for.
        manners: How the service is asked.
    """

    def __init__(self, place: Place, environ: Mapping[str, str], manners: Manners) -> None:
        self._place = place
        self._environ = environ
        self._rest = Rest(place.name, place.api, manners, authorize=self._authorize)
        self.name = place.name

    def __repr__(self) -> str:
        return f"DataCite({self.name!r})"

    def reserve(self, wanted: Wanted) -> Facts:
        """Take both DOIs as drafts, or find that they are ours."""
        doi = self._place.version_doi(wanted.dataset, wanted.version)
        concept_doi = self._place.concept_doi(wanted.dataset)
        with refusals():
            self._take(doi, wanted.urn, "URN")
            self._take(concept_doi, f"seedbed:dataset:{wanted.dataset}", "Local")
        return Facts(doi, f"https://doi.org/{doi}", doi, concept_doi)

    def _take(self, doi: str, mark: str, kind: str) -> None:
        """Make a draft with our mark, unless it is there.

        Raises:
            InputError: the DOI is there without our mark, or is not ours to take.
        """
        marks = [{"alternateIdentifier": mark, "alternateIdentifierType": kind}]
        known = self._get(doi)
        if known is None:
            known = self._put(doi, {"doi": doi, "alternateIdentifiers": marks}, "reserve the DOI")
        if mark not in {one.get("alternateIdentifier") for one in known.get("alternateIdentifiers") or ()}:
            raise InputError(
                f"{self.name}: the DOI {doi} is taken by something else",
                hint="Another publication, or another program, made it. Choose another --version or dataset.",
            )

    def describe(self, facts: Facts, description: Description) -> None:
        """Say what the version is. What is public of other versions stays as it is until the end."""
        if not description.url:
            raise InputError(
                f"{self.name}: a DOI has to lead to a page, and the catalogue has no URL",
                hint="Give the catalogue the URL under which it is published.",
            )
        with refusals():
            self._put(facts.doi, attributes(description, facts), "describe the DOI")

    def finish(self, facts: Facts) -> None:
        """Make the version's DOI findable, then that of all versions; then tell the version before of it."""
        with refusals():
            version = self._must(facts.doi)
            if version.get("state") != "findable":
                version = self._put(facts.doi, {"event": "publish"}, "register the DOI")
            self._finish_concept(facts, version)
            for before in versions_before(version):
                self._tell_before(before, facts.doi)

    def _finish_concept(self, facts: Facts, version: Mapping[str, Any]) -> None:
        concept = self._get(facts.concept_doi) or {"doi": facts.concept_doi}
        said = concept_attributes(version, concept)
        if concept.get("state") != "findable":
            said["event"] = "publish"
        if any(said[name] != concept.get(name) for name in said):
            self._put(facts.concept_doi, said, "register the dataset's DOI")

    def _tell_before(self, before: str, doi: str) -> None:
        """The version before says which one follows; another's DOI, or one of another service, is left alone."""
        known = self._get(before) if before.startswith(f"{self._place.prefix}/") else None
        if known is None:
            return
        relations = known.get("relatedIdentifiers") or []
        more = with_relation(relations, "IsPreviousVersionOf", doi)
        if more != relations:
            self._put(before, {"relatedIdentifiers": more}, "tell the version before")

    def discard(self, facts: Facts) -> bool:
        """Delete the version's DOI, and the dataset's if no version was ever public."""
        with refusals():
            is_gone = self._delete(facts.doi)
            if is_gone and facts.concept_doi:
                self._delete(facts.concept_doi)
        return is_gone

    def _delete(self, doi: str) -> bool:
        known = self._get(doi)
        if known is not None and known.get("state") != "draft":
            return False
        if known is not None:
            self._rest.ask(Ask("DELETE", _path(doi), "delete the draft", doi, headers=_FORMS, allows=(404,)))
        return True

    def close(self) -> None:
        """Close the connections."""
        self._rest.close()

    def _must(self, doi: str) -> dict[str, Any]:
        if (known := self._get(doi)) is None:
            raise NotFoundError(f"{self.name}: {doi}: the DOI that was reserved is gone", hint="Begin again.")
        return known

    def _get(self, doi: str) -> dict[str, Any] | None:
        """A DOI's attributes; None when there is none, or it is another's draft."""
        asked = {"publisher": "true"}  # otherwise it is told by its name only
        try:
            return _attributes(self._rest.json(Ask("GET", _path(doi), "look at the DOI", doi, asked, _FORMS)))
        except NotFoundError:
            return None

    def _put(self, doi: str, said: Mapping[str, Any], step: str) -> dict[str, Any]:
        """Say something of a DOI, and make it if there is none; what is not said stays as it was."""
        body = json_body({"data": {"type": "dois", "attributes": dict(said)}})
        return _attributes(self._rest.json(Ask("PUT", _path(doi), step, doi, headers=_FORMS, body=body)))

    def _authorize(self) -> Mapping[str, str]:
        found = credentials.find(self._place.account, self._environ)
        basic = base64.b64encode(f"{found['repository_id']}:{found['password']}".encode()).decode()
        return {"Authorization": f"Basic {basic}"}


def _path(doi: str) -> str:
    return f"/dois/{quote(doi)}"


def _attributes(said: Any) -> dict[str, Any]:
    data = said.get("data") if isinstance(said, dict) else None
    return dict((data or {}).get("attributes") or {})
