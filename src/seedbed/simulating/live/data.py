# SPDX-License-Identifier: Apache-2.0
"""Datasets for real nodes to hold: made by chance, published on a web server of this machine."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.catalog import paths
from seedbed.catalog.model import Release
from seedbed.core import metainfo_reader
from seedbed.core.layout import Layout
from seedbed.creating.create import Wish, create, plan_torrent, wanted_hashes
from seedbed.creating.scan import scan
from seedbed.hashing.choice import choose_engine
from seedbed.hashing.job import Threads
from seedbed.node.choosing.units import Cutter
from seedbed.node.parts import Listed
from seedbed.publishing.entry import facts

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from seedbed.core.layout import Span
    from seedbed.core.metainfo import Metainfo
    from seedbed.node.choosing.units import Unit
    from seedbed.node.disk.copies import Copy
    from seedbed.node.policy.rules import Rules
    from seedbed.testing.loopback import LoopbackFiles

FILES = 4
"""In each dataset; a new version changes one of them."""
_DAY = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclass(slots=True)
class Published:
    """What there is, and where.

    Args:
        folder: For data and torrents.
        web: Serves both.
        tracker: Announce URL.
        chance: Makes sizes and bytes.
        rules: How large versions are cut.
    """

    folder: Path
    web: LoopbackFiles
    tracker: str
    chance: Random
    rules: Rules
    releases: dict[str, Release] = field(default_factory=dict)
    bodies: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Id of a version -> path -> bytes: the truth."""
    cutter: Cutter = field(init=False)

    def __post_init__(self) -> None:
        self.cutter = Cutter(self.torrent, self.rules)

    def __call__(self) -> Listed:
        """See :class:`seedbed.node.parts.Lists`."""
        return Listed(tuple(self.releases.values()), (f"{self.folder}/",))

    def torrent(self, release: Release) -> Metainfo:
        """A version's torrent."""
        return metainfo_reader.parse((self.folder / paths.torrent(release.torrent.best_hex)).read_bytes())

    def units(self) -> dict[str, Unit]:
        """All that nodes can hold, by id."""
        return {unit.id: unit for unit in self.cutter.units(list(self.releases.values()))}

    def of_key(self, key: int) -> tuple[Metainfo, range] | None:
        """Torrent and pieces of the unit with a key; of a whole version no pieces are named."""
        unit = next((unit for unit in self.units().values() if unit.key == key), None)
        return (self.torrent(unit.release), unit.pieces) if unit else None

    def is_right(self, item: str, copy: Copy) -> bool:
        """Whether a copy of a unit has its bytes, each where it belongs."""
        unit = self.units()[item]
        metainfo = self.torrent(unit.release)
        layout = Layout.of(metainfo)
        pieces = unit.pieces or range(layout.piece_count)
        for span in layout.spans_of(pieces):
            if span.file_index is None:
                continue
            name = metainfo.files[span.file_index].display
            path = copy.folder / metainfo.name / name
            if not path.is_file() or _read(path, span) != self.bodies[unit.release.id][name][span.start : span.stop]:
                return False
        return True

    def publish(self, dataset: str, version: str, mean_bytes: int) -> Release:
        """Make a version: of a dataset that is there already, one file is another."""
        before = next((body for item, body in self.bodies.items() if item.startswith(f"{dataset}@")), None)
        sizes = [int(mean_bytes / FILES * self.chance.uniform(0.3, 1.7)) for _ in range(FILES)]
        body = dict(before or {f"{number}.bin": self.chance.randbytes(size) for number, size in enumerate(sizes)})
        if before:
            body["0.bin"] = self.chance.randbytes(sizes[0])
        release = self._release(dataset, version, body)
        self.releases[release.id], self.bodies[release.id] = release, body
        return release

    def _release(self, dataset: str, version: str, body: dict[str, bytes]) -> Release:
        root = self.folder / version / dataset
        root.mkdir(parents=True)
        for name, data in body.items():
            (root / name).write_bytes(data)
        self.web.serve({f"{version}/{dataset}/{name}": data for name, data in body.items()})
        wish = Wish(trackers=((self.tracker,),), web_seeds=(f"{self.web.url}{version}/",))
        plan = plan_torrent(scan(str(root)), wish)
        created = create(plan, Threads(choose_engine(), 1), wanted=wanted_hashes(plan, workers=1))
        (self.folder / paths.TORRENTS).mkdir(exist_ok=True)
        (self.folder / paths.torrent(created.info_hashes.best_hex)).write_bytes(created.torrent)
        return Release(
            dataset, version, dataset, "made by chance", "CC0-1.0", facts(created, site_url=""),
            sum(map(len, body.values())), len(body), _DAY, _DAY, _DAY, _DAY,
        )  # fmt: skip


def _read(path: Path, span: Span) -> bytes:
    with path.open("rb") as file:
        file.seek(span.start)
        return file.read(span.length)
