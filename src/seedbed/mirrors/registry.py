# SPDX-License-Identifier: Apache-2.0
"""A mirror's URL → the mirror. Others add kinds by the entry point group ``seedbed.mirrors``.

An entry point's name is the URL's scheme; it leads to a function that takes the URL and the process's variables and
returns a :class:`seedbed.mirrors.base.Mirror`. Our own schemes cannot be taken by it.
"""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from seedbed.errors import MissingProgramError
from seedbed.mirrors.base import bad_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from seedbed.mirrors.base import Mirror

    Make: TypeAlias = Callable[[str, Mapping[str, str]], Mirror]

GROUP = "seedbed.mirrors"
"""Of entry points."""


def open_mirror(url: str, *, environ: Mapping[str, str] | None = None) -> Mirror:
    """Make a mirror ready for use; nothing is asked of it yet.

    Args:
        url: ``file:``, ``memory:``, ``http:``, ``https:``, ``s3:``, ``source-coop:``, or what others add.
        environ: Where credentials and defaults are looked up; the process's variables if not given.

    Raises:
        InputError: the URL or the credentials that it names cannot be used.
        MissingProgramError: another's back-end is installed, and cannot be loaded.
    """
    environ = os.environ if environ is None else environ
    scheme = urlsplit(url).scheme
    if make := _OWN.get(scheme):
        return make(url, environ)
    for point in metadata.entry_points(group=GROUP, name=scheme):
        try:
            others: Make = point.load()
        except Exception as error:  # a stranger's package: whatever it raises
            raise MissingProgramError(f"mirror {scheme}: its package {point.value} cannot be loaded") from error
        return others(url, environ)
    raise bad_url(f"{scheme}:" if scheme else repr(url), f"unknown kind: expected one of {', '.join(schemes())}")


def schemes() -> tuple[str, ...]:
    """The kinds of mirror that can be opened, own ones first."""
    others = sorted({point.name for point in metadata.entry_points(group=GROUP)} - _OWN.keys())
    return (*_OWN, *others)


def _memory(_url: str, _environ: Mapping[str, str]) -> Mirror:
    from seedbed.mirrors.memory import MemoryMirror  # noqa: PLC0415  # only the kind that is used is loaded

    return MemoryMirror()


def _file(url: str, _environ: Mapping[str, str]) -> Mirror:
    from seedbed.mirrors.local import LocalMirror  # noqa: PLC0415

    parts = urlsplit(url)
    path = url2pathname(parts.path) if os.name == "nt" else unquote(parts.path)
    if parts.netloc not in {"", "localhost"} or not path or parts.query or parts.fragment:
        raise bad_url(url, "expected file:///folder")
    return LocalMirror(Path(path))


def _http(url: str, _environ: Mapping[str, str]) -> Mirror:
    from seedbed.mirrors.http import HttpMirror  # noqa: PLC0415  # curl
    from seedbed.sources.http_file import shown  # noqa: PLC0415

    parts = urlsplit(url)
    if not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise bad_url(shown(url), "expected the URL of a folder, without password and query")
    return HttpMirror(url)


def _s3(url: str, environ: Mapping[str, str]) -> Mirror:
    from seedbed.mirrors.s3 import login, place  # noqa: PLC0415
    from seedbed.mirrors.s3.mirror import S3Mirror  # noqa: PLC0415  # obstore

    where = place.of_url(url, environ)
    return S3Mirror(where, login.find(where.profile, environ))


_OWN: dict[str, Make] = {
    "file": _file, "memory": _memory, "http": _http, "https": _http, "s3": _s3, "source-coop": _s3,
}  # fmt: skip
