# SPDX-License-Identifier: Apache-2.0
"""``releases.log``: a chain that cannot be rewritten unseen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.catalog.releasing import log
from seedbed.errors import CatalogError
from tests.releases import digest


def chain(*rows: int) -> bytes:
    """A log with so many rows after each release."""
    data = b""
    for serial, count in enumerate(rows, 1):
        data = log.append(data, serial=serial, sha256=digest(count), rows=count, added=1, changed=0)
    return data


def test_a_log_reads_as_it_was_written() -> None:
    """Entries come back; an empty log has none."""
    assert [entry.rows for entry in log.parse(chain(1, 2, 5))] == [1, 2, 5]
    assert log.parse(chain(1))[0].previous == log.FIRST
    assert log.parse(b"") == ()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (chain(1, 2)[:-1], "line 2: it is cut off"),
        (chain(1, 2, 3).replace(b'"rows":2', b'"rows":7'), "line 3: it does not follow the line before"),
        (chain(1, 2, 3).replace(b'"rows":3', b'"rows": 3'), "line 3: it is not written as a log writes it"),
        (b"".join(chain(1, 2, 3).splitlines(keepends=True)[1:]), "line 1: it does not follow"),
        (chain(1).replace(b'"serial":1', b'"serial":true'), "values are not counts"),
        (b"[]\n", "line 1: it is not an entry"),
        (b"\n", "line 1: it is not an entry"),
        (b"[" * 900 + b"\n", "line 1: it is not an entry"),
        (b"x" * 2000 + b"\n", "at most 1024 bytes"),
    ],
)
def test_what_is_refused(data: bytes, problem: str) -> None:
    """Each fault is named with its line."""
    with pytest.raises(CatalogError, match=problem):
        log.parse(data)


def test_serials_have_no_gaps() -> None:
    """A line with the right hash and the wrong number is refused."""
    data = log.append(chain(1), serial=3, sha256=digest(0), rows=1, added=0, changed=1)
    with pytest.raises(CatalogError, match="expected serial 2, got 3"):
        log.parse(data)


def test_a_fork_is_found() -> None:
    """Two logs that say different things of one serial differ; a longer one continues a shorter one."""
    ours, theirs, longer = (log.parse(chain(*rows)) for rows in ((1, 2, 3), (1, 9, 3), (1, 2, 3, 4)))
    assert log.fork(ours, theirs) == 2
    assert log.fork(ours, longer) is None
    assert log.fork(longer, ours) is None


@given(st.binary(max_size=300) | st.binary(max_size=60).map(lambda tail: chain(1, 2) + tail))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Nothing but our error leaves the parser."""
    try:
        entries = log.parse(data)
    except CatalogError:
        return
    assert b"".join(map(log.render, entries)) == data
