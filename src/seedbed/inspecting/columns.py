# SPDX-License-Identifier: Apache-2.0
"""What the columns of a text table hold, learned batch by batch: types that fit every row, and the values that matter.

A column starts as anything and loses each type that one of its values is not; what is left first in the list of types
is its type. So the answer is true of the whole table, not of its first rows, and memory is that of one batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_LEADING_ZERO = r"^[+-]?0[0-9]"
"""Codes, not numbers: a postal code that loses its zero is another place."""
_COMMA_NUMBER = r"^[+-]?(0|[1-9][0-9]*)(,[0-9]+)?$"
_NUMBERS = ("integer", "number", "number,")
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"


class TextColumn:
    """One column of text and the types that it may still have."""

    def __init__(self, *, comma: bool) -> None:
        """A column that no row was seen of.

        Args:
            comma: Whether numbers may have a decimal comma.
        """
        self._casts: dict[str, Callable[[Any], Any]] = {
            "integer": _integers,
            "number": _numbers,
            **({"number,": _comma_numbers} if comma else {}),
            "boolean": _cast_to(pa.bool_()),
            "date": _cast_to(pa.date32()),
            "datetime": _cast_to(pa.timestamp("us")),
            "datetime,": _cast_to(pa.timestamp("us", "UTC")),
        }
        self._ranges: dict[str, tuple[Any, Any]] = {}
        self._values = 0
        self.is_utf8 = True

    @property
    def type(self) -> str:
        """A type of Data Package v2; a column without values is a string."""
        return next(iter(self._casts), "string").rstrip(",") if self._values else "string"

    @property
    def has_comma(self) -> bool:
        """Whether it is a column of numbers with a decimal comma."""
        return bool(self._values) and next(iter(self._casts), "") == "number,"

    @property
    def range(self) -> tuple[Any, Any] | None:
        """Least and greatest value as Python has them; None for strings."""
        return self._ranges.get(next(iter(self._casts), ""))

    def add(self, values: pa.Array) -> None:
        """Take one batch of bytes."""
        try:
            text = pc.ascii_trim_whitespace(pc.cast(values, pa.string()))
        except pa.ArrowInvalid:
            self.is_utf8 = False
            self._casts.clear()
        if len(values) == values.null_count:
            return
        self._values += len(values) - values.null_count
        for name in list(self._casts):
            try:
                self._widen(name, self._casts[name](text))
            except pa.ArrowInvalid:
                del self._casts[name]
            else:
                if name == "integer":  # integers are numbers: no need to read them twice; and they are nothing else
                    self._casts = {kind: cast for kind, cast in self._casts.items() if kind in _NUMBERS}
                    break

    def _widen(self, name: str, typed: Any) -> None:
        found = pc.min_max(typed)
        low, high = found["min"].as_py(), found["max"].as_py()
        known = self._ranges.get(name, (low, high))
        self._ranges[name] = (min(low, known[0]), max(high, known[1]))


def as_floats(values: pa.Array, *, comma: bool) -> Any:
    """Bytes as a numpy array of numbers; NaN for whatever is none."""
    try:
        text = pc.ascii_trim_whitespace(pc.cast(values, pa.string()))
    except pa.ArrowInvalid:
        return pa.nulls(len(values), pa.float64()).to_numpy(zero_copy_only=False)
    if comma:
        text = pc.replace_substring(text, ",", ".")
    numbers = pc.if_else(pc.match_substring_regex(text, _NUMBER), text, pa.scalar(None, pa.string()))
    return pc.cast(numbers, pa.float64()).to_numpy(zero_copy_only=False)


def _cast_to(kind: Any) -> Callable[[Any], Any]:
    return lambda text: pc.cast(text, kind)


def _integers(text: Any) -> Any:
    _refuse_matches(text, _LEADING_ZERO)
    return pc.cast(text, pa.int64())


def _numbers(text: Any) -> Any:
    _refuse_matches(text, _LEADING_ZERO)
    return pc.cast(text, pa.float64())


def _comma_numbers(text: Any) -> Any:
    if not pc.all(pc.match_substring_regex(text, _COMMA_NUMBER)).as_py():
        raise pa.ArrowInvalid("not numbers with a decimal comma")
    return pc.cast(pc.replace_substring(text, ",", "."), pa.float64())


def _refuse_matches(text: Any, pattern: str) -> None:
    if pc.any(pc.match_substring_regex(text, pattern)).as_py():
        raise pa.ArrowInvalid("codes with leading zeros")
