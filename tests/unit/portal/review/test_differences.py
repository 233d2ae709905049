# SPDX-License-Identifier: Apache-2.0
"""What changed since the version before (pure)."""

from __future__ import annotations

from seedbed.portal.review.differences import as_text, between


def test_files_are_compared_by_hash_or_else_by_length() -> None:
    """And it is said how many were compared by length only."""
    before = {"a": (1, "x"), "b": (2, "y"), "c": (3, ""), "d": (4, "z"), "gone": (5, "w")}
    now = {"a": (1, "x"), "b": (2, "other"), "c": (3, "v"), "d": (5, "z"), "new": (6, "u")}

    found = between(before, now, {}, {})

    assert (found.added, found.removed, found.changed) == (["new"], ["gone"], ["b", "d"])
    assert (found.alike, found.unproved) == (2, 1)


def test_fields_that_say_something_new_are_shown() -> None:
    """A field left empty is no difference: the version before goes on saying it."""
    found = between({}, {}, {"title": "Lakes", "license": "CC0-1.0"}, {"title": "Lakes", "license": "MIT", "doi": ""})

    assert found.fields == [("license", "CC0-1.0", "MIT")]


def test_values_are_shown_in_one_line() -> None:
    """Lists and mappings too."""
    assert as_text(["a", {"name": "b", "roles": ["c"]}]) == "a, name: b, roles: c"
    assert as_text(None) == ""
