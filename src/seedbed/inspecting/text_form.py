# SPDX-License-Identifier: Apache-2.0
"""How a text table is written: encoding, delimiter, header. Judged from its first 256 KiB."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE_BYTES = 256 << 10
_ROWS = 100
"""Rows by which a delimiter is judged."""
_DELIMITERS = (",", ";", "\t", "|")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class TextForm:
    """How a text table is written."""

    encoding: str
    delimiter: str
    names: tuple[str, ...]
    """Of the columns; made up where there is no header."""
    has_header: bool
    remarks: tuple[str, ...] = ()


def read_form(path: Path) -> TextForm | None:
    """How a text table is written; None for an empty file and for what is not text."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES + 1)
    cut = len(sample) > SAMPLE_BYTES
    encoding, remarks = _encoding(sample, cut=cut)
    if not encoding:
        return None
    text = _decode(sample, encoding)
    if cut:
        text = text[: text.rfind("\n") + 1] or text
    if not text.strip():
        return None
    delimiter = "\t" if path.suffix.lower() in {".tsv", ".tab"} and "\t" in text else _delimiter(text)
    first = _rows(text, delimiter, 1)[0]
    has_header = not all(_is_number(cell) for cell in first if cell.strip())
    names = first if has_header else [""] * len(first)
    shown = tuple(name.strip() or f"column {number}" for number, name in enumerate(names, 1))
    remarks += () if has_header else ("its first line holds numbers, no names of columns",)
    return TextForm(encoding, delimiter, shown, has_header, remarks)


def _encoding(sample: bytes, *, cut: bool) -> tuple[str, tuple[str, ...]]:
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name, ()
    if b"\0" in sample:
        return "", ()
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=not cut)
    except UnicodeDecodeError:
        return "cp1252", ("it is not UTF-8; its text was read as Windows-1252 (Latin-1)",)
    return "utf-8", ()


def _decode(sample: bytes, encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)("replace").decode(sample).removeprefix("\ufeff")


def _delimiter(text: str) -> str:
    """The mark that cuts most rows into the same number of cells, and more than one."""

    def score(mark: str) -> tuple[float, int]:
        counts = [len(row) for row in _rows(text, mark, _ROWS)]
        usual = max(set(counts), key=counts.count)
        return (counts.count(usual) / len(counts) if usual > 1 else 0.0), usual

    return max(_DELIMITERS, key=score)


def _rows(text: str, delimiter: str, most: int) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if row:
                rows.append(row)
            if len(rows) >= most:
                break
    except csv.Error:
        pass  # a cell beyond the limit of the reader: what came before it tells enough
    return rows or [[text[:80]]]


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True
