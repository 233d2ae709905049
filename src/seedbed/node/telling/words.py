# SPDX-License-Identifier: Apache-2.0
"""Why a node did something, in plain words: English, French, Spanish (pure)."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING, Any

from seedbed.node.giving import gift_words

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = ("en", "fr", "es")
_COPIES = {
    "en": "{copies:.0f} independent copies online, {target:.0f} wanted",
    "fr": "{copies:.0f} copies indépendantes en ligne, {target:.0f} souhaitées",
    "es": "{copies:.0f} copias independientes en línea, {target:.0f} deseadas",
}
_WORDS: dict[str, dict[str, str]] = {
    "chosen": {
        "en": "taken up: {copies:.0f} copies were online, {short:.1f} more were wanted",
        "fr": "choisi : {copies:.0f} copies étaient en ligne, il en manquait {short:.1f}",
        "es": "elegido: había {copies:.0f} copias en línea, faltaban {short:.1f}",
    },
    "held": {
        "en": "held: every byte was proved ({from_peers:,} bytes from peers, {from_mirrors:,} from mirrors)",
        "fr": "conservé : chaque octet est vérifié ({from_peers:,} octets de pairs, {from_mirrors:,} de miroirs)",
        "es": "guardado: cada byte está comprobado ({from_peers:,} bytes de pares, {from_mirrors:,} de espejos)",
    },
    "leaving": {
        "en": "given up for {for}: announced no longer, and deleted once enough others are seen to hold it",
        "fr": "cédé pour {for} : n'est plus annoncé, et sera effacé quand assez d'autres le conservent",
        "es": "cedido por {for}: ya no se anuncia, y se borrará cuando bastantes otros lo guarden",
    },
    "deleted": {
        "en": "deleted: {others:.0f} others hold it",
        "fr": "effacé : {others:.0f} autres le conservent",
        "es": "borrado: {others:.0f} otros lo guardan",
    },
    "kept": {
        "en": "kept after all: only {others:.0f} others were seen to hold it",
        "fr": "gardé finalement : seuls {others:.0f} autres le conservent",
        "es": "conservado al final: solo {others:.0f} otros lo guardan",
    },
    "withdrawn": {
        "en": "claimed no longer, and fetched again: {why}",
        "fr": "n'est plus annoncé, et sera récupéré de nouveau : {why}",
        "es": "ya no se anuncia, y se descargará de nuevo: {why}",
    },
    "fetch-failed": {
        "en": "could not be fetched, tried again in {again_s:,} s: {why}",
        "fr": "n'a pas pu être récupéré, nouvel essai dans {again_s:,} s : {why}",
        "es": "no se pudo descargar, nuevo intento en {again_s:,} s: {why}",
    },
    "adopted": {
        "en": "was on the disk already: proved before it is served",
        "fr": "se trouvait déjà sur le disque : vérifié avant d'être servi",
        "es": "ya estaba en el disco: se comprueba antes de servirlo",
    },
    "uncut": {
        "en": "so large that it is kept in parts, and its torrent, which says how it is cut, cannot be had yet",
        "fr": "si grand qu'il est conservé par parties, et son torrent, qui dit comment le couper, n'est pas encore là",
        "es": "tan grande que se guarda por partes, y su torrent, que dice cómo cortarlo, no se consigue todavía",
    },
    "restored": {
        "en": "kept after all, because you asked",
        "fr": "gardé finalement, à votre demande",
        "es": "conservado al final, porque lo pidió",
    },
    "evicting": {
        "en": "you asked to be rid of it: announced no longer, and deleted once enough others are seen to hold it",
        "fr": "vous avez demandé de l'enlever : n'est plus annoncé, et sera effacé quand assez d'autres le conservent",
        "es": "pidió quitarlo: ya no se anuncia, y se borrará cuando bastantes otros lo guarden",
    },
    "evicted": {
        "en": "deleted because you asked",
        "fr": "effacé à votre demande",
        "es": "borrado porque lo pidió",
    },
    "given-up": {
        "en": "given up: nobody has sent anything new of it for very long",
        "fr": "abandonné : personne n'en a rien envoyé de nouveau depuis très longtemps",
        "es": "abandonado: nadie ha enviado nada nuevo desde hace mucho",
    },
    "no-room": {
        "en": "given up before it was complete: there is no room for it",
        "fr": "abandonné avant d'être complet : il n'y a pas de place",
        "es": "abandonado antes de completarse: no hay espacio",
    },
    "quarantined": {
        "en": "its sources send wrong bytes; left alone for {again_s:,} s (failure {count}): {why}",
        "fr": "ses sources envoient des octets faux ; laissé de côté {again_s:,} s (échec {count}) : {why}",
        "es": "sus fuentes envían bytes erróneos; en espera {again_s:,} s (fallo {count}): {why}",
    },
    "collapsed": {
        "en": "the catalogue lists {gone:,} of {known:,} versions no more: nothing is dropped for it",
        "fr": "le catalogue ne contient plus {gone:,} versions sur {known:,} : rien n'est effacé pour cela",
        "es": "el catálogo ya no contiene {gone:,} de {known:,} versiones: no se borra nada por eso",
    },
    "catalog-unlisted": {
        "en": "the catalogue lists it no more: kept and served for 90 days",
        "fr": "le catalogue ne le contient plus : gardé et servi pendant 90 jours",
        "es": "el catálogo ya no lo contiene: se guarda y se sirve durante 90 días",
    },
    "catalog-withdrawn": {
        "en": "the catalogue has withdrawn it: served no longer, kept for 90 days",
        "fr": "le catalogue l'a retiré : n'est plus servi, gardé pendant 90 jours",
        "es": "el catálogo lo ha retirado: ya no se sirve, se guarda durante 90 días",
    },
    "outlived": {
        "en": "deleted: the catalogue has not listed it for 90 days",
        "fr": "effacé : absent du catalogue depuis 90 jours",
        "es": "borrado: no está en el catálogo desde hace 90 días",
    },
    "not-listed": {
        "en": "the catalogue does not list it",
        "fr": "le catalogue ne le contient pas",
        "es": "el catálogo no lo contiene",
    },
    "withdrawn-by-catalog": {
        "en": "the catalogue has withdrawn it: {why}",
        "fr": "le catalogue l'a retiré : {why}",
        "es": "el catálogo lo ha retirado: {why}",
    },
    "unwanted": {
        "en": "you asked not to take {pattern!r}",
        "fr": "vous avez demandé de ne pas prendre {pattern!r}",
        "es": "pidió no tomar {pattern!r}",
    },
    "not-chosen": {
        "en": "you asked for {patterns} only",
        "fr": "vous avez demandé seulement {patterns}",
        "es": "pidió solo {patterns}",
    },
    "license": {
        "en": "its licence {license} is none that you take",
        "fr": "sa licence {license} n'est pas de celles que vous acceptez",
        "es": "su licencia {license} no es de las que acepta",
    },
    "safe": {
        "en": "not needed here: " + _COPIES["en"],
        "fr": "pas nécessaire ici : " + _COPIES["fr"],
        "es": "no hace falta aquí: " + _COPIES["es"],
    },
    "needed": {
        "en": "needed: " + _COPIES["en"] + ", {fetching:.0f} are fetching it",
        "fr": "nécessaire : " + _COPIES["fr"] + ", {fetching:.0f} sont en train de le récupérer",
        "es": "hace falta: " + _COPIES["es"] + ", {fetching:.0f} lo están descargando",
    },
    "client-cannot": {
        "en": "{client} takes no torrents of its version",
        "fr": "{client} n'accepte pas les torrents de sa version",
        "es": "{client} no admite torrents de su versión",
    },
    "in-parts": {
        "en": "very large, so nodes keep parts of it: {held:,} of {of:,} here; of its rarest part " + _COPIES["en"],
        "fr": "très volumineux, donc gardé en parties : {held:,} sur {of:,} ici ; de la plus rare " + _COPIES["fr"],
        "es": "muy grande, por eso se guarda en partes: {held:,} de {of:,} aquí; de la más rara " + _COPIES["es"],
    },
    "too-large": {
        "en": "larger than what you give: {size_bytes:,} bytes",
        "fr": "plus grand que ce que vous donnez : {size_bytes:,} octets",
        "es": "más grande que lo que ofrece: {size_bytes:,} bytes",
    },
    "lowered": {
        "en": "given up because the budget was lowered; {surplus:.0f} copies more than wanted are left",
        "fr": "cédé car le budget a été réduit ; il reste {surplus:.0f} copies de plus que souhaité",
        "es": "cedido porque se redujo el presupuesto; quedan {surplus:.0f} copias más de las deseadas",
    },
} | gift_words.WORDS


def language(environment: Mapping[str, str]) -> str:
    """The language of a person, from ``LC_ALL``, ``LC_MESSAGES`` or ``LANG``."""
    named = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return named[:2].lower() if named[:2].lower() in LANGUAGES else "en"


def reason(name: str, facts: Mapping[str, Any], lang: str = "en") -> str:
    """A reason in words; the name itself and its facts, where it has no words."""
    words = _WORDS.get("lowered" if name == "leaving" and not facts.get("for") else name)
    if words is None:
        return f"{name}: {dict(facts)}"
    return _Numbers(lang).vformat(words[lang], (), facts)


class _Numbers(Formatter):
    """Numbers as they are written in a language: in French and Spanish a comma stands before the decimals."""

    def __init__(self, lang: str) -> None:
        self._lang = lang

    def format_field(self, value: Any, format_spec: str) -> str:
        """See :class:`string.Formatter`."""
        text = str(format(value, format_spec))
        if self._lang == "en" or isinstance(value, str):
            return text
        return text.replace(",", "\u00a0").replace(".", ",")
