# SPDX-License-Identifier: Apache-2.0
"""Table U, rows U1 to U24: archives that are refused before anything is unpacked, or while it is."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.errors import FormatError, NameRefusedError, SeedbedError
from seedbed.portal.uploads.hash_book import read
from seedbed.portal.uploads.zips.blob import FileBlob, MemoryBlob
from seedbed.portal.uploads.zips.judging import judge
from seedbed.portal.uploads.zips.unpack import unpack
from seedbed.portal.uploads.zips.unpacking import Meter, unpacked
from tests.unit.portal.uploads.zips import Piece, archive, deflated

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20


def rule_of(data: bytes) -> str:
    """The row by which an archive is refused when it is listed; empty when it is not."""
    try:
        judge(MemoryBlob(data))
    except SeedbedError as error:
        assert error.hint
        return str(error.data["rule"])
    return ""


def rule_unpacked(data: bytes) -> str:
    """The row by which an archive is refused while it is unpacked; it is listed without complaint."""
    blob = MemoryBlob(data)
    listing = judge(blob)
    meter = Meter(len(data))
    try:
        for item in listing.items:
            for _part in unpacked(blob, item, meter):
                pass
    except FormatError as error:
        assert error.hint
        return str(error.data["rule"])
    return ""


def test_good_archives_of_usual_programs_are_listed(tmp_path: Path) -> None:
    """What Python's zipfile and Info-ZIP write is accepted: folders, stored files, accents, a comment, zip64."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as file:
        file.comment = b"of a commit"
        file.mkdir("data")
        file.writestr("data/über.csv", "a,b\n" * 1000)
        file.writestr(zipfile.ZipInfo("data/stored.bin"), bytes(1000))
        with file.open(zipfile.ZipInfo("data/large.bin"), "w", force_zip64=True) as large:
            large.write(b"x" * 1000)

    listing = judge(MemoryBlob(memory.getvalue()))

    assert {"/".join(item.path): item.size for item in listing.items} == {
        "data/über.csv": 4000, "data/stored.bin": 1000, "data/large.bin": 1000,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        (b"../up.csv", "dots"),
        (b"a/../../up.csv", "dots"),
        (b"/etc/passwd", "empty"),
        (b"C:\\data.csv", "characters"),
        (b"C:/data.csv", "characters"),
        (b"\\\\server\\share\\a.csv", "characters"),
        (b"//server/share/a.csv", "empty"),
    ],
)
def test_u1_u2_u3_u4_paths_that_leave_the_folder(name: bytes, rule: str) -> None:
    """Two dots, absolute paths, drives and network paths are refused by the rule for names."""
    assert rule_of(archive(Piece(name))) == rule


@pytest.mark.parametrize(
    "names",
    [
        (b"a.csv", b"a.csv"),
        (b"Data.csv", b"data.csv"),
        (b"a/x.csv", b"A/y.csv"),
        (b"a", b"a/x.csv"),
        (b"a/", b"A/x.csv"),
        (b"a/", b"a/"),
    ],
)
def test_u5_u6_names_that_some_system_takes_for_one(names: tuple[bytes, bytes]) -> None:
    """Names that are there twice, or differ only by case, are refused; a folder beside a file of its name too."""
    pieces = [Piece(name, b"" if name.endswith(b"/") else b"data", method=0) for name in names]

    assert rule_of(archive(*pieces)) == "twin"


@pytest.mark.parametrize("mode", [0o120777, 0o020666, 0o060666, 0o010666, 0o140666])
def test_u7_links_and_devices(mode: int) -> None:
    """A symbolic link, a device, a pipe or a socket is refused, and so is the field for links and devices."""
    assert rule_of(archive(Piece(b"a", attributes=mode << 16))) == "U7"
    unix = struct.pack("<HH", 0x000D, 16) + bytes(16)
    assert rule_of(archive(Piece(b"a", extra=unix))) == "U7"


def test_u8_a_bomb_that_tells_its_size() -> None:
    """A thousand bytes for each packed one: refused by what the directory says, before anything is unpacked."""
    data = bytes(100 * MIB)
    assert rule_of(archive(Piece(b"bomb", data))) == "U8"


