# SPDX-License-Identifier: Apache-2.0
"""``seedbed publish --mirror``: what a person sees, and that a killed one goes on."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from seedbed.api.publication import auditor
from seedbed.core import metainfo_reader
from seedbed.creating.create import Wish, create, plan_torrent, wanted_hashes
from seedbed.creating.scan import scan
from seedbed.hashing.job import Threads
from seedbed.hashing.plain import HashlibEngine
from seedbed.mirrors.content import BytesContent
from seedbed.mirrors.push import push
from seedbed.mirrors.registry import open_mirror
from tests import object_stores
from tests.e2e.clients.base import free_port, wait_until
from tests.persons import SAID, Person, is_missing

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web import Site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]


def test_one_command_publishes_everywhere(person: Person, site: Site, tmp_path: Path) -> None:
    """A folder with a web server and one without: both have the data, the catalogue names the one that can be read."""
    done, _ = person.run("publish", "lakes", *SAID, "--version", 1, "--mirror", person.mirror(site),
                         "--mirror", (tmp_path / "nas").as_uri())  # fmt: skip

    assert done["mirrors"] == [{"key": "own", "href": f"{site.url}/lakes/1/lakes/"}]
    assert done["item"]["assets"]["torrent"]["bt:webseeds"] == [f"{site.url}/lakes/1/"]
    for name in ("www", "nas"):
        assert (tmp_path / name / "lakes/1/lakes/a.csv").read_text() == "id\n1\n"
    assert person.run("publish", "--pending")[0] == {"publications": [], "left": []}
    fetched, _ = person.run("fetch", "lakes", "--lan", "--no-dht", "-o", tmp_path / "got")
    assert fetched["bytes_from_mirrors"] == 10


def test_a_mirror_that_is_down_is_gone_on_with(person: Person, site: Site, tmp_path: Path) -> None:
    """Nothing is in the catalogue; it is listed; the same command goes on; then it is over."""
    command = ("publish", "lakes", *SAID, "--version", 1, "--mirror", person.mirror(site))
    site.misbehave = is_missing

    failed, _ = person.run(*command, code=12)

    assert "missing" in failed["message"]
    assert "--resume lakes@1" in failed["hint"]
    (pending,) = person.run("publish", "--pending")[0]["publications"]
    assert (pending["id"], pending["serial"], pending["mirrors"][0]["state"]) == ("lakes@1", None, "public")
    other, _ = person.run("publish", "lakes", *SAID, "--version", 1, "--mirror", (tmp_path / "x").as_uri(), code=2)
    assert "by another command" in other["message"]
    assert "--mirror was different" in other["message"]
    site.misbehave = lambda _handler, _body: False
    done, said = person.run(*command)
    assert "Going on with lakes@1" in said
    assert done["is_new"]
    assert person.run("publish", "--resume", code=10)[0]["message"].startswith("every publication is finished")


def test_enough_mirrors_are_enough(person: Person, site: Site, tmp_path: Path) -> None:
    """It is published with exit code 3; the other mirror comes later."""
    (tmp_path / "file").write_text("in the way")
    blocked = (tmp_path / "file/nas").as_uri()
    command = ("publish", "lakes", *SAID, "--version", 1, "--mirror", person.mirror(site), "--mirror", blocked)

    partly, _ = person.run(*command, "--min-mirrors", 1, code=3)

    assert "published, but not everywhere" in partly["message"]
    assert [one["version"] for one in person.run("versions", "lakes")[0]["versions"]] == ["1"]
    (tmp_path / "file").unlink()
    person.run("publish", "--resume", "lakes@1")
    assert (tmp_path / "file/nas/lakes/1/lakes/a.csv").is_file()
    assert person.run("publish", "--pending")[0]["publications"] == []


def test_abandoned_it_is_gone(person: Person, site: Site, tmp_path: Path) -> None:
    """Files and journal."""
    site.misbehave = is_missing
    person.run("publish", "lakes", *SAID, "--version", 1, "--mirror", person.mirror(site), code=12)
    assert list((tmp_path / "www").rglob("*.csv"))

    person.run("publish", "--abandon", "lakes@1")

    assert not [path for path in (tmp_path / "www").rglob("*") if path.is_file()]
    assert person.run("publish", "--pending")[0]["publications"] == []


def test_forgotten_lan_is_said_when_going_on(person: Person, site: Site) -> None:
    """With --resume or in the same command; both are told that the copy is fine but near."""
    for version, words in ((1, ("publish", "--resume")), (2, ("publish", "lakes", *SAID[:-1], "--version", 2))):
        (person.root / "lakes/a.csv").write_text(f"id\n{version}\n")
        command = ("publish", "lakes", *SAID[:-1], "--version", version, "--mirror", person.mirror(site))
        mirrors = () if "--resume" in words else command[-2:]
        assert "--lan" in person.run(*command, code=12)[0]["message"]

        done, _ = person.run(*words, *mirrors, "--lan")

        assert done["is_new"]


def test_it_is_said_why_a_proof_waits(tmp_path: Path) -> None:
    """A web server that is not up: three times, three quarters of a minute in all."""
    (tmp_path / "one.csv").write_text("id\n1\n")
    plan = plan_torrent(scan(str(tmp_path / "one.csv")), Wish())
    torrent = create(plan, Threads(HashlibEngine(), 1), wanted=wanted_hashes(plan, workers=1)).torrent
    said: list[str] = []
    slept: list[float] = []

    ask = auditor(lan=True, sleep=slept.append, say=said.append)
    (trouble,) = ask(metainfo_reader.parse(torrent), [f"http://127.0.0.1:{free_port()}/lakes.csv"]).values()

    assert slept == [2, 10, 30]
    assert said == [f"{trouble}. Asked again in {pause} seconds." for pause in (2, 10, 30)]
    assert "Connection refused" in trouble


def test_what_was_mistyped_can_be_abandoned(person: Person) -> None:
    """Nothing was begun there, and nobody can be asked."""
    with object_stores.moto() as store, pytest.MonkeyPatch.context() as patch:
        for name, value in {**store.environ, "AWS_REGION": "us-east-1"}.items():
            patch.setitem(person.environment, name, value)
        command = ("publish", "lakes", *SAID, "--mirror", f"s3://no-such-bucket/x?endpoint={store.endpoint}")
        assert "no such bucket" in person.run(*command, code=12)[0]["message"]

        (stays,) = person.run("publish", "--abandon")[0]["stays"]

    assert "no such bucket" in stays
    assert person.run("publish", "--pending")[0] == {"publications": [], "left": []}


def test_data_of_another_dataset_is_refused_before_anything_is_public(person: Person, tmp_path: Path) -> None:
    """Also in a trial; an archive would keep it for good. What was begun can be given up."""
    person.run("publish", "lakes", *SAID, "--version", 1)
    command = ("publish", "lakes", "--dataset", "ponds", *SAID[2:], "--version", 1)
    mirror = ("--mirror", (tmp_path / "nas").as_uri())
    assert "lakes@1 already" in person.run(*command, *mirror, "--dry-run", code=1)[0]["message"]

    refused, _ = person.run(*command, *mirror, code=1)

    assert "lakes@1 already" in refused["message"]
    assert "--abandon ponds@1" in refused["hint"]
    (pending,) = person.run("publish", "--pending")[0]["publications"]
    assert pending["mirrors"][0]["state"] == "pushed"
    person.run("publish", "--abandon", "ponds@1")
    assert not [path for path in (tmp_path / "nas").rglob("*") if path.is_file()]


def test_other_data_under_a_published_version_leaves_nothing_pending(person: Person, tmp_path: Path) -> None:
    """There would be nothing to go on with, and nothing to give up."""
    person.run("publish", "lakes", *SAID, "--version", 1)
    (person.root / "lakes/a.csv").write_text("id\n3\n")

    mirror = ("--mirror", (tmp_path / "nas").as_uri())
    assert "other bytes" in person.run("publish", "lakes", *SAID, "--version", 1, *mirror, code=2)[0]["message"]

    assert person.run("publish", "--pending")[0]["publications"] == []


def test_a_mirror_that_never_comes_is_given_up(person: Person, site: Site, tmp_path: Path) -> None:
    """The version stays published, and nothing is pending for ever."""
    (tmp_path / "file").write_text("in the way")
    mirrors = ("--mirror", person.mirror(site), "--mirror", (tmp_path / "file/nas").as_uri(), "--min-mirrors", 1)
    partly, _ = person.run("publish", "lakes", *SAID, "--version", 1, *mirrors, code=3)
    assert "--abandon lakes@1 gives them up" in partly["hint"]
    (tmp_path / "file").unlink()

    (stays,) = person.run("publish", "--abandon", "lakes@1")[0]["stays"]

    assert "lakes@1 is in the catalogue" in stays
    assert person.run("publish", "--pending")[0]["publications"] == []
    person.run("audit", "lakes", "--full", "--lan")


def test_one_folder_by_two_urls_is_one_copy(person: Person, site: Site) -> None:
    """So it is refused as two."""
    mirrors = ("--mirror", person.mirror(site), "--mirror", (person.root / "www").as_uri())

    assert "named twice" in person.run("publish", "lakes", *SAID, *mirrors, code=2)[0]["message"]


def test_killed_again_and_again_it_is_published_once(person: Person, site: Site, tmp_path: Path) -> None:
    """``kill -9`` at moments a little later each time."""
    (tmp_path / "lakes/large.bin").write_bytes(os.urandom(1 << 20) * 24)
    command = ("publish", "lakes", *SAID, "--version", 1, "--mirror", person.mirror(site))
    for tenths in range(4, 13):
        process = person.start(*command)
        time.sleep(tenths / 10)
        process.send_signal(signal.SIGKILL)
        process.communicate()

    person.run(*command)

    assert [one["version"] for one in person.run("versions", "lakes")[0]["versions"]] == ["1"]
    kept = (tmp_path / "www/lakes/1/lakes/large.bin").read_bytes()
    assert kept == (tmp_path / "lakes/large.bin").read_bytes()
    person.run("audit", "lakes", "--full", "--lan")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--mirror", "zenod:"), "unknown kind"),
        (("--mirror", "zenodo"), "Write zenodo: with a colon"),
        (("--mirror", "zenodo:sandbox"), "seedbed mirror login"),
        (("--mirror", "/srv/data"), "write file:///srv/data"),
        (("--mirror", "https://data.example.org/x/"), "it can only be read"),
        (("--mirror", "https://data.example.org/x/", "--dry-run"), "it can only be read"),
        (("--mirror", "s3://me:secret@bucket/x"), "credentials do not belong in a URL"),
        (("--min-mirrors", 2, "--mirror", "file:///tmp/x"), "expected at most the number of mirrors"),
        (("--doi", "10.5281/zenodo.1 x"), "doi"),
    ],
)
def test_what_is_mistyped_is_told(person: Person, words: tuple[object, ...], said: str) -> None:
    """Before anything is hashed; nothing is left over."""
    process = person.start("publish", "lakes", *SAID, *words)

    out, err = process.communicate(timeout=60)

    assert process.returncode in {1, 2}
    assert said in err
    assert "secret" not in out + err
    assert person.run("publish", "--pending")[0]["publications"] == []


def test_a_trial_shows_where_it_would_go(person: Person, tmp_path: Path) -> None:
    """And writes nothing."""
    process = person.start("publish", "lakes", *SAID, "--mirror", (tmp_path / "nas").as_uri(), "--dry-run")

    out, _ = process.communicate(timeout=60)

    assert f"pushed to  {(tmp_path / 'nas').as_uri()}" in out
    assert not (tmp_path / "nas").exists()


def test_data_that_is_there_already_is_catalogued_without_a_copy(person: Person, site: Site, tmp_path: Path) -> None:
    """A prefix of an object store: nothing is sent anywhere; it is fetched from where it is, whatever it is called."""
    with object_stores.moto() as store, pytest.MonkeyPatch.context() as patch:
        for name, value in {**store.environ, "AWS_REGION": "us-east-1"}.items():
            patch.setitem(person.environment, name, value)
        open_ = open_mirror(f"s3://{store.bucket}/tiles?endpoint={store.endpoint}", environ=store.environ)
        push(open_, {name: BytesContent(name, name.encode()) for name in ("a.bin", "deep/b.bin")})
        for name in ("a.bin", "deep/b.bin"):
            site.files[f"/cdn/{name}"] = name.encode()
        where = f"s3://{store.bucket}/tiles/?endpoint={store.endpoint}&public={site.url}/cdn/"

        unseen = where.partition("&public=")[0]
        trial, _ = person.run("publish", unseen, "--name", "north", *SAID, "--version", 1, "--dry-run")
        assert "nobody can fetch this" in trial["remarks"][1]
        done, _ = person.run("publish", where, "--name", "north", *SAID, "--version", 1)
        assert len(done["remarks"]) == 1

        assert done["mirrors"] == [{"key": "own", "href": f"{site.url}/cdn/"}]
        fetched, _ = person.run("fetch", "lakes", "--lan", "--no-dht", "-o", tmp_path / "got")
        assert (tmp_path / "got/north/deep/b.bin").read_text() == "deep/b.bin"
        assert fetched["bytes_from_mirrors"] == 15
        site.files["/cdn/a.bin"] = b"other"
        open_.remove("deep/b.bin")
        bad, _ = person.run("publish", where, "--name", "north", *SAID, "--version", 2, code=12)
        assert "its copy is not good: wrong-bytes" in bad["message"]
        assert [one["version"] for one in person.run("versions", "lakes")[0]["versions"]] == ["1"]


def test_ctrl_c_ends_it_soon_and_says_how_to_go_on(person: Person, tmp_path: Path) -> None:
    """While it is pushing; then it is gone on with."""
    with (tmp_path / "lakes/large.bin").open("wb") as file:
        for _ in range(600):
            file.write(os.urandom(1 << 20))
    command = ("publish", "lakes", *SAID, "--version", 1, "--mirror", (tmp_path / "nas").as_uri())
    process = person.start(*command)
    wait_until(lambda: any((tmp_path / "nas").glob(".seedbed-incoming/*")), "it pushes")

    process.send_signal(signal.SIGINT)
    began_s = time.monotonic()
    _, err = process.communicate(timeout=60)

    assert process.returncode == 130, err
    assert "--resume lakes@1" in err
    assert time.monotonic() - began_s < 15
    assert not (tmp_path / "nas/lakes/1/lakes/large.bin").exists()
    person.run("publish", "--resume")
    assert (tmp_path / "nas/lakes/1/lakes/large.bin").stat().st_size == 600 << 20
