# SPDX-License-Identifier: Apache-2.0
"""Where the copies of a version will be: what the torrent names, what the catalogue says, what is audited (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.catalog.model import Mirror
from seedbed.catalog.stac.terms import MIRROR_KEYS
from seedbed.core.layout import quoted_path
from seedbed.mirrors.deposits import Address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.creating.dataset import Dataset


def web_seed(address: Address, dataset: Dataset) -> str:
    """The web seed that a torrent can name (BEP 19); empty where the address has no such form.

    A single file is at its own URL. Of a folder the torrent names what is above it, where the folder has the torrent's
    name; and never an address that redirects, for clients follow about one redirect a second there.
    """
    if dataset.is_single_file:
        return address.href
    tail = quoted_path((dataset.name,)) + "/"
    fits = not address.is_flat and address.is_final and address.href.endswith("/" + tail)
    return address.href.removesuffix(tail) if fits else ""


def mirrors(copies: Sequence[tuple[str, Address]], others: Sequence[Mirror] = ()) -> tuple[Mirror, ...]:
    """What the catalogue says.

    Args:
        copies: Word for the kind of mirror, and address. Of several of one kind the first gets the word, others a
            numbered one as far as there are any; all may be web seeds.
        others: That the person named.
    """
    found: dict[str, Mirror] = {}
    for word, address in copies:
        words = [one for one in MIRROR_KEYS if one.startswith(word)]
        key = next((one for one in (*words, "other", "other-2") if one not in found), "")
        if key:
            found[key] = mirror(key, address)
    return (*found.values(), *(one for one in others if one.key not in found))


def mirror(key: str, address: Address) -> Mirror:
    """An address as the catalogue says it."""
    return Mirror(key, address.href, layout="flat" if address.is_flat else "")


def of_mirror(one: Mirror) -> Address:
    """What :func:`mirror` made, as an address again."""
    return Address(one.href, is_flat=one.layout == "flat")
