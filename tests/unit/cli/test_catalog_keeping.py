# SPDX-License-Identifier: Apache-2.0
"""``seedbed catalog``: how one person, and a team, make a catalogue and keep it alive."""

from __future__ import annotations

import json
import logging
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from seedbed.catalog import join_link
from seedbed.catalog.releasing.publisher import open_publisher
from seedbed.catalog.signing import public_key
from seedbed.cli.catalog_options import clock
from seedbed.cli.cmd_catalog import catalog
from seedbed.errors import (
    InputError,
    NotFoundError,
    SeedbedError,
    SigningKeyError,
    StateError,
    TrustError,
)
from tests import publishers, tuf_client

if TYPE_CHECKING:
    from collections.abc import Callable

Run = "Callable[..., Any]"


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., str]:
    """The program, at home in the test's folder; ``json=True`` gives the parsed value."""

    def run(*arguments: object, **environment: str) -> str:
        here = {"SEEDBED_HOME": str(tmp_path / "home"), "SEEDBED_KEY_PASSPHRASE": ""} | environment
        done = CliRunner().invoke(catalog, [*map(str, arguments)], env=here, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


def facts(text: str) -> dict[str, Any]:
    """What ``--json`` printed."""
    value = json.loads(text)
    assert isinstance(value, dict)
    return value


def publish(folder: Path, keys: Path) -> None:
    """A version, by the library."""
    with open_publisher(folder, keys, wait_s=0, now=clock) as publisher:
        publisher.release(publishers.change(publisher))


def test_one_person_is_asked_nothing(run: Callable[..., str], tmp_path: Path) -> None:
    """One command: keys outside the folder that only their owner reads, a signed catalogue, a link, the next steps."""
    folder = tmp_path / "My Rivers"

    text = run("init", folder, "--url", "https://data.example/c")

    keys = tmp_path / "home/keys/my-rivers"
    assert {path.name for path in keys.glob("*.key")} == {"root.key", "targets.key", "online.key", "pointer.key"}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in keys.glob("*.key"))
    assert str(keys) in text
    assert "safe place" in text
    assert "sign --refresh" in text
    link = join_link.parse(next(line for line in text.splitlines() if "seedbed:join" in line))
    assert link.urls == ("https://data.example/c/",)
    pointer = public_key.parse((keys / "pointer.pub").read_text())
    assert link.pointer_key == pointer.public_hex
    tuf_client.read(folder, tmp_path / "c", "catalog.parquet", now=clock())


