# SPDX-License-Identifier: Apache-2.0
"""A part as it is sent, where it goes, and what a store's refusals are called."""

from __future__ import annotations

import io

import pytest

from seedbed.mirrors.s3.body import Body, StoppedError
from seedbed.mirrors.s3.faults import reason
from seedbed.mirrors.s3.place import of_url


def test_a_part_is_given_in_steps_and_again() -> None:
    """All bytes in order; from the beginning for another attempt; the length as botocore asks for it."""
    data = bytes(range(256)) * 9000
    body = Body(data, lambda: False)

    first = b"".join(iter(body.read, b""))
    assert (body.tell(), body.seek(0), body.seek(0, io.SEEK_END), body.seek(0)) == (len(data), 0, len(data), 0)

    assert first == b"".join(iter(lambda: body.read(7), b"")) == data
    assert len(body) == len(data)


def test_a_part_ends_when_the_push_does() -> None:
    """Half-way, by something that nobody takes for a bad connection."""
    asked: list[int] = []
    body = Body(b"x" * (3 << 20), lambda: bool(asked))
    body.read()
    asked.append(1)

    with pytest.raises(StoppedError):
        body.read()
    assert not issubclass(StoppedError, Exception)


@pytest.mark.parametrize(
    ("status", "code", "words", "is_passing"),
    [
        ("403", "QuotaExceeded", "the quota is reached (403, QuotaExceeded)", False),
        ("507", "", "it is full (507)", False),
        ("", "", "the connection failed", True),
        ("503", "SlowDown", "it is busy and asks us to slow down (503, SlowDown)", True),
        ("404", "NoSuchUpload", "somebody else ended this upload (404, NoSuchUpload)", True),
        ("400", "AKID/not a code", "it failed with status 400 (400)", False),
    ],
)
def test_reasons(status: str, code: str, words: str, is_passing: bool) -> None:  # noqa: FBT001  # of the table
    """Only what has the form of a status and a code is repeated."""
    told = reason(status, code, is_anonymous=False)

    assert (told.what, told.is_passing) == (words, is_passing)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", "https://s3.us-east-1.amazonaws.com"),
        ("?region=ca-central-1", "https://s3.ca-central-1.amazonaws.com"),
        ("?region=cn-north-1", "https://s3.cn-north-1.amazonaws.com.cn"),
        ("?region=x&endpoint=https://objects.example.org/", "https://objects.example.org"),
    ],
)
def test_amazon_is_asked_in_the_region(options: str, expected: str) -> None:
    """Elsewhere it only says where the bucket is."""
    assert of_url(f"s3://bucket/p{options}", {}).base_url == expected
