# SPDX-License-Identifier: Apache-2.0
"""Releases such as an open-data portal has: four versions of each dataset, long descriptions, hashes, two mirrors.

The same number always gives the same releases, in the order of a catalogue.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING

from seedbed.catalog.model import Column, Contents, Mirror, Provider, Release, Site, TorrentFacts

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSIONS = 4
SITE = Site("bench", title="Bench", url="https://data.example.org/", serial=1)
START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_WORDS = tuple(
    (  # noqa: SIM905  # words read best as words
        "agua ríos cuenca estaciones medición calidad del aire población censo localidad municipio escuelas salud "
        "hospitales carreteras transporte rutas energía presas bosque cobertura suelo clima lluvia temperatura costa "
        "pesca minería agricultura maíz producción anual mensual indicadores seguridad vivienda hogares ingreso gasto "
        "water rivers census roads forest land cover buildings addresses elevation imagery parcels boundaries"
    ).split(" ")
)
_LICENSES = ("CC-BY-4.0", "CC0-1.0", "ODbL-1.0", "other")
_PROVIDERS = tuple(
    Provider(name, ("producer", "licensor"), f"https://www.{name.lower()}.example")
    for name in ("INEGI", "CONAGUA", "CONABIO", "SEMARNAT", "StatCan", "NRCan", "IGN", "USGS")
)
_COLUMNS = tuple(Column(name, "string") for name in ("id", "nombre", "estado", "municipio", "fecha", "valor"))


def releases(count: int) -> Iterator[Release]:
    """Some releases, sorted by dataset and version.

    Args:
        count: How many; a multiple of four.
    """
    for at in range(count // VERSIONS):
        yield from dataset(at)


def dataset(number: int, *, versions: int = VERSIONS) -> Iterator[Release]:
    """All versions of one dataset."""
    rng = random.Random(number)
    title = " ".join(rng.choices(_WORDS, k=rng.randint(3, 8))).capitalize()
    description = " ".join(rng.choices(_WORDS, k=rng.randint(30, 150)))
    keywords = tuple(sorted(set(rng.choices(_WORDS, k=5))))
    west, south = round(rng.uniform(-117, -87), 5), round(rng.uniform(14, 32), 5)
    names = [f"{2020 + seq}-{number % 12 + 1:02}-01" for seq in range(versions)]
    for seq, version in enumerate(names, start=1):
        moment = START + dt.timedelta(days=365 * seq, seconds=number)
        torrent = _torrent(rng, f"dataset-{number:07}", version, is_single_file=number % 3 > 0)
        yield Release(
            dataset=f"dataset-{number:07}",
            version=version,
            title=title,
            description=description,
            license=_LICENSES[number % len(_LICENSES)],
            torrent=torrent,
            size_bytes=rng.randint(10_000, 10_000_000_000),
            file_count=1 if torrent.is_single_file else rng.randint(2, 500),
            datetime=moment if number % 5 else None,
            start_datetime=None if number % 5 else moment,
            end_datetime=None if number % 5 else moment + dt.timedelta(days=364),
            created=moment,
            updated=moment,
            published=moment,
            bbox=(west, south, round(west + rng.random(), 5), round(south + rng.random(), 5)),
            version_seq=seq,
            latest=seq == versions,
            predecessor=names[seq - 2] if seq > 1 else "",
            successor=names[seq] if seq < versions else "",
            keywords=keywords,
            providers=(_PROVIDERS[number % len(_PROVIDERS)],),
            language="es",
            doi=f"10.5281/zenodo.{number * 10 + seq}",
            concept_doi=f"10.5281/zenodo.{number * 10}",
            source_portal="datos.example",
            source_id=rng.randbytes(16).hex(),
            source_modified=moment,
            source_access="open",
            jurisdiction="MX",
            media_type="text/csv" if torrent.is_single_file else "",
            sha256=rng.randbytes(32).hex() if torrent.is_single_file else "",
            mirrors=_mirrors(torrent, number * 10 + seq),
            contents=Contents(columns=_COLUMNS, row_count=rng.randint(10, 10_000_000)),
        )


def _torrent(rng: random.Random, name: str, version: str, *, is_single_file: bool) -> TorrentFacts:
    v1, v2 = rng.randbytes(20).hex(), rng.randbytes(32).hex()
    folder = f"https://data.example.org/webseed/{name}/{version}/"
    return TorrentFacts(
        name=f"{name}.csv" if is_single_file else name,
        piece_length=1 << rng.randint(18, 24),
        info_hash_v1=v1,
        info_hash_v2=v2,
        sha256=rng.randbytes(32).hex(),
        length=rng.randint(500, 200_000),
        web_seeds=(folder,),
        trackers=("https://tracker.example.org/announce",),
        magnet=f"magnet:?xt=urn:btih:{v1}&xt=urn:btmh:1220{v2}&dn={name}&ws={folder}",
        is_single_file=is_single_file,
    )


def _mirrors(torrent: TorrentFacts, record: int) -> tuple[Mirror, ...]:
    end = torrent.name if torrent.is_single_file else ""
    return (
        Mirror("source-coop", f"https://data.source.coop/open/data/{record}/{end}", "Source Cooperative"),
        Mirror("zenodo", f"https://zenodo.org/records/{record}/files/{end}", "Zenodo"),
    )
