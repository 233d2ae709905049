# SPDX-License-Identifier: Apache-2.0
"""``seedbed publish`` as programs of their own: side by side, over HTTP, and read by a strict STAC validator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from seedbed.catalog import paths
from seedbed.catalog.table import reader
from tests.web import Site, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    Start = Callable[..., subprocess.Popen[str]]

pytestmark = pytest.mark.slow

PROGRAM = str(Path(sys.executable).with_name("seedbed"))


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts the program, at home in the test's folder, where one catalogue is."""
    environment = {
        **os.environ,
        "SEEDBED_HOME": str(tmp_path / "home"),
        "SEEDBED_CATALOG": "",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }

    def start(*arguments: object) -> subprocess.Popen[str]:
        words = [PROGRAM, *map(str, arguments), "--json"]
        return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    result(start("catalog", "init", tmp_path / "site"))
    return start


def result(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What a program printed in the end."""
    out, err = process.communicate(timeout=18)
    value = json.loads(out)
    assert isinstance(value, dict), err
    assert (process.returncode == 0) == ("error" not in value)
    return value


def test_two_publishers_at_once(tmp_path: Path, start: Start) -> None:
    """Both versions of one dataset are published, one after the other, whoever comes first."""
    running = []
    for name in ("x", "y"):
        (tmp_path / f"{name}.csv").write_text(f"a\n{name}\n")
        running.append(
            start("publish", tmp_path / f"{name}.csv", "--dataset", "d", "--title", name, "--license", "MIT")
        )

    done = [result(one) for one in running]

    assert sorted(one["serial"] for one in done) == [1, 2]
    known = list(reader.read_catalog(tmp_path / "site" / paths.CATALOG))
    assert [(one.version_seq, one.latest) for one in known] == [(1, False), (2, True)]
    assert known[1].predecessor == known[0].version


def test_data_behind_urls(tmp_path: Path, start: Start) -> None:
    """Files on a web server are published from there, with the server as their web seed."""
    with serving(Site({"/d/rivers/a.csv": b"a\n1\n", "/d/rivers/b.csv": b"b\n2\n"})) as site:
        urls = [f"{site.url}/d/rivers/{name}.csv" for name in "ab"]
        done = result(
            start("publish", *urls, "--name", "rivers", "--dataset", "d", "--title", "R", "--license", "other",
                  "--license-url", "https://x.example/terms", "--jurisdiction", "MX")
        )  # fmt: skip

    item = done["item"]
    assert item["assets"]["torrent"]["bt:webseeds"] == [f"{site.url}/d/"]
    assert item["properties"]["seedbed:geometry_default"]
    assert {"rel": "license", "href": "https://x.example/terms"} in item["links"]
    rows = list(reader.read_files(tmp_path / "site" / paths.FILES))
    assert [(row.path, row.size_bytes, row.media_type) for row in rows] == [
        ("a.csv", 4, "text/csv"),
        ("b.csv", 4, "text/csv"),
    ]
    assert "behind URLs" in done["remarks"][0]


def test_a_key_that_is_not_here_is_missed_before_hashing(tmp_path: Path, start: Start) -> None:
    """Nobody hashes for hours to hear in the end that nothing can be signed."""
    (tmp_path / "a.csv").write_text("a\n1\n")

    done = result(start("publish", tmp_path / "a.csv", "--dataset", "d", "--title", "R", "--license", "MIT",
                        "--keys-dir", tmp_path / "none"))  # fmt: skip

    assert done["error"] == "SigningKeyError"
    assert not list(reader.read_catalog(tmp_path / "site" / paths.CATALOG))


def test_a_team_signs(tmp_path: Path, start: Start) -> None:
    """With two signatures needed, the version waits for the second, and the person is told."""
    for name in ("ana", "beto"):
        result(start("catalog", "key", "new", name, "--keys-dir", tmp_path / name))
    public = ",".join(str(next((tmp_path / name).rglob(f"{name}.pub"))) for name in ("ana", "beto"))
    team = (tmp_path / "team", "--keys-dir", tmp_path / "ana")
    result(start("catalog", "init", *team, "--keys", public, "--threshold", 2))
    result(start("catalog", "sign", tmp_path / "team", "--keys-dir", tmp_path / "beto", "--yes"))
    result(start("catalog", "sign", *team, "--yes"))
    (tmp_path / "a.csv").write_text("a\n1\n")

    done = result(start("publish", tmp_path / "a.csv", "--dataset", "d", "--title", "R", "--license", "MIT",
                        "--catalog", tmp_path / "team", "--keys-dir", tmp_path / "ana"))  # fmt: skip

    assert (done["is_public"], done["missing_signatures"]) == (False, 1)
