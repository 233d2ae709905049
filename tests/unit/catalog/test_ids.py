# SPDX-License-Identifier: Apache-2.0
"""Names of datasets and versions become paths, so they are narrow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.catalog.ids import Ref, check_dataset, check_version, parse_ref, slug
from seedbed.errors import InputError


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("world-cities", Ref("world-cities")),
        ("world-cities@2024-05-01", Ref("world-cities", "2024-05-01")),
        (" ce.lab_1@1.0+b ", Ref("ce.lab_1", "1.0+b")),
    ],
)
def test_a_reference_names_a_dataset_and_perhaps_a_version(text: str, ref: Ref) -> None:
    """``DATASET`` means the newest version, ``DATASET@VERSION`` that one."""
    assert parse_ref(text) == ref
    assert parse_ref(str(ref)) == ref


@pytest.mark.parametrize(
    "text", ["", "A", "a b", "../a", "a/b", "con", "a.", "-a", "ä", "a" * 129, "a@", "a@b c", "a@.."]
)
def test_what_is_not_safe_as_a_path_is_refused(text: str) -> None:
    """No name leaves its folder, is a device, or depends on upper and lower case."""
    with pytest.raises(InputError):
        parse_ref(text)


@given(st.text())
def test_a_slug_is_a_good_name_or_nothing(text: str) -> None:
    """Whatever words it is made from."""
    made = slug(text)

    assert made == "" or check_dataset(made) == made


def test_a_bad_name_comes_with_a_good_one() -> None:
    """The person reads what would do instead."""
    with pytest.raises(InputError) as caught:
        check_dataset("Ciudades de México")

    assert "ciudades-de-mexico" in caught.value.hint


def test_a_version_may_be_a_date_or_a_number() -> None:
    """Both ways to count are common."""
    assert [check_version(text) for text in ("2024-05-01", "1.2", "v3", "2024.05+1")]
