# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 without sockets: requests written, answers read and judged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.fetching.faults import Fault, Kind
from seedbed.fetching.web.http_wire import (
    Head,
    Want,
    judge,
    parse_head,
    render_get,
    requests_left,
    retry_after_s,
    split_url,
)


def head(status: str, **headers: str) -> bytes:
    """An answer's head; underscores in names stand for dashes."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines]).encode("latin-1")


def test_a_range_is_asked_for_as_http_has_it() -> None:
    """Half-open inside, inclusive on the wire; no encodings; we say who we are."""
    address = split_url("https://example.org:8443/a%20b/ü?key=1")

    request = render_get(address, agent="seedbed/9", start=100, stop=200).decode()

    assert request.startswith("GET /a%20b/%C3%BC?key=1 HTTP/1.1\r\nHost: example.org:8443\r\n")
    assert "Range: bytes=100-199\r\n" in request
    assert "Accept-Encoding: identity\r\n" in request
    assert "User-Agent: seedbed/9\r\n" in request
    assert request.endswith("\r\n\r\n")


def test_a_whole_file_is_asked_for_without_a_range() -> None:
    """Servers without ranges then just work."""
    assert b"Range" not in render_get(split_url("http://example.org/x"), agent="a")


@pytest.mark.parametrize(
    ("url", "host", "port", "target"),
    [
        ("http://example.org", "example.org", 80, "/"),
        ("https://EXAMPLE.org/x", "example.org", 443, "/x"),
        ("http://[2001:db8::1]:81/y", "2001:db8::1", 81, "/y"),
        ("http://bücher.example/z", "xn--bcher-kva.example", 80, "/z"),
    ],
)
def test_urls_are_taken_apart(url: str, host: str, port: int, target: str) -> None:
    """Default ports, IPv6, other alphabets."""
    address = split_url(url)

    assert (address.host, address.port, address.target) == (host, port, target)
    assert split_url(address.url) == address


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/x",
        "file:///etc/passwd",
        "http://",
        "//x",
        "http://user:secret@example.org/",
        "http://a:99999/",
    ],
)
def test_urls_that_are_not_ours_to_ask_are_refused(url: str) -> None:
    """Other schemes, no host, passwords in clear."""
    with pytest.raises(Fault) as caught:
        split_url(url)

    assert caught.value.kind is Kind.REFUSED


def test_a_request_cannot_be_split() -> None:
    """A line break in a URL never reaches the wire as one."""
    request = render_get(split_url("http://example.org/a\r\nEvil: yes"), agent="a")

    assert b"\r\nEvil" not in request


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"HTTP/2 200", "not HTTP/1"),
        (b"ICY 200 OK", "not HTTP/1"),
        (b"HTTP/1.1 999 x", "not HTTP/1"),
        (b"HTTP/1.1 200 OK\r\nno colon", "malformed"),
        (b"HTTP/1.1 200 OK\r\n folded: x", "malformed"),
        (b"HTTP/1.1 200 OK\r\nspace : x", "malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6", "two different"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5", "not a number"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5, 5", "not a number"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked", "was not asked for"),
        (b"HTTP/1.1 200 OK" + b"\r\nA: b" * 200, "200 headers"),
    ],
)
def test_ambiguous_heads_are_refused(data: bytes, said: str) -> None:
    """What two readers could understand differently."""
    with pytest.raises(Fault, match=said):
        parse_head(data)


def test_chunked_wins_over_a_length() -> None:
    """RFC 9112, 6.3: then the length says nothing."""
    parsed = parse_head(head("200 OK", Transfer_Encoding="chunked", Content_Length="5"))

    assert parsed.is_chunked
    assert parsed.length is None


@pytest.mark.parametrize(
    ("data", "keeps"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: Close", False),
        (b"HTTP/1.1 200 OK", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 1", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive", True),
    ],
)
def test_whether_a_connection_can_be_kept(data: bytes, keeps: bool) -> None:  # noqa: FBT001
    """By version, header, and whether the body ends by itself."""
    assert parse_head(data).keeps_alive is keeps


WANT = Want(100, 200, 1000)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (head("206 Partial", Content_Range="bytes 100-199/1000", Content_Length="100"), None),
        (head("206 Partial", Content_Range="bytes 100-199/*"), None),
        (head("206 Partial", Content_Range="bytes 100-198/1000"), Kind.REFUSED),
        (head("206 Partial", Content_Range="bytes 0-99/1000"), Kind.REFUSED),
        (head("206 Partial", Content_Range="bytes 100-199/1000", Content_Length="99"), Kind.REFUSED),
        (head("206 Partial", Content_Range="bytes 100-199/999"), Kind.MISSING),
        (head("206 Partial", Content_Type="multipart/byteranges; boundary=x"), Kind.REFUSED),
        (head("200 OK", Content_Length="1000"), Kind.NO_RANGES),
        (head("200 OK"), Kind.NO_RANGES),
        (head("200 OK", Content_Length="77", Content_Type="text/html"), Kind.MISSING),
        (head("200 OK", Content_Encoding="br"), Kind.REFUSED),
        (head("206 Partial", Content_Range="bytes 100-199/1000", Content_Encoding="gzip"), Kind.REFUSED),
        (head("416 No"), Kind.MISSING),
        (head("404 Not Found"), Kind.MISSING),
        (head("401 Who"), Kind.MISSING),
        (head("408 Slow"), Kind.BROKEN),
        (head("429 Later"), Kind.BUSY),
        (head("503 Later"), Kind.BUSY),
        (head("502 Bad"), Kind.BROKEN),
        (head("204 Nothing"), Kind.BROKEN),
    ],
)
def test_answers_are_judged(data: bytes, kind: Kind | None) -> None:
    """Exactly what was asked for is good; each other answer has its consequence."""
    if kind is None:
        judge(parse_head(data), WANT)
        return
    with pytest.raises(Fault) as caught:
        judge(parse_head(data), WANT)

    assert caught.value.kind is kind


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        ({"Retry-After": "120"}, 120.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT", "Date": "Wed, 21 Oct 2026 07:28:30 GMT"}, 0.0),
        ({"Retry-After": "soon"}, 0.0),
        ({"Retry-After": "-5"}, 0.0),
    ],
)
def test_retry_after_is_read(headers: dict[str, str], seconds: float) -> None:
    """A number, or a date against the server's own clock."""
    lines = "".join(f"\r\n{name}: {value}" for name, value in headers.items())

    assert retry_after_s(parse_head(f"HTTP/1.1 503 x{lines}".encode())) == seconds


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        ({}, None),
        ({"X-RateLimit-Remaining": "59"}, None),
        ({"X-RateLimit-Remaining": "59", "X-RateLimit-Reset": "30"}, (59, 30.0)),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "7"}, (0, 7.0)),
        (
            {"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "1792567740", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"},
            (1, 60.0),
        ),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000000000"}, (0, 0.0)),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "60", "Retry-After": "3"}, (0, 3.0)),
        ({"X-RateLimit-Remaining": "-1", "X-RateLimit-Reset": "soon"}, None),
    ],
)
def test_requests_left_are_read(headers: dict[str, str], left: tuple[int, float] | None) -> None:
    """How many, and until when: a time to wait, or a moment by the server's own clock."""
    lines = "".join(f"\r\n{name}: {value}" for name, value in headers.items())

    assert requests_left(parse_head(f"HTTP/1.1 200 OK{lines}".encode())) == left


