# SPDX-License-Identifier: Apache-2.0
"""The page's words in English, French and Spanish, and how numbers are written there (pure)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seedbed.node.telling.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

_QUALITY = re.compile(r"q=([01](?:\.\d{0,3})?)", re.ASCII)
TEXTS: Mapping[str, tuple[str, str, str]] = {
    "title": ("Smartnode", "Nœud", "Nodo"),
    "protects": ("What you protect", "Ce que vous protégez", "Lo que usted protege"),
    "protect-one": (
        "You protect {share} of {collection} ({held} of {of} datasets){last}.",
        "Vous protégez {share} de {collection} ({held} jeux de données sur {of}){last}.",
        "Usted protege {share} de {collection} ({held} de {of} conjuntos de datos){last}.",
    ),
    "only-copy": (
        ", and {count} of them have no other copy online", ", dont {count} sans autre copie en ligne",
        ", de ellos {count} sin otra copia en línea",
    ),
    "nothing": (
        "Nothing yet: it takes a while until the first dataset is here.",
        "Rien encore : il faut un moment avant le premier jeu de données.",
        "Todavía nada: el primer conjunto de datos tarda un momento.",
    ),
    "collection": ("Collection", "Collection", "Colección"),
    "datasets": ("Datasets", "Jeux de données", "Conjuntos de datos"),
    "share": ("Share", "Part", "Parte"),
    "bytes": ("Size", "Taille", "Tamaño"),
    "only": ("Only here", "Seulement ici", "Solo aquí"),
    "in-parts": (
        "Very large datasets, in parts", "Très grands jeux de données, en parties", "Conjuntos muy grandes, en partes",
    ),
    "parts": ("Parts", "Parties", "Partes"),
    "budget": ("Disk", "Disque", "Disco"),
    "of-given": ("{used} of {given} in use", "{used} sur {given} utilisés", "{used} de {given} en uso"),
    "month": (
        "{used} of {given} traffic this month", "{used} sur {given} de trafic ce mois-ci",
        "{used} de {given} de tráfico este mes",
    ),
    "held-over-time": (
        "Bytes held over time", "Octets conservés au fil du temps", "Bytes guardados a lo largo del tiempo",
    ),
    "sent": ("Sent since the start", "Envoyé depuis le démarrage", "Enviado desde el inicio"),
    "received": ("Received since the start", "Reçu depuis le démarrage", "Recibido desde el inicio"),
    "held": ("Held", "Conservés", "Guardados"),
    "fetching": ("Being fetched", "En cours de récupération", "Descargándose"),
    "leaving": ("Being given up", "En cours de cession", "Cediéndose"),
    "last-round": ("Last look around", "Dernier tour", "Última ronda"),
    "now": ("Now", "En ce moment", "Ahora"),
    "dataset": ("Dataset", "Jeu de données", "Conjunto de datos"),
    "progress": ("Progress", "Progression", "Progreso"),
    "speed": ("Speed", "Débit", "Velocidad"),
    "only-copies": ("Nowhere else online", "Nulle part ailleurs en ligne", "En ningún otro lugar en línea"),
    "and-more": ("and {count} more", "et {count} de plus", "y {count} más"),
    "events": ("What happened", "Ce qui s'est passé", "Lo que ha ocurrido"),
    "paused": (
        "Paused: nothing new is fetched, and nothing is dropped.", "En pause : rien n'est récupéré ni effacé.",
        "En pausa: no se descarga ni se borra nada.",
    ),
    "hours": ("Hours: {hours}", "Heures : {hours}", "Horas: {hours}"),
    "warning": ("Warning", "Avertissement", "Aviso"),
    "trouble": ("Trouble", "Problème", "Problema"),
    "programs": ("For programs", "Pour les programmes", "Para programas"),
    "never": ("not yet", "pas encore", "todavía no"),
}  # fmt: skip
_UNITS = {
    "en": ("B", "kB", "MB", "GB", "TB", "PB"), "fr": ("o", "ko", "Mo", "Go", "To", "Po"),
    "es": ("B", "kB", "MB", "GB", "TB", "PB"),
}  # fmt: skip
_SPACE = "\u00a0"


def text(name: str, lang: str, /, **facts: object) -> str:
    """Words of the page."""
    return TEXTS[name][LANGUAGES.index(lang)].format(**facts)


def named(name: str, lang: str) -> str:
    """Words before a value: with a colon, which has a space before it in French."""
    return text(name, lang) + (f"{_SPACE}: " if lang == "fr" else ": ")


def language(accepted: str) -> str:
    """The language that a browser likes best, of ours (RFC 9110, 12.5.4); English where it likes none."""
    liked = [(-_quality(part), at, _tag(part)) for at, part in enumerate(accepted[:500].split(","))]
    return next((tag for quality, _, tag in sorted(liked) if tag in LANGUAGES and quality < 0), "en")


def number(value: float, lang: str, digits: int = 0) -> str:
    """A number as it is written there."""
    written = f"{value:,.{digits}f}"
    return written if lang == "en" else written.replace(",", _SPACE).replace(".", ",")


def size(count_bytes: float, lang: str) -> str:
    """A byte count in powers of 1000."""
    at = 0
    while count_bytes >= 999.95 and at < len(_UNITS[lang]) - 1:
        count_bytes, at = count_bytes / 1000, at + 1
    return f"{number(count_bytes, lang, 1 if at else 0)}{_SPACE}{_UNITS[lang][at]}"


def scale(most_bytes: float, lang: str) -> tuple[float, str]:
    """What to divide by, and the unit's name, for a plot whose largest value that is."""
    at = 0
    while most_bytes >= 2_000 and at < len(_UNITS[lang]) - 1:
        most_bytes, at = most_bytes / 1000, at + 1
    return 1000.0**at, _UNITS[lang][at]


def share(percent: float, lang: str) -> str:
    """A share: something is never told as nothing, nor nearly all as all."""
    if 0 < percent < 0.1:
        return f"<{_SPACE}{number(0.1, lang, 1)}{_SPACE}%"
    shown = 100.0 if percent >= 100 else min(percent, 99.9)
    return f"{number(shown, lang, 0 if shown == 100 else 1)}{_SPACE}%"


def _quality(part: str) -> float:
    found = _QUALITY.search(part)
    return float(found[1]) if found else 1.0


def _tag(part: str) -> str:
    return part.partition(";")[0].strip()[:2].lower()
