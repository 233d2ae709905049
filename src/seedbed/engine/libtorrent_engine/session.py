# SPDX-License-Identifier: Apache-2.0
"""Opening and closing a libtorrent session.

A session with libtorrent's defaults listens on 0.0.0.0:6881 and looks for peers in four ways; here nothing is on
that ``Settings`` did not ask for.
"""

from __future__ import annotations

import errno
import importlib.metadata
import ipaddress
import os
import resource
from pathlib import Path
from typing import TYPE_CHECKING, Any

import certifi
import libtorrent as lt

from seedbed.core.endpoints import Endpoint
from seedbed.core.hosts import PRIVATE_NETWORKS
from seedbed.errors import StateError

if TYPE_CHECKING:
    from seedbed.engine.settings import Settings

_SYSTEM_ROOTS = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
"""Where the wheel's OpenSSL finds trusted certificates; elsewhere it finds none and every https fails."""
_OPEN_FILES = 65_536
"""libtorrent caps its connections at 80 % of the descriptors it may open, which is 1,024 by default."""
_BLOCKED, _ALLOWED = 1, 0
_WRITE_THROUGH = 3
"""``disk_io_write_mode``: not named in the Python binding. Starts each write at once (``sync_file_range``)."""


def open_session(settings: Settings) -> lt.session:
    """A session, listening. The environment must be ready before, since it reads it once."""
    _provide_tls_roots()
    _raise_open_files()
    params = lt.session_params(_pack(settings))  # type: ignore[call-overload]  # the stub lacks newer keys
    params.ip_filter = _ip_filter(settings)
    opened = lt.session(params)
    _limit_everybody(opened)
    return opened


def listening(session: lt.session) -> tuple[Endpoint, ...]:
    """Where the session listens for TCP.

    ``listen_port()`` waits for the session's thread, which opens its sockets first: after it the alerts are there.

    Raises:
        StateError: an address cannot be listened on.
    """
    session.listen_port()
    found: list[Endpoint] = []
    for alert in session.pop_alerts():
        if isinstance(alert, lt.listen_succeeded_alert) and alert.socket_type == lt.socket_type_t.tcp:
            found.append(Endpoint(alert.address, alert.port))
        elif isinstance(alert, lt.listen_failed_alert) and alert.error.value() != errno.EAFNOSUPPORT:
            raise _cannot_listen(alert)
    if not found:
        raise StateError("the engine listens nowhere: no address could be opened")
    return tuple(found)


def _cannot_listen(alert: lt.listen_failed_alert) -> StateError:
    where = Endpoint(alert.address, alert.port)
    in_use = alert.error.value() == errno.EADDRINUSE
    reason = "the port is in use" if in_use else alert.error.message()
    hint = "Another program listens there: choose another port, or 0 for any." if in_use else ""
    return StateError(f"cannot listen on {where}: {reason}", hint=hint, address=str(where))


def pause(session: lt.session) -> None:
    """Stop everything; when this returns, trackers are being told."""
    session.pause()
    session.is_paused()  # waits for the session's thread, which has taken the pause by then


def limit(session: lt.session, upload_bytes_per_s: int, download_bytes_per_s: int) -> None:
    """Other rates."""
    session.apply_settings({"upload_rate_limit": upload_bytes_per_s, "download_rate_limit": download_bytes_per_s})


def silence(session: lt.session) -> None:
    """No more alerts into the descriptor."""
    session.set_alert_fd(-1)


def _provide_tls_roots() -> None:
    if "SSL_CERT_FILE" in os.environ or "SSL_CERT_DIR" in os.environ:
        return
    if not any(Path(path).exists() for path in _SYSTEM_ROOTS):
        os.environ["SSL_CERT_FILE"] = certifi.where()


def _raise_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _limit_everybody(opened: lt.session) -> None:
    """Rate limits count for neighbours too: by default libtorrent exempts private networks."""
    everybody = 1 << int(lt.session.global_peer_class_id)
    classes = lt.ip_filter()
    classes.add_rule("0.0.0.0", "255.255.255.255", everybody)  # noqa: S104  # a range, nothing is bound
    classes.add_rule("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", everybody)
    opened.set_peer_class_filter(classes)


