# SPDX-License-Identifier: Apache-2.0
"""Which processes make a server, and what is done from time to time (pure).

Each is one of our own commands: whoever outgrows one machine runs the same commands elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.serving.wishes import Wishes

HOUR_S, DAY_S = 3_600, 86_400


@dataclass(frozen=True, slots=True)
class Part:
    """A process that runs for as long as the server does."""

    name: str
    arguments: tuple[str, ...]
    """Of ``seedbed``."""
    tells_ready: bool = True
    """Whether it prints an event ``ready``."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A command that is run again and again."""

    name: str
    arguments: tuple[str, ...]
    every_s: float
    first_s: float
    """After the start."""


def own_arguments(wishes: Wishes) -> Iterator[str]:
    """The options of ``seedbed serve`` that the parts need which are ``seedbed serve`` too.

    The database's URL is not among them: a command line is read by everybody on the machine.
    """
    issuer, client, name = wishes.oidc
    values = {
        "--data": str(wishes.folder), "--title": wishes.title, "--listen": str(wishes.listen),
        "--gateway": str(wishes.gateway), "--tracker": str(wishes.tracker), "--tracker-ws": str(wishes.tracker_ws),
        "--store": wishes.store,
        "--public-url": wishes.public_url, "--gateway-url": wishes.gateway_url, "--oidc-issuer": issuer,
        "--oidc-client": client, "--oidc-name": name,
    }  # fmt: skip
    yield from (word for option, value in values.items() if value for word in (option, value))
    repeated = {"--tracker-url": wishes.trackers, "--mirror": wishes.mirrors, "--trust-proxy": wishes.proxies}
    yield from (word for option, many in repeated.items() for value in many for word in (option, value))
    flags = {"--invited-only": not wishes.is_open, "--no-dht": not wishes.dht, "--lan": wishes.lan}
    yield from (option for option, is_set in flags.items() if is_set)


def parts(wishes: Wishes) -> Iterator[Part]:
    """What runs all the time."""
    own = tuple(own_arguments(wishes))
    lan = ("--lan",) if wishes.is_local else ()
    catalog = str(wishes.catalog)
    for name in ("portal", "worker"):
        if wishes.runs(name):
            yield Part(name, ("serve", *own, "--only", name, "--json"))
    if wishes.runs("gateway"):
        # Browsers open many connections, and behind a proxy all clients are one.
        more = ("--client-connections", "0", "--public-url", wishes.files_url)
        root = ("--root", wishes.store or str(wishes.data), "--catalog", catalog)
        yield Part("gateway", ("gateway", *root, "--listen", str(wishes.gateway), *more, "--json"))
    if wishes.runs("tracker"):
        at = ("--udp", str(wishes.tracker), "--http", str(wishes.tracker), "--ws", str(wishes.tracker_ws))
        proxies = [word for one in wishes.proxies for word in ("--trust-proxy", one)]
        yield Part("tracker", ("tracker", "--catalog", catalog, *at, *proxies, *lan, "--json"))
    no_dht = () if wishes.dht else ("--no-dht",)
    if wishes.runs("node"):
        here = ("--listen", str(wishes.node), "--status-page", "off")
        yield Part("node", ("node", "run", *here, *lan, *no_dht, "--json"))
    if wishes.runs("catalog"):
        yield Part(
            "catalog", ("catalog", "seed", catalog, "--listen", f"{wishes.node.host}:0", *lan, *no_dht, "--json")
        )


def timed(wishes: Wishes) -> Iterator[Timed]:
    """What is done from time to time, where the schedule runs."""
    if not wishes.runs("schedule"):
        return
    lan = ("--lan",) if wishes.is_local else ()
    catalog = ("--catalog", str(wishes.catalog))
    yield Timed("audit", ("audit", "--all", "--withdraw", *catalog, *lan, "--json"), HOUR_S, 300)
    yield Timed("health", ("health", *catalog, *lan, "--limit", "1", "--json"), 600, 20)
    yield Timed("signatures", ("catalog", "sign", str(wishes.catalog), "--refresh", "--json"), DAY_S, 60)
