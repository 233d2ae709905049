# SPDX-License-Identifier: Apache-2.0
"""Which processes make a server, and the addresses that others are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seedbed.core.endpoints import Endpoint
from seedbed.errors import InputError
from seedbed.serving import plan
from seedbed.serving.wishes import Wishes, check_parts, check_url


def wishes(**changes: Any) -> Wishes:
    """Of a server on the usual ports."""
    usual: dict[str, Any] = {
        "folder": Path("/srv/town"), "listen": Endpoint("127.0.0.1", 8080), "gateway": Endpoint("127.0.0.1", 8081),
        "tracker": Endpoint("0.0.0.0", 6969), "tracker_ws": Endpoint("127.0.0.1", 6970),  # a value
        "node": Endpoint("0.0.0.0", 6881),  # a value
    }  # fmt: skip
    return Wishes(**{**usual, **changes})


def test_at_home_everybody_is_told_the_addresses_that_are_listened_at() -> None:
    """An address that means all becomes this machine's."""
    made = wishes()

    assert made.portal_url == "http://127.0.0.1:8080"
    assert made.files_url == "http://127.0.0.1:8081"
    assert made.announce_urls == (
        "udp://127.0.0.1:6969/announce", "http://127.0.0.1:6969/announce", "ws://127.0.0.1:6970",
    )  # fmt: skip


def test_in_public_everybody_is_told_the_public_host() -> None:
    """Unless the keeper names each."""
    made = wishes(public_url="https://data.example.org/", gateway_url="https://files.example.org")

    assert made.portal_url == "https://data.example.org"
    assert made.files_url == "https://files.example.org"
    assert made.announce_urls[0] == "udp://data.example.org:6969/announce"
    assert wishes(trackers=("wss://t.example.org",)).announce_urls == ("wss://t.example.org",)


def test_every_part_is_a_command_of_ours() -> None:
    """And ``--only`` leaves out the others, and the schedule."""
    assert [one.name for one in plan.parts(wishes())] == ["portal", "worker", "gateway", "tracker", "node", "catalog"]
    assert [one.name for one in plan.parts(wishes(only=("gateway", "tracker")))] == ["gateway", "tracker"]
    assert [one.name for one in plan.timed(wishes())] == ["audit", "health", "signatures"]
    assert list(plan.timed(wishes(only=("gateway",)))) == []


def test_a_database_s_password_stands_in_no_command_line() -> None:
    """Everybody on a machine can read those."""
    made = wishes(database="postgresql://portal:secret@127.0.0.1/portal")

    assert "secret" not in str([one.arguments for one in plan.parts(made)])


@pytest.mark.parametrize(
    "url",
    ["data.example.org", "ftp://a.example.org", "https://u:p@a.example.org", "https://a.example.org/?x=1", "http://"],
)
def test_what_is_no_address_of_a_site_is_refused(url: str) -> None:
    """By the option's name."""
    with pytest.raises(InputError, match="--public-url"):
        check_url("--public-url", url)


def test_parts_are_named_one_by_one_or_with_commas() -> None:
    """A name that is none is refused with those that are."""
    assert check_parts(("portal,gateway", "tracker")) == ("portal", "gateway", "tracker")
    with pytest.raises(InputError, match="expected one of portal"):
        check_parts(("portl",))


def test_published_files_may_be_kept_in_an_object_store() -> None:
    """The gateway passes them on, unless the store has a public address of its own."""
    made = wishes(store="s3://open/town?endpoint=http://127.0.0.1:9000")

    assert made.own_mirror == "s3://open/town?endpoint=http://127.0.0.1:9000&public=http://127.0.0.1:8081/webseed/"
    assert wishes(store="s3://open/town?public=https://cdn.example.org/").own_mirror.count("public=") == 1
    assert wishes().own_mirror == "file:///srv/town/data?public=http://127.0.0.1:8081/webseed/"
    gateway = next(one for one in plan.parts(made) if one.name == "gateway")
    assert "s3://open/town?endpoint=http://127.0.0.1:9000" in gateway.arguments


def test_a_server_at_home_lets_private_networks_in_and_a_public_one_does_not() -> None:
    """Its own files could not be proved otherwise."""
    home, public = wishes(), wishes(public_url="https://data.example.org", gateway_url="https://data.example.org")

    assert home.is_local
    assert not public.is_local
    assert any("--lan" in one.arguments for one in plan.parts(home))
    assert not any("--lan" in one.arguments for one in plan.parts(public))
