# SPDX-License-Identifier: Apache-2.0
"""Texts that strangers would write to break a format, and releases that are full of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from xml.etree import ElementTree as ET

from hypothesis import example
from hypothesis import strategies as st

from seedbed.catalog.model import Mirror, Provider, Translation
from tests.releases import release

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.catalog.model import Release

Test = TypeVar("Test", bound="Callable[..., None]")

WORST = (
    "</script><script>alert(1)</script>",
    "<![CDATA[ ]]> & &amp; \"'",
    '"""\n . <http://evil.example/> a <http://evil.example/x> .',
    '=HYPERLINK("http://evil.example","x")',
    "+1 -1 @SUM(1) \t\r\n",
    "\x00\x0b\x1f\x7f\ufffe back\\slash \\u0041 \u2028 \u2029 \U0001f30a",
    "{{ 7 * 7 }} %s ${x} <!-- --> ]]>",
    "\u202etxet desrever \ud7ff",
)
texts = st.sampled_from(WORST) | st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(
    lambda text: bool(text.strip())
)


def full_of(word: str, title: str = "", description: str = "") -> Release:
    """A release whose every text is hostile."""
    return release(
        title=title or word, description=description or word, keywords=(word,), language="en", citation=word,
        doi='10.1/x"><y', license="other", license_url=f"https://h.example/{word}", status_reason=word,
        providers=(Provider(word, ("producer",), f"https://h.example/{word}"),),
        translations=(Translation("fr", word, word), Translation(f"x{word}", word)),
        mirrors=(Mirror("own", f"https://h.example/{word}/"),),
    )  # fmt: skip


def hostile() -> st.SearchStrategy[Release]:
    """Any such release."""
    return st.builds(full_of, texts, texts, texts)


def with_the_worst(test: Test) -> Test:
    """A property test of one release is tried with each of :data:`WORST`, whatever else is drawn."""
    for word in WORST:
        test = example(full_of(word))(test)
    return test


def parsed(text: str) -> ET.Element:
    """XML that we have written ourselves."""
    return ET.fromstring(text)  # noqa: S314  # ours
