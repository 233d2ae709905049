# SPDX-License-Identifier: Apache-2.0
"""Table U, rows U43 to U49: addresses of the web that we are asked to look at."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pycurl
import pytest

from seedbed.errors import InputError, SourceError
from seedbed.portal.uploads import places
from seedbed.sources import http_file, object_file, public_only

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = bytes(range(256)) * 4


class Handler(BaseHTTPRequestHandler):
    """A web server that behaves as its path says."""

    lengths = (1024, 1024)

    def do_GET(self) -> None:  # named by the library
        """Answer."""
        kind = self.path.strip("/")
        if kind.startswith("hop"):
            self.send_response(302)
            target = "/good" if kind == "hop0" else f"/hop{int(kind[3:]) - 1}"
            self.send_header(
                "Location", {"hop99": "http://localhost:1/x", "hop98": "http://[::1]:1/"}.get(kind, target)
            )
            self.end_headers()
            return
        start = int(self.headers.get("Range", "bytes=0-").partition("=")[2].partition("-")[0] or 0)
        total = len(DATA) + (start if kind == "grows" else 0)
        self.send_response(200 if kind == "whole" else 206)
        body = DATA if kind == "whole" else DATA[start : start + 1]
        if kind != "whole":
            self.send_header("Content-Range", f"bytes {start}-{start}/{total}")
        if kind == "gzip":
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_values: Any) -> None:
        """Quiet."""


@contextmanager
def served() -> Iterator[tuple[str, frozenset[tuple[str, int]]]]:
    """Its address, and that it may be asked although it is private."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            port = server.server_address[1]
            yield f"http://127.0.0.1:{port}/", frozenset((("127.0.0.1", port),))
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def web() -> Iterator[tuple[str, frozenset[tuple[str, int]]]]:
    """See :func:`served`."""
    with served() as one:
        yield one


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/", "http://localhost/", "http://127.0.0.1:1/", "http://[::1]/",
        "http://0x7f.1/", "http://2130706433/", "http://10.0.0.1/a", "http://192.168.1.1/", "http://router.lan/",
        "http://[::ffff:127.0.0.1]/", "file:///etc/passwd", "ftp://example.org/a", "http://ann:secret@example.org/a",
        "gopher://example.org/", "http:///a", "s3://bucket/a?endpoint=http://127.0.0.1:9000", "http://[bad/",
    ],
)  # fmt: skip
def test_u43_private_and_other_addresses(url: str) -> None:
    """Refused without asking anybody; a password is not repeated."""
    place = places.ask(url)
    assert place.rule == "U43"
    assert "secret" not in place.fault


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("s3://open-data/a b/c.csv", "https://s3.us-east-1.amazonaws.com/open-data/a%20b/c.csv"),
        ("s3://open-data/c.csv?region=eu-west-1", "https://s3.eu-west-1.amazonaws.com/open-data/c.csv"),
        ("s3://open-data/a/", "https://s3.us-east-1.amazonaws.com/open-data?list-type=2&max-keys=1&prefix=a%2F"),
    ],
)
def test_object_stores_are_asked_as_anybody_would(url: str, expected: str) -> None:
    """Over HTTP, without credentials, at Amazon's own address."""
    assert places.store_url(url) == expected


@pytest.mark.parametrize(
    "query", ["?endpoint=http://10.0.0.1", "?region=a.evil.example", "?region=x&endpoint=y", "?public=z"]
)
def test_object_stores_with_an_address_of_their_own(query: str) -> None:
    """Nobody judged it: refused."""
    assert places.ask(f"s3://open-data/a{query}").rule == "U43"


def test_a_strangers_bucket_is_never_read_with_our_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever our variables say of our own store: it is Amazon's, unsigned, or nothing."""
    monkeypatch.setenv(public_only.VARIABLE, "1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ours")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    bucket, key, public = object_file._read_url("s3://ours/private/a.csv")
    assert (bucket.endpoint, key, public) == ("https://s3.us-east-1.amazonaws.com", "private/a.csv", "")
    config = {str(name): value for name, value in bucket.store().config.items()}
    assert str(config["skip_signature"]).lower() == "true"
    assert config["endpoint"] == "https://s3.us-east-1.amazonaws.com"
    for option in ("endpoint=http://127.0.0.1:9", "region=evil.example/"):
        with pytest.raises(InputError):
            object_file._read_url(f"s3://ours/a?{option}")


def test_u44_a_name_that_leads_to_us_when_it_is_connected_to(
    web: tuple[str, frozenset[tuple[str, int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A public name whose address is private at the moment of connecting: the connection is not made."""
    url, _ = web
    port = url.rstrip("/").rpartition(":")[2]

    def resolves(curl: pycurl.Curl, url: str, answer: Any, wanted: str) -> None:
        prepare(curl, url, answer, wanted)
        curl.setopt(pycurl.RESOLVE, [f"rebound.example.org:{port}:127.0.0.1"])

    prepare = places._prepare
    monkeypatch.setattr(places, "_prepare", resolves)
    assert places.ask(f"http://rebound.example.org:{port}/good").rule == "U44"


def test_u45_redirects_to_ourselves(web: tuple[str, frozenset[tuple[str, int]]]) -> None:
    """Each hop is judged like the first address."""
    url, allowed = web
    assert places.ask(f"{url}hop99", allowed=allowed).rule == "U43"
    assert places.ask(f"{url}hop98", allowed=allowed).rule == "U43"


def test_u46_too_many_redirects(web: tuple[str, frozenset[tuple[str, int]]]) -> None:
    """Three are followed, sixteen are not."""
    url, allowed = web
    assert places.ask(f"{url}hop2", allowed=allowed) == places.Place(f"{url}hop2", len(DATA))
    assert places.ask(f"{url}hop15", allowed=allowed).rule == "U46"


def test_u47_a_server_without_ranges_is_taken_with_a_remark(web: tuple[str, frozenset[tuple[str, int]]]) -> None:
    """It is said that downloads cannot be resumed there."""
    url, allowed = web
    asked = places.ask_all([f"{url}whole", f"{url}good"], allowed=allowed)
    assert [place.fault for place in asked.places] == ["", ""]
    assert asked.size_bytes == 2 * len(DATA)
    (remark,) = places.remarks_of(asked)
    assert "begins again" in remark


def test_u48_a_length_that_changes(web: tuple[str, frozenset[tuple[str, int]]]) -> None:
    """Asked twice, told two lengths: refused."""
    url, allowed = web
    assert places.ask(f"{url}grows", allowed=allowed).rule == "U48"


def test_u49_an_encoding_that_breaks_parts(web: tuple[str, frozenset[tuple[str, int]]]) -> None:
    """A server that packs what was asked for as it is: refused."""
    url, allowed = web
    assert places.ask(f"{url}gzip", allowed=allowed).rule == "U49"


def test_a_process_that_may_only_connect_to_public_addresses(
    web: tuple[str, frozenset[tuple[str, int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever publishes a stranger's URL runs so: reading fails to connect."""
    url, _ = web
    assert http_file.find(f"{url}good").length == len(DATA)
    monkeypatch.setitem(os.environ, public_only.VARIABLE, "1")
    monkeypatch.setattr(http_file, "RETRY_DELAYS_S", (0.0, 0.0))
    with pytest.raises(SourceError):
        http_file.find(f"{url}good")
