# SPDX-License-Identifier: Apache-2.0
"""The client for web services: what it sends where, what it asks again, and what it shows."""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.errors import FileChangedError, InputError, NotFoundError, SourceError
from seedbed.mirrors.base import is_passing
from seedbed.mirrors.content import BytesContent, FileContent, Stream
from seedbed.mirrors.rest import Ask, Manners, Rest, check_base
from seedbed.mirrors.rest_words import retry_after_s, what_of
from seedbed.mirrors.wrappers import Limit, Patience
from seedbed.testing.fake_http import FakeService, Reply, Request, json_reply, ranged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
SECRET = "s3cr3t-token-of-mine"


class Service(FakeService):
    """Answers whatever a test says."""

    def __init__(self) -> None:
        super().__init__(lambda request: self.answer(request))
        self.answer: Callable[[Request], Reply] = lambda _: json_reply({"ok": True})
        self.pauses: list[float] = []

    def rest(self, *, trusts: Callable[[str], bool] = lambda _: False, attempts: int = 3) -> Rest:
        """A client that waits for nothing."""
        patience = Patience((0.5,) * (attempts - 1), sleep=self.pauses.append)
        manners = Manners("seedbed/test", patience, Limit(at_once=2), clock=lambda: NOW)
        authorize = {"Authorization": f"Bearer {SECRET}"}
        return Rest("fake:", self.url, manners, authorize=lambda: authorize, trusts=trusts)


@pytest.fixture
def service() -> Iterator[Service]:
    """A server of its own."""
    with Service() as one:
        yield one


def test_a_request_says_who_asks_and_by_what_right(service: Service) -> None:
    """Our name in one header, the credentials in another, nothing of them in the URL."""
    assert service.rest().json(Ask("GET", "/x", "look", query={"q": "a b"})) == {"ok": True}

    asked = service.requests[0]
    assert (asked.path, asked.query) == ("/x", {"q": "a b"})
    assert (asked.headers["user-agent"], asked.headers["authorization"]) == ("seedbed/test", f"Bearer {SECRET}")


def test_an_open_request_holds_no_credentials(service: Service) -> None:
    """Where anybody may read."""
    service.rest().ask(Ask("GET", "/x", "look", is_open=True))

    assert "authorization" not in service.requests[0].headers


