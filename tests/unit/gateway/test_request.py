# SPDX-License-Identifier: Apache-2.0
"""Heads of requests, routes, and what is wanted as JSON."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.errors import FormatError
from seedbed.gateway.request import prefers_json, read_head
from seedbed.gateway.routes import Route, find_route


def head(*lines: str) -> bytes:
    """A request's head."""
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def test_a_head_is_read() -> None:
    """Method, path without query, headers by lower-case name, several of a name as one."""
    found = read_head(head("GET /v/a/1/x.csv?y=1 HTTP/1.1", "Host: h", 'If-Match: "a"', 'if-match: "b"'))
    assert (found.method, found.path, found.keeps_alive) == ("GET", "/v/a/1/x.csv", True)
    assert found.headers["if-match"] == '"a", "b"'
    assert read_head(head("GET http://other/v/ HTTP/1.1", "Host: h")).path == "/v/"
    assert not read_head(head("GET / HTTP/1.0")).keeps_alive
    assert not read_head(head("GET / HTTP/1.1", "Host: h", "Connection: close")).keeps_alive


@pytest.mark.parametrize(
    "data",
    [
        head("GET / HTTP/1.1"),
        head("GET / HTTP/2.0", "Host: h"),
        head("GET  / HTTP/1.1", "Host: h"),
        head("get / HTTP/1.1", "Host: h"),
        head("GET / HTTP/1.1", "Host: h", "Content-Length: 4"),
        head("GET / HTTP/1.1", "Host: h", "Content-Length: 0", "Content-Length: 4"),
        head("GET / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked"),
        head("GET / HTTP/1.1", "Host: h", "X : y"),
        head("GET / HTTP/1.1", "Host: h", " folded"),
        head("GET / HTTP/1.1", "Host: h\nX: y"),
        head("GET / HTTP/1.1", "Host: h", *["X: y"] * 100),
        head("GET / HTTP/1.1", "Host: h", "X: a\0b"),
    ],
)
def test_a_bad_head_is_refused(data: bytes) -> None:
    """Nothing is mended, and nothing has a body."""
    with pytest.raises(FormatError):
        read_head(data)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No other error comes of any bytes."""
    try:
        read_head(data + b"\r\n\r\n")
    except FormatError:
        pass


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", Route("", is_folder=True)),
        ("/v", Route("v")),
        ("/v/a/1/b/c%20d.csv", Route("v", ("a", "1", "b", "c d.csv"))),
        ("/v/a/1/for%C3%AAts/", Route("v", ("a", "1", "forêts"), is_folder=True)),
        ("/webseed/a/1/n/.pad/512", Route("webseed", ("a", "1", "n"), pad_bytes=512)),
        ("/webseed/a/1/n/.pad/99999999", None),
        ("/webseed/a/1/n/.pad/x", None),
        ("/v/a/1/n/.pad/5", None),
        ("/v/a/1/../2/x", None),
        ("/v/a/1/%2e%2e/x", None),
        ("/v/a/1/b%2fc", None),
        ("/v/a/1/b%5cc", None),
        ("/v/a//1", None),
        ("//v/a", None),
        ("/v/a/1/.hidden", None),
        ("/v/a/1/%00", None),
        ("/v/a/1/%ff", None),
        ("/v/a/1/CON", None),
        ("/v/" + "a/" * 40, None),
        ("/etc/passwd", None),
        ("*", None),
        ("", None),
    ],
)
def test_routes(path: str, expected: Route | None) -> None:
    """Names are decoded one by one; what is hidden, not portable or leads away is nothing."""
    assert find_route(path) == expected


@given(st.lists(st.text(min_size=1), max_size=5))
def test_a_route_reads_its_own_url(parts: list[str]) -> None:
    """Whatever is a route gives a URL that is that route, and no part of it leads up or hides."""
    found = find_route(Route("v", tuple(parts)).url())
    if found:
        assert found == Route("v", tuple(parts))
        assert not any(part.startswith(".") or "/" in part or "\\" in part for part in found.parts)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", False),
        ("*/*", False),
        ("application/json", True),
        ("text/html, application/json;q=0.9", False),
        ("text/html;q=0.5, application/json", True),
        ("application/json;q=0", False),
    ],
)
def test_json_is_for_who_asks(accept: str, expected: bool) -> None:  # noqa: FBT001
    """JSON where it is named and not less wanted."""
    assert prefers_json(accept) is expected
