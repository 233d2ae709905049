# SPDX-License-Identifier: Apache-2.0
"""Table U, rows U25 to U30 and U33: plain forms that lie, never end, or are too much; two receivers of one file."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.errors import NoSpaceError
from seedbed.hashing.plain import HashlibEngine
from seedbed.portal.uploads.receiving import holding
from seedbed.portal.uploads.receiving.form import FormReader, read_form
from seedbed.portal.uploads.receiving.holding import Holdings
from seedbed.portal.uploads.receiving.part import Part
from seedbed.portal.uploads.receiving.transfer import Transfer
from seedbed.portal.web.failures import RefusedError
from tests.portal_people import join, token_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from starlette.requests import Request

    from tests.portals import Stand

BOUNDARY = b"cut"


def part(name: str, value: bytes, filename: str = "", extra: str = "") -> bytes:
    """One part of a form."""
    file = f'; filename="{filename}"' if filename else ""
    return f'--cut\r\nContent-Disposition: form-data; name="{name}"{file}\r\n{extra}\r\n'.encode() + value + b"\r\n"


END = b"--cut--\r\n"


def posted(stand: Stand, make: Callable[[str], bytes]) -> int:
    """The status of a form of Ann's, made with her token; whatever it is, nothing of a refused one stays."""
    ann = join(stand, "Ann", "uploader")
    body = make(token_in(ann.get("/give").text))
    answer = ann.web.post("/give", content=body, headers={"Content-Type": "multipart/form-data; boundary=cut"})
    quarantine = stand.portal.settings.quarantine
    if answer.status_code >= 400:
        assert 'class="note bad"' in answer.text
        assert not quarantine.exists() or not list(quarantine.iterdir())
    return answer.status_code


def test_u25_ten_thousand_parts(stand: Stand) -> None:
    """400."""
    many = part("a", b"1") * 10_000
    assert posted(stand, lambda token: part("csrf_token", token.encode()) + many + END) == 400


def test_u26_a_header_of_a_megabyte(stand: Stand) -> None:
    """431."""
    long = part("files", b"1", "a.csv", extra="X-Long: " + "x" * 1_000_000 + "\r\n")
    assert posted(stand, lambda token: part("csrf_token", token.encode()) + long + END) == 431


def test_u27_no_final_boundary(stand: Stand) -> None:
    """400, and the file that came is gone."""
    whole = part("files", b"data" * 1000, "a.csv")
    assert posted(stand, lambda token: part("csrf_token", token.encode()) + whole) == 400
    assert posted(stand, lambda token: part("csrf_token", token.encode()) + whole + END) == 303


def test_u28_a_byte_a_minute(tmp_path: Path) -> None:
    """A form that comes too slowly is given up, a file by tus keeps what came; both say so (408)."""

    async def slow() -> AsyncIterator[bytes]:
        yield b"--cut\r\n"
        await asyncio.sleep(3600)

    class Slow:
        headers = {"content-type": "multipart/form-data; boundary=cut"}  # noqa: RUF012  # as a request has it

        def stream(self) -> AsyncIterator[bytes]:
            return slow()

    async def form() -> None:
        request: Request = Slow()  # type: ignore[assignment]
        await read_form(request, tmp_path, max_bytes=100, quiet_s=0.05)

    received = Part.create(tmp_path / "a", HashlibEngine(), length=100, piece_length=16_384)

    async def tus() -> None:
        await Transfer(received, None, quiet_s=0.05).run(slow())  # type: ignore[arg-type]  # the loop's own threads

    for story in (form, tus):
        with pytest.raises(RefusedError) as caught:
            asyncio.run(story())
        assert caught.value.status == 408
    assert received.durable == len(b"--cut\r\n")
    received.close()


def test_u29_more_than_may_come(tmp_path: Path) -> None:
    """However long the header says that a form is: what comes is counted (413)."""
    reader = FormReader(tmp_path, BOUNDARY, max_bytes=100)
    with pytest.raises(RefusedError) as caught:
        reader.feed(part("files", b"x" * 101, "a.csv") + END)
    assert caught.value.status == 413


def test_u33_a_receiver_that_fell_silent_makes_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second waits until the first has settled; the first is told (408). While bytes flow it is refused (423)."""
    monkeypatch.setattr(holding, "SILENT_S", 0.05)

    async def story() -> list[str]:
        holdings, told = Holdings(), list[str]()

        async def first() -> None:
            try:
                async with holdings.hold("a"):
                    try:
                        await asyncio.sleep(60)
                    finally:
                        told.append("settled")
            except RefusedError as error:
                told.append(str(error.status))

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(first())
            await asyncio.sleep(0)
            with pytest.raises(RefusedError) as caught:
                async with holdings.hold("a"):
                    pass
            told.append(str(caught.value.status))
            await asyncio.sleep(0.06)
            async with holdings.hold("a"):
                told.append("second")
        assert holdings.count == 0
        return told

    told = asyncio.run(story())
    assert (told[:2], set(told[2:])) == (["423", "settled"], {"second", "408"})


def test_u40_a_write_that_fails_ends_the_writing(tmp_path: Path) -> None:
    """After the disk refused a window no later one is written in its place; what was written before counts."""
    received = Part.create(tmp_path / "a", HashlibEngine(), length=12 << 20, piece_length=1 << 20)
    take, calls = received.take, []

    def full(memory: object, start: int, stop: int) -> None:
        calls.append(stop - start)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        take(memory, start, stop)  # type: ignore[arg-type]

    object.__setattr__(received, "take", full)

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(12):
            yield b"x" * (1 << 20)

    with pytest.raises(NoSpaceError):
        asyncio.run(Transfer(received, None).run(chunks()))  # type: ignore[arg-type]

    assert calls == [4 << 20, 4 << 20]
    assert received.durable == 4 << 20
    received.close()


@given(noise=st.binary(max_size=300), cut=st.integers(1, 50))
def test_any_bytes_are_a_form_or_refused(tmp_path_factory: pytest.TempPathFactory, noise: bytes, cut: int) -> None:
    """In parts of any size: read, or our refusal."""
    reader = FormReader(tmp_path_factory.getbasetemp(), BOUNDARY, max_bytes=1000)
    data = part("a", b"1") + noise + END
    try:
        for start in range(0, len(data), cut):
            reader.feed(data[start : start + cut])
    except RefusedError as error:
        assert error.status in {400, 413, 431}
