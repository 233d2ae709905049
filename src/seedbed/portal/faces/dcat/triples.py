# SPDX-License-Identifier: Apache-2.0
"""Statements of RDF 1.1 and the few kinds of values that we make of them (pure).

There are no blank nodes: every node has an address below the page that it is of, so the same statements always have the
same names, and a page can be written while the next is still being read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from seedbed.catalog.stac.times import to_text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_ABSOLUTE = re.compile(r"(https?://[^/\s]|urn:[a-z]|magnet:\?)", re.IGNORECASE)
_NOT_IRI = re.compile(
    r'[\s\x00-\x20\x7f-\xa0<>"{}|\\^`\u2000-\u200f\u2028-\u202f\u2060-\u206f\ud800-\udfff\ufeff\ufff0-\uffff]'
)
"""What an IRI cannot hold (RFC 3987; Turtle 6.5, IRIREF), and blanks and marks of Unicode that readers stumble over."""
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Iri:
    """The address of a node."""

    text: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A value: with a language, or with a datatype, or plain text."""

    text: str
    language: str = ""
    datatype: str = ""
    """With a prefix: ``xsd:dateTime``."""


Value: TypeAlias = Iri | Literal
Triple: TypeAlias = tuple[str, str, Value]
"""The subject's address, the predicate with a prefix, the object."""


def full(name: str) -> str:
    """The address behind a name with a prefix."""
    prefix, _, rest = name.partition(":")
    return PREFIXES[prefix] + rest


def iri(text: str) -> Iri | None:
    """An address that strangers wrote; what it cannot hold is percent-encoded. None where it is no absolute address."""
    if not _ABSOLUTE.match(text):
        return None
    return Iri(_NOT_IRI.sub(lambda found: quote(found[0], safe="", errors="replace"), text))


def term(name: str) -> Iri:
    """A word of a vocabulary."""
    return Iri(full(name))


def text(value: str, language: str = "") -> Literal:
    """A text, with its language where that has a proper name (BCP 47)."""
    return Literal(value, language.lower() if _LANGUAGE.fullmatch(language) else "")


def moment(value: dt.datetime) -> Literal:
    """A moment in UTC."""
    return Literal(to_text(value), datatype="xsd:dateTime")


def whole(value: int) -> Literal:
    """A number of bytes and the like."""
    return Literal(str(value), datatype="xsd:nonNegativeInteger")


class About:
    """Statements about one node, those without a value left out."""

    def __init__(self, subject: str, kind: str) -> None:
        self.subject = subject
        self.triples: list[Triple] = [(subject, "rdf:type", term(kind))]

    def say(self, predicate: str, *values: Value | None) -> None:
        """Add what is known."""
        for value in values:
            if value is not None and not (isinstance(value, Literal) and not value.text):
                self.triples.append((self.subject, predicate, value))

    def __iter__(self) -> Iterator[Triple]:
        return iter(dict.fromkeys(self.triples))
