# SPDX-License-Identifier: Apache-2.0
"""An item of :class:`seedbed.testing.fake_internet_archive.FakeInternetArchive`: files, and those the archive adds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.testing.fake_http import Blobs

_FILE_XML = '<file name="{name}" source="{source}"><md5>{md5}</md5><sha1>{sha1}</sha1><size>{size}</size></file>'


@dataclass(frozen=True, slots=True)
class File:
    """What was uploaded, or made from it."""

    blob: int
    size_bytes: int
    md5: str
    sha1: str
    source: str = "original"
    parent: str = ""


@dataclass(slots=True)
class Item:
    """Everything under one identifier."""

    identifier: str
    metadata: dict[str, str | list[str]] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)

    def take(self, name: str, blob: int, data: bytes, headers: Mapping[str, str]) -> None:
        """Put a file in place; keep the old one and derive from the new one where that is not declined."""
        if name in self.files and headers.get("x-archive-keep-old-version") == "1":
            self.files[f"history/files/{name}.~1~"] = self.files[name]
        self.files[name] = File(blob, len(data), _hex("md5", data), _hex("sha1", data))
        if headers.get("x-archive-queue-derive") != "0":
            self.files[f"{name}.derived"] = File(
                blob, len(data), _hex("md5", data), _hex("sha1", data), "derivative", name
            )

    def drop(self, name: str, *, cascades: bool) -> None:
        """Delete a file; with what was made from it if wanted."""
        self.files.pop(name, None)
        if cascades:
            self.files = {key: one for key, one in self.files.items() if one.parent != name}

    def has(self, name: str) -> bool:
        """Whether it can be downloaded."""
        return name in self.files or name in self._added()

    def data(self, name: str, blobs: Blobs) -> bytes:
        """A file's bytes."""
        return blobs.get(self.files[name].blob) if name in self.files else self._added()[name]

    def shown(self, server: str) -> dict[str, Any]:
        """As the metadata API shows it. Numbers are texts there."""
        files = [
            {"name": name, "source": one.source, "size": str(one.size_bytes), "md5": one.md5, "sha1": one.sha1}
            for name, one in self.files.items()
        ]
        files += [
            {"name": name, "source": "original", "format": "Metadata", "size": str(len(data)), "md5": _hex("md5", data)}
            for name, data in self._added().items()
        ]
        return {"server": server, "dir": f"/0/items/{self.identifier}", "files": files, "metadata": self.metadata}

    def _added(self) -> dict[str, bytes]:
        """The archive's own files, which change with the item; its torrent too, unless that is declined."""
        rows = "".join(
            f"<{key}>{escape(str(value))}</{key}>"
            for key, value in self.metadata.items()
            if not isinstance(value, list)
        )
        listed = "".join(
            _FILE_XML.format(name=escape(name), source=one.source, md5=one.md5, sha1=one.sha1, size=one.size_bytes)
            for name, one in self.files.items()
        )
        added = {
            f"{self.identifier}_meta.xml": f"<metadata>{rows}</metadata>".encode(),
            f"{self.identifier}_files.xml": f"<files>{listed}</files>".encode(),
        }
        if self.metadata.get("noarchivetorrent") != "true":
            added[f"{self.identifier}_archive.torrent"] = b"d4:infod4:name" + listed.encode()
        return added


def _hex(kind: str, data: bytes) -> str:
    return hashlib.new(kind, data, usedforsecurity=False).hexdigest()
