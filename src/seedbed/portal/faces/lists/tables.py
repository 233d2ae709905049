# SPDX-License-Identifier: Apache-2.0
"""CSV (RFC 4180) line by line; no cell can be taken for a formula (pure)."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from seedbed.portal.faces.texts import cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


def lines(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A table: its names, then its rows."""
    yield line(names)
    for one in rows:
        yield line(one[name] for name in names)


def line(values: Iterable[Any]) -> str:
    """One line."""
    made = io.StringIO()
    csv.writer(made, lineterminator="\r\n").writerow([_cell(one) for one in values])
    return made.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return cell("; ".join(map(str, value)))
    if isinstance(value, bool):
        return str(value).lower()
    return cell(value) if isinstance(value, str) else str(value)
