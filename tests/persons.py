# SPDX-License-Identifier: Apache-2.0
"""Somebody who uses the program, with a catalogue, data, and a web server of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.web import Handler, Site

PROGRAM = str(Path(sys.executable).with_name("seedbed"))
SAID = ("--dataset", "lakes", "--title", "Lakes", "--license", "CC0-1.0", "--lan")


class Person:
    """Somebody with a catalogue, data, and a folder that a web server serves."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment = {
            **os.environ, "SEEDBED_HOME": str(root / "home"), "SEEDBED_CATALOG": "", "XDG_CACHE_HOME": str(root / "c"),
        }  # fmt: skip
        (root / "lakes").mkdir()
        (root / "lakes/a.csv").write_text("id\n1\n")
        (root / "lakes/b.csv").write_text("id\n2\n")
        self.run("catalog", "init", root / "site")

    def start(self, *words: object) -> subprocess.Popen[str]:
        """A command."""
        command = [PROGRAM, *map(str, words)]
        return subprocess.Popen(
            command, env=self.environment, cwd=self.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *words: object, code: int = 0) -> tuple[dict[str, Any], str]:
        """A command to its end: its JSON, and what it said besides."""
        process = self.start(*words, "--json")
        out, err = process.communicate(timeout=60)
        assert process.returncode == code, out + err
        value: dict[str, Any] = json.loads(out)
        return value, err

    def mirror(self, site: Site) -> str:
        """The folder, with its web server."""
        return f"{(self.root / 'www').as_uri()}?public={site.url}/"


def is_missing(handler: Handler, _body: bytes) -> bool:
    """Every answer is a 404."""
    handler.answer(404, b"")
    return True
