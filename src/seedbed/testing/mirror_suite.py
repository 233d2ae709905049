# SPDX-License-Identifier: Apache-2.0
"""What every :class:`seedbed.mirrors.base.Mirror` must do. Subclass a suite and give it mirrors.

:class:`MirrorReadSuite` is for mirrors that only read; :class:`MirrorSuite` for all others, and holds the first.
"""

from __future__ import annotations

import re
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import FileChangedError, InputError, NameRefusedError, NotFoundError, SeedbedError, SourceError
from seedbed.mirrors.content import BytesContent, FileContent, Stream, part_bytes_for
from seedbed.mirrors.push import push
from seedbed.mirrors.wrappers import Patience, Wrapped
from seedbed.testing.faulty_mirror import CorruptingMirror, FaultyMirror

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from seedbed.mirrors.base import Mirror
    from seedbed.testing.faulty_mirror import When

PART = part_bytes_for(0)
FILES = {
    "lakes/2025/a.csv": b"id,name\n1,Winnipeg\n",
    "lakes/2025/b/empty.txt": b"",
    "lakes/2025/b/one.bin": b"1",
    "lakes/2026/a.csv": b"id,name\n1,Winnipeg\n2,Athabasca\n",
    "odd/a b #é%41+c&d.txt": b"a name that must be quoted",
}
BAD_KEYS = ("", "/a", "a/", "a//b", "../a", "a/../b", "./a", "a\\b", "C:/a", "a\0b", "nul", "e\u0301")


def contents(files: Mapping[str, bytes]) -> dict[str, BytesContent]:
    """Files as they are pushed."""
    return {key: BytesContent(key, data) for key, data in files.items()}


