# SPDX-License-Identifier: Apache-2.0
"""Looks at this machine and its node; :mod:`seedbed.node.telling.doctor` judges."""

from __future__ import annotations

import datetime as dt
import ipaddress
import resource
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.api.node import NodeHome
from seedbed.errors import BusyError, SeedbedError
from seedbed.following import joined
from seedbed.node.control import asking
from seedbed.node.disk.places import place_of
from seedbed.node.giving.gift import Gift
from seedbed.node.state import State
from seedbed.node.telling.doctor import Facts, Finding, examine

if TYPE_CHECKING:
    from seedbed.api.home import Home
    from seedbed.node.disk.places import Places
    from seedbed.node.disk.store import Place

_SOMEWHERE = ("2001:4860::8888", 53)
"""No packet is sent there: the system is only asked by which address it would send one."""


def doctor(home: Home) -> list[Finding]:
    """Look at everything.

    Raises:
        NotFoundError: this machine is no node.
        StateError: what it remembers cannot be read.
    """
    node = NodeHome.of(home)
    gift = Gift.load(node.gift)
    with State(node.state) as state:
        return examine(_facts(home, gift, state))


def _facts(home: Home, gift: Gift, state: State) -> Facts:
    place = place_of(gift, state)
    trouble, room_bytes = "; ".join(place.away.values()), 0
    try:
        place.check(state.get("mark"))
        room_bytes = place.room_bytes()
    except SeedbedError as error:
        trouble = trouble or error.message
    units = state.units().values()
    beat = float(state.get("beat_s") or 0)
    failed = state.waits("failed")
    return Facts(
        folder=gift.folder, folder_trouble=trouble, storage_bytes=gift.storage_bytes, room_bytes=room_bytes,
        held_bytes=sum(unit.size_bytes for unit in units if unit.stage != "fetching"),
        has_ipv6=_has_ipv6(), **_running(home),
        **_catalog(home, gift), is_running=not trouble and _is_running(place), is_paused=gift.is_paused,
        round_age_s=time.time() - beat if beat else float("inf"),
        failing=sum(unit.stage == "fetching" and unit.id in failed for unit in units),
    )  # fmt: skip


def _running(home: Home) -> dict[str, Any]:
    """What only a node that runs can tell; its own limits, which may be others than a shell's."""
    try:
        told = asking.ask(NodeHome.of(home).socket, "status")
    except SeedbedError as error:
        return {"open_files": _open_files(), "client_trouble": error.message}
    if told is None:
        return {"open_files": _open_files()}
    now = told["now"]
    names = ("open_files", "registries", "proved_by", "unproved_s", "clock_off_s", "client")
    return {**{name: now[name] for name in names}, "client_trouble": now["engine_trouble"]}


def _open_files() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _catalog(home: Home, gift: Gift) -> dict[str, Any]:
    if Path(gift.catalog).is_absolute():
        return {"catalog_state": "own", "catalog_why": ""}
    try:
        stands = joined.find(home.catalogs, gift.catalog).standing(dt.datetime.now(dt.UTC))
    except SeedbedError as error:
        return {"catalog_state": "never pulled", "catalog_why": error.message}
    return {"catalog_state": stands.state, "catalog_why": stands.why}


def _is_running(place: Place | Places) -> bool:
    """Whether somebody has the folder; tried, for a lock says nothing else."""
    try:
        with place.held():
            return False
    except BusyError:
        return True


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.connect(_SOMEWHERE)
            return ipaddress.ip_address(probe.getsockname()[0]).is_global
    except OSError:
        return False
