# SPDX-License-Identifier: Apache-2.0
"""What all pages share."""

from __future__ import annotations

import re
import string
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from seedbed.portal.web.words import LANGUAGES, Words, choose_language

if TYPE_CHECKING:
    from tests.portals import Stand


def test_each_text_is_there_in_each_language_with_the_same_values() -> None:
    """A page never changes its language in the middle."""
    for key, said in Words.load().texts.items():
        assert set(said) == set(LANGUAGES), key
        fields = {
            name: {field for _, field, _, _ in string.Formatter().parse(text) if field} for name, text in said.items()
        }
        assert len({frozenset(one) for one in fields.values()}) == 1, key


def test_each_key_of_a_template_is_a_text() -> None:
    """Keys that are put together are known by their beginning."""
    known = Words.load().texts
    folder = resources.files("seedbed.portal") / "templates"
    for template in sorted(folder.rglob("*.html")):  # type: ignore[attr-defined]  # a folder on disk
        for key, more in re.findall(r"\bt\(\s*[\"']([\w.-]+)[\"']\s*(~)?", template.read_text("utf-8")):
            assert any(one.startswith(key) for one in known) if more else key in known, (template.name, key)


@pytest.mark.parametrize(
    ("asked", "kept", "accepted", "wanted"),
    [
        ("fr", "es", "en", "fr"),
        ("xx", "es", "en", "es"),
        ("", "", "de;q=0.9, fr-CA;q=0.8, en;q=0.7", "fr"),
        ("", "", "fr;q=0, es;q=0.1", "es"),
        ("", "", "de", "en"),
        ("", "", ",;q=,,;;q=x", "en"),
    ],
)
def test_the_language_is_asked_for_kept_or_accepted(asked: str, kept: str, accepted: str, wanted: str) -> None:
    """In this order."""
    assert choose_language(asked, kept, accepted) == wanted


def test_a_page_speaks_the_readers_language_and_links_the_others(stand: Stand) -> None:
    """By the browser's wish."""
    page = stand.web.get("/", headers={"Accept-Language": "fr"})

    assert page.headers["content-language"] == "fr"
    assert '<html lang="fr">' in page.text
    assert "?lang=es" in page.text


def test_no_page_lets_foreign_code_run(stand: Stand) -> None:
    """U50: what a title holds is shown, and the policy forbids the rest."""
    page = stand.web.get("/datasets")

    assert "Census &lt;b&gt;2021" in page.text
    assert "<b>2021" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("accept", "kind"), [("text/html", "text/html"), ("application/json", "application/json")])
def test_what_is_wrong_is_said_in_the_askers_form(stand: Stand, accept: str, kind: str) -> None:
    """A page for people, JSON for programs."""
    answer = stand.web.get("/datasets?bbox=1,2", headers={"Accept": accept})

    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith(kind)
    assert "expected four numbers" in answer.text


def test_a_page_that_is_not_there_is_404(stand: Stand) -> None:
    """With the way back."""
    answer = stand.web.get("/nothing", headers={"Accept": "text/html"})

    assert answer.status_code == 404
    assert 'href="/"' in answer.text
