# SPDX-License-Identifier: Apache-2.0
"""What stands in config.toml holds where nothing is typed; what is wrong in it is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = [sys.executable, "-m", "seedbed"]


def run(home: Path, *words: object, answer: str = "") -> subprocess.CompletedProcess[str]:
    """A command of somebody whose settings are in a folder."""
    environ = {**os.environ, "SEEDBED_HOME": str(home), "SEEDBED_CONFIG": str(home / "config.toml")}
    if not (home / "config.toml").exists():
        del environ["SEEDBED_CONFIG"]
    command = [*PROGRAM, *map(str, words)]
    return subprocess.run(command, env=environ, input=answer, capture_output=True, text=True, check=False, cwd=home)


def test_settings_hold_where_nothing_is_typed(tmp_path: Path) -> None:
    """Also for commands in groups; what is typed counts more."""
    (tmp_path / "config.toml").write_text('[torrent.create]\nformat = "v1"\ntracker = ["udp://t.example:1"]\n')
    (tmp_path / "a.csv").write_text("1")

    set_, typed = (
        json.loads(run(tmp_path, "torrent", "create", "a.csv", "-o", name, "--json", *more).stdout)
        for name, more in (("x.torrent", ()), ("y.torrent", ("--format", "v2")))
    )

    assert (set_["infohash_v2"], typed["infohash_v1"]) == (None, None)
    assert b"udp://t.example:1" in (tmp_path / "x.torrent").read_bytes()


def test_they_are_shown(tmp_path: Path) -> None:
    """With the file that they are in."""
    assert "(not there)" in run(tmp_path, "config").stdout
    (tmp_path / "config.toml").write_text('[publish]\nmirror = ["zenodo:"]\n')

    assert "[publish] mirror = ['zenodo:']" in run(tmp_path, "config").stdout
    assert json.loads(run(tmp_path, "config", "--json").stdout)["settings"] == {"publish": {"mirror": ["zenodo:"]}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[publish]\nmiror = ["zenodo:"]', "Did you mean 'mirror'?"),
        ('[publish]\nmirror = "zenodo:"', "expected a list"),
        ("[publish]\ndry-run = true", "has no such setting"),
        ("[publish]\nmin-mirrors = 0", "0 is not in the range"),
        ("publish = 1", "expected a section [publish]"),
        ("[publish", "it is not TOML"),
    ],
)
def test_what_is_wrong_in_them_is_told(tmp_path: Path, text: str, said: str) -> None:
    """With the file's name, or as if it had been typed."""
    (tmp_path / "config.toml").write_text(text)

    done = run(tmp_path, "publish", "x", "--dataset", "d")

    assert done.returncode == 2
    assert said in done.stderr


def test_an_account_is_kept_and_forgotten(tmp_path: Path) -> None:
    """In a file that nobody else can read; the token is never shown."""
    kept = run(tmp_path, "mirror", "login", "zenodo:sandbox", answer="very-secret\n")

    assert kept.returncode == 0
    file = tmp_path / "credentials.toml"
    assert "very-secret" in file.read_text()
    assert file.stat().st_mode & 0o77 == 0
    gone = run(tmp_path, "mirror", "logout", "zenodo:sandbox")
    assert "very-secret" not in file.read_text() + kept.stdout + kept.stderr + gone.stdout + gone.stderr
    assert "Nothing was kept" in run(tmp_path, "mirror", "logout", "zenodo:sandbox").stdout


def test_a_mirror_is_tried(tmp_path: Path) -> None:
    """A folder takes a file and gives it back; nothing stays there."""
    done = run(
        tmp_path, "mirror", "check", f"{(tmp_path / 'nas').as_uri()}?public=https://data.example.org/x", "--json"
    )

    assert json.loads(done.stdout)["public"] == "https://data.example.org/x/"
    assert not [path for path in (tmp_path / "nas").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "zenodo:"), "seedbed mirror login"),
        (("check", "nonsense:"), "unknown kind"),
        (("login", "s3://bucket/x"), "usual AWS profiles"),
        (("login", "zenodo:"), "token is missing"),
        (("login", "zenodo"), "Write zenodo: with a colon"),
    ],
)
def test_what_cannot_be_used_is_told(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    """With what to do."""
    done = run(tmp_path, "mirror", *words)

    assert done.returncode == 2
    assert said in done.stderr


def test_a_trackers_options_may_be_set(tmp_path: Path) -> None:
    """They are shown, and hold where nothing is typed."""
    (tmp_path / "config.toml").write_text("[tracker]\nopen = true\ninterval = 10\nallow = []\n")

    assert "[tracker] interval = 10" in run(tmp_path, "config").stdout
    assert "10 is not in the range" in run(tmp_path, "tracker").stderr
