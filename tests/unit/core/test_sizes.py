# SPDX-License-Identifier: Apache-2.0
"""Sizes as people write them."""

from __future__ import annotations

import pytest

from seedbed.core.sizes import read_size
from seedbed.errors import InputError


@pytest.mark.parametrize(
    ("text", "size"),
    [("500G", 500 * 10**9), ("1.5 TB", 1_500_000_000_000), ("64MiB", 64 << 20), ("1000", 1000), (" 2 kib ", 2048),
     ("0", 0), ("3b", 3)],
)  # fmt: skip
def test_units_are_of_1000_and_with_an_i_of_1024(text: str, size: int) -> None:
    """In any case, with or without B."""
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["", "G", "-1", "1e9", "5 apples", "1iB", "1.G", "1,000", "٣"])
def test_anything_else_is_told(text: str) -> None:
    """With an example of what is expected."""
    with pytest.raises(InputError, match="500G"):
        read_size(text)
