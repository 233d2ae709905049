# SPDX-License-Identifier: Apache-2.0
"""What a person may be called, and which passwords are good enough (pure).

Names are public and are shown beside what people gave, so no two may look alike: they are compared after NFKC and case
folding (Unicode TR 36). Passwords follow NIST SP 800-63B: long enough, not one that everybody tries, no rules of signs.
"""

from __future__ import annotations

import re
import unicodedata
from importlib import resources

from seedbed.portal.web.failures import RefusedError

MIN_PASSWORD = 10
MAX_PASSWORD = 500
"""Characters; a longer one only costs time."""
MAX_NAME = 40
MAX_EMAIL = 254
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
_JOINERS = " .-_'"


def name_key(name: str) -> str:
    """As names are compared."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def checked_name(name: str) -> str:
    """A name that may be given.

    Raises:
        RefusedError: it may not.
    """
    name = unicodedata.normalize("NFC", " ".join(name.split()))
    if not 2 <= len(name) <= MAX_NAME:
        raise RefusedError(f"name: expected 2 to {MAX_NAME} characters, got {len(name)}", field="name")
    if not all(one.isalnum() or unicodedata.combining(one) or one in _JOINERS for one in name):
        raise RefusedError("name: expected letters, digits, spaces and . - _ ' only", field="name")
    if not any(one.isalpha() for one in name) or len(_scripts(name)) > 1:
        raise RefusedError(
            "name: expected letters of one script, so that nobody looks like somebody else", field="name"
        )
    return name


def checked_email(email: str) -> str:
    """A mail address, or nothing.

    Raises:
        RefusedError: it is none.
    """
    if email and (len(email) > MAX_EMAIL or not email.isprintable() or not _EMAIL.fullmatch(email)):
        raise RefusedError("e-mail: expected an address such as ana@example.org, or nothing", field="email")
    return email


def checked_password(password: str, again: str, *, name: str) -> str:
    """A password that may be taken.

    Args:
        password: Wished.
        again: The same, typed a second time.
        name: Of the person: not a password.

    Raises:
        RefusedError: it may not be taken.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        text = f"password: expected {MIN_PASSWORD} to {MAX_PASSWORD} characters, got {len(password)}"
        raise RefusedError(text, hint="Four or five words in a row are good, and easy to keep.", field="password")
    plain = password.casefold().strip()
    if name_key(name) in plain or len(set(plain)) < 4 or plain in _tried():
        text = "password: this is one of the first that others would try"
        raise RefusedError(text, hint="Take four or five words that do not belong together.", field="password")
    if password != again:
        raise RefusedError("password: the second one is different", field="again")
    return password


def _tried() -> frozenset[str]:
    """Those that are tried first, of ten characters and more."""
    file = resources.files("seedbed.portal.accounts") / "tried.txt"
    return frozenset(file.read_text("utf-8").split())


def _scripts(name: str) -> set[str]:
    """Writing systems of a name's letters: a Cyrillic a in a Latin name is how people are imitated."""
    letters = (unicodedata.name(one, "?").partition(" ")[0] for one in name if one.isalpha())
    return {"CJK" if one in {"HIRAGANA", "KATAKANA", "CJK", "HANGUL", "BOPOMOFO"} else one for one in letters}
