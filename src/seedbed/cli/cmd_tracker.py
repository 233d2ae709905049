# SPDX-License-Identifier: Apache-2.0
"""``seedbed tracker``."""

from __future__ import annotations

import asyncio
import os
import random
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output
from seedbed.cli.serving import listening, stop_sign
from seedbed.errors import InputError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.health.leases.desk import Desk
    from seedbed.tracker.access import Access
    from seedbed.tracker.server import Places, Server
    from seedbed.tracker.tls_door import Certificate
    from seedbed.tracker.tracker import Tracker
    from seedbed.tracker.ws_tracker import WebTracker

_listening = partial(listening, default_host="0.0.0.0")  # noqa: S104
_UDP, _HTTP = ("0.0.0.0:6969",), ("0.0.0.0:6969",)  # a tracker is for everybody


@click.command()
@click.option("--udp", metavar="ADDR", multiple=True, help="HOST:PORT; 0 is any port; repeat for IPv6: [::]:6969.")
@click.option("--http", metavar="ADDR", multiple=True, help="The same for HTTP. Without any: 0.0.0.0:6969 for both.")
@click.option("--ws", metavar="ADDR", multiple=True, help="WebSocket, for browsers; for a proxy that adds TLS.")
@click.option("--https", metavar="ADDR", multiple=True, help="HTTP with TLS.")
@click.option("--wss", metavar="ADDR", multiple=True, help="WebSocket with TLS: pages that came by HTTPS need it.")
@click.option("--tls-cert", metavar="FILE", type=click.Path(path_type=Path), default=None,
              help="Certificate chain for --https and --wss, PEM; read again when it is renewed.")  # fmt: skip
@click.option("--tls-key", metavar="FILE", type=click.Path(path_type=Path), default=None, help="Its key, PEM.")
@click.option(
    "--catalog", "where", metavar="WHERE", default="", envvar="SEEDBED_CATALOG",
    help="A join link, the name of a followed catalogue, or a published folder: only its datasets are served.",
)  # fmt: skip
@click.option("--open", "is_open", is_flag=True, help="Serve every info-hash, for your own network.")
@click.option("--allow", "more", metavar="HASH", multiple=True, help="An info-hash that is served besides.")
@click.option("--lan", is_flag=True, help="Serve peers of private networks too.")
@click.option("--key", "keys", metavar="KEY", multiple=True,
              help="Serve those only who name it: http://HOST:PORT/KEY/announce. Repeat for several.")  # fmt: skip
@click.option("--keys", "key_file", metavar="FILE", type=click.Path(path_type=Path), default=None,
              help="A file with a key a line; read again when it changes.")  # fmt: skip
@click.option("--trust-proxy", "proxies", metavar="NET", multiple=True,
              help="Believe X-Forwarded-For of this address or network, such as 10.0.0.0/8.")  # fmt: skip
@click.option(
    "--interval", "interval_s", type=click.IntRange(60, 86_400), default=1_800, show_default=True, metavar="SECONDS",
    help="Between two announces of a peer.",
)  # fmt: skip
@click.option("--record", metavar="FILE", type=click.Path(path_type=Path), default=None,
              help="SQLite file for counts that outlive a restart; in seedbed's folder if not given.")  # fmt: skip
@click.option(
    "--workers", type=click.IntRange(0, 256), default=1, show_default=True, metavar="N",
    help="Processes that share the UDP announces; 0 for one on each processor core. Linux only.",
)  # fmt: skip
@click.option(
    "--registry/--no-registry", "has_registry", default=None,
    help="Take smartnodes' leases over HTTP, and prove them. [default: with a catalogue]",
)  # fmt: skip
@output.json_option
@output.quiet_option
def tracker(**options: Any) -> None:
    """Run a tracker for the datasets of a catalogue: peers find each other by it.

    It speaks UDP and HTTP, and with --ws WebSocket for browsers. /stats shows the numbers, /stats.json and /metrics
    are for programs; no address is shown or written anywhere. The catalogue is read again when it changes. Runs until
    Ctrl-C or a TERM signal.

    With a catalogue it is a registry too: smartnodes say what they hold, are asked for a piece of it, and /health
    tells how many proved copies there are.

    With --json one JSON object a line: "ready" (with the URLs, and the registry's public key), "stopped".
    """
    server = _server(options)
    try:
        asyncio.run(_serve(server))
    except OSError as error:
        raise StateError(
            f"the tracker cannot listen: {error.strerror or error}", hint="--udp and --http name other addresses."
        ) from error
    done = server.tracker.totals
    output.event({"event": "stopped", "announces": done.announces}, f"Stopped. Answered {done.announces:,} announces.")


