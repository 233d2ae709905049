# SPDX-License-Identifier: Apache-2.0
"""Keys of a file, and certificates: read again when they change, and kept when they are broken."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import InputError
from seedbed.tracker.keys import NOBODY, KeyFile, checked
from seedbed.tracker.tls_door import Certificate
from tests.secure_web import certificate

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_of_keys(tmp_path: Path) -> None:
    """Told when they are others, and only then."""
    path = tmp_path / "keys"
    path.write_text("# ours\n\nkey-number-1 # town\n  key_number_2\n")
    file = KeyFile(path, frozenset({"from-the-command"}))

    assert file.read() == {"key-number-1", "key_number_2", "from-the-command"}
    assert file() == file.read()
    assert file() is None
    path.write_text("another-key-altogether\n")
    assert set(file() or ()) == {"another-key-altogether", "from-the-command"}


def test_an_empty_list_is_for_nobody(tmp_path: Path) -> None:
    """A tracker without keys serves everybody: that must not come of a file that somebody emptied."""
    path = tmp_path / "keys"
    path.write_text("# none yet\n")

    assert KeyFile(path).read() == NOBODY
    assert not any(chr(byte) in NOBODY for byte in range(256))


@pytest.mark.parametrize(
    "text", ["brief", "with space in it", "a" * 65, "sla/sh-sla/sh", "umläut-umläut", "\udcff"], ids=range(6)
)
def test_what_is_no_key(text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is refused at the start, without telling it; later the old ones stay."""
    path = tmp_path / "keys"
    path.write_text("good-key-1\n")
    file = KeyFile(path)
    assert set(file() or ()) == {"good-key-1"}

    path.write_bytes(text.encode("utf-8", "surrogateescape") + b"\nother-key\n")
    with pytest.raises(InputError) as raised:
        file.read()
    with caplog.at_level(logging.WARNING):
        assert file() is None

    assert text not in str(raised.value) + caplog.text


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    """An error at the start, nothing new later."""
    file = KeyFile(tmp_path / "none")

    with pytest.raises(InputError, match="cannot be read"):
        file.read()
    assert file() is None
    with pytest.raises(InputError, match="--key"):
        checked(["x"], "--key")


def test_a_certificate_is_renewed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """When its file is another one; half a file leaves the old one."""
    used = tmp_path / "used.pem"
    used.write_bytes(certificate(tmp_path / "a", name="a.example", days=9).read_bytes())
    ours = Certificate(used, used)
    first = ours.context

    ours.renew()
    assert ours.context is first
    used.write_text("half of it")
    with caplog.at_level(logging.WARNING):
        ours.renew()
    assert ours.context is first
    assert "not used yet" in caplog.text
    used.write_bytes(certificate(tmp_path / "b", name="b.example", days=9).read_bytes())
    ours.renew()
    assert ours.context is not first
    used.unlink()
    ours.renew()


def test_a_certificate_that_cannot_be_used(tmp_path: Path) -> None:
    """Missing, or the key is another one's."""
    one, other = (certificate(tmp_path / name, name=f"{name}.example", days=9) for name in "ab")

    with pytest.raises(InputError, match="cannot be read"):
        Certificate(tmp_path / "none", one)
    with pytest.raises(InputError, match="cannot be used with"):
        Certificate(one, other)
