# SPDX-License-Identifier: Apache-2.0
"""Bencoding is strict, canonical and bounded."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seedbed.core.bencode import Limits, Value, decode, encode
from seedbed.errors import BencodeError

integers = st.integers(-(2**63), 2**63 - 1)
values: st.SearchStrategy[Value] = st.recursive(
    integers | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.binary(max_size=8), inner, max_size=5),
    max_leaves=30,
)
almost_bencode = st.lists(
    st.sampled_from([b"d", b"l", b"e", b"i", b"1:", b"0:", b"2:ab", b"i1e", b"-", b"0", b"9", b":", b"a", b"1:b"]),
    max_size=20,
).map(b"".join)


@given(values)
def test_decode_undoes_encode(value: Value) -> None:
    """Every value comes back from its encoding."""
    assert decode(encode(value)) == value


@given(st.binary(max_size=200) | almost_bencode)
@example(b"d1:ai1e1:ai2ee")
@example(b"i-0e")
@example(b"01:a")
@example(b"5:ab")
def test_accepted_is_canonical(data: bytes) -> None:
    """Any bytes either raise our error or are exactly what their value encodes to."""
    try:
        value = decode(data)
    except BencodeError as error:
        assert 0 <= error.data["offset"] <= len(data)  # type: ignore[operator]  # an int
    else:
        assert encode(value) == data


@pytest.mark.parametrize(
    "data",
    [
        b"i 1e",
        b"i+1e",
        b"i1_0e",
        b"i\xc2\xb2e",
        b"i-e",
        b"ie",
        b"1_0:aaaaaaaaaa",
        b"+1:a",
        b"-1:a",
        b"i9223372036854775808e",
    ],
)
def test_python_number_forms_are_no_bencoding(data: bytes) -> None:
    """Spellings that int() would take are refused."""
    with pytest.raises(BencodeError):
        decode(data)


@pytest.mark.parametrize(
    ("data", "limits"),
    [
        (b"4:aaaa", Limits(max_bytes=5)),
        (b"lleee"[:4], Limits(max_depth=1)),
        (b"llleee", Limits(max_depth=2)),
        (b"l" + b"i1e" * 10 + b"e", Limits(max_tokens=10)),
    ],
)
def test_limits(data: bytes, limits: Limits) -> None:
    """Size, depth and number of values are bounded."""
    with pytest.raises(BencodeError):
        decode(data, limits)


def test_encode_refuses_other_types() -> None:
    """Text, floats and booleans have no encoding."""
    for value in ("text", 1.5, True, None):
        with pytest.raises(TypeError):
            encode(value)  # type: ignore[arg-type]