def test_the_link_stays_the_same(run: Callable[..., str], tmp_path: Path) -> None:
    """Init, status, and status after keys were rotated, all give one link."""
    folder = tmp_path / "site"
    link = facts(run("init", folder, "--json"))["join_link"]
    run("rotate", "online")
    run("rotate", "root")

    found = facts(run("status", "--json"))

    assert found["join_link"] == link
    assert {one["role"]: [key["name"] for key in one["holders"]] for one in found["roles"]} == {
        "root": ["root-2"],
        "targets": ["targets"],
        "snapshot": ["online-2"],
        "timestamp": ["online-2"],
    }
    tuf_client.read(folder, tmp_path / "c", "catalog.parquet", now=clock())


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        (["--keys-dir", "site/keys"], (SigningKeyError, "would lie inside the catalogue")),
        (["--id", "No Spaces"], (InputError, "expected lower-case letters")),
        (["--threshold", "2"], (InputError, "needs the public keys")),
        (["--keys", "none.pub"], (SigningKeyError, "there is no such key file")),
        (["--url", "data.example/c"], (InputError, "expected the address of a folder")),
        (["--passphrase"], (InputError, "no terminal to ask on")),
    ],
)
def test_what_init_refuses(
    run: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    refusal: tuple[type[SeedbedError], str],
) -> None:
    """Nothing is made when something is wrong, neither keys nor catalogue."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(refusal[0], match=refusal[1]):
        run("init", "site", *arguments)
    assert not Path("site").exists()
    assert not list(tmp_path.glob("**/*.key"))


def test_init_makes_no_keys_where_no_catalogue_can_be(run: Callable[..., str], tmp_path: Path) -> None:
    """A file stands there."""
    (tmp_path / "site").write_text("a file")

    with pytest.raises(InputError, match="expected a folder, got a file"):
        run("init", tmp_path / "site")

    assert not list(tmp_path.glob("**/*.key"))


def test_init_never_overwrites(run: Callable[..., str], tmp_path: Path) -> None:
    """A catalogue is founded once."""
    run("init", tmp_path / "site")
    with pytest.raises(InputError, match="metadata is there already"):
        run("init", tmp_path / "site")


def test_two_catalogues_never_share_keys(run: Callable[..., str], tmp_path: Path) -> None:
    """Of one name, in two places: they would fight over one pointer."""
    run("init", tmp_path / "a" / "site")
    with pytest.raises(InputError, match="the keys of another catalogue"):
        run("init", tmp_path / "b" / "site")

    run("init", tmp_path / "b" / "site", "--id", "second")


def test_a_passphrase_locks_the_keys_of_people_only(run: Callable[..., str], tmp_path: Path) -> None:
    """A release needs the passphrase; the daily job does not, for nobody is there to type it."""
    run("init", tmp_path / "site", "--passphrase", SEEDBED_KEY_PASSPHRASE="correct horse")
    keys = tmp_path / "home/keys/site"
    locked = {path.name for path in keys.glob("*.key") if b"ENCRYPTED" in path.read_bytes()}
    assert locked == {"root.key", "targets.key"}

    run("sign", "--refresh")
    with pytest.raises(SigningKeyError, match="locked with a passphrase") as caught:
        run("rotate", "online")
    assert "SEEDBED_KEY_PASSPHRASE" in caught.value.hint
    with pytest.raises(SigningKeyError, match="wrong passphrase"):
        run("rotate", "online", SEEDBED_KEY_PASSPHRASE="wrong")
    assert not (keys / "online-2.key").exists()
    run("rotate", "online", SEEDBED_KEY_PASSPHRASE="correct horse")


def test_the_daily_job_needs_the_online_key_alone(run: Callable[..., str], tmp_path: Path) -> None:
    """A machine that holds nothing else keeps the catalogue fresh, and can publish nothing."""
    folder = tmp_path / "site"
    run("init", folder)
    machine = tmp_path / "machine"
    machine.mkdir()
    for name in ("online.key", "online.pub"):
        (tmp_path / "home/keys/site" / name).rename(machine / name)

    fresh = facts(run("sign", folder, "--refresh", "--keys-dir", machine, "--json"))
    assert fresh["warnings"] == []
    with pytest.raises(SigningKeyError, match="none of the keys that may sign is here"):
        publish(folder, machine)
    with pytest.raises(SigningKeyError, match="timestamp: expected 1 signature") as caught:
        run("sign", folder, "--refresh")
    assert "online (" in caught.value.hint
    publish(folder, tmp_path / "home/keys")
    assert "It waits for the online key" not in run("status", folder)
    assert facts(run("sign", folder, "--yes", "--keys-dir", machine, "--json"))["is_public"]
    tuf_client.read(folder, tmp_path / "c", "catalog.parquet", now=clock())


def test_versions_are_marked(run: Callable[..., str], tmp_path: Path) -> None:
    """Deprecated with a reason, withdrawn with a reason, and taken back."""
    folder = tmp_path / "site"
    run("init", folder)
    publish(folder, tmp_path / "home/keys")

    assert facts(run("deprecate", "rivers", "--reason", "see rivers@2", "--json"))["status"] == "deprecated"
    assert facts(run("withdraw", "rivers@1", "--reason", "wrong", "--json"))["serial"] == 3
    run("withdraw", "rivers@1", "--undo")

    with open_publisher(folder, tmp_path / "home/keys", wait_s=0, now=clock) as publisher:
        assert publisher.versions("rivers")[0].status == "active"
    with pytest.raises(InputError, match="needs a reason"):
        run("withdraw", "rivers@1")
    with pytest.raises(NotFoundError, match="no such dataset"):
        run("withdraw", "lakes", "--reason", "x")
    with pytest.raises(NotFoundError, match="no such version"):
        run("withdraw", "rivers@9", "--reason", "x")


def test_a_version_that_was_marked_can_be_edited(run: Callable[..., str], tmp_path: Path) -> None:
    """The mark has a time that a catalogue can hold: whole milliseconds at most."""
    folder = tmp_path / "site"
    run("init", folder)
    publish(folder, tmp_path / "home/keys")
    run("deprecate", "rivers", "--reason", "see rivers@2")

    assert facts(run("edit", "rivers", "--title", "Other words", "--json"))["changed"] == ["title"]
    with open_publisher(folder, tmp_path / "home/keys", wait_s=0, now=clock) as publisher:
        assert publisher.versions("rivers")[0].updated.microsecond % 1000 == 0


def test_several_catalogues_must_be_named(run: Callable[..., str], tmp_path: Path) -> None:
    """With none, or with several, the person is asked which."""
    with pytest.raises(InputError, match="you publish none yet"):
        run("status")
    run("init", tmp_path / "one")
    run("init", tmp_path / "two")
    with pytest.raises(InputError, match="you publish several"):
        run("status")
    assert facts(run("status", tmp_path / "two", "--json"))["id"] == "two"


@pytest.fixture
def team(run: Callable[..., str], tmp_path: Path) -> Path:
    """A founding by a, with the machine's key in a's folder; b has signed it, c may."""
    for name in "abc":
        run("key", "new", name, "--keys-dir", tmp_path / name)
    public = ",".join(str(tmp_path / name / f"{name}.pub") for name in "abc")
    made = facts(
        run("init", tmp_path / "site", "--threshold", 2, "--keys", public, "--keys-dir", tmp_path / "a", "--json")
    )
    assert (made["is_public"], made["missing_signatures"]) == (False, 1)
    return tmp_path / "site"


def test_a_team_founds_and_releases(run: Callable[..., str], team: Path, tmp_path: Path) -> None:
    """Nothing is public before two have signed; the machine's key comes last, wherever it is."""
    waiting = facts(run("status", team, "--json"))["waiting"]
    assert waiting["kind"] == "founding"
    assert {one["role"]: one["may_sign"] for one in waiting["signatures"]} == {
        "root": ["b", "c"],
        "targets": ["b", "c"],
    }
    second = facts(run("sign", team, "--yes", "--keys-dir", tmp_path / "b", "--json"))
    assert [(one["role"], one["key"]) for one in second["signed"]] == [("root", "b"), ("targets", "b")]
    assert (second["is_public"], second["missing_signatures"]) == (False, 0)
    assert facts(run("sign", team, "--yes", "--keys-dir", tmp_path / "a", "--json"))["is_public"]
    old = tuf_client.read(team, tmp_path / "c1", "catalog.parquet", now=clock())

    publish(team, tmp_path / "a")
    text = run("status", team)
    assert "A release waits for signatures" in text
    assert "release 1: 1 new (2.0 kB), 0 changed, 0 withdrawn" in text
    assert "targets 2: signed by a; 1 more of b, c" in text
    assert tuf_client.read(team, tmp_path / "c2", "catalog.parquet", now=clock()) == old
    run("sign", team, "--refresh", "--keys-dir", tmp_path / "a")
    with pytest.raises(StateError, match="something waits"):
        publish(team, tmp_path / "a")

    run("sign", team, "--yes", "--keys-dir", tmp_path / "c")
    run("sign", team, "--yes", "--keys-dir", tmp_path / "a")
    assert tuf_client.read(team, tmp_path / "c3", "catalog.parquet", now=clock()) != old
    assert facts(run("status", team, "--json"))["versions"] == 1


