# SPDX-License-Identifier: Apache-2.0
"""Names in a catalogue: datasets, versions, and ``<dataset>@<version>``.

They become paths of URLs and folders on every system, so they are narrow: what is not plainly safe is refused.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from seedbed.core import names
from seedbed.errors import InputError, NameRefusedError

_DATASET = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}", re.ASCII)
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Ref:
    """What a person names: a dataset, or one version of it."""

    dataset: str
    version: str = ""
    """Empty means the newest."""

    def __str__(self) -> str:
        return item_id(self.dataset, self.version) if self.version else self.dataset


def item_id(dataset: str, version: str) -> str:
    """The STAC item's id."""
    return f"{dataset}@{version}"


def parse_ref(text: str) -> Ref:
    """Read ``DATASET`` or ``DATASET@VERSION``.

    Raises:
        InputError: it is neither.
    """
    dataset, mark, version = text.strip().partition("@")
    if mark and not version:
        raise InputError(f"{text!r}: there is no version after the @", hint="Leave out the @ for the newest version.")
    return Ref(check_dataset(dataset), check_version(version) if version else "")


def check_dataset(text: str) -> str:
    """The name itself, if datasets may be called so.

    Raises:
        InputError: they may not.
    """
    if _DATASET.fullmatch(text) and _is_portable(text):
        return text
    near = slug(text)
    raise InputError(
        f"dataset {text!r}: expected lower-case letters, digits, '-', '_' and '.', starting with a letter or digit, "
        "at most 128",
        hint=f"{near!r} would do." if near else "",
    )


def check_version(text: str) -> str:
    """The name itself, if versions may be called so.

    Raises:
        InputError: they may not.
    """
    if _VERSION.fullmatch(text) and _is_portable(text):
        return text
    raise InputError(
        f"version {text!r}: expected letters, digits, '-', '_', '+' and '.', starting with a letter or digit, "
        "at most 64",
        hint="Such as 2024-05-01, 1.2 or v3.",
    )


def slug(text: str) -> str:
    """A dataset's name made from any words; empty when nothing is left of them."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    dashed = re.sub(r"[^a-z0-9._]+", "-", plain).strip("-._")[:128].strip("-._")
    return dashed if _DATASET.fullmatch(dashed) and _is_portable(dashed) else ""


def _is_portable(text: str) -> bool:
    try:
        names.check_component(text)
    except NameRefusedError:
        return False
    return True
