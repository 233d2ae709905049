# SPDX-License-Identifier: Apache-2.0
"""The tree keeps its own rules: sizes, licence lines, exports, nothing of one machine."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").glob("**/*.py"))
PYTHON = [
    path
    for part in ("src", "tests", "benchmarks", "examples")
    for path in sorted((ROOT / part).glob("**/*.py"))
    if "node_modules" not in path.parts
]
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40


def relative(path: Path) -> str:
    """A path as test ids show it."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_sizes(path: Path) -> None:
    """No file passes 400 lines, no function 40 without its docstring."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_FILE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            assert (node.end_lineno or 0) - first.lineno < MAX_FUNCTION_LINES, node.name


@pytest.mark.parametrize("path", PYTHON, ids=relative)
def test_licence_line_and_docstring(path: Path) -> None:
    """Each file opens with its licence and says what it is."""
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# SPDX-License-Identifier: Apache-2.0\n")
    assert ast.get_docstring(ast.parse(text))


def test_no_vague_names() -> None:
    """No file is called after nothing in particular."""
    vague = {"utils.py", "helpers.py", "common.py", "misc.py", "manager.py"}
    assert not [relative(path) for path in PYTHON if path.name in vague]


def test_init_files_hold_exports_only() -> None:
    """``__init__.py`` has a docstring, imports and ``__all__``, no code."""
    for path in (path for path in SOURCES if path.name == "__init__.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            allowed = isinstance(node, ast.Import | ast.ImportFrom | ast.Assign | ast.Expr | ast.If)
            assert allowed, relative(path)


def test_nothing_of_one_machine() -> None:
    """No committed file names a package registry's host or a path of the machine it was made on."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    words = [
        "py" + "pi.org",
        "pythonhosted" + ".org",
        "npm" + "js.org",
        "/work" + "/main",
        "/tmp" + "/w/",  # noqa: S108  # a word to look for
        "/root" + "/",
    ]
    for name in filter(None, listed.split("\0")):
        text = (ROOT / name).read_bytes().decode("utf-8", "replace") if (ROOT / name).is_file() else ""
        assert not [word for word in words if word in text], name


def test_runtime_dependencies_are_free_of_copyleft() -> None:
    """GPL and EUPL packages are oracles in tests, never dependencies of the program."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    dependencies = project.split("dependencies = [", 1)[1].split("]", 1)[0]
    assert not re.findall(r"torf|torrent-models|py3createtorrent", dependencies)
