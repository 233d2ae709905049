# SPDX-License-Identifier: Apache-2.0
"""Credentials: where they are found, in which order, and that they are never shown."""

from __future__ import annotations

import os
import sys
import types
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import InputError, MissingProgramError
from seedbed.mirrors import credentials
from seedbed.mirrors.credentials import Account
from seedbed.mirrors.registry import account_of

if TYPE_CHECKING:
    from pathlib import Path

ZENODO = Account("zenodo.org", ("token",), ("ZENODO_TOKEN",), "https://zenodo.org/tokens")
ARCHIVE = Account("archive.org", ("access", "secret"), ("IA_ACCESS_KEY_ID", "IA_SECRET_ACCESS_KEY"), ini_section="s3")
SECRET = "s3cr3t"


class Ring:
    """A keyring in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, user: str) -> str | None:
        """As the package's."""
        return self.kept.get((service, user))

    def set_password(self, service: str, user: str, value: str) -> None:
        """As the package's."""
        self.kept[service, user] = value

    def delete_password(self, service: str, user: str) -> None:
        """As the package's."""
        del self.kept[service, user]


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Ring:
    """Stands in for the package ``keyring``."""
    ring, module = Ring(), types.ModuleType("keyring")
    vars(module).update(
        get_password=ring.get_password, set_password=ring.set_password, delete_password=ring.delete_password
    )
    monkeypatch.setitem(sys.modules, "keyring", module)
    return ring


@pytest.fixture
def no_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the package were not installed."""
    monkeypatch.setitem(sys.modules, "keyring", None)


def home(tmp_path: Path, text: str = "", **more: str) -> dict[str, str]:
    """Variables of a person with a file of credentials."""
    if text:
        path = tmp_path / credentials.FILE
        path.write_text(text)
        path.chmod(0o600)
    return {"SEEDBED_HOME": str(tmp_path), "HOME": str(tmp_path), **more}


def test_the_order(tmp_path: Path, ring: Ring) -> None:
    """Variable, our file, the service's own program's file, keyring."""
    ring.kept["seedbed", "archive.org access"] = "from-ring"
    ring.kept["seedbed", "archive.org secret"] = SECRET
    environ = home(tmp_path)

    found = [credentials.find(ARCHIVE, environ)["access"]]
    (tmp_path / ".config").mkdir()
    (tmp_path / ".config" / "ia.ini").write_text("[s3]\naccess = from-ini\nsecret = x\n")
    found.append(credentials.find(ARCHIVE, environ)["access"])
    environ = home(tmp_path, '["archive.org"]\naccess = "from-file"\nsecret = "x"\n')
    found.append(credentials.find(ARCHIVE, environ)["access"])
    environ |= {"IA_ACCESS_KEY_ID": "from-variable", "IA_SECRET_ACCESS_KEY": "x"}
    found.append(credentials.find(ARCHIVE, environ)["access"])

    assert found == ["from-ring", "from-ini", "from-file", "from-variable"]


@pytest.mark.usefixtures("no_ring")
def test_without_any_it_says_what_to_do(tmp_path: Path) -> None:
    """Variable, file, and where they are made."""
    with pytest.raises(InputError, match=r"zenodo\.org") as caught:
        credentials.find(ZENODO, home(tmp_path))

    for word in ("ZENODO_TOKEN", "seedbed mirror login", "https://zenodo.org/tokens"):
        assert word in caught.value.hint


def test_half_of_them_is_an_error(tmp_path: Path) -> None:
    """Not a reason to mix two places."""
    with pytest.raises(InputError, match="secret is missing"):
        credentials.find(ARCHIVE, home(tmp_path, IA_ACCESS_KEY_ID="a"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """With the command that mends it."""
    environ = home(tmp_path, f'["zenodo.org"]\ntoken = "{SECRET}"\n')
    (tmp_path / credentials.FILE).chmod(mode)

    with pytest.raises(InputError, match="others") as caught:
        credentials.find(ZENODO, environ)

    assert "chmod 600" in caught.value.hint


@pytest.mark.parametrize(
    "text", [f'["zenodo.org"]\ntoken = "{SECRET}', f'token = "{SECRET}"', '["zenodo.org"]\ntoken = 5\n']
)
def test_a_damaged_file_is_refused_without_repeating_it(tmp_path: Path, text: str) -> None:
    """A line of it may be a secret."""
    with pytest.raises(InputError, match=r"credentials\.toml") as caught:
        credentials.find(ZENODO, home(tmp_path, text))

    assert SECRET not in f"{caught.value!r} {caught.value.__cause__} {caught.value.hint}"


@pytest.mark.parametrize("token", [f"{SECRET}\n", f"{SECRET}\r\nX-Other: 1", "é"])
def test_what_cannot_be_in_a_header_is_refused(tmp_path: Path, token: str) -> None:
    """And not shown."""
    with pytest.raises(InputError) as caught:
        credentials.find(ZENODO, home(tmp_path, ZENODO_TOKEN=token))

    assert SECRET not in str(caught.value)


@pytest.mark.usefixtures("no_ring")
def test_kept_found_and_forgotten(tmp_path: Path) -> None:
    """In a private file; others' sections stay."""
    environ = home(tmp_path, '["rdm.example.org"]\ntoken = "other"\n')

    where = credentials.store(ZENODO, {"token": 'a"b\\c'}, environ)

    assert where == str(tmp_path / credentials.FILE)
    assert credentials.find(ZENODO, environ)["token"] == 'a"b\\c'
    assert (tmp_path / credentials.FILE).stat().st_mode & 0o077 == 0
    assert credentials.forget(ZENODO, environ)
    assert not credentials.forget(ZENODO, environ)
    assert credentials.find(Account("rdm.example.org", ("token",), ()), environ)["token"] == "other"
    assert [path.name for path in tmp_path.iterdir()] == [credentials.FILE]


def test_kept_in_the_keyring(tmp_path: Path, ring: Ring) -> None:
    """If wanted."""
    environ = home(tmp_path)

    credentials.store(ZENODO, {"token": SECRET}, environ, in_keyring=True)

    assert ring.kept == {("seedbed", "zenodo.org token"): SECRET}
    assert credentials.find(ZENODO, environ)["token"] == SECRET
    assert credentials.forget(ZENODO, environ)
    assert not ring.kept


@pytest.mark.usefixtures("no_ring")
def test_without_the_package_there_is_no_keyring(tmp_path: Path) -> None:
    """It is optional."""
    with pytest.raises(MissingProgramError) as caught:
        credentials.store(ZENODO, {"token": SECRET}, home(tmp_path), in_keyring=True)

    assert "seedbed[keyring]" in caught.value.hint


def test_they_are_never_shown(tmp_path: Path) -> None:
    """Not by their repr."""
    found = credentials.find(ZENODO, home(tmp_path, ZENODO_TOKEN=SECRET))

    assert SECRET not in f"{found!r} {found}"


def test_a_host_has_its_own_variable() -> None:
    """So that no other's token is ever sent to it."""
    assert credentials.variable_of("rdm.example.org:8443") == "SEEDBED_TOKEN_RDM_EXAMPLE_ORG_8443"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("zenodo:", "zenodo.org"),
        ("zenodo:sandbox", "sandbox.zenodo.org"),
        ("ia:?test=yes", "archive.org"),
        ("s3://a", ""),
    ],
)
def test_the_account_that_a_mirror_wants(url: str, host: str) -> None:
    """For whoever asks a person for its token; object stores have ways of their own."""
    account = account_of(url)

    assert (account.host if account else "") == host
