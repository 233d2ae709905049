# SPDX-License-Identifier: Apache-2.0
"""Where this machine keeps what seedbed remembers: followed catalogues, keys, and the cache of data.

``SEEDBED_HOME`` moves all of it; otherwise the system's usual places are used (XDG on Linux).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from seedbed.catalog.ids import slug
from seedbed.errors import StateError

VARIABLE = "SEEDBED_HOME"
CACHE_VARIABLE = "SEEDBED_CACHE"


@dataclass(frozen=True, slots=True)
class Home:
    """Folders of one person on one machine; made when first written to."""

    data: Path
    """Small and precious: keys, trust records, catalogues."""
    cache: Path
    """Large and replaceable: data of releases."""

    @classmethod
    def of_environment(cls) -> Home:
        """The folders that the environment names, or the system's usual ones."""
        home, cache = os.environ.get(VARIABLE), os.environ.get(CACHE_VARIABLE)
        data = Path(home) if home else platformdirs.user_data_path("seedbed")
        usual = Path(home) / "cache" if home else platformdirs.user_cache_path("seedbed")
        return cls(data.absolute(), (Path(cache) if cache else usual).absolute())

    @property
    def keys(self) -> Path:
        """Signing keys, one folder for each catalogue's id; never inside a catalogue."""
        return self.data / "keys"

    @property
    def catalogs(self) -> Path:
        """Followed catalogues, one folder each."""
        return self.data / "catalogs"

    def health(self, catalog_id: str) -> Path:
        """What audits of a catalogue's copies found."""
        return self.data / "health" / f"{slug(catalog_id) or 'catalog'}.sqlite"

    @property
    def scrapes(self) -> Path:
        """What trackers answered last, whatever catalogue a torrent is of."""
        return self.data / "scrapes.sqlite"

    @property
    def publications(self) -> Path:
        """Journals of publications that are not over, one folder each."""
        return self.data / "publications"

    @property
    def published(self) -> tuple[Path, ...]:
        """Catalogue folders that this person publishes, those still there.

        Raises:
            StateError: the list cannot be read.
        """
        try:
            paths = json.loads(self._published_file.read_text("utf-8"))
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise StateError(
                f"{self._published_file}: it cannot be read: {error.strerror}",
                hint=f"{VARIABLE} names the folder where seedbed keeps what it remembers.",
            ) from error
        except ValueError as error:
            raise StateError(f"{self._published_file}: it is damaged: {error}", hint="Remove it.") from error
        return tuple(path for path in map(Path, paths) if path.is_dir())

    def remember_published(self, folder: Path) -> None:
        """Add a folder to :attr:`published`.

        Raises:
            StateError: the list cannot be written.
        """
        from seedbed.fetching.disk.flushing import write_durably  # noqa: PLC0415  # needed once in a catalogue's life

        paths = dict.fromkeys([*map(str, self.published), str(folder.absolute())])
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            write_durably(self._published_file, json.dumps(list(paths), indent=1).encode())
        except OSError as error:
            raise StateError(f"{self._published_file}: it cannot be written: {error.strerror}") from error

    @property
    def _published_file(self) -> Path:
        return self.data / "published.json"
