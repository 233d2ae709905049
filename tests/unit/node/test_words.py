# SPDX-License-Identifier: Apache-2.0
"""Reasons in three languages."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import seedbed.node
from seedbed.node.telling import words
from seedbed.node.telling.words import LANGUAGES, language, reason

FACTS = {
    "copies": 2.4, "short": 1.2, "from_peers": 1_000, "from_mirrors": 0, "for": "roads@1", "others": 4.0, "why": "x",
    "again_s": 900, "count": 2, "pattern": "lakes", "patterns": "a, b", "license": "MIT", "target": 3.0,
    "fetching": 1.0, "size_bytes": 10**12, "surplus": 2.0, "gone": 5, "known": 100, "hours": "22-06", "folder": "/b",
    "most_bytes": 4,
    "held": 3, "of": 41, "used_bytes": 5, "units": "x@1", "files": 2, "of_files": 3, "of_bytes": 7, "monthly_bytes": 9,
    "client": "Transmission",
}  # fmt: skip


def places(text: str) -> set[tuple[str, str, str]]:
    """Placeholders with their forms."""
    return {(name, form or "", how or "") for _, name, form, how in Formatter().parse(text) if name}


@pytest.mark.parametrize("name", words._WORDS)
def test_every_reason_in_every_language(name: str) -> None:
    """All three, different from one another, with the same facts in the same forms."""
    said = words._WORDS[name]
    assert set(said) == set(LANGUAGES)
    assert len({*said.values()}) == len(LANGUAGES)
    assert len({frozenset(places(text)) for text in said.values()}) == 1
    for lang in LANGUAGES:
        assert "{" not in reason(name, FACTS, lang)


def test_whatever_a_node_notes_has_words() -> None:
    """Each name of an event in the source."""
    text = "".join(path.read_text("utf-8") for path in Path(seedbed.node.__path__[0]).rglob("*.py"))
    named = {*re.findall(r'what="([a-z-]+)"', text), *re.findall(r'state\.note\("([a-z-]+)"', text)}
    named |= {
        *re.findall(r'_give_up\([^,]+, "([a-z-]+)"', text),
        *re.findall(r'Allowed\([^,]+, [^,]+, "([a-z-]+)"', text),
        "quarantined",
        "catalog-unlisted",
        "catalog-withdrawn",
    }
    assert {"chosen", "no-room", "adopted", "collapsed"} <= named
    assert named <= set(words._WORDS)


def test_given_up_for_something_or_for_a_budget() -> None:
    """Two reasons of one event."""
    assert "roads@1" in reason("leaving", {"for": "roads@1"})
    assert "budget" in reason("leaving", {"for": "", "surplus": 2.0})


def test_numbers_as_they_are_written_there() -> None:
    """What is a thousand in English must not be one and a bit in French."""
    facts = {"from_peers": 400_017, "from_mirrors": 0}
    assert "400,017 bytes" in reason("held", facts)
    assert "400\u00a0017 octets" in reason("held", facts, "fr")
    assert "faltaban 2,5" in reason("chosen", {"copies": 1.0, "short": 2.5}, "es")


def test_a_reason_of_a_newer_program() -> None:
    """Its name and facts are better than nothing."""
    assert reason("unheard-of", {"a": 1}) == "unheard-of: {'a': 1}"


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({}, "en"), ({"LANG": "fr_CA.UTF-8"}, "fr"), ({"LANG": "es"}, "es"), ({"LANG": "de_DE"}, "en"),
        ({"LC_ALL": "C", "LANG": "fr"}, "en"), ({"LC_ALL": "", "LC_MESSAGES": "es_MX", "LANG": "fr"}, "es"),
    ],
)  # fmt: skip
def test_the_persons_language(environment: dict[str, str], lang: str) -> None:
    """As other programs find it."""
    assert language(environment) == lang
