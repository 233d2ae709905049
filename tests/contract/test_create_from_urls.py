# SPDX-License-Identifier: Apache-2.0
"""Torrents of files behind URLs are the torrents of the same files here, however the server behaves."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seedbed.core import metainfo_reader
from seedbed.creating.create import Created, Wish, create, plan_torrent, wanted_hashes
from seedbed.creating.remote import remote_dataset
from seedbed.errors import FileChangedError, InputError, NameRefusedError, NotFoundError, SeedbedError, SourceError
from seedbed.hashing.job import Threads
from seedbed.hashing.plain import HashlibEngine
from seedbed.sources import http_file
from tests.datasets import PIECE, torrent_of
from tests.web import Handler, Site, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seedbed.core.metainfo import Format

SIZE = 40_000_003
"""Several spans of 16 MiB."""
PROGRAM = str(Path(sys.executable).with_name("seedbed"))


@pytest.fixture(scope="module")
def data() -> bytes:
    """A file's content."""
    return random.Random(5).randbytes(SIZE)


@pytest.fixture
def site(data: bytes) -> Iterator[Site]:
    """A well-behaved server of that file."""
    with serving(Site({"/open/data.tif": data})) as running:
        yield running


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr(http_file, "RETRY_DELAYS_S", (0.0, 0.0, 0.01, 0.01))


def torrent_of_urls(*urls: str, name: str = "", format_: Format = "hybrid", workers: int = 3) -> Created:
    """Make a torrent of what is behind URLs."""
    plan = plan_torrent(remote_dataset(urls, name=name), Wish(format=format_, piece_length=PIECE * 8))
    wanted = wanted_hashes(plan, workers=workers)
    return create(plan, Threads(HashlibEngine(), workers), wanted=wanted)


def local(tmp_path: Path, data: bytes, format_: Format = "hybrid") -> Created:
    """The torrent of the same bytes in a file."""
    path = tmp_path / "data.tif"
    path.write_bytes(data)
    return torrent_of(path, Wish(format=format_, piece_length=PIECE * 8))


@pytest.mark.parametrize("format_", ["hybrid", "v1", "v2"])
def test_same_torrent_as_from_a_file(site: Site, tmp_path: Path, data: bytes, format_: Format) -> None:
    """Same info-hashes; read once; the URL is the torrent's web seed."""
    url = f"{site.url}/open/data.tif"

    created = torrent_of_urls(url, format_=format_)

    assert created.info_hashes == local(tmp_path, data, format_).info_hashes
    assert metainfo_reader.parse(created.torrent).web_seeds == (f"{site.url}/open/" if format_ == "v2" else url,)
    assert site.bytes_sent == SIZE + 1


def broken(after: int, times: int) -> Callable[[Handler, bytes], bool]:
    """Hang up after so many bytes of an answer, so many times."""
    left = [times]

    def misbehave(handler: Handler, body: bytes) -> bool:
        wanted = handler.headers.get("Range", "")
        first, last = (int(part) for part in wanted.removeprefix("bytes=").split("-"))
        if last == first or not left[0]:
            return False
        left[0] -= 1
        part = body[first : last + 1]
        place = ("Content-Range", f"bytes {first}-{first + len(part) - 1}/{len(body)}")
        handler.answer(206, part[:after], place, length=len(part))
        return True

    return misbehave


def test_a_broken_stream_is_resumed(site: Site, tmp_path: Path, data: bytes) -> None:
    """Hung up on again and again, it goes on where it was and reads nothing twice."""
    site.misbehave = broken(after=1_000_000, times=12)

    created = torrent_of_urls(f"{site.url}/open/data.tif")

    assert created.info_hashes == local(tmp_path, data).info_hashes
    assert site.bytes_sent == SIZE + 1


def test_a_server_that_never_answers_whole_is_given_up(site: Site) -> None:
    """Without any progress the retries end."""
    site.misbehave = broken(after=0, times=10**6)

    with pytest.raises(SourceError, match=r"data\.tif"):
        torrent_of_urls(f"{site.url}/open/data.tif")


def test_passing_errors_are_waited_out(site: Site, tmp_path: Path, data: bytes) -> None:
    """503 a few times, then the file."""
    left = [2]

    def busy(handler: Handler, _: bytes) -> bool:
        if left[0]:
            left[0] -= 1
            handler.answer(503, b"busy")
            return True
        return False

    site.misbehave = busy

    assert torrent_of_urls(f"{site.url}/open/data.tif").info_hashes == local(tmp_path, data).info_hashes


@pytest.mark.parametrize("etag", ['"v1"', 'W/"weak"', ""])
def test_a_file_that_changes_is_refused(site: Site, data: bytes, etag: str) -> None:
    """Another version in the middle: by condition, by weak tag, or by date."""
    path = "/open/data.tif"
    site.etags[path] = etag
    site.last_modified = "Sat, 01 Nov 2025 00:00:00 GMT"
    count = [0]

    def change(_handler: Handler, _: bytes) -> bool:
        count[0] += 1
        if count[0] == 2:
            site.etags[path] = etag.replace("v1", "v2").replace("weak", "other")
            site.last_modified = "Sun, 02 Nov 2025 00:00:00 GMT"
            site.files[path] = data[::-1]
        return False

    site.misbehave = change

    with pytest.raises(FileChangedError, match="changed on the server"):
        torrent_of_urls(site.url + path, workers=1)


