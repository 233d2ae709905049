# SPDX-License-Identifier: Apache-2.0
"""The outer form of a stranger's Parquet file, judged before a single value is read (C16, C17, C20 - C26).

Who attacks: whoever can sign, or whoever's bytes are read before they are checked. How: a footer that claims more
columns, row groups or bytes than any memory has; column types that run code when they are loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from seedbed.catalog.table.schema import LATER
from seedbed.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seedbed.catalog.table.limits import ExamineLimits

_MAGIC = b"PAR1"
_TAIL_BYTES = 8
"""Length of the footer, then the magic word."""
MAX_STRING_BYTES = 16 << 20
"""Longest text in a footer: the STAC collections."""


def check_structure(path: Path, schema: pa.Schema, limits: ExamineLimits, *, max_rows: int) -> pq.FileMetaData:
    """Judge a file's footer.

    Args:
        path: The file.
        schema: Columns that must be there, but for those of ``LATER``; others may.
        limits: What it may claim.
        max_rows: Rows that it may claim.

    Returns:
        Its footer.

    Raises:
        CatalogError: rule ``C16``, ``C17`` or ``C20`` to ``C25``.
    """
    _check_ends(path, limits)
    try:
        file = pq.ParquetFile(
            path,
            thrift_string_size_limit=MAX_STRING_BYTES,
            thrift_container_size_limit=max(limits.max_row_groups, 3 * limits.max_columns),
            arrow_extensions_enabled=False,
        )
    except (pa.ArrowException, OSError) as error:
        raise CatalogError(f"{path.name}: its footer cannot be read: {error!s:.300}", rule="C16") from error
    with file:
        _check_counts(path, file.metadata, limits, max_rows)
        _check_types(path, file.schema_arrow, schema)
        return file.metadata


def _check_ends(path: Path, limits: ExamineLimits) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise CatalogError(f"{path.name}: it is not a Parquet file", rule="C16")
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read(_TAIL_BYTES)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != _MAGIC or length > size - _TAIL_BYTES - len(_MAGIC):
        raise CatalogError(f"{path.name}: it is cut short", rule="C17", hint="Get it again.")
    if length > limits.max_footer_bytes:
        raise CatalogError(
            f"{path.name}: expected a footer of at most {limits.max_footer_bytes:,} bytes, got {length:,}", rule="C23"
        )


def _check_counts(path: Path, found: pq.FileMetaData, limits: ExamineLimits, max_rows: int) -> None:
    for rule, what, count, most in (
        ("C20", "rows", found.num_rows, max_rows),
        ("C21", "columns", found.num_columns, limits.max_columns),
        ("C22", "row groups", found.num_row_groups, limits.max_row_groups),
    ):
        if not 0 <= count <= most:
            raise CatalogError(f"{path.name}: expected at most {most:,} {what}, got {count:,}", rule=rule)


def _check_types(path: Path, found: pa.Schema, wanted: pa.Schema) -> None:
    if extended := next((name for one in found for name in _extended(one)), None):
        raise CatalogError(
            f"{path.name}: column {extended!r} is of an extension type, and those are never loaded", rule="C24"
        )
    for field in wanted:
        found_field = found.field(field.name) if found.get_field_index(field.name) >= 0 else None
        if problem := _mismatch(field, found_field):
            raise CatalogError(f"{path.name}: {problem}", rule="C25")


def _extended(field: pa.Field, where: str = "") -> Iterator[str]:
    """Columns, also inner ones, that ask for code of their own."""
    name = f"{where}{field.name}"
    names = {key.lower() for key in field.metadata or {}}
    if isinstance(field.type, pa.BaseExtensionType) or any(key.startswith(b"arrow:extension") for key in names):
        yield name
    for at in range(field.type.num_fields):
        yield from _extended(field.type.field(at), name + ".")


def _mismatch(wanted: pa.Field, found: pa.Field | None, where: str = "") -> str:
    """What is wrong with a column, also inside of it; empty when nothing is."""
    name = f"{where}{wanted.name}"
    if found is None:
        return "" if name in LATER else f"there is no column {name!r}"
    if pa.types.is_struct(wanted.type) and pa.types.is_struct(found.type):
        inner = {found.type.field(at).name: found.type.field(at) for at in range(found.type.num_fields)}
        return next(filter(None, (_mismatch(one, inner.get(one.name), name + ".") for one in wanted.type)), "")
    if pa.types.is_list(wanted.type) and pa.types.is_list(found.type):
        return _mismatch(wanted.type.value_field, found.type.value_field, name + ".")
    is_moment = pa.types.is_timestamp(wanted.type) and pa.types.is_timestamp(found.type)
    is_same = found.type.tz == wanted.type.tz if is_moment else found.type == wanted.type
    return "" if is_same else f"expected column {name!r} to be {wanted.type}, got {found.type}"
