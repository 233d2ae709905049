# SPDX-License-Identifier: Apache-2.0
"""How an archive is refused: which row of table U, where in it, and what the person can do."""

from __future__ import annotations

from seedbed.errors import FormatError

MEND = "Pack it again with a usual program (zip -r data.zip folder), or give the folder itself: the form takes folders."
"""What helps against most faults."""
MAX_SHOWN = 80
"""Characters of a name in a message."""


def refuse(rule: str, what: str, hint: str = MEND) -> FormatError:
    """The error for an archive that is not accepted.

    Args:
        rule: Row of table U, such as ``U9``.
        what: What is wrong, with expected and got.
        hint: What the person can do.
    """
    return FormatError(f"the zip is refused: {what}", hint=hint, rule=rule)


def shown(name: bytes | str) -> str:
    """A stranger's name in a message: short, and nothing in it steers a terminal."""
    text = name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else name
    text = text if len(text) <= MAX_SHOWN else f"{text[:60]}…{text[-19:]}"
    return ascii(text)
