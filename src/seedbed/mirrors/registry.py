# SPDX-License-Identifier: Apache-2.0
"""A mirror's URL → the mirror. Others add kinds by the entry point group ``seedbed.mirrors``.

An entry point's name is the URL's scheme; it leads to a function that takes the URL and the process's variables and
returns a :class:`seedbed.mirrors.base.Mirror`. Our own schemes cannot be taken by it.
"""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from seedbed.errors import MissingProgramError
from seedbed.mirrors.base import bad_url, check_address, options_of
from seedbed.mirrors.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from seedbed.errors import InputError
    from seedbed.mirrors.base import Mirror
    from seedbed.mirrors.credentials import Account
    from seedbed.mirrors.deposits import Depository

    Make: TypeAlias = Callable[[str, Mapping[str, str]], Mirror]
    MakeArchive: TypeAlias = Callable[[str, Mapping[str, str]], Depository]

GROUP = "seedbed.mirrors"
"""Of entry points."""
DEPOSITORIES = "seedbed.depositories"
"""Of entry points that lead to a :class:`seedbed.mirrors.deposits.Depository`."""
_KEYS = {"source-coop": "source-coop"}
"""Kind of mirror -> what its copies are called in the catalogue; others are one's own."""


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
    make: Make | None = _OWN.get(scheme) or _of_others(GROUP, scheme, "mirror")
    if make is None:
        raise _unknown(url, scheme)
    return make(url, environ)


def open_depository(url: str, *, environ: Mapping[str, str] | None = None) -> Depository:
    """Make ready for use whatever takes versions: an archive, or a mirror as a shelf.

    Args:
        url: Of an archive (``zenodo:``, ``ia:``, or what others add), or whatever :func:`open_mirror` takes.
        environ: Where credentials and defaults are looked up; the process's variables if not given.

    Raises:
        InputError: the URL or the credentials that it names cannot be used.
        MissingProgramError: another's back-end is installed, and cannot be loaded.
    """
    environ = os.environ if environ is None else environ
    scheme = urlsplit(url).scheme
    make: MakeArchive | None = _ARCHIVES.get(scheme) or _of_others(DEPOSITORIES, scheme, "depository")
    if make is None:
        return Shelf(open_mirror(url, environ=environ), _KEYS.get(scheme, "own"))
    return make(url, environ)


def account_of(url: str) -> Account | None:
    """The account whose credentials an archive wants; None for mirrors that want none, or have their own ways.

    Raises:
        InputError: the URL cannot be used.
    """
    scheme = urlsplit(url).scheme
    if scheme == "zenodo":
        from seedbed.mirrors.zenodo import place  # noqa: PLC0415

        return place.of_url(url).account
    if scheme == "ia":
        from seedbed.mirrors.internet_archive import place as archive_place  # noqa: PLC0415

        return archive_place.of_url(url).account
    if scheme not in _OWN and not metadata.entry_points(name=scheme):
        raise _unknown(url, scheme)
    return None


def _of_others(group: str, scheme: str, what: str) -> Any:
    """What another's package makes of such URLs; None when nobody's does.

    Raises:
        MissingProgramError: it is installed, and cannot be loaded.
    """
    point = next(iter(metadata.entry_points(group=group, name=scheme)), None)
    if point is None:
        return None
    try:
        return point.load()
    except Exception as error:  # a stranger's package: whatever it raises
        raise MissingProgramError(f"{what} {scheme}: its package {point.value} cannot be loaded") from error


def _unknown(url: str, scheme: str) -> InputError:
    """The error for what is no kind of mirror; a path or a bare word gets the URL that was probably meant."""
    kinds = (*schemes(), *_ARCHIVES)
    error = bad_url(f"{scheme}:" if scheme else repr(url), f"unknown kind: expected one of {', '.join(kinds)}")
    if url in _ARCHIVES:
        error.hint = f"Write {url}: with a colon. {error.hint}"
    elif url.startswith(("/", ".", "~")) or Path(url).is_dir():
        error.hint = f"For this folder write {Path(url).expanduser().resolve().as_uri()}. {error.hint}"
    return error


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
    shown = f"file://{parts.netloc}{parts.path}"
    if parts.netloc not in {"", "localhost"} or not path or parts.fragment:
        raise bad_url(shown, "expected file:///folder")
    options = options_of(parts.query, {"public"}, shown)
    if "public" in options:
        check_address("public", options["public"], shown)
    return LocalMirror(Path(path), public=options.get("public", ""))


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


def _zenodo(url: str, environ: Mapping[str, str]) -> Depository:
    from seedbed.mirrors.zenodo.depository import open_zenodo  # noqa: PLC0415  # only the kind that is used is loaded

    return open_zenodo(url, environ)


def _internet_archive(url: str, environ: Mapping[str, str]) -> Depository:
    from seedbed.mirrors.internet_archive.depository import open_internet_archive  # noqa: PLC0415

    return open_internet_archive(url, environ)


_ARCHIVES: dict[str, MakeArchive] = {"zenodo": _zenodo, "ia": _internet_archive}
"""Depositories that are no mirrors, by the URL's scheme."""
