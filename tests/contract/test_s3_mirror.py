# SPDX-License-Identifier: Apache-2.0
"""An object store is a mirror: SeaweedFS with real signatures, moto as a second opinion."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, ClassVar

import pytest

from seedbed.auditing.audit import audit
from seedbed.auditing.audited import Verdict
from seedbed.errors import InputError, SeedbedError, SourceError
from seedbed.fetching.flow import Options, fetch
from seedbed.mirrors.push import push
from seedbed.mirrors.registry import open_mirror
from seedbed.mirrors.wrappers import Log, Wrapped
from seedbed.testing.datasets import PIECE_LENGTH, make_dataset
from seedbed.testing.fetching import QUICK
from seedbed.testing.mirror_suite import FILES, PART, MirrorSuite, contents
from tests import object_stores
from tests.object_stores import KEY_ID, SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from seedbed.mirrors.base import Mirror
    from tests.object_stores import ObjectStore

SECRETS = (KEY_ID, SECRET, "very-secret-token")


@pytest.fixture(scope="module")
def moto() -> Iterator[ObjectStore]:
    """One for all tests of this file."""
    with object_stores.moto() as store:
        yield store


@pytest.fixture(scope="module")
def seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """One for all tests of this file."""
    with object_stores.seaweedfs(tmp_path_factory.mktemp("weed")) as store:
        yield store


class _S3Suite(MirrorSuite):
    store: ObjectStore
    serial: ClassVar[list[int]] = []
    opened: ClassVar[list[Mirror]] = []

    @pytest.fixture(autouse=True)
    def _closed(self) -> Iterator[None]:
        yield
        while self.opened:
            self.opened.pop().close()

    def holding(self, files: Mapping[str, bytes]) -> Mirror:
        """A prefix of its own."""
        self.serial.append(0)
        where = f"{self.store.bucket}/p{len(self.serial)}"
        options = f"endpoint={self.store.endpoint}{self.public(where)}"
        mirror = open_mirror(f"s3://{where}?{options}", environ=self.store.environ)
        self.opened.append(mirror)
        push(mirror, contents(files))
        return mirror

    def public(self, where: str) -> str:
        """The option for a store that anybody reads."""
        return f"&public={self.store.endpoint}/{where}"


class TestMoto(_S3Suite):
    """The shared suite on moto, whose objects are private."""

    @pytest.fixture(autouse=True)
    def _store(self, moto: ObjectStore) -> None:
        self.store = moto

    def public(self, where: str) -> str:  # noqa: ARG002
        """None."""
        return ""


@pytest.mark.slow
class TestSeaweedfs(_S3Suite):
    """The shared suite on SeaweedFS."""

    @pytest.fixture(autouse=True)
    def _store(self, seaweedfs: ObjectStore) -> None:
        self.store = seaweedfs


@pytest.mark.slow
@pytest.mark.parametrize("size_bytes", [7, PART + 7], ids=["small", "parts"])
def test_wrong_credentials_are_told_and_not_shown(
    seaweedfs: ObjectStore, size_bytes: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Wrong secret, unknown key, bad token, none at all: the error names mirror and key, and repeats no secret."""
    caplog.set_level(logging.DEBUG)
    url = f"s3://{seaweedfs.bucket}/denied?endpoint={seaweedfs.endpoint}"
    for environ, words in (
        ({**seaweedfs.environ, "AWS_SECRET_ACCESS_KEY": SECRETS[1] + "x"}, "secret key is wrong|does not let us"),
        ({**seaweedfs.environ, "AWS_ACCESS_KEY_ID": KEY_ID + "X"}, "access key|does not let us"),
        ({**seaweedfs.environ, "AWS_SESSION_TOKEN": SECRETS[2]}, "token|does not let us|access key"),
        ({}, "does not let us"),
    ):
        mirror = open_mirror(url, environ=environ)
        with pytest.raises(SourceError, match=words) as caught:
            push(Wrapped(mirror, Log(mirror.name)), contents({"k": b"x" * size_bytes}))
        assert caught.value.message.startswith(f"s3://{seaweedfs.bucket}/denied: k: ")
        assert caught.value.hint
        shown = [str(caught.value), repr(caught.value), caught.value.hint, repr(mirror), mirror.name, caplog.text]
        assert not [one for one in SECRETS for text in shown if one in text]
        assert caught.value.__suppress_context__
        mirror.close()


