# SPDX-License-Identifier: Apache-2.0
"""Which form of a page somebody would rather have, by the header ``Accept`` (RFC 9110, 12.5.1; pure)."""

from __future__ import annotations

KINDS = {
    "text/turtle": "ttl",
    "application/ld+json": "jsonld",
    "application/rdf+xml": "rdf",
    "application/n-triples": "nt",
    "application/json": "json",
}
"""Media type -> suffix."""
MAX_LENGTH = 1_000


def best(accept: str) -> str:
    """The suffix of the form that is wanted; empty for a page, which is for everybody who accepts it as gladly."""
    weights = dict(_weights(accept[:MAX_LENGTH]))
    page = max(weights.get("text/html", 0), weights.get("application/xhtml+xml", 0), weights.get("*/*", 0))
    known = [(weights[kind], suffix) for kind, suffix in KINDS.items() if weights.get(kind, 0) > page]
    return max(known, key=lambda one: one[0])[1] if known else ""


def _weights(accept: str) -> list[tuple[str, float]]:
    found = []
    for one in accept.split(","):
        kind, *parameters = (part.strip().lower() for part in one.split(";"))
        weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        found.append((kind, float(weight) if weight.replace(".", "", 1).isdecimal() and weight.isascii() else 0.0))
    return found
