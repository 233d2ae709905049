# SPDX-License-Identifier: Apache-2.0
"""Statements as Turtle, N-Triples, JSON-LD 1.1 and RDF/XML (pure).

All but RDF/XML can hold every text; XML lacks most control characters, there they become U+FFFD.
"""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from seedbed.portal.faces import texts
from seedbed.portal.faces.dcat.triples import PREFIXES, Iri, full

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from seedbed.portal.faces.dcat.triples import Triple, Value

_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def turtle(triples: Iterable[Triple]) -> Iterator[str]:
    """Turtle (W3C Recommendation 2014), a paragraph for each subject."""
    yield "".join(f"@prefix {name}: <{address}> .\n" for name, address in PREFIXES.items()) + "\n"
    for subject, group in groupby(triples, key=lambda one: one[0]):
        rows = [_turtle_row(predicate, value) for _, predicate, value in group]
        yield f"<{subject}> " + " ;\n    ".join(rows) + " .\n\n"


def _turtle_row(predicate: str, value: Value) -> str:
    if predicate == "rdf:type" and isinstance(value, Iri):
        names = [(name, address) for name, address in PREFIXES.items() if value.text.startswith(address)]
        return "a " + "".join(f"{name}:{value.text.removeprefix(address)}" for name, address in names)
    return f"{predicate} {_turtle_value(value)}"


def n_triples(triples: Iterable[Triple]) -> Iterator[str]:
    """N-Triples: a line for each."""
    for subject, predicate, value in triples:
        yield f"<{subject}> <{full(predicate)}> {_turtle_value(value, is_full=True)} .\n"


def _turtle_value(value: Value, *, is_full: bool = False) -> str:
    if isinstance(value, Iri):
        return f"<{value.text}>"
    quoted = f'"{_escaped(value.text)}"'
    if value.language:
        return f"{quoted}@{value.language}"
    if value.datatype:
        return f"{quoted}^^" + (f"<{full(value.datatype)}>" if is_full else value.datatype)
    return quoted


def _escaped(text: str) -> str:
    return "".join(
        _SHORT.get(char) or (f"\\u{ord(char):04X}" if ord(char) < 32 or ord(char) == 127 else char) for char in text
    )


def json_ld(triples: Iterable[Triple]) -> Iterator[str]:
    """JSON-LD: one node for each subject, in ``@graph``."""
    yield '{"@context":' + json.dumps(PREFIXES) + ',"@graph":['
    comma = ""
    for subject, group in groupby(triples, key=lambda one: one[0]):
        node: dict[str, Any] = {"@id": subject}
        for _, predicate, value in group:
            key, made = ("@type", value.text) if predicate == "rdf:type" else (predicate, _json_value(value))
            node.setdefault(key, []).append(made)
        yield comma + json.dumps(node, ensure_ascii=False, separators=(",", ":"))
        comma = ",\n"
    yield "]}\n"


def _json_value(value: Value) -> dict[str, str]:
    if isinstance(value, Iri):
        return {"@id": value.text}
    more = {"@language": value.language} if value.language else {}
    return {"@value": value.text, **more, **({"@type": value.datatype} if value.datatype else {})}


def rdf_xml(triples: Iterable[Triple]) -> Iterator[str]:
    """RDF/XML: a description for each subject."""
    names = " ".join(f'xmlns:{name}="{address}"' for name, address in PREFIXES.items())
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF {names}>\n'
    for subject, group in groupby(triples, key=lambda one: one[0]):
        rows = "".join(f"  {_element(predicate, value)}\n" for _, predicate, value in group)
        yield f'<rdf:Description rdf:about="{texts.xml(subject)}">\n{rows}</rdf:Description>\n'
    yield "</rdf:RDF>\n"


def _element(name: str, value: Value) -> str:
    if isinstance(value, Iri):
        return f'<{name} rdf:resource="{texts.xml(value.text)}"/>'
    language = f' xml:lang="{value.language}"' if value.language else ""
    datatype = f' rdf:datatype="{full(value.datatype)}"' if value.datatype else ""
    return f"<{name}{language}{datatype}>{texts.xml(value.text)}</{name}>"


FORMS = {
    "ttl": ("text/turtle", turtle),
    "jsonld": ("application/ld+json", json_ld),
    "rdf": ("application/rdf+xml", rdf_xml),
    "nt": ("application/n-triples", n_triples),
}
"""Suffix -> media type and writer."""