def test_nothing_is_signed_unseen(run: Callable[..., str], team: Path, tmp_path: Path) -> None:
    """Without a terminal and without --yes a timer cannot sign what somebody else made."""
    with pytest.raises(InputError, match="no terminal to ask on") as caught:
        run("sign", team, "--keys-dir", tmp_path / "b")
    assert "--refresh" in caught.value.hint


def test_what_waits_can_be_taken_back(run: Callable[..., str], team: Path, tmp_path: Path) -> None:
    """Discarded, it is gone; there is nothing to discard twice."""
    run("sign", team, "--yes", "--keys-dir", tmp_path / "b")
    run("sign", team, "--yes", "--keys-dir", tmp_path / "a")
    publish(team, tmp_path / "a")

    run("sign", team, "--discard", "--keys-dir", tmp_path / "a")

    assert facts(run("status", team, "--json"))["waiting"] is None
    with pytest.raises(NotFoundError, match="nothing waits"):
        run("sign", team, "--discard", "--keys-dir", tmp_path / "a")


@pytest.mark.parametrize("name", ["catalog.parquet", "files.parquet", "changes/1.parquet", "releases.log"])
def test_a_release_that_was_tampered_with_is_not_signed(
    run: Callable[..., str], team: Path, tmp_path: Path, name: str
) -> None:
    """The second person's key is not used for files that are not those whose hashes it would sign."""
    run("sign", team, "--yes", "--keys-dir", tmp_path / "b")
    run("sign", team, "--yes", "--keys-dir", tmp_path / "a")
    publish(team, tmp_path / "a")
    staged = team / ".pending/tree" / name
    before = staged.read_bytes()
    staged.write_bytes(before[:-9] + b"x" + before[-8:])

    with pytest.raises(SeedbedError) as caught:
        run("sign", team, "--yes", "--keys-dir", tmp_path / "b")
    if name == "files.parquet":
        assert isinstance(caught.value, TrustError)
    assert facts_of_missing(run, team, staged, before) == 1


