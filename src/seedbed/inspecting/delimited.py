# SPDX-License-Identifier: Apache-2.0
"""CSV and its relatives, read once from end to end in the memory of a few batches."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as pa_csv

from seedbed.inspecting.columns import TextColumn, as_floats
from seedbed.inspecting.inspected import MAX_COLUMNS, Column, Inspected
from seedbed.inspecting.meanings import needs_fractions, period, point_columns, time_column
from seedbed.inspecting.points import PointExtent
from seedbed.inspecting.text_form import read_form

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from seedbed.inspecting.text_form import TextForm

_BATCH_BYTES = (1 << 20, 64 << 20)
"""A batch holds whole rows, so its size is that of the longest row too: small ones are faster, because they stay in the
processor's cache; the large ones are for outlines of countries in one cell."""
_STRADDLES = "straddl"
"""What Arrow says of a row that is longer than a batch."""
_ENCODINGS = {"utf-8": "utf-8", "utf-8-sig": "utf-8", "utf-16": "utf-16", "cp1252": "windows-1252"}
_NO_VALUE = ["", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "#N/A"]


def inspect_delimited(path: Path) -> Inspected:
    """Columns, rows, and extent and times where columns plainly hold them."""
    form = read_form(path)
    if form is None:
        return Inspected(remarks=("it is empty, or not text",))
    for batch_bytes in _BATCH_BYTES:
        census = _Census(form, batch_bytes)
        remarks = [*form.remarks, *census.read(path)]
        if not census.has_longer_rows:
            break
    return census.result(remarks)


class _Census:
    """One reading of one table."""

    def __init__(self, form: TextForm, batch_bytes: int) -> None:
        self.has_longer_rows = False
        self._form = form
        self._batch_bytes = batch_bytes
        self._comma = form.delimiter != ","
        self._columns = [TextColumn(comma=self._comma) for _ in form.names[:MAX_COLUMNS]]
        self._pair = point_columns(form.names[:MAX_COLUMNS])
        self._points = PointExtent()
        self._rows = 0
        self._is_whole = False

    def read(self, path: Path) -> Iterator[str]:
        """Read all; yields what is odd."""
        uneven = 0

        def skip(_row: Any) -> str:
            nonlocal uneven
            uneven += 1
            return "skip"

        try:
            with _no_noise(), _batches(path, self._form, self._batch_bytes, skip) as reader:
                for batch in reader:
                    self._add(batch)
            self._is_whole = True
        except (pa.ArrowInvalid, UnicodeError) as error:
            self.has_longer_rows = _STRADDLES in str(error)
            yield f"it could be read only up to row {self._rows:,}: {_first_line(error)}"
        if uneven:
            yield f"{uneven:,} rows have more or fewer cells than the first"
        if self._form.encoding.startswith("utf-8") and not all(column.is_utf8 for column in self._columns):
            yield "some of its text is not UTF-8"
        if len(self._form.names) > MAX_COLUMNS:
            yield f"{len(self._form.names):,} columns; the first {MAX_COLUMNS:,} are told"

    def result(self, remarks: list[str]) -> Inspected:
        """What was found."""
        names = self._form.names
        bbox, odd = self._extent()
        time = time_column(names[:MAX_COLUMNS])
        times = period(self._columns[time].type, self._columns[time].range) if time is not None else None
        start, end = times if times and self._is_whole else (None, None)
        return Inspected(
            bbox=bbox,
            geometry_kinds=("Point",) if bbox else (),
            columns=tuple(Column(name, column.type) for name, column in zip(names, self._columns, strict=False)),
            delimiter=self._form.delimiter,
            encoding=_ENCODINGS[self._form.encoding],
            decimal_comma=any(column.has_comma for column in self._columns),
            row_count=self._rows if self._is_whole else None,
            start=start,
            end=end,
            remarks=(*remarks, *([odd] if odd else [])),
        )

    def _add(self, batch: Any) -> None:
        self._rows += batch.num_rows
        for index, column in enumerate(self._columns):
            column.add(batch.column(index))
        if self._pair:
            longitudes, latitudes = (as_floats(batch.column(index), comma=self._comma) for index in self._pair)
            self._points.add(longitudes, latitudes)

    def _extent(self) -> tuple[Any, str]:
        if not self._pair or not self._is_whole or not self._rows:
            return None, ""
        for index in self._pair:
            if needs_fractions(self._form.names[index]) and self._columns[index].type != "number":
                return None, ""
        return self._points.result()


@contextlib.contextmanager
def _no_noise() -> Iterator[None]:
    """Quiet about uneven rows that are not UTF-8: they cannot be handed to the callback.

    pyarrow (26) prints that it could not, and ends the reading with an error, which is told.
    """
    before = sys.unraisablehook

    def hook(told: sys.UnraisableHookArgs) -> None:
        if not isinstance(told.exc_value, UnicodeDecodeError):
            before(told)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


def _batches(path: Path, form: TextForm, batch_bytes: int, skip: Any) -> Any:
    """All rows as bytes: a text column's encoding is nobody's business until its type is asked for."""
    names = [str(number) for number in range(len(form.names))]  # names in the file may be there twice
    encoding = "utf-16" if form.encoding == "utf-16" else "utf8"
    return pa_csv.open_csv(
        path,
        read_options=pa_csv.ReadOptions(
            column_names=names,
            skip_rows_after_names=int(form.has_header),
            block_size=batch_bytes,
            encoding=encoding,
            use_threads=False,
        ),
        parse_options=pa_csv.ParseOptions(delimiter=form.delimiter, newlines_in_values=True, invalid_row_handler=skip),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.binary()),
            include_columns=names[:MAX_COLUMNS],
            null_values=_NO_VALUE,
            strings_can_be_null=True,
            check_utf8=False,
        ),
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]