def test_another_length_is_a_change(site: Site, data: bytes) -> None:
    """Without any tag or date the length still tells."""
    path = "/open/data.tif"
    site.etags[path] = ""
    count = [0]

    def grow(_handler: Handler, _: bytes) -> bool:
        count[0] += 1
        if count[0] == 2:
            site.files[path] = data + b"more"
        return False

    site.misbehave = grow

    with pytest.raises(FileChangedError):
        torrent_of_urls(site.url + path, workers=1)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_server_without_ranges(site: Site, tmp_path: Path, data: bytes, workers: int) -> None:
    """Read as one stream, once, whoever hashes."""
    site.has_ranges = False

    created = torrent_of_urls(f"{site.url}/open/data.tif", workers=workers)

    assert created.info_hashes == local(tmp_path, data).info_hashes
    assert len(site.requests) == 2


def test_a_broken_stream_without_ranges_is_an_error(site: Site, data: bytes) -> None:
    """It cannot be resumed, and says so."""
    site.has_ranges = False

    def hang_up(handler: Handler, _: bytes) -> bool:
        if handler.headers.get("Range"):
            return False
        handler.answer(200, data[:20_000_000], length=len(data))
        return True

    site.misbehave = hang_up

    with pytest.raises(SourceError, match=r"data\.tif"):
        torrent_of_urls(f"{site.url}/open/data.tif")


@pytest.mark.parametrize(
    ("behave", "error"),
    [
        (lambda handler, _: handler.answer(200, b"x" * 105) or True, SourceError),
        (lambda handler, _: handler.answer(206, b"x" * 100, ("Content-Range", "bytes 5-104/105")) or True, SourceError),
        (lambda handler, _: handler.answer(403, b"") or True, SourceError),
        (lambda handler, _: handler.answer(410, b"") or True, NotFoundError),
    ],
)
def test_servers_that_answer_something_else(
    site: Site, behave: Callable[[Handler, bytes], bool], error: type[Exception]
) -> None:
    """Another part than asked for, or a page instead of a part, is never hashed."""
    site.files["/open/data.tif"] = b"y" * 105
    dataset = remote_dataset([f"{site.url}/open/data.tif"])
    site.misbehave = behave
    plan = plan_torrent(dataset, Wish())

    with pytest.raises(error):
        create(plan, Threads(HashlibEngine(), 1), wanted=wanted_hashes(plan, workers=1))


def test_redirects_are_followed(site: Site, tmp_path: Path, data: bytes) -> None:
    """The URL that was given stays the web seed."""
    site.files["/short"] = b""

    def redirect(handler: Handler, _: bytes) -> bool:
        if handler.path != "/short":
            return False
        handler.answer(302, b"", ("Location", "/open/data.tif"))
        return True

    site.misbehave = redirect

    created = torrent_of_urls(f"{site.url}/short", name="data.tif")

    assert created.info_hashes == local(tmp_path, data).info_hashes
    assert metainfo_reader.parse(created.torrent).web_seeds == (f"{site.url}/short",)


def test_only_http_is_followed(site: Site) -> None:
    """A redirect to a local file is refused."""

    def lead_astray(handler: Handler, _: bytes) -> bool:
        handler.answer(302, b"", ("Location", "file:///etc/passwd"))
        return True

    site.misbehave = lead_astray

    with pytest.raises(SourceError):
        remote_dataset([f"{site.url}/open/data.tif"])


