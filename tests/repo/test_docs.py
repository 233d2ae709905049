# SPDX-License-Identifier: Apache-2.0
"""The docs tell what the code does: commands, errors, exit codes, make targets, links."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from seedbed import errors
from seedbed.cli.main import main
from tests.repo import command_reference

ROOT = Path(__file__).parents[2]
MARKDOWN = sorted(path for path in ROOT.glob("**/*.md") if not {".venv", "node_modules", ".git"} & set(path.parts))


def test_command_reference() -> None:
    """Every command and option is in docs/commands.md, word for word (``make docs`` writes it)."""
    assert command_reference.TARGET.read_text(encoding="utf-8") == command_reference.render()


def drawn_tree() -> list[tuple[int, str, int]]:
    """Depth, name and exit code of each row of the drawing in ``errors.py``."""
    rows = re.findall(r"^ {4}([│├└─ ]*)([A-Z]\w+Error)\s+(\d+) ", errors.__doc__ or "", re.MULTILINE)
    return [(len(indent) // 3, name, int(code)) for indent, name, code in rows]


def class_tree(cls: type[errors.SeedbedError], depth: int = 0) -> list[tuple[int, str, int]]:
    """The same for the classes, in order of definition."""
    own = [(depth, cls.__name__, cls.exit_code)]
    children = [child for child in cls.__subclasses__() if child.__module__ == errors.__name__]
    return own + [row for child in children for row in class_tree(child, depth + 1)]


def test_error_tree_is_drawn() -> None:
    """The drawing in ``errors.py`` is the tree of its classes, with their exit codes."""
    assert drawn_tree() == class_tree(errors.SeedbedError)


def test_exit_codes_are_documented() -> None:
    """The README's table has every exit code in use."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for code in {code for _, _, code in drawn_tree()} | {0}:
        assert re.search(rf"^\| {code} \|", readme, re.MULTILINE), f"exit code {code} is not in the README"


def test_make_targets_exist() -> None:
    """Every ``make …`` that the docs name is a target."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for path in MARKDOWN:
        named = set(re.findall(r"`make ([a-z]+)`|^make ([a-z]+)", path.read_text(encoding="utf-8"), re.MULTILINE))
        assert {a or b for a, b in named} <= targets, path


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    """Relative links in the docs lead to files of the tree."""
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), f"{path.name}: {link}"


def test_help_imports_nothing_heavy() -> None:
    """``seedbed --help`` and ``torrent show`` load no engine, HTTP client, progress bars or event loop."""
    heavy = "libtorrent pycurl rich asyncio obstore distributed ctypes"
    for arguments in (["--help"], ["torrent", "show", "magnet:?xt=urn:btih:" + "a" * 40]):
        code = (
            "import sys; from seedbed.cli.main import run\n"
            f"sys.argv = ['seedbed', *{arguments!r}]\n"
            "try: run()\nexcept SystemExit: pass\n"
            f"print([name for name in '{heavy}'.split() if name in sys.modules], file=sys.stderr)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stderr.strip() == "[]", arguments


def commands_in(path: Path) -> list[list[str]]:
    """What people are told to type: each ``seedbed …`` in code, without comments."""
    text = path.read_text(encoding="utf-8")
    lines = [
        line
        for block in re.findall(r"```(?:sh|console|bash)\n(.*?)```", text, re.DOTALL)
        for line in block.replace("\\\n", " ").splitlines()
    ]
    lines += re.findall(r"`(seedbed [a-z][^`\n]*)`", text)
    typed = (line.strip().removeprefix("$ ") for line in lines)
    return [shlex.split(line, comments=True) for line in typed if line.startswith("seedbed ")]


@pytest.mark.parametrize(
    "path", [path for path in MARKDOWN if path.name != "commands.md"], ids=lambda path: str(path.relative_to(ROOT))
)
def test_commands_in_the_docs_exist(path: Path) -> None:
    """Every command that the docs show is there, with every option that they give it."""
    for words in commands_in(path):
        command: click.Command = main
        rest = words[1:]
        while isinstance(command, click.Group) and rest and not rest[0].startswith(("-", "…")):
            found = command.get_command(click.Context(command), rest[0])
            assert found is not None, " ".join(words)
            command, rest = found, rest[1:]
        known = {name for parameter in command.params for name in parameter.opts} | {"--help"}
        given = {word.partition("=")[0] for word in rest if word.startswith("--")}
        assert given <= known, " ".join(words)
