# SPDX-License-Identifier: Apache-2.0
"""A push: what is refused before the first byte, what stops it, and the checksums it compares."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.errors import NameRefusedError, SourceError
from seedbed.mirrors.base import Checksum, Stored, Traits
from seedbed.mirrors.compare import checksum_of, fits
from seedbed.mirrors.content import BytesContent, Stream, part_bytes_for
from seedbed.mirrors.memory import MemoryMirror
from seedbed.mirrors.push import push
from seedbed.testing.faulty_mirror import FaultyMirror
from seedbed.testing.mirror_suite import PART, contents


class Flat(MemoryMirror):
    """A mirror with limits, as Zenodo has them."""

    traits = Traits(is_writable=True, has_folders=False, max_file_bytes=9, max_files=2, checksum=Checksum.SHA256)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a/b": b""}, "no folders"),
        ({"a": b"x" * 10}, "too large: expected at most 9 bytes, got 10"),
        ({"a": b"", "b": b"", "c": b""}, "too many files: expected at most 2, got 3"),
    ],
)
def test_limits_are_told_first(files: dict[str, bytes], words: str) -> None:
    """Nothing is asked of a mirror that cannot take the files."""
    mirror = FaultyMirror(Flat())

    with pytest.raises(SourceError, match=words):
        push(mirror, contents(files))

    assert mirror.calls == 0


def test_twins_are_refused() -> None:
    """Two keys that some mirror cannot tell apart."""
    with pytest.raises(NameRefusedError, match="tell it from"):
        push(MemoryMirror(), contents({"a": b"", "A": b""}))


def test_one_failure_stops_the_others() -> None:
    """The push ends with the failure itself, and what waits is not begun."""
    mirror = FaultyMirror(MemoryMirror(), fails_at=2)

    with pytest.raises(SourceError, match="cut at call 2"):
        push(mirror, contents({f"{n}": b"x" for n in range(50)}), workers=1)

    assert mirror.calls < 20


@given(st.integers(0, 5 << 40))
def test_any_size_fits_the_store(size_bytes: int) -> None:
    """At most 10,000 parts of 5 MiB to 5 GiB, whole mebibytes (Amazon S3 User Guide, multipart upload limits)."""
    part_bytes = part_bytes_for(size_bytes)

    assert 5 << 20 <= part_bytes <= 5 << 30
    assert -(-size_bytes // part_bytes) <= 10_000
    assert part_bytes % (1 << 20) == 0


def test_checksums() -> None:
    """Each kind as its services make it."""
    small, large = BytesContent("s", b"abc"), BytesContent("l", b"x" * (PART + 1))
    parts = hashlib.md5(b"x" * PART).digest() + hashlib.md5(b"x").digest()

    assert checksum_of(small, Checksum.NONE) == ""
    assert checksum_of(small, Checksum.MD5) == checksum_of(small, Checksum.S3_ETAG) == hashlib.md5(b"abc").hexdigest()
    assert checksum_of(small, Checksum.SHA256) == hashlib.sha256(b"abc").hexdigest()
    assert checksum_of(large, Checksum.S3_ETAG) == hashlib.md5(parts).hexdigest() + "-2"
    assert checksum_of(BytesContent("e", b""), Checksum.S3_ETAG) == hashlib.md5(b"").hexdigest()


class _Encrypting(MemoryMirror):
    """A store whose checksums are made by rules of its own."""

    traits = Traits(is_writable=True, checksum=Checksum.S3_ETAG)


def test_a_strange_checksum_decides_nothing() -> None:
    """An ETag that differs may be made otherwise: the bytes decide."""
    mirror, content = _Encrypting(), BytesContent("k", b"right")
    mirror.files["k"] = b"right"

    assert fits(mirror, Stored("k", 5, "0" * 32), content, checksum_of(content, Checksum.S3_ETAG))
    mirror.files["k"] = b"wrong"
    assert not fits(mirror, Stored("k", 5, "0" * 32), content, checksum_of(content, Checksum.S3_ETAG))
    assert not fits(mirror, Stored("k", 6, ""), content, "")


def test_a_stream_starts_again() -> None:
    """Each iteration is whole, and progress takes back what is sent again."""
    sent: list[int] = []
    stream = Stream(BytesContent("k", b"x" * (PART + 1)), told=sent.append)
    next(iter(stream))

    assert b"".join(stream) == b"x" * (PART + 1)
    assert sent == [PART, -PART, PART, 1]
