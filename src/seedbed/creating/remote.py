# SPDX-License-Identifier: Apache-2.0
"""Datasets behind URLs: listed, named, and with the URLs as their own web seeds where BEP 19 allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from seedbed.core import names
from seedbed.creating.dataset import Dataset, Item
from seedbed.errors import InputError
from seedbed.sources import http_file, object_file
from seedbed.sources.remote_files import RemoteFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.sources.http_file import HttpFile
    from seedbed.sources.object_file import ObjectFile


def remote_dataset(urls: Sequence[str], *, name: str = "") -> Dataset:
    """List what is behind URLs.

    Args:
        urls: One makes a single-file dataset; several a folder with the paths below what they have in common; one of
            an object store that ends in a slash a folder with everything below it.
        name: Of the dataset; one URL has a name of its own.

    Raises:
        InputError: a name is missing, or there is not a byte to share.
        NameRefusedError: a name is not good on every system.
        NotFoundError: a file is not there.
        SourceError: a server does not answer.
    """
    if len(urls) == 1 and _is_prefix(urls[0]):
        return _below(urls[0], name)
    paths = [(name or _last_part(urls[0]),)] if len(urls) == 1 else _paths(urls)
    if not name and len(urls) > 1:
        raise InputError("several URLs make a folder: it needs a name")
    for path in ((name,), *paths) if name else paths:
        names.check_path(path)
    names.check_unique(paths)
    files = [_find(url) for url in urls]
    return _dataset(files, paths, name or paths[0][0], is_single_file=len(urls) == 1)


def _is_prefix(url: str) -> bool:
    return url.lower().startswith("s3://") and urlsplit(url).path.endswith("/")


def _below(url: str, name: str) -> Dataset:
    """Everything below a prefix."""
    found = object_file.find_all(url)
    name = name or unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])
    if not name:
        raise InputError(f"{url.partition('?')[0]}: a whole bucket makes a folder: it needs a name with --name")
    paths = [tuple(key.split("/")) for key in found]
    for path in ((name,), *paths):
        names.check_path(path)
    names.check_unique(paths)
    return _dataset(list(found.values()), paths, name, is_single_file=False)


def _dataset(
    files: Sequence[HttpFile | ObjectFile], paths: Sequence[tuple[str, ...]], name: str, *, is_single_file: bool
) -> Dataset:
    if not sum(file.length for file in files):
        raise InputError(f"{files[0].url}: there is nothing to share: expected at least one byte")
    order = sorted(range(len(files)), key=paths.__getitem__)
    return Dataset(
        name=name,
        is_single_file=is_single_file,
        items=tuple(Item(paths[i], files[i].length) for i in order),
        source=RemoteFiles([files[i] for i in order]),
        web_seeds=_web_seeds(files, paths, name, is_single_file=is_single_file),
        folder_url="" if is_single_file else _folder_url(files, paths),
    )


def _find(url: str) -> HttpFile | ObjectFile:
    return object_file.find(url) if url.lower().startswith("s3://") else http_file.find(url)


def _last_part(url: str) -> str:
    part = unquote(urlsplit(url).path.rpartition("/")[2])
    if not part:
        raise InputError(f"{http_file.shown(url)}: the URL names no file; give it a name with --name")
    return part


def _paths(urls: Sequence[str]) -> list[tuple[str, ...]]:
    """Each URL's path below the folder that all have in common."""
    split = [(urlsplit(url).scheme, urlsplit(url).netloc, *urlsplit(url).path.split("/")) for url in urls]
    common = 0
    while all(len(parts) > common + 1 and parts[common] == split[0][common] for parts in split):
        common += 1
    below = [parts[max(common, 2) :] for parts in split]
    return [tuple(unquote(part) for part in parts if part) for parts in below]


def _web_seeds(
    files: Sequence[HttpFile | ObjectFile], paths: Sequence[tuple[str, ...]], name: str, *, is_single_file: bool
) -> tuple[str, ...]:
    """The URL from which BEP 19 leads to every file, if there is one.

    A single file's seed is its own URL. A folder's is the one above the folder: seed, name and path make the URL
    of each file, so the folder must have the torrent's name on the server too.
    """
    if is_single_file:
        return tuple(url for url in _public_urls(files) if url and not url.endswith("/"))
    tail = f"{quote(name)}/"
    folder = _folder_url(files, paths)
    return (folder.removesuffix(tail),) if folder.endswith("/" + tail) else ()


def _folder_url(files: Sequence[HttpFile | ObjectFile], paths: Sequence[tuple[str, ...]]) -> str:
    """The URL below which anybody reads each file by its path, ending in a slash; empty if there is none."""
    tails = [quote("/".join(path)) for path in paths]
    urls = _public_urls(files)
    bases = {url.removesuffix(tail) for url, tail in zip(urls, tails, strict=True)}
    fits = all(url.endswith("/" + tail) for url, tail in zip(urls, tails, strict=True))
    return next(iter(bases)) if fits and len(bases) == 1 else ""


def _public_urls(files: Sequence[HttpFile | ObjectFile]) -> list[str]:
    return [file.url if isinstance(file, http_file.HttpFile) else file.public_url for file in files]