def test_a_store_that_is_not_there(moto: ObjectStore) -> None:
    """A missing bucket and a dead endpoint are told apart; the second may come back."""
    missing = open_mirror(f"s3://no-such-bucket/x?endpoint={moto.endpoint}", environ=moto.environ)
    with pytest.raises(SourceError, match="no such bucket") as caught:
        push(missing, contents(FILES))
    assert caught.value.data["is_passing"] is False

    dead = open_mirror("s3://bucket/x?endpoint=http://127.0.0.1:1", environ=moto.environ)
    with pytest.raises(SourceError, match="connection failed") as caught:
        dead.find("a")
    assert caught.value.data["is_passing"] is True


def test_profiles(moto: ObjectStore, tmp_path: Path) -> None:
    """Credentials come from a profile of the AWS configuration, also by a program that prints them."""
    config = tmp_path / "config"
    config.write_text(
        f"[profile printed]\ncredential_process = cat {tmp_path}/said.json\n"
        f"[profile kept]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n"
        "[profile bad]\ncredential_process = false\n"
    )
    (tmp_path / "said.json").write_text(
        f'{{"Version": 1, "AccessKeyId": "{KEY_ID}", "SecretAccessKey": "{SECRET}", '
        '"SessionToken": "very-secret-token", "Expiration": "2099-01-01T00:00:00Z"}'
    )
    environ = {"AWS_CONFIG_FILE": str(config), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}

    def push_by(profile: str) -> object:
        url = f"s3://{moto.bucket}/{profile}?endpoint={moto.endpoint}&profile={profile}"
        return push(open_mirror(url, environ=environ), contents({"k": b"x"})).put

    assert push_by("printed") == push_by("kept") == ("k",)
    for profile in ("bad", "absent"):
        with pytest.raises(InputError, match=f"AWS profile '{profile}'"):
            push_by(profile)


def test_a_broken_configuration_is_not_repeated(tmp_path: Path) -> None:
    """A line that cannot be read may be a secret."""
    (tmp_path / "config").write_text(f"[default\naws_secret_access_key {SECRET}\n")

    with pytest.raises(SeedbedError) as caught:
        open_mirror("s3://bucket/x", environ={"AWS_CONFIG_FILE": str(tmp_path / "config"), "HOME": str(tmp_path)})

    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__


def test_types(moto: ObjectStore) -> None:
    """Objects say what they are; an archive never says that it is an encoding, which would break ranges."""
    import boto3  # noqa: PLC0415  # a second to import

    mirror = open_mirror(f"s3://{moto.bucket}/types?endpoint={moto.endpoint}", environ=moto.environ)
    expected = {"a.csv": "text/csv", "b.tar.gz": "application/gzip", "c.unknown": "application/octet-stream"}
    push(mirror, contents({**dict.fromkeys(expected, b"x"), "large.csv": b"x" * (PART + 1)}))

    client = boto3.client("s3", endpoint_url=moto.endpoint, aws_access_key_id="a", aws_secret_access_key="b")
    heads = {key: client.head_object(Bucket=moto.bucket, Key=f"types/{key}") for key in (*expected, "large.csv")}
    assert {key: head["ContentType"] for key, head in heads.items()} == {**expected, "large.csv": "text/csv"}
    assert not [head for head in heads.values() if head.get("ContentEncoding")]
    client.close()
    mirror.close()


@pytest.mark.slow
def test_an_object_store_is_a_web_seed(seaweedfs: ObjectStore, tmp_path: Path) -> None:
    """What was pushed is audited as true and fetched whole from there, odd names included."""
    sizes = {"a b/#1.csv": 3 * PIECE_LENGTH + 9, "é.bin": PIECE_LENGTH, "empty": 0}
    where = f"{seaweedfs.bucket}/seeds"
    public = f"{seaweedfs.endpoint}/{where}/"
    dataset = make_dataset(tmp_path / "source", sizes, web_seeds=(public,))
    url = f"s3://{where}?endpoint={seaweedfs.endpoint}&public={public}"
    push(open_mirror(url, environ=seaweedfs.environ), contents(dataset.contents))
    (tmp_path / "set.torrent").write_bytes(dataset.torrent)

    (copy,) = audit(dataset.metainfo, dataset.metainfo.web_seeds, rules=QUICK, budget_bytes=None).copies
    options = Options(rules=QUICK, folder=tmp_path / "out", uses_peers=False)
    fetched = asyncio.run(fetch(str(tmp_path / "set.torrent"), options))

    assert (copy.verdict, copy.good_bytes) == (Verdict.GOOD, sum(sizes.values()))
    assert fetched.bytes_from_mirrors == sum(sizes.values())
    assert dataset.is_at(tmp_path / "out")
