# SPDX-License-Identifier: Apache-2.0
"""Portals to test: over catalogues that are only tables, with a clock that stands still until it is moved."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from seedbed.catalog.model import Collection, Mirror, Provider, Site, Translation
from seedbed.catalog.table import writer
from seedbed.portal.app import build
from seedbed.portal.opening import opened
from seedbed.portal.settings import Settings
from tests import releases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from seedbed.catalog.model import FileRow, Release
    from seedbed.portal.portal import Portal

URL = "http://portal.test"
SITE = Site(
    "town", "Town data", "What the town knows.", f"{URL}/catalog/", 3,
    (Collection(), Collection("water", "Water", "Lakes and rivers.")),
)  # fmt: skip


def small_releases() -> list[Release]:
    """Two versions of lakes (with a place and a mirror), a census of nowhere, a withdrawn mistake."""
    water = {
        "collection": "water",
        "keywords": ("hydrology", "lakes"),
        "providers": (Provider("City of Edmonton", ("producer",)),),
        "translations": (Translation("fr", "Lacs de la ville", "Ce que nous savons."),),
        "language": "en",
        "mirrors": (Mirror("own", "https://data.example.org/lakes/"),),
    }
    lakes = releases.versions("lakes", 2, title="Lakes of the town", description="Outlines of all lakes.", **water)
    census = releases.release(
        "census", title="Census <b>2021</b>", description="People & homes.", license="CC0-1.0",
        size_bytes=9_000_000_000, geometry_default=True,
        threat="at-risk", doi="10.5281/zenodo.7", keywords=("people",),
    )  # fmt: skip
    mistake = releases.release("mistake", status="withdrawn", status_reason="It named people.")
    return [census, *lakes, mistake]


def small_catalog(folder: Path) -> None:
    """The tables of :func:`small_releases`."""
    write_tables(folder, small_releases())


def write_tables(
    folder: Path, them: Iterable[Release], *, files: Iterable[FileRow] | None = None, site: Site = SITE
) -> None:
    """A catalogue's two tables; three files a version unless given."""
    ordered = releases.in_table_order(them)
    folder.mkdir(parents=True, exist_ok=True)
    rows = [row for one in ordered for row in releases.file_rows(one)] if files is None else files
    writer.write_catalog(folder / "catalog.parquet", ordered, site)
    writer.write_files(folder / "files.parquet", sorted(rows, key=writer.file_order))


@dataclass(slots=True)
class Clock:
    """Of a portal."""

    at: dt.datetime

    def __call__(self) -> dt.datetime:
        """The time."""
        return self.at

    def forward(self, **span: float) -> None:
        """Move it: ``forward(hours=2)``."""
        self.at += dt.timedelta(**span)


@dataclass(frozen=True, slots=True)
class Stand:
    """A portal and who asks it."""

    portal: Portal
    web: TestClient
    clock: Clock

    @classmethod
    @contextmanager
    def open(cls, folder: Path, *, now: dt.datetime, **settings: Any) -> Iterator[Stand]:
        """Over the catalogue in a server's folder."""
        clock = Clock(now)
        made = replace(Settings(folder, URL, title="Town data"), **settings)
        with opened(made, now=clock) as portal, TestClient(build(portal), base_url=URL, follow_redirects=False) as web:
            yield cls(portal, web, clock)
