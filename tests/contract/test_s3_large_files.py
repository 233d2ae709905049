# SPDX-License-Identifier: Apache-2.0
"""Large files on an object store: gone on with, given up, cut anywhere, and what a store's refusals are called."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import FileChangedError, InputError, SeedbedError, SourceError, StateError
from seedbed.mirrors.base import HoldsParts
from seedbed.mirrors.content import BytesContent, FileContent
from seedbed.mirrors.memory import MemoryMirror
from seedbed.mirrors.push import push
from seedbed.mirrors.registry import open_mirror
from seedbed.mirrors.wrappers import Log, Patience, Wrapped
from seedbed.testing.faulty_mirror import FaultyMirror
from seedbed.testing.mirror_suite import PART, contents
from tests import object_stores, store_proxy
from tests.e2e.clients.base import wait_until
from tests.hashed_later import HashedLater
from tests.object_stores import KEY_ID, SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Literal

    from seedbed.mirrors.base import Mirror
    from seedbed.mirrors.s3.mirror import S3Mirror
    from tests.object_stores import ObjectStore
    from tests.store_proxy import StoreProxy

    When = Literal["before", "after"]

DATA = b"a" * PART + b"b" * PART + b"c" * 99
SERIAL: list[int] = []
OPEN: list[Mirror] = []

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["moto", pytest.param("seaweedfs", marks=pytest.mark.slow)])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """One of each kind for all tests of this file."""
    if request.param == "moto":
        with object_stores.moto() as found:
            yield found
        return
    with object_stores.seaweedfs(tmp_path_factory.mktemp("weed")) as found:
        yield found


@pytest.fixture
def proxy(store: ObjectStore) -> Iterator[StoreProxy]:
    """Before the store."""
    with store_proxy.before(store.endpoint) as proxy:
        yield proxy


@pytest.fixture
def url(store: ObjectStore, proxy: StoreProxy) -> str:
    """A prefix of its own, by way of the proxy."""
    SERIAL.append(0)
    return f"s3://{store.bucket}/large{len(SERIAL)}?endpoint={proxy.endpoint}"


def opened(url: str, store: ObjectStore) -> S3Mirror:
    """The mirror."""
    mirror: S3Mirror = open_mirror(url, environ=store.environ)  # type: ignore[assignment]  # of an s3: URL
    OPEN.append(mirror)
    return mirror


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Every mirror that was opened is closed."""
    yield
    while OPEN:
        OPEN.pop().close()


def whole(mirror: S3Mirror, key: str, size_bytes: int) -> str:
    """SHA-256 of what is there."""
    spans = (mirror.read(key, start=at, stop=min(at + PART, size_bytes)) for at in range(0, size_bytes, PART))
    return hashlib.sha256(b"".join(spans)).hexdigest()


def cut_push(mirror: S3Mirror, proxy: StoreProxy, files: dict[str, BytesContent]) -> SeedbedError:
    """A push that fails when it completes the file; then the store is well again, and counts anew."""
    proxy.fails_in = "CompleteMultipartUpload"
    with pytest.raises(SourceError) as caught:
        push(mirror, files)
    proxy.fails_in = ""
    proxy.asked.clear()
    return caught.value


def test_parts_that_were_sent_are_not_sent_again(url: str, store: ObjectStore, proxy: StoreProxy) -> None:
    """Another process's push goes on with them; a part that differs is sent."""
    cut_push(opened(url, store), proxy, contents({"k": DATA}))
    assert opened(url, store).unfinished() == ("k",)
    other = DATA[:PART] + b"d" * PART + DATA[2 * PART :]

    mirror = opened(url, store)
    done = push(mirror, contents({"k": other}))

    assert (done.put, proxy.parts_sent()) == (("k",), 1)
    assert whole(mirror, "k", len(other)) == hashlib.sha256(other).hexdigest()
    assert mirror.unfinished() == ()


def test_the_fullest_upload_is_gone_on_with(url: str, store: ObjectStore, proxy: StoreProxy) -> None:
    """Of several; the others are dropped at the end."""
    from seedbed.mirrors.s3.uploads import Uploads  # noqa: PLC0415  # botocore

    mirror = opened(url, store)
    uploads = Uploads(mirror._place, mirror._login)
    uploads.begin("k", "text/plain")
    cut_push(mirror, proxy, contents({"k2": DATA}))  # another key with the same beginning is not mistaken
    cut_push(mirror, proxy, contents({"k": DATA}))
    uploads.begin("k", "text/plain")
    proxy.asked.clear()

    push(mirror, contents({"k": DATA}))

    assert proxy.parts_sent() == 0
    assert proxy.asked.count("AbortMultipartUpload") == 1
    assert mirror.unfinished() == ("k2",)
    assert mirror.unfinished(prefix="k/") == ()
    uploads.close()


