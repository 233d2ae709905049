# SPDX-License-Identifier: Apache-2.0
"""Notes of parts that were given up: in one folder for all versions, so that they are found at once among thousands.

```
snapshots/.off/<dataset>@<version>#3      part 3's note; it was snapshots/<dataset>/<version>/part-3
```

Once they lay with their versions, as ``part-3.off``. Such ones are brought over before the folder gets its own name: it
stands for having looked everywhere. Where no folder can be made, on a full disk, all is as it was.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from seedbed.catalog.ids import Ref, parse_ref
from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seedbed.library.cache import Cache

log = logging.getLogger(__name__)


def note(cache: Cache, ref: Ref, number: int) -> Path:
    """Where a part's note lies, or goes, when it is given up."""
    name = f"{ref}#{number}"
    if _is_ready(cache):
        return _folder(cache) / name
    half = _half(cache) / name
    return half if half.exists() else cache.data(ref).parent / f"part-{number}.off"


def parts(cache: Cache) -> list[tuple[Ref, int]]:
    """Versions and numbers of parts that were given up, sorted."""
    if _is_ready(cache):
        found = set(_parts(_folder(cache)))
    else:
        found = {*_parts(_half(cache)), *((ref, number) for ref, number, _ in _old(cache))}
    return sorted(found, key=lambda one: (one[0].dataset, one[0].version, one[1]))


def _parts(folder: Path) -> Iterator[tuple[Ref, int]]:
    for path in folder.glob("*@*#*"):
        version, _, number = path.name.partition("#")
        if number.isdecimal():
            with contextlib.suppress(InputError):  # somebody else's
                yield parse_ref(version), int(number)


def _folder(cache: Cache) -> Path:
    return cache.folder / "snapshots" / ".off"


def _half(cache: Cache) -> Path:
    """The folder before all were brought there."""
    return cache.folder / "snapshots" / ".off.begun"


def _is_ready(cache: Cache) -> bool:
    """Whether all notes lie in the folder; they are brought there, if that can be done."""
    if not _folder(cache).is_dir():
        try:
            _bring_over(cache)
        except OSError as error:  # full, or read only, or away
            log.debug("notes of parts stay where they are: %s", error)
    return _folder(cache).is_dir()


def _bring_over(cache: Cache) -> None:
    """Interrupted, it is done again; nothing is left out when two do it at once."""
    half = _half(cache)
    half.mkdir(exist_ok=True)  # never the folders above it: their disk may be away
    for ref, number, path in _old(cache):
        with contextlib.suppress(FileNotFoundError):  # another was faster
            path.replace(half / f"{ref}#{number}")
    try:
        half.rename(_folder(cache))
    except OSError:
        half.rmdir()  # another was faster, and ours is empty


def _old(cache: Cache) -> Iterator[tuple[Ref, int, Path]]:
    for ref in cache.refs():
        for path in cache.data(ref).parent.glob("part-*.off"):
            number = path.name.removeprefix("part-").removesuffix(".off")
            if number.isdecimal():
                yield ref, int(number), path
