# SPDX-License-Identifier: Apache-2.0
"""Parts of the libtorrent adapter that need no session: trust roots, filter, copies, alerts that are not understood."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING, Any

import certifi
import libtorrent as lt
import pytest

from seedbed.core.endpoints import Endpoint
from seedbed.engine.libtorrent_engine import session
from seedbed.engine.libtorrent_engine.copies import CopyCounter
from seedbed.engine.libtorrent_engine.faults import from_code, translated
from seedbed.engine.libtorrent_engine.pump import AlertPump
from seedbed.engine.settings import Settings
from seedbed.errors import InputError, NoSpaceError, NotFoundError, StateError
from seedbed.testing.datasets import make_dataset
from seedbed.testing.engine_stories import run

if TYPE_CHECKING:
    from pathlib import Path

PEER, OTHER = Endpoint("127.0.0.1", 1), Endpoint("127.0.0.1", 2)


def test_trust_roots_are_provided_where_the_system_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wheel looks in two places; elsewhere every https would fail. What the person set is left alone."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.setenv(name, "")  # so that it is put back afterwards
        monkeypatch.delenv(name)
    monkeypatch.setattr(session, "_SYSTEM_ROOTS", ("/none",))
    session._provide_tls_roots()
    assert os.environ["SSL_CERT_FILE"] == certifi.where()
    monkeypatch.setenv("SSL_CERT_FILE", "/mine")
    session._provide_tls_roots()
    assert os.environ["SSL_CERT_FILE"] == "/mine"


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "192.168.1.1", "::1", "fd00::1"])
def test_private_addresses_are_blocked(address: str) -> None:
    """Unless their network is allowed."""
    assert session._ip_filter(Settings()).access(address) == 1
    assert session._ip_filter(Settings().allowing(address)).access(address) == 0


def test_public_addresses_are_not_blocked() -> None:
    """The filter is for our own neighbourhood."""
    rules = session._ip_filter(Settings().allowing("192.168.0.0/16"))
    assert [rules.access(address) for address in ("8.8.8.8", "2606:4700::1", "192.168.3.4", "10.0.0.1")] == [0, 0, 0, 1]


def test_every_setting_of_ours_is_known_to_libtorrent() -> None:
    """A wrong name or type would only show when a session is opened."""
    known: dict[str, Any] = dict(lt.default_settings())
    for name, value in session._pack(Settings()).items():
        assert isinstance(value, type(known[name])) or (isinstance(value, int) and isinstance(known[name], int)), name


@pytest.mark.parametrize("format_", ["v1", "v2", "hybrid"])
def test_a_copy_is_every_block_once(tmp_path: Path, format_: Any) -> None:
    """Sent twice counts once; padding need not be sent; the last block makes the copy."""
    data = make_dataset(tmp_path, {"a": 40_000, "b": 0, "c": 1, "d": 16_384}, format=format_)
    info = lt.load_torrent_buffer(data.torrent).ti
    assert info is not None
    counter = CopyCounter.of(info)
    blocks = [(piece, block) for piece, count in enumerate(counter.blocks_in_piece) for block in range(count)]
    assert len(blocks) == {"v1": 4, "v2": 5, "hybrid": 5}[format_]
    assert not any(counter.sent(PEER, *block) for block in blocks[:-1] + blocks[:1])
    assert counter.is_busy
    assert counter.sent(PEER, *blocks[-1])
    assert not counter.sent(PEER, *blocks[-1])
    assert not counter.is_busy


def test_who_took_nothing_has_no_copy_of_ours(tmp_path: Path) -> None:
    """A peer that comes complete does not count; one that took a part and says it is complete does, once."""
    info = lt.load_torrent_buffer(make_dataset(tmp_path, {"a": 40_000}).torrent).ti
    assert info is not None
    counter = CopyCounter.of(info)
    assert not counter.says_complete(OTHER)
    counter.sent(PEER, 0, 0)
    assert counter.says_complete(PEER)
    assert not counter.says_complete(PEER)
    counter.sent(OTHER, 0, 0)
    counter.forget(OTHER)
    assert not counter.says_complete(OTHER)


def test_errors_are_told_in_our_terms() -> None:
    """By whose move it is."""
    system = lt.system_category()
    ours = lt.libtorrent_category()
    assert isinstance(from_code(lt.error_code(28, system), "x"), NoSpaceError)
    assert isinstance(from_code(lt.error_code(5, system), "x"), StateError)
    assert isinstance(from_code(lt.error_code(19, ours), "x"), InputError)
    assert isinstance(from_code(lt.error_code(20, ours), "x"), NotFoundError)
    with pytest.raises(StateError, match="odd"), translated("x"):
        raise RuntimeError("odd")


class OddSession:
    """A session with two alerts, of which the first is not understood."""

    def set_alert_fd(self, _: int) -> None:
        """Nobody writes."""

    def pop_alerts(self) -> list[Any]:
        """Two alerts."""
        return [1, 2]


def test_one_odd_alert_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged with its trace, and the next is handled."""
    handled: list[Any] = []

    def handle(alert: Any) -> None:
        if alert == 1:
            raise KeyError("odd")
        handled.append(alert)

    async def story() -> None:
        await asyncio.sleep(0)
        pump = AlertPump(OddSession(), handle)  # type: ignore[arg-type]  # enough of a session
        pump.drain()
        pump.close()
        pump.drain()

    with caplog.at_level(logging.ERROR):
        run(story())
    assert handled == [2]
    assert "was not understood" in caplog.text
