# SPDX-License-Identifier: Apache-2.0
"""Typed reading of JSON objects that strangers wrote: every fault is noted with its place, and reading goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from seedbed.catalog.findings import Finding
from seedbed.catalog.stac.times import from_text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")


class Fields:
    """One JSON object and where it stands."""

    def __init__(self, values: object, where: str, findings: list[Finding]) -> None:
        self._values: Mapping[str, Any] = values if isinstance(values, dict) else {}
        self._where = where
        self._findings = findings
        if not isinstance(values, dict):
            self._note("", "an object", values)

    def text(self, key: str, *, is_required: bool = False) -> str:
        """A text; empty when it is absent."""
        value = self._values.get(key)
        if isinstance(value, str) and (value or not is_required):
            return value
        if value is not None or is_required:
            self._note(key, "a text", value)
        return ""

    def choice(self, key: str, allowed: Sequence[T], default: T) -> T:
        """One of a few values; the default when it is absent."""
        value = self._values.get(key)
        found = next((one for one in allowed if one == value), None)
        if found is None and value is not None:
            self._note(key, "one of " + ", ".join(str(one) for one in allowed if one), value)
        return default if found is None else found

    def integer(self, key: str, default: int | None = None) -> int:
        """A whole number from 0 to 2^63 - 1; required unless there is a default."""
        value = self._values.get(key)
        value = default if value is None else value
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63:
            return value
        self._note(key, "a whole number from 0 to 2^63 - 1", value)
        return 0

    def flag(self, key: str, *, default: bool = False) -> bool:
        """True or false."""
        value = self._values.get(key)
        value = default if value is None else value
        if not isinstance(value, bool):
            self._note(key, "true or false", value)
        return value is True

    def moment(self, key: str, default: dt.datetime | None = None) -> dt.datetime | None:
        """A moment in UTC; the default when it is absent or null."""
        value = self._values.get(key)
        if value is None:
            return default
        try:
            return from_text(value if isinstance(value, str) else "")
        except ValueError as error:
            self._add(key, str(error), "C32")
            return default

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(self._each(key, "a text", lambda one: isinstance(one, str)))

    def numbers(self, key: str) -> tuple[float, ...]:
        """A list of numbers."""
        return tuple(
            self._each(key, "a number", lambda one: isinstance(one, int | float) and not isinstance(one, bool))
        )

    def objects(self, key: str) -> list[Fields]:
        """A list of objects."""
        value = self._values.get(key)
        if not isinstance(value, list):
            if value is not None:
                self._note(key, "a list", value)
            return []
        return [Fields(one, self._place(f"{key}[{at}]"), self._findings) for at, one in enumerate(value)]

    def child(self, key: str) -> Fields | None:
        """An object; None when it is absent."""
        value = self._values.get(key)
        return None if value is None else Fields(value, self._place(key), self._findings)

    def names(self) -> list[str]:
        """The keys of what is there."""
        return list(self._values)

    def has(self, key: str) -> bool:
        """Whether something is there, and not null."""
        return self._values.get(key) is not None

    def _each(self, key: str, what: str, is_good: Callable[[object], bool]) -> list[Any]:
        value = self._values.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self._note(key, "a list", value)
            return []
        for at, one in enumerate(value):
            if not is_good(one):
                self._note(f"{key}[{at}]", what, one)
        return [one for one in value if is_good(one)]

    def _place(self, key: str) -> str:
        return f"{self._where}.{key}" if self._where and key else self._where or key

    def _note(self, key: str, expected: str, value: object) -> None:
        got = "nothing" if value is None else repr(value)[:60]
        self._add(key, f"expected {expected}, got {got}", "C25")

    def _add(self, key: str, problem: str, rule: str) -> None:
        self._findings.append(Finding(self._place(key), problem, rule))