def _ip_filter(settings: Settings) -> lt.ip_filter:
    """Block private networks: libtorrent's own ``ssrf_mitigation`` lets a web seed on localhost through."""
    rules = lt.ip_filter()
    for network in PRIVATE_NETWORKS:
        rules.add_rule(str(network[0]), str(network[-1]), _BLOCKED)
    for text in settings.allowed_networks:
        allowed = ipaddress.ip_network(text, strict=False)
        rules.add_rule(str(allowed[0]), str(allowed[-1]), _ALLOWED)
    return rules


def _pack(settings: Settings) -> dict[str, Any]:
    return {**_identity(settings), **_reach(settings), **_limits(settings), **_disk(settings)}


def _identity(settings: Settings) -> dict[str, Any]:
    category = lt.alert_category
    mask = category.error | category.status | category.storage | category.tracker | category.connect | category.peer
    mask |= category.piece_progress if settings.report_pieces else 0
    mask |= category.upload if settings.report_copies else 0
    return {
        "user_agent": f"seedbed/{importlib.metadata.version('seedbed')}",
        "peer_fingerprint": "-SB0100-",
        "alert_mask": mask,
        "alert_queue_size": settings.alert_queue_length,
    }


def _reach(settings: Settings) -> dict[str, Any]:
    return {
        "listen_interfaces": ",".join(settings.listen),
        "max_retry_port_bind": 0,  # the port that was asked for, or an error
        "listen_system_port_fallback": False,
        "enable_dht": settings.enable_dht,
        **_table(settings),
        "enable_lsd": settings.enable_lsd,
        "enable_upnp": settings.enable_port_mapping,
        "enable_natpmp": settings.enable_port_mapping,
        "enable_incoming_utp": settings.enable_utp,
        "enable_outgoing_utp": settings.enable_utp,
        "webtorrent_stun_server": "",  # the default asks a company's server about us
        "max_webtorrent_offers": 1,  # each offer opens a socket: 10 x 200 torrents took 4,015 descriptors
        "allow_multiple_connections_per_ip": True,  # universities sit behind one address
        "ssrf_mitigation": True,
        "validate_https_trackers": True,
        "allow_idna": False,
        "no_connect_privileged_ports": True,
        "apply_ip_filter_to_trackers": True,
        "announce_to_all_trackers": True,
        "announce_to_all_tiers": True,
    }


def _table(settings: Settings) -> dict[str, Any]:
    """A table of one's own: its nodes may share one address, as those of a test or a campus do."""
    if not settings.dht_nodes:
        return {}
    return {
        "dht_bootstrap_nodes": ",".join(settings.dht_nodes),
        "dht_restrict_routing_ips": False,
        "dht_restrict_search_ips": False,
        "dht_ignore_dark_internet": False,
        "dht_prefer_verified_node_ids": False,
        "dht_block_ratelimit": 1_000,  # by address: five a second would ban all of them for one that is busy
    }


def _limits(settings: Settings) -> dict[str, Any]:
    return {
        "upload_rate_limit": settings.upload_bytes_per_s,
        "download_rate_limit": settings.download_bytes_per_s,
        "connections_limit": settings.connection_limit,
        "unchoke_slots_limit": settings.unchoke_slots,
        "active_downloads": -1, "active_seeds": -1, "active_limit": -1, "active_tracker_limit": -1,
        "active_dht_limit": -1, "active_lsd_limit": -1,
        "dht_upload_rate_limit": 100_000,  # 8,000 is too little to announce 10,000 torrents every 15 minutes
        "listen_queue_size": 200,
        "tick_interval": settings.tick_ms,
        "min_reconnect_time": settings.reconnect_s,
        "stop_tracker_timeout": 1,  # the engine has waited already, without holding Python's lock
        "max_metadata_size": 10_000_000,
        "max_piece_count": 100_000,
    }  # fmt: skip


def _disk(settings: Settings) -> dict[str, Any]:
    return {
        "file_pool_size": settings.open_files,
        "disk_io_write_mode": _WRITE_THROUGH if settings.write_through else 0,
        "recv_socket_buffer_size": settings.socket_buffer_bytes,
        "send_socket_buffer_size": settings.socket_buffer_bytes,
    }
