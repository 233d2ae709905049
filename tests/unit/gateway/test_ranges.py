# SPDX-License-Identifier: Apache-2.0
"""Range headers, and whether a part may be sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.gateway.conditions import Verdict, judge, may_send_part
from seedbed.gateway.ranges import MAX_RANGES, Span, read_ranges


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bytes=0-0", (Span(0, 1),)),
        ("bytes=5-", (Span(5, 100),)),
        ("bytes=-5", (Span(95, 100),)),
        ("bytes=-500", (Span(0, 100),)),
        ("bytes=90-500", (Span(90, 100),)),
        ("Bytes = 1-2 , 4-5", (Span(1, 3), Span(4, 6))),
        ("bytes=50-59,0-9", (Span(50, 60), Span(0, 10))),
        ("bytes=0-0,200-300", (Span(0, 1),)),
        ("bytes=100-", ()),
        ("bytes=-0", ()),
        ("bytes=5-4", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("items=0-1", None),
        ("bytes=0-50,50-60", None),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(MAX_RANGES + 1)), None),
        ("bytes=" + "9" * 30 + "-", None),
        ("bytes=٣-٤", None),
    ],
)
def test_ranges_are_read(text: str, expected: tuple[Span, ...] | None) -> None:
    """Single, open, suffix and several ranges; what is wrong or too much is ignored."""
    assert read_ranges(text, 100) == expected


@given(text=st.one_of(st.text(), st.text("0123456789-, ").map("bytes={}".format)), size=st.integers(0, 2**40))
def test_whatever_is_asked_lies_in_the_file(text: str, size: int) -> None:
    """Any header gives parts of the file that do not overlap, or nothing."""
    spans = sorted(read_ranges(text, size) or (), key=lambda span: span.start)
    assert all(0 <= span.start < span.stop <= size for span in spans)
    assert sum(span.size_bytes for span in spans) <= size


@given(first=st.integers(0, 10**6), last=st.integers(0, 10**6), size=st.integers(0, 10**6))
def test_a_range_is_pythons_slice(first: int, last: int, size: int) -> None:
    """``first-last`` is what a slice of a sequence gives."""
    found = read_ranges(f"bytes={first}-{last}", size)
    wanted = range(size)[first : last + 1]
    if first > last:
        assert found is None
    else:
        assert found == ((Span(wanted.start, wanted.stop),) if wanted else ())


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, Verdict.SEND),
        ({"if-none-match": '"a"'}, Verdict.UNCHANGED),
        ({"if-none-match": 'W/"a", "b"'}, Verdict.UNCHANGED),
        ({"if-none-match": "*"}, Verdict.UNCHANGED),
        ({"if-none-match": '"b", "c"'}, Verdict.SEND),
        ({"if-match": '"a"'}, Verdict.SEND),
        ({"if-match": "*"}, Verdict.SEND),
        ({"if-match": 'W/"a"'}, Verdict.FAILED),
        ({"if-match": '"b"'}, Verdict.FAILED),
        ({"if-match": '"b"', "if-none-match": '"a"'}, Verdict.FAILED),
        ({"if-modified-since": "Sat, 21 Nov 2026 00:00:00 GMT"}, Verdict.SEND),
    ],
)
def test_conditions_are_judged(headers: dict[str, str], expected: Verdict) -> None:
    """If-Match compares strongly, If-None-Match weakly; the first failing one counts."""
    assert judge(headers, '"a"') is expected


def test_a_part_only_of_the_same_file() -> None:
    """If-Range with another, a weak tag or a time gives the whole."""
    assert may_send_part({}, '"a"')
    assert may_send_part({"if-range": '"a"'}, '"a"')
    assert not any(
        may_send_part({"if-range": value}, '"a"') for value in ('"b"', 'W/"a"', "Sat, 21 Nov 2026 00:00:00 GMT")
    )
