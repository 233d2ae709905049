# SPDX-License-Identifier: Apache-2.0
"""A client in memory: what it fetches appears on the disk at once, and people may do things in its window."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.core import metainfo_reader
from seedbed.core.ids import InfoHashes
from seedbed.errors import SeedbedError, SourceError
from seedbed.node.clients.base import LABEL, Seen

if TYPE_CHECKING:
    from seedbed.core.metainfo import Metainfo
    from seedbed.testing.datasets import Dataset


@dataclass(slots=True)
class FakeClient:
    """See :class:`seedbed.node.clients.base.Client`. It calls the node's folder by the name ``/there``, if told so."""

    data: dict[str, Dataset] = field(default_factory=dict)
    """What it can fetch, by info-hash."""
    prefix: tuple[str, str] = ("", "")
    """How it names folders, and where they really are."""
    is_blind: bool = False
    """It sees other files than the node does."""
    fault: SeedbedError | None = None
    """What every call ends with."""
    knows_v2: bool = True
    wrong: set[str] = field(default_factory=set)
    """Hashes of what it says is complete, with a wrong byte."""
    listed: dict[str, Seen] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    name: str = "Fake 1.0"
    port: int = 6881

    def takes(self, *, v1: bool, v2: bool) -> bool:
        """See there."""
        return v1 and (self.knows_v2 or not v2)

    def open(self) -> None:
        """See there."""
        self._call("open")

    def close(self) -> None:
        """See there."""

    def torrents(self) -> list[Seen]:
        """See there."""
        self._call("")
        return list(self.listed.values())

    def add(self, torrent: bytes, folder: str) -> None:
        """See there."""
        self._call("add")
        metainfo = _read(torrent)
        one = metainfo.info_hashes.best_hex
        if one in self.listed:
            raise SourceError("duplicate")
        self.listed[one] = self._checked(metainfo, folder, label=LABEL)

    def start(self, torrent: str) -> None:
        """See there."""
        self._change("start", torrent, is_stopped=False)

    def stop(self, torrent: str) -> None:
        """See there."""
        self._change("stop", torrent, is_stopped=True)

    def forget(self, torrent: str) -> None:
        """See there."""
        self._call(f"forget {torrent[:4]}")
        del self.listed[torrent]

    # -- what others do ----------------------------------------------------------------------------------------------

    def has(self, data: Dataset, folder: Path) -> None:
        """Somebody has added a torrent in the client's own window."""
        metainfo = data.metainfo
        self.listed[metainfo.info_hashes.best_hex] = self._checked(metainfo, str(folder), label="")

    def seen(self, data: Dataset, **changes: object) -> None:
        """Something happens to a torrent."""
        one = data.metainfo.info_hashes.best_hex
        self.listed[one] = replace(self.listed[one], **changes)  # type: ignore[arg-type]  # fields of it

    def of(self, data: Dataset) -> Seen | None:
        """A torrent."""
        return self.listed.get(data.metainfo.info_hashes.best_hex)

    def _checked(self, metainfo: Metainfo, folder: str, *, label: str) -> Seen:
        here = Path(folder.replace(self.prefix[0], self.prefix[1], 1)) if self.prefix[0] else Path(folder)
        one = metainfo.info_hashes.best_hex
        is_complete, received = self._has_all(metainfo, here), 0
        if is_complete and one in self.data:
            is_complete = self.data[one].is_at(here)
        if not is_complete and one in self.data:
            self._fetch(self.data[one], here, is_wrong=one in self.wrong)
            is_complete, received = True, metainfo.size_bytes
        done = metainfo.size_bytes if is_complete else 0
        return Seen(
            one, frozenset((one, metainfo.info_hashes.v2_hex)) - {""}, metainfo.name, label, is_stopped=False,
            is_checking=False, is_complete=is_complete, folder=folder, done_bytes=done,
            total_bytes=metainfo.size_bytes, peers=1, uploaded_bytes=0, downloaded_bytes=received,
            upload_bytes_per_s=0, download_bytes_per_s=0,
        )  # fmt: skip

    def _has_all(self, metainfo: Metainfo, folder: Path) -> bool:
        base = folder if metainfo.is_single_file else folder / metainfo.name
        files = [base.joinpath(*file.path) for file in metainfo.files]
        return not self.is_blind and all(path.is_file() for path in files)

    def _fetch(self, data: Dataset, folder: Path, *, is_wrong: bool) -> None:
        for path, body in data.contents.items():
            target = folder / path
            if self.is_blind or (target.is_file() and target.read_bytes() == body and not is_wrong):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body[:-1] + b"?" if is_wrong else body)

    def _change(self, what: str, torrent: str, **changes: bool) -> None:
        self._call(f"{what} {torrent[:4]}")
        if torrent in self.listed:  # like real ones it says nothing of others
            self.listed[torrent] = replace(self.listed[torrent], **changes)  # type: ignore[arg-type]

    def _call(self, what: str) -> None:
        if self.fault:
            raise self.fault
        if what:
            self.calls.append(what)


def _read(torrent: bytes) -> Metainfo:
    """A private torrent too, which seedbed itself refuses: the node asks by one whether a client sees its folder."""
    private = b"7:privatei1e"
    metainfo = metainfo_reader.parse(torrent.replace(private, b""))
    if private not in torrent:
        return metainfo
    info = torrent.removeprefix(b"d4:info").removesuffix(b"e")
    return replace(metainfo, info_hashes=InfoHashes.of(info, v1=True, v2=False))
