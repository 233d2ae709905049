# SPDX-License-Identifier: Apache-2.0
"""How long a server wants to be left alone."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core.retry_after import wish_s

NOW = dt.datetime(2026, 10, 21, 7, 28, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0), ("120", 120), (" 7 ", 7), ("-5", 0), ("1.5", 0), ("soon", 0), ("²", 0),
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30),
        ("Wed, 21 Oct 2026 07:27:30 GMT", 0),
        ("Wed, 21 Oct 2026 07:28:30 -0000", 30),
        ("Wed, 21 Oct 2026 09:28:30 +0200", 30),
    ],
)  # fmt: skip
def test_seconds_or_a_date(text: str, seconds: float) -> None:
    """RFC 9110, 10.2.3; whatever else stands there asks for nothing."""
    assert wish_s(text, NOW) == seconds
    assert wish_s(text, NOW.replace(tzinfo=None)) == seconds


@given(st.text(max_size=40))
def test_any_text_is_a_number(text: str) -> None:
    """Of seconds, not negative."""
    assert wish_s(text, NOW) >= 0
