# SPDX-License-Identifier: Apache-2.0
"""Listing a dataset: sorted, complete, and with everything that is wrong named at once."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from seedbed.creating.scan import scan
from seedbed.errors import InputError, NameRefusedError, NotFoundError, UnsuitableFileError
from tests.datasets import BORDERS, make_tree

if TYPE_CHECKING:
    from pathlib import Path


def rules(error: pytest.ExceptionInfo[InputError]) -> dict[str, str]:
    """Path -> rule of every finding."""
    findings = error.value.data["findings"]
    assert isinstance(findings, list)
    return {one["path"]: one["rule"] for one in findings}


def test_files_in_the_byte_order_of_their_paths(tmp_path: Path) -> None:
    """A folder's content comes before a file whose name goes on with a dot (BEP 52)."""
    root = make_tree(tmp_path / "ds", {"b.txt": 1, "b/c": 2, "C": 3, "é": 4, "a": 0})

    dataset = scan(str(root))

    assert [("/".join(item.path), item.length) for item in dataset.items] == [
        ("C", 3), ("a", 0), ("b/c", 2), ("b.txt", 1), ("é", 4),
    ]  # fmt: skip
    assert (dataset.name, dataset.is_single_file, dataset.size_bytes) == ("ds", False, 10)


def test_one_file(tmp_path: Path) -> None:
    """A file is a dataset by itself."""
    path = make_tree(tmp_path, {"one.bin": 5}) / "one.bin"

    dataset = scan(str(path))

    assert (dataset.name, dataset.is_single_file, dataset.items[0].path) == ("one.bin", True, ("one.bin",))


def test_trailing_slash_and_dots_do_not_matter(tmp_path: Path) -> None:
    """The name is that of the folder, however it is written."""
    root = make_tree(tmp_path / "ds")

    assert scan(f"{root}/").name == scan(f"{root}/b/..").name == "ds"


def test_hidden_files_and_empty_folders_are_said(tmp_path: Path) -> None:
    """Neither is in the torrent, and the person is told."""
    root = make_tree(tmp_path / "ds", {"a": 1, ".DS_Store": 5, ".git/config": 6})
    (root / "void").mkdir()

    dataset = scan(str(root))

    assert [item.path for item in dataset.items] == [("a",)]
    assert any("2 hidden files" in remark and ".DS_Store" in remark for remark in dataset.remarks)
    assert any("1 empty folder: void" in remark for remark in dataset.remarks)


def test_everything_wrong_is_named_at_once(tmp_path: Path) -> None:
    """A link, a pipe, a socket and bad names, in one error."""
    root = make_tree(tmp_path / "ds", {"good": 1, "CON": 2, "sub/a:b": 3})
    (root / "link").symlink_to("good")
    os.mkfifo(root / "pipe")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(root / "socket"))
    server.close()

    with pytest.raises(UnsuitableFileError) as error:
        scan(str(root))

    assert rules(error) == {
        "CON": "name:device",
        "sub/a:b": "name:characters",
        "link": "link",
        "pipe": "special",
        "socket": "special",
    }
    assert "--follow-symlinks" in error.value.hint


def test_refused_names_alone(tmp_path: Path) -> None:
    """Bad names only are an error of names; twins of other systems count."""
    root = make_tree(tmp_path / "ds", {"Data.csv": 1, "data.CSV": 2})

    with pytest.raises(NameRefusedError) as error:
        scan(str(root))

    assert list(rules(error).values()) == ["name:twin"]


def test_a_name_that_is_not_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are refused, and shown so that they cannot hurt the terminal."""
    root = make_tree(tmp_path / "ds", {"good": 1})
    (root / os.fsdecode(b"bad\xff\x1b[2J")).write_bytes(b"x")

    with pytest.raises(NameRefusedError) as error:
        scan(str(root))

    assert "\x1b" not in error.value.message
    assert "bad" in error.value.message


def test_links_inside_may_be_followed(tmp_path: Path) -> None:
    """With the option a link is what it points to; one that leads out is refused all the same."""
    root = make_tree(tmp_path / "ds", {"data/a": 5})
    (root / "again").symlink_to("data")
    (root / "a2").symlink_to("data/a")

    assert ["/".join(item.path) for item in scan(str(root), follow_symlinks=True).items] == ["a2", "again/a", "data/a"]

    make_tree(tmp_path, {"secret": 7})
    (root / "out").symlink_to("../secret")
    (root / "gone").symlink_to("nowhere")
    with pytest.raises(UnsuitableFileError) as error:
        scan(str(root), follow_symlinks=True)
    assert rules(error) == {"out": "link", "gone": "unreadable"}


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    """A link to a folder above itself is named instead of followed for ever."""
    root = make_tree(tmp_path / "ds", {"a/b": 5})
    (root / "a/up").symlink_to("..")

    with pytest.raises(UnsuitableFileError) as error:
        scan(str(root), follow_symlinks=True)

    assert rules(error) == {"a/up": "loop"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_files_are_named(tmp_path: Path) -> None:
    """Files and folders without permission."""
    root = make_tree(tmp_path / "ds", {"a": 1, "b": 2, "c/d": 3})
    (root / "b").chmod(0)
    (root / "c").chmod(0)

    with pytest.raises(UnsuitableFileError) as error:
        scan(str(root))

    assert rules(error) == {"b": "unreadable", "c": "unreadable"}


def test_many_findings_are_counted_not_poured_out(tmp_path: Path) -> None:
    """Ten are shown, all are in the data."""
    root = make_tree(tmp_path / "ds", {"good": 1})
    for number in range(30):
        (root / f"link{number}").symlink_to("good")

    with pytest.raises(UnsuitableFileError) as error:
        scan(str(root))

    assert "30 files" in error.value.message
    assert "and 20 more" in error.value.message
    assert len(rules(error)) == 30


@pytest.mark.parametrize("sizes", [{}, {"a": 0, "b/c": 0}, {".hidden": 5}])
def test_nothing_to_share(tmp_path: Path, sizes: dict[str, int]) -> None:
    """Without a single byte there is no torrent."""
    root = make_tree(tmp_path / "ds", sizes)
    root.mkdir(exist_ok=True)

    with pytest.raises(InputError, match="nothing to share"):
        scan(str(root))


def test_nothing_there(tmp_path: Path) -> None:
    """A path with nothing at it."""
    with pytest.raises(NotFoundError):
        scan(str(tmp_path / "nowhere"))


def test_all_borders_are_listed(tmp_path: Path) -> None:
    """Every file of the usual test tree, empty ones included."""
    dataset = scan(str(make_tree(tmp_path / "ds")))

    assert {"/".join(item.path): item.length for item in dataset.items} == BORDERS