def _server(options: dict[str, Any]) -> Server:
    from seedbed.api.home import Home  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.tracker import keeping  # noqa: PLC0415
    from seedbed.tracker.proxies import Networks  # noqa: PLC0415
    from seedbed.tracker.server import Server  # noqa: PLC0415
    from seedbed.tracker.swarm import Limits, Swarms, chance_of  # noqa: PLC0415
    from seedbed.tracker.tracker import Tracker  # noqa: PLC0415
    from seedbed.tracker.udp_wire import ConnectionIds  # noqa: PLC0415

    access, renew = _access(options)
    keys, renew_keys = _keys(options)
    interval_s = options["interval_s"]
    swarms = Swarms(Limits(lease_s=interval_s * 3 // 2), chance_of(random.random))
    record = options["record"] or Home.of_environment().data / "tracker.sqlite"
    made = Tracker(
        swarms, access, ConnectionIds(keeping.key_of(record)), interval_s, allows_private=options["lan"], keys=keys
    )
    try:
        proxies = Networks.of(options["proxies"])
    except ValueError as error:
        raise InputError(f"--trust-proxy: {error}") from error
    places = _places(options)
    return Server(
        made, places, _web(made), renew, record,
        proxies=proxies, certificate=_certificate(options), keys=renew_keys, beside=_registry(options, places),
        workers=options["workers"] or os.cpu_count() or 1,
    )  # fmt: skip


def _registry(options: dict[str, Any], places: Places) -> Desk | None:
    """What takes leases: where there is a catalogue, and HTTP to take them by.

    Raises:
        InputError: it is wished for, and one of them is not there.
    """
    has_catalog = bool(options["where"]) or not (options["is_open"] or options["more"])
    has_http = bool(places.http or places.https)
    if options["has_registry"] and not (has_catalog and has_http):
        raise InputError("--registry: expected a catalogue, whose datasets nodes are asked for, and --http or --https")
    if options["has_registry"] is False or not (has_catalog and has_http):
        return None
    from seedbed.api.catalog import locate  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.api.registry import registry  # noqa: PLC0415

    home = Home.of_environment()
    return registry(home, lambda: locate(options["where"], home), allows_private=options["lan"])


def _places(options: dict[str, Any]) -> Places:
    from seedbed.tracker.server import Places  # noqa: PLC0415  # imports stay inside: --help must be quick

    kinds = ("udp", "http", "ws", "https", "wss")
    given = options if any(options[kind] for kind in kinds) else options | {"udp": _UDP, "http": _HTTP}
    return Places(**{kind: tuple(_listening(f"--{kind}", one) for one in given[kind]) for kind in kinds})


def _certificate(options: dict[str, Any]) -> Certificate | None:
    """For TLS.

    Raises:
        InputError: one of the options without the others, or files that cannot be used.
    """
    from seedbed.tracker.tls_door import Certificate  # noqa: PLC0415  # imports stay inside: --help must be quick

    chain, key = options["tls_cert"], options["tls_key"]
    if bool(options["https"] or options["wss"]) != bool(chain) or bool(chain) != bool(key):
        raise InputError("TLS: expected --tls-cert and --tls-key with --https or --wss")
    return Certificate(chain, key) if chain else None


def _keys(options: dict[str, Any]) -> tuple[frozenset[str], Callable[[], frozenset[str] | None]]:
    """Who may ask, and what tells when that has changed."""
    from seedbed.tracker.keys import KeyFile, checked  # noqa: PLC0415  # imports stay inside: --help must be quick

    given = checked(options["keys"], "--key")
    if options["key_file"] is None:
        return given, lambda: None
    file = KeyFile(options["key_file"], given)
    return file.read(), file


def _web(tracker: Tracker) -> WebTracker:
    """The side for browsers; its peers are counted with the others."""
    from seedbed.tracker.ws_swarm import Limits, WebSwarms  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.tracker.ws_tracker import WebTracker  # noqa: PLC0415

    tracker.web = WebSwarms(Limits(), random.SystemRandom().randrange)
    return WebTracker(tracker, tracker.web)


def _access(options: dict[str, Any]) -> tuple[Access, Callable[[], Access | None]]:
    """Who is served now, and what asks whether that has changed.

    Raises:
        InputError: both or neither of catalogue and open tracker; or an info-hash that is none.
    """
    from seedbed.api.tracked import CatalogAccess  # noqa: PLC0415
    from seedbed.tracker.access import Everything, Listed  # noqa: PLC0415

    if options["is_open"]:
        if options["where"] or options["more"]:
            raise InputError("--open serves everything: expected no --catalog and no --allow")
        return Everything(), lambda: None
    for text in options["more"]:
        if len(text) not in {40, 64} or not set(text.lower()) <= set("0123456789abcdef"):
            raise InputError(f"--allow {text!r}: expected an info-hash of 40 or 64 hex digits")
    if options["more"] and not options["where"]:
        return Listed({bytes.fromhex(one)[:20]: one for one in options["more"]}), lambda: None
    renew = CatalogAccess(_tables(options["where"]), options["more"])
    found = renew()
    if found is None:
        raise InputError(f"catalogue {options['where']!r}: it cannot be read", hint="seedbed catalog list shows yours.")
    return found, renew


def _tables(where: str) -> Callable[[], Path]:
    """What finds a catalogue's table, each time anew: a followed one moves with each release."""
    from seedbed.api.catalog import locate  # noqa: PLC0415
    from seedbed.api.home import Home  # noqa: PLC0415

    home = Home.of_environment()
    locate(where, home)  # tells now what is wrong with the name
    return lambda: locate(where, home).catalog


async def _serve(server: Server) -> None:
    from seedbed.health.leases.desk import Desk  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.tracker.udp_door import FORM  # noqa: PLC0415

    stop = stop_sign()

    beside = server.beside
    key = beside.public.hex() if isinstance(beside, Desk) else ""

    def ready(urls: list[str]) -> None:
        text = f"Tracking at {'  '.join(urls)} ({FORM} form{', with a registry' if key else ''})"
        output.event({"event": "ready", "urls": urls, "form": FORM, "registry": key}, text)

    await server.serve(stop, ready)
