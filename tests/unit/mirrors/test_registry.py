# SPDX-License-Identifier: Apache-2.0
"""URLs lead to mirrors, and never hold a secret."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import InputError, MissingProgramError, SeedbedError
from seedbed.mirrors.registry import open_mirror, schemes
from seedbed.mirrors.s3 import login, place

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "hush-hush"


def test_each_kind_opens(tmp_path: Path) -> None:
    """By scheme; nothing is asked of the mirror yet."""
    urls = {
        tmp_path.as_uri(): "LocalMirror",
        "memory:": "MemoryMirror",
        "http://127.0.0.1:1/data": "HttpMirror",
        "https://example.org/data/": "HttpMirror",
        "s3://bucket/prefix": "S3Mirror",
        "source-coop://account/product/lakes": "S3Mirror",
    }

    for url, kind in urls.items():
        assert type(open_mirror(url, environ={"HOME": str(tmp_path)})).__name__ == kind, url


@pytest.mark.parametrize(
    "url",
    [
        "", "lakes", "ftp://host/x", "file://other-host/x", "file:", "file:///x?y", "http://", f"https://host/x?t={SECRET}",
        f"https://me:{SECRET}@host/x", "s3:", "s3://", f"s3://AKIA:{SECRET}@bucket/x", f"s3://bucket/x?secret={SECRET}",
        "s3://bucket/x?endpoint=ftp://host", f"s3://bucket/x?endpoint=https://me:{SECRET}@host", "s3://bucket/../x",
        "s3://bucket/x#y", "source-coop://account", "s3://bucket/x?profile=absent",
    ],
)  # fmt: skip
def test_bad_urls_are_refused(url: str, tmp_path: Path) -> None:
    """With a word on what was expected, and without repeating what may be a secret."""
    with pytest.raises(InputError) as caught:
        open_mirror(url, environ={"HOME": str(tmp_path)})

    assert SECRET not in caught.value.message + caught.value.hint


def test_others_add_kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By entry point; a package that cannot be loaded is named; our own schemes stay ours."""
    info = tmp_path / "other-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: other\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[seedbed.mirrors]\ntape = other_mirrors:make\nbroken = other_mirrors:absent\nmemory = other_mirrors:make\n"
    )
    (tmp_path / "other_mirrors.py").write_text(
        "from seedbed.mirrors.local import LocalMirror\nfrom pathlib import Path\n"
        f"def make(url, environ): return LocalMirror(Path({str(tmp_path)!r}), public=url)\n"
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    assert schemes()[-2:] == ("broken", "tape")
    assert open_mirror("tape:1", environ={}).public_url("a b") == "tape:1/a%20b"
    assert type(open_mirror("memory:", environ={})).__name__ == "MemoryMirror"
    with pytest.raises(MissingProgramError, match="broken"):
        open_mirror("broken:1", environ={})


def test_where_an_object_store_is() -> None:
    """The URL counts more than the variables; Source Cooperative's account is the bucket, and everything is public."""
    environ = {"AWS_ENDPOINT_URL": "https://all.example.org/", "AWS_REGION": "ca-central-1"}

    plain = place.of_url("s3://bucket/a%20b/", environ)
    assert (plain.endpoint, plain.region, plain.object_key("k")) == ("https://all.example.org", "ca-central-1", "a b/k")
    assert plain.public_url("k") == ""
    own = place.of_url("s3://bucket?endpoint=https://own.example.org&public=https://cdn.example.org/d", environ)
    assert (own.endpoint, own.object_key("k")) == ("https://own.example.org", "k")
    assert own.public_url("é/k") == "https://cdn.example.org/d/%C3%A9/k"

    source = place.of_url("source-coop://account/product/lakes", environ)
    assert (source.endpoint, source.bucket) == ("https://data.source.coop", "account")
    assert source.object_key("2025/a.csv") == "product/lakes/2025/a.csv"
    assert source.public_url("2025/a.csv") == "https://data.source.coop/account/product/lakes/2025/a.csv"


def test_the_order_of_credentials(tmp_path: Path) -> None:
    """A profile that is asked for, variables, a role, the default profile, none."""
    (tmp_path / ".aws").mkdir()
    keys = f"aws_access_key_id = %s\naws_secret_access_key = {SECRET}\n"
    (tmp_path / ".aws" / "config").write_text("[profile team]\n" + keys % "CONFIG" + "aws_session_token = t\n")
    home = {"HOME": str(tmp_path)}
    assert login.find("", home).is_anonymous
    (tmp_path / ".aws" / "credentials").write_text("[default]\n" + keys % "DEFAULT" + "[team]\n" + keys % "TEAM")
    variables = {**home, "AWS_ACCESS_KEY_ID": "VARIABLE", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": "s"}

    team = login.find("team", variables).credentials()
    assert (team.access_key_id, team.session_token) == ("TEAM", "t")
    variable = login.find("", variables).credentials()
    assert (variable.access_key_id, variable.session_token) == ("VARIABLE", "s")
    assert login.find("", {**home, "AWS_WEB_IDENTITY_TOKEN_FILE": "x"}).is_left_to_obstore
    assert login.find("", home).credentials().access_key_id == "DEFAULT"
    assert login.find("", {**variables, "AWS_SKIP_SIGNATURE": "true"}).is_anonymous


def test_credentials_are_never_shown(tmp_path: Path) -> None:
    """Not by ``repr`` or ``str`` of anything that holds them, nor by errors of the program that gives them."""
    variables = {"HOME": str(tmp_path), "AWS_ACCESS_KEY_ID": "AKIAHIDDEN", "AWS_SECRET_ACCESS_KEY": SECRET}
    found = login.find("", variables)
    mirror = open_mirror("s3://bucket/x", environ=variables)
    shown = [repr(found), str(found), repr(found.credentials()), str(found.credentials()), repr(mirror), mirror.name]

    for printed in (f'{{"AccessKeyId": "{SECRET}"}}', SECRET, "[]", '{"AccessKeyId": 1, "Expiration": 3}'):
        (tmp_path / "said").write_text(printed)
        (tmp_path / "config").write_text(f"[profile p]\ncredential_process = cat {tmp_path}/said\n")
        environ = {"HOME": str(tmp_path), "AWS_CONFIG_FILE": str(tmp_path / "config"), "PATH": "/usr/bin:/bin"}
        with pytest.raises(SeedbedError, match="did not print credentials") as caught:
            login.find("p", environ).credentials()
        assert caught.value.__suppress_context__
        shown.append(str(caught.value) + repr(caught.value) + caught.value.hint)

    assert not [text for text in shown if SECRET in text or "AKIAHIDDEN" in text]