def test_a_date_to_come_back_at_without_a_date_of_the_answer() -> None:
    """Then it is measured by our own clock."""
    head = parse_head(b"HTTP/1.1 503 x\r\nRetry-After: Fri, 31 Dec 9999 23:59:59 GMT")

    assert retry_after_s(head) > 1e9


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_any_header_about_waiting_is_read(later: str, left: str, reset: str) -> None:
    """Whatever a server writes there, nothing is raised and nothing is negative."""
    head = Head(
        429,
        "",
        {"retry-after": later, "x-ratelimit-remaining": left, "x-ratelimit-reset": reset},
        keeps_alive=True,
        length=0,
        is_chunked=False,
    )

    assert retry_after_s(head) >= 0
    assert (requests_left(head) or (0, 0))[1] >= 0


@given(st.binary(max_size=300))
def test_any_bytes_are_a_head_or_a_fault(data: bytes) -> None:
    """A parser of foreign bytes raises its own error only."""
    try:
        parse_head(b"HTTP/1.1 200 OK\r\n" + data)
        parse_head(data)
    except Fault:
        pass


@given(st.text(max_size=80))
def test_any_text_is_a_url_or_a_fault(text: str) -> None:
    """And what is accepted makes a request of one line and headers."""
    try:
        request = render_get(split_url("http://" + text), agent="a")
    except Fault:
        return
    assert request.count(b"\r\n\r\n") == 1
    assert request.split(b"\r\n")[0].count(b" ") == 2