def test_u8_a_bomb_is_stopped_while_it_streams() -> None:
    """Whatever the directory says, what comes out is counted against the archive's own length."""
    blob = MemoryBlob(archive(Piece(b"bomb", bytes(100 * MIB))))
    with pytest.raises(FormatError) as caught:
        Meter(blob.length).add(100 * MIB)
    assert caught.value.data["rule"] == "U8"


def test_u9_entries_that_overlap() -> None:
    """Many entries of the directory that share one packed body, as in the bomb of 104 kB and 21 GB, are refused."""
    shared = [Piece(b"a0", bytes(1000)), *[Piece(b"a%d" % n, bytes(1000), central={"start": 0}) for n in range(1, 5)]]
    assert rule_of(archive(*shared)) in {"U9", "U17"}
    inner = archive(Piece(b"a", b"x" * 50, method=0), Piece(b"b", b"y" * 50, method=0, central={"start": 10}))
    assert rule_of(inner) == "U9"


def test_u10_an_archive_in_an_archive_stays_a_file() -> None:
    """Five archives one in the other: only the outermost is opened."""
    data = b"deep"
    for _ in range(5):
        data = archive(Piece(b"inner.zip", data, method=0))

    (item,) = judge(MemoryBlob(data)).items

    assert item.path == ("inner.zip",)


def test_u11_encrypted_entries() -> None:
    """An entry with a password is refused, and the message says so."""
    for piece in (Piece(b"a", flags=1), Piece(b"a", flags=64), Piece(b"a", method=99, packed=b"x" * 20)):
        with pytest.raises(FormatError, match="encrypted") as caught:
            judge(MemoryBlob(archive(piece)))
        assert caught.value.data["rule"] == "U11"


def test_u12_archives_that_are_cut_off() -> None:
    """Cut at any byte, an archive is refused, or what it holds is."""
    data = archive(Piece(b"a.csv", b"a,b\n" * 100), Piece(b"b.csv", b"c,d\n" * 100))
    assert all(rule_of(data[:stop]) for stop in range(len(data)))
    assert rule_unpacked(archive(Piece(b"a", b"x" * 1000, packed=deflated(b"x" * 1000)[:-3]))) in {"U12", "U13"}


def test_u13_a_wrong_checksum() -> None:
    """Bytes whose checksum is another are refused when they are unpacked."""
    assert rule_unpacked(archive(Piece(b"a", crc=1))) == "U13"
    assert rule_unpacked(archive(Piece(b"a", b"data" * 50, packed=b"\xff" * 20))) == "U13"


def test_u14_sizes_that_lie() -> None:
    """More or fewer bytes than told, bytes behind the packed ones, and a directory that tells another size."""
    assert rule_unpacked(archive(Piece(b"a", b"x" * 100, size=50))) == "U14"
    assert rule_unpacked(archive(Piece(b"a", b"x" * 100, size=150))) == "U14"
    assert rule_unpacked(archive(Piece(b"a", b"x" * 100, packed=deflated(b"x" * 100) + b"hidden"))) == "U14"
    assert rule_of(archive(Piece(b"a", b"x" * 100, central={"size": 7}))) == "U14"
    assert rule_of(archive(Piece(b"a", b"x" * 100, method=0, size=7))) == "U14"
    assert rule_of(archive(Piece(b"a/", b"hidden", method=0))) == "U14"


def test_u15_bytes_before_and_behind() -> None:
    """Bytes before the first entry, behind the end, between entries or in the directory are refused."""
    good = archive(Piece(b"a"))
    assert rule_of(b"#!/bin/sh\n" + good) == "U15"
    assert rule_of(archive(Piece(b"a"), prefix=b"junk")) == "U15"
    assert rule_of(good + b"junk") == "U15"
    assert rule_of(archive(Piece(b"a"), comment=b"c" * 2000)) == "U15"
    shifted = archive(Piece(b"a", central={"start": 4}), prefix=b"junk")
    end = shifted.rfind(b"PK\x05\x06")
    moved = shifted[: end + 16] + struct.pack("<L", shifted.rfind(b"PK\x01\x02")) + shifted[end + 20 :]
    assert rule_of(moved) == "U15"