def test_giving_up(url: str, store: ObjectStore, proxy: StoreProxy) -> None:
    """No upload is left of that key; again it is no error; others stay."""
    mirror = Wrapped(opened(url, store), Patience(sleep=lambda _: None))
    cut_push(opened(url, store), proxy, contents({"a/k": DATA}))
    cut_push(opened(url, store), proxy, contents({"b": DATA}))

    assert isinstance(mirror, HoldsParts)
    assert mirror.unfinished() == ("a/k", "b")
    for _ in range(2):
        mirror.abandon("a/k")

    assert mirror.unfinished() == ("b",)
    assert mirror.unfinished(prefix="a/") == ()
    assert Wrapped(MemoryMirror(), Patience()).unfinished() == ()
    assert not isinstance(MemoryMirror(), HoldsParts)


def test_a_file_that_changed_leaves_no_parts(url: str, store: ObjectStore, tmp_path: Path) -> None:
    """Its upload is dropped, also one that was there before."""
    path, mirror = tmp_path / "data", opened(url, store)
    path.write_bytes(DATA[:-1] + b"x")

    with pytest.raises(FileChangedError):
        push(mirror, {"k": FileContent(path, len(DATA), BytesContent("", DATA).sha256)})

    assert (mirror.find("k"), mirror.unfinished()) == (None, ())


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize("when", ["before", "after"])
def test_cut_at_any_request(url: str, store: ObjectStore, proxy: StoreProxy, when: When) -> None:
    """Whatever request fails or loses its answer: nothing is half there, and the next push finishes."""
    proxy.when, number = when, 1
    while number:
        mirror, key = opened(url, store), f"k{number}"
        proxy.asked.clear()
        proxy.fails_at = number
        try:
            push(mirror, contents({key: DATA}), workers=1)
            number = 0 if len(proxy.asked) < proxy.fails_at else number + 1
        except SeedbedError as error:
            assert error.message.startswith(mirror.name)
            assert KEY_ID not in str(error)
            number += 1
        proxy.fails_at = 0
        assert (found := mirror.find(key)) is None or found.size_bytes == len(DATA)
        push(mirror, contents({key: DATA}))
        assert whole(mirror, key, len(DATA)) == hashlib.sha256(DATA).hexdigest()
        assert mirror.unfinished(prefix=key) == ()


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize("when", ["before", "after"])
def test_cut_at_any_call(url: str, store: ObjectStore, when: When) -> None:
    """The same from the mirror's own side, parts included."""
    number = 1
    while number:
        mirror, key = opened(url, store), f"k{number}"
        faulty = FaultyMirror(mirror, fails_at=number, when=when)
        try:
            push(faulty, contents({key: DATA}), workers=1)
            number = 0
        except SeedbedError:
            number += 1
        push(mirror, contents({key: DATA}))
        assert whole(mirror, key, len(DATA)) == hashlib.sha256(DATA).hexdigest()


@pytest.mark.parametrize(
    ("operation", "answer", "words"),
    [
        ("UploadPart", (403, "QuotaExceeded"), r"k: part \d cannot be sent: the quota is reached \(403"),
        ("UploadPart", (507, "XMinioStorageFull"), r"k: part \d cannot be sent: it is full \(507"),
        ("UploadPart", (400, "ExpiredToken"), r"k: part \d cannot be sent: the session token has expired"),
        ("CreateMultipartUpload", (403, "RequestTimeTooSkewed"), "k: the upload cannot be begun: this machine's clock"),
        ("CreateMultipartUpload", (403, "InvalidAccessKeyId"), "k: the upload cannot be begun: it does not know"),
        ("CreateMultipartUpload", (404, "NoSuchBucket"), "k: the upload cannot be begun: there is no such bucket"),
        ("CompleteMultipartUpload", (409, "ConditionalRequestConflict"), "k: the upload cannot be completed: somebody"),
        ("CompleteMultipartUpload", (404, "NoSuchUpload"), "k: the upload cannot be completed: somebody else ended"),
        ("ListMultipartUploads", (403, "SignatureDoesNotMatch"), "unfinished uploads cannot be listed: it refuses"),
    ],
)
def test_refusals_are_told(  # noqa: PLR0917  # fixtures
    url: str,
    store: ObjectStore,
    proxy: StoreProxy,
    caplog: pytest.LogCaptureFixture,
    operation: str,
    answer: tuple[int, str],
    words: str,
) -> None:
    """Mirror, key and step are named, nothing of the request is; what was sent waits for the next push."""
    caplog.set_level(logging.DEBUG)
    mirror = opened(url, store)
    proxy.fails_in, proxy.answer = operation, answer

    with pytest.raises(SourceError, match=words) as caught:
        push(Wrapped(mirror, Log(mirror.name)), contents({"k": DATA}))

    assert caught.value.message.startswith(f"{mirror.name}: ")
    shown = [str(caught.value), repr(caught.value), caught.value.hint, repr(caught.value.data), caplog.text]
    assert not [one for one in (KEY_ID, SECRET, "Signature=", "by a test") for text in shown if one in text]
    assert caught.value.__suppress_context__
    proxy.fails_in = ""
    assert push(mirror, contents({"k": DATA})).put == ("k",)


