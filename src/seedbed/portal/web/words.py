# SPDX-License-Identifier: Apache-2.0
"""The portal's own words in each of its languages: ``words/<part>.toml``, a table for each key.

::

    [search-button]
    en = "Search"
    fr = "Rechercher"
    es = "Buscar"

A key is ``part.key`` in templates: ``{{ t("browse.search-button") }}``. ``{name}`` in a text is filled in.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = ("en", "fr", "es")
NAMES = {"en": "English", "fr": "Français", "es": "Español"}
"""What each language calls itself."""


@dataclass(frozen=True, slots=True)
class Words:
    """All texts: key -> language -> text."""

    texts: Mapping[str, Mapping[str, str]]

    @classmethod
    def load(cls) -> Words:
        """Those that come with the program."""
        folder = resources.files("seedbed.portal") / "words"
        texts = dict[str, dict[str, str]]()
        for file in folder.iterdir():
            part = file.name.removesuffix(".toml")
            texts |= {f"{part}.{key}": said for key, said in tomllib.loads(file.read_text("utf-8")).items()}
        return cls(texts)

    def say(self, key: str, language: str, **values: object) -> str:
        """A text; English where a language lacks it.

        Raises:
            KeyError: no such key: a fault of ours, which a test finds.
        """
        said = self.texts[key]
        text = said.get(language) or said["en"]
        return text.format(**values) if values else text


def choose_language(asked: str, kept: str, accepted: str) -> str:
    """The language of an answer.

    Args:
        asked: By ``?lang=``.
        kept: By the cookie.
        accepted: The header ``Accept-Language`` (RFC 9110, 12.5.4).
    """
    for one in (asked, kept):
        if one in LANGUAGES:
            return one
    ranked = sorted(_ranges(accepted), key=lambda one: -one[1])
    return next((name for name, weight in ranked if weight > 0 and name in LANGUAGES), LANGUAGES[0])


def _ranges(accepted: str) -> list[tuple[str, float]]:
    """Languages with their weights, in the order given."""
    found = []
    for part in accepted[:1000].split(","):
        tag, _, rest = part.partition(";")
        weight = rest.strip().removeprefix("q=") or "1"
        name = tag.strip().lower().partition("-")[0]
        found.append((name, float(weight) if weight.replace(".", "", 1).isdigit() else 0.0))
    return found