@pytest.mark.parametrize("size_bytes", [0, 1, 9_000_000])
def test_a_file_is_sent_as_it_is_read(service: Service, size_bytes: int) -> None:
    """With its length, in parts, and again from its beginning when the first attempt failed."""
    data, got = bytes(range(256)) * (size_bytes // 256 + 1), list[bytes]()
    data = data[:size_bytes]

    def answer(request: Request) -> Reply:
        got.append(request.body)
        assert "transfer-encoding" not in request.headers
        return Reply(503) if len(got) == 1 else json_reply({})

    service.answer = answer
    stream = Stream(BytesContent("x", data))

    service.rest().ask(Ask("PUT", "/x", "send", "x", body=stream, size_bytes=size_bytes))

    assert got == [data, data]


def test_a_file_that_changed_is_never_whole_there(service: Service, tmp_path: Path) -> None:
    """The request ends before its last part, so the service sees none; and the error is ours."""
    (tmp_path / "x").write_bytes(b"other")
    stream = Stream(FileContent(tmp_path / "x", 5, BytesContent("", b"right").sha256))

    with pytest.raises(FileChangedError):
        service.rest().ask(Ask("PUT", "/x", "send", "x", body=stream, size_bytes=5))

    assert service.requests == []


def test_a_failure_names_service_file_and_step(service: Service) -> None:
    """And holds the service's own words."""
    service.answer = lambda _: json_reply({"message": "Nope.", "errors": [{"field": "a.b", "messages": ["Bad."]}]}, 400)

    with pytest.raises(SourceError) as caught:
        service.rest().ask(Ask("POST", "/x", "reserve the DOI", "a.csv"))

    assert (
        caught.value.message == "fake:: a.csv: reserve the DOI: it does not accept the request (400): Nope.; a.b: Bad."
    )
    assert not is_passing(caught.value)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_passes_is_asked_again(service: Service, status: int) -> None:
    """Until it is good."""
    service.answer = lambda _: Reply(status) if len(service.requests) < 3 else json_reply({})

    service.rest().ask(Ask("PUT", "/x", "look", body=b"{}"))

    assert service.pauses == [0.5, 0.5]


@pytest.mark.parametrize(("status", "requests"), [(503, 1), (429, 3)])
def test_a_post_is_repeated_only_when_nothing_was_done(service: Service, status: int, requests: int) -> None:
    """Otherwise there might be two of what it makes."""
    service.answer = lambda _: Reply(status)

    with pytest.raises(SourceError) as caught:
        service.rest().ask(Ask("POST", "/x", "begin"))

    assert is_passing(caught.value)
    assert len(service.requests) == requests


def test_a_lost_connection_passes(service: Service) -> None:
    """It is asked again; when the server is gone, the error says so without the URL's query."""
    rest = service.rest()
    service.count_anew(fails_at=1)
    rest.ask(Ask("GET", "/x", "look"))
    service.stop()

    with pytest.raises(SourceError, match="look: the connection failed") as caught:
        rest.ask(Ask("GET", "/x", "look", query={"q": "private"}))

    assert is_passing(caught.value)
    assert "private" not in str(caught.value)
    service.start()
    rest.ask(Ask("GET", "/x", "look"))


def test_a_wish_to_be_left_alone_is_obeyed(service: Service) -> None:
    """In seconds, as a date, or as the end of a rate limit."""
    until = int(NOW.timestamp()) + 9
    wishes = [
        {"Retry-After": "7"},
        {"Retry-After": "Sat, 21 Nov 2026 12:00:08 GMT"},
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(until)},
    ]
    service.answer = lambda _: Reply(429, b"", wishes[len(service.requests) - 1])

    with pytest.raises(SourceError) as caught:
        service.rest().ask(Ask("GET", "/x", "look"))

    assert service.pauses == [7.0, 8.0]
    assert caught.value.data["retry_after_s"] == 9.0


