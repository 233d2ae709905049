# SPDX-License-Identifier: Apache-2.0
"""How much one client may take."""

from __future__ import annotations

from seedbed.gateway.folders import Entry
from seedbed.gateway.limits import Bucket, Door, Limits, client_of
from seedbed.gateway.listing import as_json, as_page
from seedbed.gateway.media_types import media_type
from seedbed.gateway.metrics import Metrics


def test_a_door_counts_clients() -> None:
    """One client's third connection is refused, then anybody's, until one leaves."""
    door = Door(Limits(connections=4, client_connections=2))
    assert [door.enter("a") for _ in range(3)] == [0, 0, 429]
    door.leave("a")
    assert [door.enter("b"), door.enter("b"), door.enter("c")] == [0, 0, 503]
    for client in "aabbc":
        door.leave(client)
    assert (door.count, door.inside) == (0, {})


def test_a_client_asks_in_pace() -> None:
    """After a burst of ten seconds' worth, one request a second; others are not held up by it."""
    door = Door(Limits(client_requests_per_s=1))
    assert [door.wait_s("a", 100) for _ in range(11)] == [0] * 10 + [1]
    assert door.wait_s("b", 100) == 0
    assert door.wait_s("a", 101) == 0
    assert door.wait_s("a", 101.5) == 0.5


def test_bytes_are_paced() -> None:
    """Beyond its depth a bucket says how long to wait, and what is taken meanwhile waits longer."""
    bucket = Bucket(rate=100, depth=100)
    assert [bucket.take(100, 1), bucket.take(100, 1), bucket.take(100, 1.5)] == [0, 1, 1.5]


def test_who_is_one_client() -> None:
    """An IPv6 host has a whole /64 of addresses."""
    assert client_of("192.0.2.1") == "192.0.2.1"
    assert client_of("2001:db8::1:2") == client_of("2001:db8::ffff") == "2001:db8::/64"
    assert client_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert client_of("") == ""


def test_listings_cannot_be_broken_out_of() -> None:
    """A name with markup and percent signs is text and a link to itself, in both forms."""
    entries = [Entry('<b>"%&.csv', is_folder=False, size_bytes=1_000), Entry("javascript:x", is_folder=True)]
    page = as_page("/v/<x>/", entries, has_parent=True).decode()
    assert "<b>" not in page
    assert 'href="./%3Cb%3E%22%25%26.csv"' in page
    assert 'href="./javascript%3Ax/"' in page
    assert b'"size_bytes": 1000' in as_json("/v/a/", entries)


def test_media_types() -> None:
    """Packed files are not said to be what they hold; what a catalogue says is used when it is plain."""
    assert media_type("a.parquet") == "application/vnd.apache.parquet"
    assert media_type("a.csv") == "text/csv; charset=utf-8"
    assert media_type("a.csv.gz") == "application/gzip"
    assert media_type("a.unheard") == "application/octet-stream"
    assert media_type("a.csv", "image/tiff") == "image/tiff"
    assert media_type("a.csv", "x/y\r\nSet-Cookie: z") == "text/csv; charset=utf-8"


def test_metrics_text() -> None:
    """Each family has its type, each value its line."""
    metrics = Metrics(sent_bytes=5, connections=1)
    metrics.requests[206] += 2
    text = metrics.text()
    assert 'seedbed_gateway_requests_total{status="206"} 2\n' in text
    assert "# TYPE seedbed_gateway_connections gauge\nseedbed_gateway_connections 1\n" in text