def test_u16_two_archives_joined() -> None:
    """Of two archives one behind the other some programs see the first and some the second: refused."""
    one, other = archive(Piece(b"good.csv")), archive(Piece(b"evil.csv"))
    assert rule_of(one + other) == "U15"
    assert rule_of(archive(Piece(b"a"), comment=archive(Piece(b"b")))) in {"U15", "U16"}


def test_u17_names_that_differ() -> None:
    """A name in the entry's own header, or in a second field, that is not the directory's."""
    assert rule_of(archive(Piece(b"a.csv", local_name=b"b.csv"))) == "U17"
    second = struct.pack("<HHBL", 0x7075, 5 + 5, 1, zlib.crc32(b"a.csv")) + b"b.csv"
    assert rule_of(archive(Piece(b"a.csv", extra=second))) == "U17"


def test_u18_zip64_fields_that_contradict() -> None:
    """A wide number beside a narrow one that says something else, too few of them, or two zip64 fields."""
    wide = struct.pack("<HHQ", 1, 8, 999)
    assert rule_of(archive(Piece(b"a", extra=wide))) == "U18"
    assert rule_of(archive(Piece(b"a", extra=wide + wide))) == "U18"
    assert rule_of(archive(Piece(b"a", extra=b"\x01\x00\xff\xff"))) == "U18"
    assert rule_of(archive(Piece(b"a"), count=2)) in {"U12", "U18"}


def test_u18_a_zip64_end_that_contradicts_the_short_one() -> None:
    """Two end records that tell different numbers."""
    good = archive(Piece(b"a"))
    at = good.rfind(b"PK\x05\x06")
    entries, length, start = 7, *struct.unpack_from("<LL", good, at + 12)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, entries, entries, length, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    assert rule_of(good[:at] + record + locator + good[at:]) == "U18"


def test_u19_data_descriptors_are_refused_and_say_what_to_do() -> None:
    """Sizes behind the data are refused: who packed it that way is told to give the folder."""
    memory = io.BytesIO()

    class Stream(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            return memory.write(bytes(data))  # type: ignore[call-overload]

    with zipfile.ZipFile(Stream(), "w") as file:  # cannot be sought in: as a pipe
        file.writestr("a.csv", "a,b\n")
    with pytest.raises(FormatError) as caught:
        judge(MemoryBlob(memory.getvalue()))
    assert caught.value.data["rule"] == "U19"
    assert "folder" in caught.value.hint


@pytest.mark.parametrize("method", [1, 9, 12, 14, 93, 98, 77])
def test_u20_other_methods(method: int) -> None:
    """Only deflate and stored are unpacked; the message names the method."""
    assert rule_of(archive(Piece(b"a", method=method, packed=b"x" * 4))) == "U20"


@pytest.mark.slow
def test_u21_a_hundred_thousand_empty_entries_are_accepted() -> None:
    """As many files as a torrent may have are listed in a second or two."""
    data = archive(*[Piece(b"%06d" % number, b"", method=0) for number in range(100_000)])

    assert len(judge(MemoryBlob(data)).items) == 100_000


def test_u22_too_many_entries() -> None:
    """A million entries are refused by the number in the end record, before the directory is read."""
    assert rule_of(archive(Piece(b"a"), count=1_000_001)) == "U22"


@pytest.mark.parametrize(
    ("name", "rule"),
    [(b"a\0.csv", "hidden"), (b"a\n.csv", "hidden"), (b"\xff\xfe.csv", "U23"), ("a\u202etxt.exe".encode(), "hidden")],
)
def test_u23_names_that_cannot_be_shown(name: bytes, rule: str) -> None:
    """NUL, control and hidden characters, and bytes that are not UTF-8, are refused."""
    assert rule_of(archive(Piece(name))) == rule


def test_u24_files_that_are_two_things_at_once() -> None:
    """A zip that is a tar as well, or that programs take for a PDF."""
    block = bytearray(tarfile.TarInfo("a").tobuf(tarfile.USTAR_FORMAT))
    assert rule_of(archive(Piece(b"a"), prefix=bytes(block))) == "U24"
    block[:30] = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 0x21, 0, 0, 0, 5, 600)
    block[148:156] = b"        "
    block[148:156] = b"%06o\0 " % sum(block)
    assert rule_of(bytes(block) + archive(Piece(b"a"))) == "U24"
    pdf = b"%PDF-1.4\n" + b"x" * 50 + b"\n%%EOF\n"
    assert rule_of(archive(Piece(b"a.pdf", pdf, method=0))) == "U24"