def facts_of_missing(run: Callable[..., str], team: Path, staged: Path, before: bytes) -> int:
    """How many signatures are missing when the file is right again."""
    staged.write_bytes(before)
    waiting = facts(run("status", team, "--json"))["waiting"]
    return max(int(one["missing"]) for one in waiting["signatures"])


def test_a_key_that_others_may_read_is_told(
    run: Callable[..., str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It works, and the person is warned."""
    run("init", tmp_path / "site")
    (tmp_path / "home/keys/site/online.key").chmod(0o644)
    with caplog.at_level(logging.WARNING):
        run("sign", "--refresh")
    assert "others on this machine may read this key" in caplog.text


def test_a_private_key_is_not_taken_for_a_public_one(run: Callable[..., str], tmp_path: Path) -> None:
    """Who hands over the wrong file is told before anybody else has it."""
    run("init", tmp_path / "site")
    run("key", "new", "eve")
    with pytest.raises(SigningKeyError, match="this is a private key"):
        run("add-key", "people", tmp_path / "home/keys/eve.key")


def test_a_second_person_joins(run: Callable[..., str], tmp_path: Path) -> None:
    """One person becomes a team of two; from then on one alone publishes nothing."""
    folder = tmp_path / "site"
    run("init", folder)
    run("key", "new", "bob", "--keys-dir", tmp_path / "bob")
    first = facts(run("add-key", "people", tmp_path / "bob/bob.pub", "--threshold", 2, "--json"))
    assert first["missing_signatures"] == 1
    assert "root: 2 must sign instead of 1" in run("status")

    run("sign", folder, "--yes", "--keys-dir", tmp_path / "bob")
    run("sign", folder, "--yes")

    found = facts(run("status", "--json"))
    assert {one["role"]: one["threshold"] for one in found["roles"]}["targets"] == 2
    publish(folder, tmp_path / "home/keys")
    assert facts(run("status", "--json"))["waiting"]["added"] == ["rivers@1"]
    tuf_client.read(folder, tmp_path / "c", "catalog.parquet", now=clock())


def test_several_holders_must_be_told_apart(run: Callable[..., str], team: Path, tmp_path: Path) -> None:
    """Rotate names who could be meant."""
    run("sign", team, "--yes", "--keys-dir", tmp_path / "b")
    run("sign", team, "--yes", "--keys-dir", tmp_path / "a")
    with pytest.raises(InputError, match=r"it has several keys: expected one of a \("):
        run("rotate", "people", "--catalog", team, "--keys-dir", tmp_path / "a")
    with pytest.raises(InputError, match="no key of it is called 'zoe'"):
        run("rotate", "people", "--old", "zoe", "--catalog", team, "--keys-dir", tmp_path / "a")


def test_pulling_everything_is_one_answer(run: Callable[..., str], tmp_path: Path) -> None:
    """Nobody is followed yet: that is told, and a script reads one document."""
    assert "No catalogue is followed yet" in run("pull")
    assert facts(run("pull", "--json")) == {"catalogs": []}


def test_a_path_with_spaces_can_be_copied(run: Callable[..., str], tmp_path: Path) -> None:
    """The commands that are told to be typed next are quoted for the shell."""
    assert f"--catalog '{tmp_path / 'my site'}'" in run("init", tmp_path / "my site")