@pytest.mark.parametrize("code", ["AccessDenied", "NotImplemented"])
def test_a_store_that_lists_no_uploads(url: str, store: ObjectStore, proxy: StoreProxy, code: str) -> None:
    """A push works, and since nobody could find its parts again, it drops them when it fails."""
    mirror = opened(url, store)
    proxy.fails_in, proxy.answer = "ListMultipartUploads", (403, code)
    with pytest.raises(SourceError, match="cannot be listed"):
        mirror.unfinished()
    assert push(mirror, contents({"k": DATA})).put == ("k",)

    failing = FaultyMirror(mirror, fails_at=4)
    with pytest.raises(SourceError):
        push(failing, contents({"l": DATA}))

    proxy.fails_in = ""
    assert mirror.unfinished() == ()


@pytest.mark.parametrize("answer", [(501, "NotImplemented"), (400, "InvalidArgument")])
def test_a_store_without_conditions(url: str, store: ObjectStore, proxy: StoreProxy, answer: tuple[int, str]) -> None:
    """The upload is completed without; that the key is free was asked just before."""
    mirror = opened(url, store)
    push(mirror, contents({"a": DATA}))
    proxy.fails_at, proxy.answer = proxy.asked.index("CompleteMultipartUpload") + 1, answer
    proxy.asked.clear()

    assert push(mirror, contents({"k": DATA})).put == ("k",)
    assert proxy.asked.count("CompleteMultipartUpload") == 2


@pytest.mark.parametrize("is_same", [True, False], ids=["same", "other"])
def test_two_pushes_of_one_large_file(url: str, store: ObjectStore, *, is_same: bool) -> None:
    """Also when one goes on with the other's upload: what is there is one of the two, whole."""
    mirrors, second = [opened(url, store) for _ in range(3)], DATA if is_same else DATA[:-1] + b"x"
    files = [contents({"k": data}) for data in (DATA, second, DATA)]

    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(push, mirror, file) for mirror, file in zip(mirrors, files, strict=True)]
        failures = [job.exception() for job in jobs]

    assert all(isinstance(one, InputError | SourceError) for one in failures if one)
    sums = {hashlib.sha256(data).hexdigest() for data in (DATA, second)}
    assert mirrors[0].find("k") is None or whole(mirrors[0], "k", len(DATA)) in sums
    if is_same:
        push(mirrors[0], files[0])
        assert whole(mirrors[0], "k", len(DATA)) in sums


def test_a_file_is_sent_while_it_is_hashed(url: str, store: ObjectStore, proxy: StoreProxy, tmp_path: Path) -> None:
    """All parts but the last are there before the hash is known; when there is none, no part stays."""
    (tmp_path / "data").write_bytes(DATA)
    mirror, hashes = opened(url, store), [Future[str](), Future[str]()]

    with ThreadPoolExecutor(1) as pool:
        for digest, key in zip(hashes, "kl", strict=True):
            proxy.asked.clear()
            job = pool.submit(push, mirror, {key: HashedLater(tmp_path / "data", len(DATA), digest)})
            try:
                wait_until(lambda: proxy.parts_sent() == 2, "two parts are sent")
                assert (mirror.find(key), job.done()) == (None, False)
            finally:
                if key == "k":
                    digest.set_result(hashlib.sha256(DATA).hexdigest())
                else:
                    digest.cancel()
            error = job.exception(10)
            assert error is None if key == "k" else isinstance(error, StateError)

    assert (mirror.find("l"), mirror.unfinished()) == (None, ())