def test_a_secret_that_is_repeated_is_not_shown(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    """Not in the error, not in its facts, not in the log."""
    caplog.set_level(logging.DEBUG)
    service.answer = lambda _: json_reply({"message": f"bad header Bearer {SECRET}, {SECRET[:99]}!"}, 503)
    rest = service.rest()

    with pytest.raises(SourceError) as caught:
        rest.ask(Ask("GET", "/x", "look"))

    assert SECRET not in f"{caught.value!r} {caught.value.data} {caplog.text} {rest!r}"


def test_credentials_stay_with_the_service(service: Service) -> None:
    """A redirect to another host is followed for reading, without them."""
    with Service() as other:
        service.answer = lambda _: Reply(302, b"", {"Location": f"{other.url}/there"})
        service.rest().ask(Ask("GET", "/x", "look"))
        assert "authorization" not in other.requests[0].headers

        service.rest(trusts=lambda origin: origin == other.url).ask(Ask("GET", "/x", "look"))
        assert "authorization" in other.requests[1].headers


@pytest.mark.parametrize("location", ["http://example.org/", "ftp://127.0.0.1/", "https:///x"])
def test_redirects_to_where_it_is_not_safe_are_refused(service: Service, location: str) -> None:
    """Before anything is sent there."""
    service.answer = lambda _: Reply(302, b"", {"Location": location})

    with pytest.raises(SourceError, match="not https"):
        service.rest().ask(Ask("GET", "/x", "look"))


def test_what_is_written_goes_on_only_within_the_service(service: Service) -> None:
    """By 307 or 308, with its body; a 302 would lose it."""
    with Service() as node:
        service.answer = lambda _: Reply(307, b"", {"Location": f"{node.url}/x"})
        got: list[bytes] = []
        node.answer = lambda request: got.append(request.body) or json_reply({})  # type: ignore[func-returns-value]
        with pytest.raises(SourceError, match="not its own"):
            service.rest().ask(Ask("PUT", "/x", "send", body=b"1"))
        service.rest(trusts=lambda origin: origin == node.url).ask(Ask("PUT", "/x", "send", body=b"1"))
        assert got == [b"1"]
    service.answer = lambda _: Reply(302, b"", {"Location": "/y"})
    with pytest.raises(SourceError, match="not its own"):
        service.rest().ask(Ask("PUT", "/x", "send", body=b"1"))


def test_redirects_end(service: Service) -> None:
    """In an error, when they go round."""
    service.answer = lambda _: Reply(302, b"", {"Location": "/x"})

    with pytest.raises(SourceError, match="without end"):
        service.rest().ask(Ask("GET", "/x", "look"))


@pytest.mark.parametrize("has_ranges", [True, False])
def test_a_part_of_a_file_is_read(service: Service, has_ranges: bool) -> None:  # noqa: FBT001  # a parameter
    """Also from a service that sends all of it; a short file is an error, a missing one is missing."""
    data = bytes(range(200))
    service.answer = lambda request: ranged(request, data) if has_ranges else Reply(200, data)
    rest, ask = service.rest(), Ask("GET", "/x", "read", "x")

    assert rest.read(ask, start=10, stop=20) == data[10:20]
    assert rest.read(ask, start=0, stop=200) == data
    with pytest.raises(SourceError):
        rest.read(ask, start=190, stop=210)
    service.answer = lambda _: Reply(404)
    with pytest.raises(NotFoundError, match="x: there is no such file"):
        rest.read(ask, start=0, stop=1)


def test_an_endless_answer_is_cut(service: Service) -> None:
    """Nobody fills our memory."""
    service.answer = lambda _: Reply(200, bytes((16 << 20) + 1))

    with pytest.raises(SourceError, match="longer"):
        service.rest().ask(Ask("GET", "/x", "look"))


def test_an_answer_that_is_no_json_passes(service: Service) -> None:
    """A page of some proxy in between."""
    service.answer = lambda _: Reply(200, b"<html>")

    with pytest.raises(SourceError, match="no JSON") as caught:
        service.rest().json(Ask("GET", "/x", "look"))

    assert is_passing(caught.value)


@pytest.mark.parametrize(
    "base",
    ["http://example.org", "https://me:secret@example.org", "https://example.org?a=secret", "ftp://x", "https://"],
)
def test_bases_that_are_refused(base: str) -> None:
    """Plain http goes to this machine only, and no password is repeated."""
    with pytest.raises(InputError) as caught:
        check_base("zenodo://x", base)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "base", ["http://127.0.0.1:5000", "http://localhost:1", "http://[::1]:1", "https://example.org/"]
)
def test_bases_that_are_good(base: str) -> None:
    """Without a slash at the end."""
    assert check_base("x", base) == base.rstrip("/")


@given(st.binary(max_size=2000), st.integers(100, 599))
def test_any_answer_has_words(body: bytes, status: int) -> None:
    """Whatever a service sends, and never many."""
    assert len(what_of(status, body, secrets=[SECRET])) < 500


@given(
    st.dictionaries(
        st.sampled_from(["retry-after", "x-ratelimit-reset", "x-ratelimit-remaining"]), st.text(max_size=40)
    )
)
def test_any_wish_is_a_number(headers: dict[str, str]) -> None:
    """Of seconds, not negative."""
    assert retry_after_s(headers, now=NOW) >= 0


def test_the_archives_words() -> None:
    """It answers in XML."""
    body = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your rate.</Message></Error>"

    assert what_of(503, body, secrets=[]) == "it is busy (503): SlowDown; Please reduce your rate."