class MirrorReadSuite:
    """Finding, reading, listing."""

    def holding(self, files: Mapping[str, bytes]) -> Mirror:
        """A mirror of its own for each call, with these files and no others."""
        raise NotImplementedError

    def test_what_is_there_is_found(self) -> None:
        """Length by key; nothing for what is not there, a folder included."""
        mirror = self.holding(FILES)

        for key, data in FILES.items():
            stored = mirror.find(key)
            assert stored is not None, key
            assert (stored.key, stored.size_bytes) == (key, len(data))
        for key in ("lakes/2025/a", "lakes/2025/a.csvx", "lakes/2025/a.csv/x", "lakes/2025/b", "nothing"):
            assert mirror.find(key) is None, key

    def test_any_part_is_read(self) -> None:
        """Exactly the bytes that were asked for: none, the first, the last, all."""
        mirror = self.holding(FILES)

        for key, data in FILES.items():
            end = len(data)
            for start, stop in {(0, 0), (0, min(1, end)), (max(end - 1, 0), end), (end // 3, end // 2), (0, end)}:
                assert mirror.read(key, start=start, stop=stop) == data[start:stop], (key, start, stop)

    def test_what_is_not_there_cannot_be_read(self) -> None:
        """A missing file is not found; a part beyond the end is a failure that names mirror and key."""
        mirror = self.holding(FILES)

        for key in ("lakes/2025/a.csvx", "lakes/2025/a.csv/x", "lakes/2025/b"):
            with pytest.raises(NotFoundError, match=re.escape(key)):
                mirror.read(key, start=0, stop=1)
        with pytest.raises(SourceError) as caught:
            mirror.read("lakes/2025/a.csv", start=0, stop=len(FILES["lakes/2025/a.csv"]) + 1)
        assert caught.value.message.startswith(mirror.name)
        assert "lakes/2025/a.csv" in caught.value.message

    @pytest.mark.parametrize("key", BAD_KEYS)
    def test_keys_that_lead_elsewhere_are_refused(self, key: str) -> None:
        """By the rule for file names, before anything is asked."""
        mirror = self.holding({})

        with pytest.raises(NameRefusedError):
            mirror.find(key)
        with pytest.raises(NameRefusedError):
            mirror.read(key, start=0, stop=1)

    def test_the_list_is_whole_and_in_order(self) -> None:
        """Every key that starts with the prefix; or the mirror says that it cannot list."""
        mirror = self.holding(FILES)

        if not mirror.traits.can_list:
            with pytest.raises(SourceError):
                mirror.list()
            return
        for prefix in ("", "lakes/", "lakes/2025/", "lakes/2025/b", "la", "nothing/", "odd/a b"):
            expected = [(key, len(data)) for key, data in sorted(FILES.items()) if key.startswith(prefix)]
            assert [(one.key, one.size_bytes) for one in mirror.list(prefix=prefix)] == expected, prefix

    def test_public_urls_lead_to_the_bytes(self) -> None:
        """Where there is one, anybody reads the file there."""
        mirror = self.holding(FILES)

        for key, data in FILES.items():
            if url := mirror.public_url(key):
                with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  # the mirror's own
                    assert answer.read() == data, key

    def test_many_read_at_once(self) -> None:
        """Threads do not disturb each other."""
        mirror = self.holding(FILES)
        keys = [key for key, data in FILES.items() if data] * 5

        with ThreadPoolExecutor(4) as pool:
            got = list(pool.map(lambda key: mirror.read(key, start=0, stop=len(FILES[key])), keys))

        assert got == [FILES[key] for key in keys]


class MirrorSuite(MirrorReadSuite):
    """Putting too, and that nothing is ever half there, changed or wrong."""

    @pytest.mark.parametrize("size_bytes", [0, 1, PART, PART + 1], ids=["0", "1", "part", "part+1"])
    def test_what_was_pushed_is_there(self, size_bytes: int) -> None:
        """Byte for byte, and progress adds up."""
        mirror, data = self.holding({}), bytes(range(251)) * (size_bytes // 251 + 1)
        data, sent = data[:size_bytes], []

        done = push(mirror, contents({"v/1.bin": data}), told=lambda _key, more: sent.append(more))

        assert (done.put, done.skipped, sum(sent)) == (("v/1.bin",), (), size_bytes)
        assert mirror.read("v/1.bin", start=0, stop=size_bytes) == data

    def test_pushed_again_is_skipped(self) -> None:
        """Equal bytes are not sent twice, also when they were sent in parts."""
        mirror, files = self.holding({}), contents({**FILES, "large": b"x" * (PART + 9)})
        push(mirror, files)

        done = push(mirror, files, told=lambda key, _: pytest.fail(f"{key} is sent again"))

        assert (done.put, done.skipped) == ((), tuple(files))

    @pytest.mark.parametrize("size_bytes", [30, PART + 30], ids=["small", "parts"])
    def test_other_bytes_are_refused(self, size_bytes: int) -> None:
        """A key names one file for good, of the same length or of another."""
        mirror, old = self.holding({}), b"a" * size_bytes
        push(mirror, contents({"k": old}))

        for other in (b"b" * size_bytes, old[:-1], old + b"a"):
            with pytest.raises(InputError, match="other bytes"):
                push(mirror, contents({"k": other}))
            with pytest.raises(InputError, match="other bytes"):
                mirror.put("k", Stream(BytesContent("k", other), mirror.traits.checksum))
        assert mirror.read("k", start=0, stop=size_bytes) == old

    @pytest.mark.parametrize("size_bytes", [30, PART + 30], ids=["small", "parts"])
    def test_a_file_that_changed_is_not_kept(self, tmp_path: Path, size_bytes: int) -> None:
        """Other bytes, more or fewer of them than were hashed: nothing is under the key afterwards."""
        mirror, path, data = self.holding({}), tmp_path / "data.bin", b"a" * size_bytes
        content = FileContent(path, size_bytes, BytesContent("", data).sha256)

        for changed in (b"b" + data[1:], data[:-1], data + b"a"):
            path.write_bytes(changed)
            with pytest.raises(FileChangedError, match=r"data\.bin"):
                push(mirror, {"k": content})
            assert mirror.find("k") is None

    def test_a_lost_file_is_an_error_for_people(self, tmp_path: Path) -> None:
        """A file that is gone when its turn comes is named."""
        mirror = self.holding({})

        with pytest.raises(InputError, match=r"gone\.bin"):
            push(mirror, {"k": FileContent(tmp_path / "gone.bin", 3, "00")})
        assert mirror.find("k") is None

    def test_a_mirror_that_changes_bytes_is_found_out(self) -> None:
        """What arrived otherwise than it was sent is taken back, so that the right bytes can follow."""
        mirror = self.holding({})

        with pytest.raises(SourceError, match="other bytes than were sent"):
            push(CorruptingMirror(mirror), contents({"k": b"right"}))

        assert mirror.find("k") is None
        assert push(mirror, contents({"k": b"right"})).put == ("k",)

    def test_two_pushes_of_one_key(self) -> None:
        """Of equal bytes both succeed; of different ones the first wins and the other is told."""
        mirror = self.holding({})
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda _: push(mirror, contents({"same": b"s" * 999})), range(6)))

            jobs = [pool.submit(push, mirror, contents({"other": bytes([n]) * 99})) for n in range(6)]
            failures = [job.exception() for job in jobs]

        assert failures.count(None) == 1
        assert all(isinstance(one, InputError) for one in failures if one)
        winner = mirror.read("other", start=0, stop=99)
        assert winner == bytes([failures.index(None)]) * 99

    def test_removing(self) -> None:
        """Only that file is gone; removing again is no error."""
        mirror = self.holding(FILES)

        for _ in range(2):
            mirror.remove("lakes/2025/a.csv")

        assert mirror.find("lakes/2025/a.csv") is None
        assert mirror.find("lakes/2026/a.csv") is not None

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_cut_at_any_call(self, when: When) -> None:
        """The error names mirror and key, no file is half there, and the same push again finishes."""
        files = {"a": b"first", "b": b"second" * 9, "c": b""}
        calls = 1
        while calls:
            mirror = self.holding({})
            faulty = FaultyMirror(mirror, fails_at=calls, when=when)
            try:
                push(faulty, contents(files), workers=1)
                calls = 0  # as many calls as there are have been tried
            except SeedbedError as error:
                assert error.message.startswith(mirror.name)  # noqa: PT017  # the last round raises nothing
                calls += 1
            for key, data in files.items():
                assert (found := mirror.find(key)) is None or found.size_bytes == len(data)
            push(mirror, contents(files))
            assert {key: mirror.read(key, start=0, stop=len(data)) for key, data in files.items()} == files

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_patience_survives_any_cut(self, when: When) -> None:
        """Asked again, a mirror that failed once at whatever call ends with everything, and progress adds up."""
        files = {"a": b"first", "b": b"second" * 9}
        for number in range(1, 9):
            faulty = FaultyMirror(self.holding({}), fails_at=number, when=when)
            sent: list[int] = []
            mirror = Wrapped(faulty, Patience(sleep=lambda _: None))

            done = push(mirror, contents(files), workers=1, told=lambda _key, more, sent=sent: sent.append(more))  # type: ignore[misc]

            assert set(done.put) | set(done.skipped) == set(files)
            assert sum(sent) == sum(map(len, files.values()))
            assert {key: mirror.read(key, start=0, stop=len(data)) for key, data in files.items()} == files
