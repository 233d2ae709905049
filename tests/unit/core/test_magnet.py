# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  # tables of examples read best in few rows
"""Magnet links are read as written, and written as read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core import magnet
from seedbed.core.ids import InfoHashes
from seedbed.core.magnet import Magnet
from seedbed.errors import MagnetError

V1, V2 = "aa" * 20, "bb" * 32
url_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(lambda text: f"https://h.example/{text}")
info_hashes = st.tuples(
    st.none() | st.binary(min_size=20, max_size=20), st.none() | st.binary(min_size=32, max_size=32)
)
ranges = st.tuples(st.integers(0, 999), st.integers(1, 99)).map(lambda pair: range(pair[0], sum(pair)))
magnets = st.builds(
    Magnet,
    info_hashes=info_hashes.filter(any).map(lambda pair: InfoHashes(*pair)),
    name=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    trackers=st.lists(url_text, max_size=3).map(tuple),
    web_seeds=st.lists(url_text, max_size=3).map(tuple),
    exact_sources=st.lists(url_text, max_size=2).map(tuple),
    acceptable_sources=st.lists(url_text, max_size=2).map(tuple),
    peers=st.lists(
        st.tuples(st.sampled_from(["10.0.0.1", "h.example", "2001:db8::1"]), st.integers(1, 65535)), max_size=3
    ).map(tuple),
    select_only=st.lists(ranges, max_size=3).map(tuple),
)


@given(magnets)
def test_parse_undoes_render(link: Magnet) -> None:
    """Every magnet comes back from its link."""
    assert magnet.parse(magnet.render(link)) == link


@given(
    st.text(max_size=100) | st.text("magnet:?xturn=bth1220&so-,.%0a", max_size=60).map(lambda text: "magnet:?" + text)
)
def test_any_text(text: str) -> None:
    """Any text is read or raises our error."""
    try:
        magnet.parse(text)
    except MagnetError:
        pass


def test_other_clients_links() -> None:
    """Base 32, upper case, numbered parameters and unknown ones are read."""
    link = magnet.parse(
        "MAGNET:?XT=urn:btih:" + "A" * 32 + "&tr.1=udp://t.example:80&dn=a+b%20c&kt=x&tr=https://u.example/a"
    )

    assert link.info_hashes == InfoHashes(bytes(20), None)
    assert link.trackers == ("udp://t.example:80", "https://u.example/a")
    assert link.name == "a b c"


def test_hybrid_and_choice() -> None:
    """A hybrid has both topics; ``so`` chooses files (BEP 53)."""
    link = magnet.parse(f"magnet:?xt=urn:btih:{V1}&xt=urn:btmh:1220{V2}&so=0,2,4-6&x.pe=[::1]:6881")

    assert link.info_hashes == InfoHashes(bytes.fromhex(V1), bytes.fromhex(V2))
    assert link.select_only == (range(1), range(2, 3), range(4, 7))
    assert link.peers == (("::1", 6881),)


@pytest.mark.parametrize(
    "text",
    [
        "", "http://example.org", "magnet:", "magnet:?", "magnet:?dn=a", "magnet:?xt=urn:btih:12", "magnet:?xt=urn:btih:" + "z" * 40,
        f"magnet:?xt=urn:btih:{V1}&xt=urn:btih:{'cc' * 20}", "magnet:?xt=urn:btmh:" + V2, f"magnet:?xt=urn:btih:{V1}&x.pe=a",
        f"magnet:?xt=urn:btih:{V1}&x.pe=a:0", f"magnet:?xt=urn:btih:{V1}&so=5-1", f"magnet:?xt=urn:btih:{V1}&so=0-99999999",
        f"magnet:?xt=urn:btih:{V1}&so=a", f"magnet:?xt=urn:btih:{V1}&dn=%ff", "magnet:?" + "a" * 70_000,
        f"magnet:?xt=urn:btih:{V1}" + "&tr=u" * 129,
    ],
)  # fmt: skip
def test_refused(text: str) -> None:
    """A link that names no torrent, or several, or is malformed, is refused with a hint."""
    with pytest.raises(MagnetError) as refusal:
        magnet.parse(text)
    assert refusal.value.hint