def test_stop_is_quick(url: str, store: ObjectStore, proxy: StoreProxy) -> None:
    """A push that waits for parts which do not end is stopped all the same, and what was sent is kept."""
    mirror, stop = opened(url, store), threading.Event()
    proxy.stalls = threading.Event()

    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(push, mirror, contents({"k": b"x" * (6 * PART)}), stop=stop)
        wait_until(lambda: proxy.parts_sent() >= 4, "parts are under way")
        stop.set()
        error = job.exception(10)
    proxy.stalls.set()

    assert str(error).endswith("k: it was stopped")
    assert proxy.parts_sent() == 4
    assert mirror.unfinished() == ("k",)


@pytest.mark.slow
def test_ctrl_c_is_quick(url: str, store: ObjectStore, proxy: StoreProxy, tmp_path: Path) -> None:
    """Also when the store hangs: the program ends at once, and what was sent is gone on with."""
    proxy.stalls, path = threading.Event(), tmp_path / "data"
    path.write_bytes(DATA)
    program = (
        "import sys\nfrom pathlib import Path\nfrom seedbed.mirrors.content import FileContent\n"
        "from seedbed.mirrors.push import push_all\nfrom seedbed.mirrors.registry import open_mirror\n"
        "url, path, size, sha = sys.argv[1:]\n"
        "push_all({'m': (open_mirror(url), {'k': FileContent(Path(path), int(size), sha)})})\n"
    )
    command = [sys.executable, "-c", program, url, str(path), str(len(DATA)), BytesContent("", DATA).sha256]
    with subprocess.Popen(command, env={**os.environ, **store.environ}, stderr=subprocess.PIPE) as running:
        wait_until(lambda: proxy.parts_sent() == 3, "all parts are under way")
        running.send_signal(signal.SIGINT)
        _, words = running.communicate(timeout=8)

    proxy.stalls.set()
    assert running.returncode == -signal.SIGINT
    assert words.strip().endswith(b"KeyboardInterrupt")


def test_credentials_are_renewed(url: str, store: ObjectStore, tmp_path: Path) -> None:
    """A login that ends while a push goes on is asked again for each request that needs it."""
    program = tmp_path / "creds"
    program.write_text(
        f"#!/bin/sh\necho x >> {tmp_path}/asked\n"
        f"end=$(date -u -d '+60 seconds' +%Y-%m-%dT%H:%M:%SZ)\n"
        f'echo "{{\\"Version\\": 1, \\"AccessKeyId\\": \\"{KEY_ID}\\", \\"SecretAccessKey\\": \\"{SECRET}\\", '
        '\\"Expiration\\": \\"$end\\"}"\n'
    )
    program.chmod(0o755)
    (tmp_path / "config").write_text(f"[profile short]\ncredential_process = {program}\n")
    environ = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "HOME": str(tmp_path), "PATH": os.environ["PATH"]}

    OPEN.append(open_mirror(f"{url}&profile=short", environ=environ))
    push(OPEN[0], contents({"k": DATA}))

    assert len((tmp_path / "asked").read_text().split()) > 5


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_killed_push_goes_on(url: str, store: ObjectStore, proxy: StoreProxy, tmp_path: Path) -> None:
    """Killed among 24 parts of 200 MB: what arrived is not sent again, and the file is right byte for byte."""
    path, size_bytes = tmp_path / "large", 24 * PART - 99
    path.write_bytes(os.urandom(size_bytes))
    content = FileContent(path, size_bytes, hashlib.sha256(path.read_bytes()).hexdigest())
    program = (
        "import json, os, signal, sys\nfrom pathlib import Path\nfrom seedbed.mirrors.content import FileContent\n"
        "from seedbed.mirrors.push import push\nfrom seedbed.mirrors.registry import open_mirror\n"
        "url, path, size, sha = json.loads(sys.argv[1])\nsent = []\n"
        "def told(key, more):\n    sent.append(more)\n"
        "    if len(sent) == 15: os.kill(os.getpid(), signal.SIGKILL)\n"
        "push(open_mirror(url), {'k': FileContent(Path(path), size, sha)}, told=told)\n"
    )
    facts = json.dumps([url, str(path), size_bytes, content.sha256])
    killed = subprocess.run(
        [sys.executable, "-c", program, facts], env={**os.environ, **store.environ}, check=False, timeout=60
    )
    mirror, sent_before = opened(url, store), proxy.parts_sent()
    assert (killed.returncode, list(mirror.list()), mirror.unfinished()) == (-signal.SIGKILL, [], ("k",))

    assert push(mirror, {"k": content}).put == ("k",)

    assert 10 <= sent_before < 24
    assert proxy.parts_sent() <= 24 + 4, "parts that were under way when it was killed may be sent twice, no others"
    assert whole(mirror, "k", size_bytes) == content.sha256
    assert mirror.unfinished() == ()