@settings(max_examples=300)
@given(noise=st.binary(max_size=400), at=st.integers(0, 500), inside=st.booleans())
def test_any_bytes_are_listed_or_refused(*, noise: bytes, at: int, inside: bool) -> None:
    """Noise, alone or in a good archive, never raises anything but our error, listed or unpacked."""
    good = archive(Piece(b"a.csv", b"a,b\n" * 20), Piece(b"b/c.csv", b"1", method=0))
    data = good[: at % len(good)] + noise + good[(at + len(noise)) % len(good) :] if inside else noise
    blob = MemoryBlob(data)
    try:
        listing = judge(blob)
        for item in listing.items:
            assert sum(map(len, unpacked(blob, item, Meter(len(data))))) == item.size
    except SeedbedError:
        pass


def test_unpacked_by_a_child_with_its_hashes(tmp_path: Path) -> None:
    """The child writes the files below the one folder that all were in, and a line of hashes for each."""
    (tmp_path / "in.zip").write_bytes(
        archive(Piece(b"top/a.csv", b"a,b\n" * 20_000), Piece(b"top/sub/b.bin", os.urandom(50_000), method=0))
    )

    done = unpack(tmp_path / "in.zip", tmp_path / "data", tmp_path / "book", piece_length=16_384, max_bytes=10**9)

    assert (done.root, done.files, done.size_bytes) == ("top", 2, 130_000)
    assert (tmp_path / "data/a.csv").read_bytes() == b"a,b\n" * 20_000
    hashes = read(tmp_path / "book")
    assert set(hashes) == {"a.csv", "sub/b.bin"}
    assert len(hashes["sub/b.bin"].layer) == 4 * 32


def test_a_refused_archive_leaves_nothing(tmp_path: Path) -> None:
    """What was unpacked before the damage is gone, and nothing is outside the folder."""
    (tmp_path / "in.zip").write_bytes(archive(Piece(b"good.csv"), Piece(b"bad.csv", crc=1)))

    with pytest.raises(FormatError) as caught:
        unpack(tmp_path / "in.zip", tmp_path / "data", tmp_path / "book", piece_length=0, max_bytes=10**9)

    assert caught.value.data["rule"] == "U13"
    assert [path.name for path in tmp_path.iterdir()] == ["in.zip"]


def test_a_refusal_of_names_and_of_room_comes_through_the_child(tmp_path: Path) -> None:
    """The parent raises what the child found."""
    (tmp_path / "in.zip").write_bytes(archive(Piece(b"../a.csv")))
    with pytest.raises(NameRefusedError):
        unpack(tmp_path / "in.zip", tmp_path / "data", tmp_path / "book", piece_length=0, max_bytes=10**9)
    (tmp_path / "in.zip").write_bytes(archive(Piece(b"a.csv", bytes(1000))))
    with pytest.raises(FormatError, match="left to you"):
        unpack(tmp_path / "in.zip", tmp_path / "data", tmp_path / "book", piece_length=0, max_bytes=999)


def test_a_file_is_read_where_it_lies(tmp_path: Path) -> None:
    """The reader takes parts of a file, and nothing beyond its end."""
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    with path.open("rb") as file:
        blob = FileBlob.of(file.fileno())
        assert (blob.length, blob.read(8, 10), blob.read(20, 5)) == (10, b"89", b"")


def test_what_info_zip_writes_is_accepted(tmp_path: Path) -> None:
    """The usual program's archive of a folder is listed and unpacked."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/é.csv").write_text("a,b\n" * 1000)
    done = subprocess.run(["zip", "-qr", "a.zip", "folder"], cwd=tmp_path, check=False) if _has_zip() else None
    if done is None:
        pytest.skip("zip is not installed")

    assert rule_unpacked((tmp_path / "a.zip").read_bytes()) == ""


def _has_zip() -> bool:
    from shutil import which  # noqa: PLC0415

    return which("zip") is not None