def test_a_folder_of_urls(tmp_path: Path) -> None:
    """Paths below what the URLs have in common; the web seed is above a folder of the torrent's name."""
    files = {"/pub/ds/a.csv": b"a" * 70_000, "/pub/ds/b/c d.tif": b"c" * 9, "/pub/ds/empty": b""}
    with serving(Site(files)) as site:
        urls = [site.url + path.replace(" ", "%20") for path in files]

        created = torrent_of_urls(*urls, name="ds")
        renamed = torrent_of_urls(*urls, name="other")

        assert metainfo_reader.parse(created.torrent).web_seeds == (f"{site.url}/pub/",)
        assert not metainfo_reader.parse(renamed.torrent).web_seeds
    root = tmp_path / "ds"
    for path, content in files.items():
        target = root / path.removeprefix("/pub/ds/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    assert created.info_hashes == torrent_of(root, Wish(piece_length=PIECE * 8)).info_hashes


@pytest.mark.parametrize(
    ("tail", "error"),
    [
        ("/nowhere", NotFoundError),
        ("/", InputError),
        ("/open/CON", NameRefusedError),
        ("/open/%2e%2e", NameRefusedError),
        ("/open/a%2Fb", NameRefusedError),
        ("/empty", InputError),
    ],
)
def test_urls_that_cannot_be_published(site: Site, tail: str, error: type[Exception]) -> None:
    """Nothing there, no name, a bad name, nothing in it."""
    site.files["/empty"] = b""

    with pytest.raises(error):
        remote_dataset([site.url + tail])


def test_messages_show_no_secrets(site: Site) -> None:
    """Passwords and signatures in URLs stay out of messages."""
    url = site.url.replace("://", "://user:secret@") + "/nowhere?signature=abc"

    with pytest.raises(NotFoundError) as error:
        remote_dataset([url])

    assert "secret" not in error.value.message
    assert "abc" not in error.value.message


def test_the_command(site: Site, tmp_path: Path, data: bytes) -> None:
    """``torrent create URL`` as a person runs it; several URLs need a name."""
    url = f"{site.url}/open/data.tif"
    command = [PROGRAM, "torrent", "create", "--json", "--piece-length", "256KiB"]

    one = subprocess.run([*command, url], cwd=tmp_path, capture_output=True, text=True, check=True)
    two = subprocess.run([*command, url, url + "2"], cwd=tmp_path, capture_output=True, text=True, check=False)

    facts = json.loads(one.stdout)
    assert facts["infohash_v2"] == local(tmp_path, data).info_hashes.v2_hex
    assert facts["web_seeds"] == [url]
    assert (tmp_path / "data.tif.torrent").exists()
    assert (two.returncode, "--name" in two.stderr) == (2, True)


def put(url: str, body: bytes, *, method: str = "PUT") -> None:
    """Store an object that everybody may read."""
    headers = {"Content-Type": "application/octet-stream", "x-amz-acl": "public-read"}
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=15):
        pass


@pytest.fixture
def bucket(data: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An S3 store on loopback with the file in a bucket."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415  # a second to import

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    endpoint = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    put(f"{endpoint}/moto-api/reset", b"", method="POST")
    for path, body in (("open", b""), ("open/tiles/data.tif", data)):
        put(f"{endpoint}/{path}", body)
    yield "s3://open/tiles/data.tif"
    server.stop()


@pytest.mark.parametrize("signed", [False, True])
def test_s3(bucket: str, tmp_path: Path, data: bytes, signed: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    """A public object is read unsigned and is its own web seed; with credentials it is signed and is not."""
    if signed:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")

    created = torrent_of_urls(bucket)

    assert created.info_hashes == local(tmp_path, data).info_hashes
    seeds = metainfo_reader.parse(created.torrent).web_seeds
    assert seeds == (() if signed else (os.environ["AWS_ENDPOINT_URL"] + "/open/tiles/data.tif",))


@pytest.mark.parametrize("where", ["s3://open/tiles/", "s3://open/tiles/?public=https://cdn.example/a/tiles"])
def test_all_below_a_prefix(bucket: str, data: bytes, where: str) -> None:
    """A folder of its own; markers of folders are none of it."""
    assert bucket
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    for path in ("open/tiles/deep/b%20c.tif", "open/tiles/", "open/tilesx/no.tif"):
        put(f"{endpoint}/{path}", data if path.endswith("f") else b"")

    dataset = remote_dataset([where])

    assert (dataset.name, [item.path for item in dataset.items]) == ("tiles", [("data.tif",), ("deep", "b c.tif")])
    base = "https://cdn.example/a/" if "public" in where else f"{endpoint}/open/"
    assert (dataset.web_seeds, dataset.folder_url) == ((base,), f"{base}tiles/")
    renamed = remote_dataset([where], name="other")
    assert (renamed.web_seeds, renamed.folder_url) == ((), f"{base}tiles/")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://open/nothing/", "nothing is there"),
        ("s3://open/", "it needs a name"),
        ("s3://open/tiles/?endpont=x", "unknown option 'endpont'"),
        ("s3://me:secret@open/tiles/", "expected s3://bucket/key"),
    ],
)
def test_prefixes_that_cannot_be_used(bucket: str, url: str, said: str) -> None:
    """Told, without repeating what may be secret."""
    assert bucket

    with pytest.raises(SeedbedError, match=said) as caught:
        remote_dataset([url])

    assert "secret" not in str(caught.value)


def test_s3_faults(bucket: str) -> None:
    """No such object, no key, an object that was replaced meanwhile."""
    with pytest.raises(NotFoundError):
        remote_dataset([bucket + "x"])
    with pytest.raises(InputError):
        remote_dataset(["s3://open"], name="x")
    plan = plan_torrent(remote_dataset([bucket]), Wish())
    url = os.environ["AWS_ENDPOINT_URL"] + "/open/tiles/data.tif"
    put(url, b"z" * SIZE)

    with pytest.raises(FileChangedError):
        create(plan, Threads(HashlibEngine(), 1), wanted=wanted_hashes(plan, workers=1))
