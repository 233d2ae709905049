# SPDX-License-Identifier: Apache-2.0
"""Join links: what is read is what was written, and nothing else is accepted."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.catalog import join_link
from seedbed.catalog.join_link import JoinLink
from seedbed.errors import InputError

HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
URLS = st.lists(st.sampled_from(["https://a.example/", "http://b.example:81/c%20d/", "file:///data/c/"]), unique=True)
ROOT = "ab" * 32


@given(HEX, URLS, st.one_of(st.just(""), HEX))
def test_links_survive_the_way_through_text(root: str, urls: list[str], pointer: str) -> None:
    """A link that was written is read as it was."""
    link = JoinLink(root, tuple(urls), pointer)

    if urls or pointer:
        assert join_link.parse(join_link.render(link)) == link


@given(st.text())
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    """No text makes the reader fail in another way than it says."""
    with contextlib.suppress(InputError):
        join_link.parse("seedbed:join?" + text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://data.example/", "does not start"),
        (f"seedbed:join?root=sha256:{ROOT}", "nowhere to look"),
        ("seedbed:join?url=https://a.example/", "expected one root"),
        (f"seedbed:join?url=https://a.example/&root=md5:{ROOT}", "expected sha256"),
        (f"seedbed:join?url=https://a.example/&root=sha256:{ROOT[1:]}", "64 hex digits"),
        (f"seedbed:join?url=ftp://a.example/&root=sha256:{ROOT}", "expected https"),
        (f"seedbed:join?url=https://a.example/?x&root=sha256:{ROOT}", "without ? and #"),
        (f"seedbed:join?url=https://a.example/&root=sha256:{ROOT}&root=sha256:{'cd' * 32}", "got 2"),
    ],
)
def test_a_wrong_link_is_refused_with_its_reason(text: str, said: str) -> None:
    """The person hears which part of the link is wrong."""
    with pytest.raises(InputError) as caught:
        join_link.parse(text)

    assert said in caught.value.message
