# SPDX-License-Identifier: Apache-2.0
"""``seedbed serve``."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output
from seedbed.cli.gift_options import storage_option
from seedbed.cli.serving import listening, stop_sign
from seedbed.errors import InputError, SeedbedError, StateError

if TYPE_CHECKING:
    from seedbed.core.endpoints import Endpoint
    from seedbed.serving.supervisor import Supervisor
    from seedbed.serving.wishes import Wishes


@click.command()
@click.option("--data", "folder", metavar="DIR", required=True, type=click.Path(path_type=Path),
              help="Everything of this server; made at the first run.")  # fmt: skip
@click.option("--title", default="Seedbed", show_default=True, metavar="TEXT", help="Of the site, for people.")
@click.option("--name", default="", metavar="ID", help="Of the catalogue; made from the title if not given.")
@click.option("--public-url", default="", metavar="URL",
              help="Where people reach it: https://data.example.org; its own address if not given.")  # fmt: skip
@click.option("--gateway-url", default="", metavar="URL",
              help="Where they reach the files; behind one reverse proxy the same as --public-url.")  # fmt: skip
@click.option("--listen", default="127.0.0.1:8080", show_default=True, metavar="ADDR", help="Of the portal.")
@click.option("--gateway", default="127.0.0.1:8081", show_default=True, metavar="ADDR", help="Of files and web seeds.")
@click.option("--tracker", default="0.0.0.0:6969", show_default=True, metavar="ADDR", help="Over HTTP and UDP.")
@click.option("--tracker-ws", default="127.0.0.1:6970", show_default=True, metavar="ADDR",
              help="The tracker over WebSocket, for browsers.")  # fmt: skip
@click.option("--node", default="0.0.0.0:6881", show_default=True, metavar="ADDR", help="Of the seeding node.")
@click.option("--tracker-url", "trackers", multiple=True, metavar="URL",
              help="What new torrents name; repeat. Our own tracker if not given.")  # fmt: skip
@click.option("--store", default="", metavar="URL",
              help="Keep published files there instead of the folder: s3://bucket/prefix.")  # fmt: skip
@click.option("--mirror", "mirrors", multiple=True, metavar="URL",
              help="Push each version there too: s3:, zenodo:, ia: (docs/mirrors.md); repeat.")  # fmt: skip
@click.option("--database", default="", metavar="URL", envvar="SEEDBED_DATABASE",
              help="postgresql://…; SQLite in the folder if not given.")  # fmt: skip
@storage_option
@click.option("--trust-proxy", "proxies", multiple=True, metavar="NET",
              help="Believe X-Forwarded-For of this address or network; repeat.")  # fmt: skip
@click.option("--invited-only", is_flag=True, help="Nobody makes an account without an administrator's link.")
@click.option("--oidc-issuer", default="", metavar="URL", help="Let people log in by OpenID Connect too.")
@click.option("--oidc-client", default="", metavar="ID", help="Our id there; its secret in SEEDBED_OIDC_SECRET.")
@click.option("--oidc-name", default="", metavar="TEXT", help="What the button says.")
@click.option("--only", multiple=True, metavar="PART",
              help="Run this part only: portal, worker, gateway, tracker, node, catalog, schedule.")  # fmt: skip
@click.option("--admin-link", is_flag=True, help="Only make a link by which you become an administrator.")
@click.option("--no-dht", is_flag=True, help="Do not use the distributed hash table.")
@click.option("--lan", is_flag=True, help="Serve peers and ask sources of your own network too: for a try at home.")
@output.json_option
@output.quiet_option
def serve(**options: Any) -> None:
    """Run a whole server: portal, gateway, tracker, seeding node, audits.

    The first run makes a signed catalogue with its keys, and prints a link by which you become the administrator. Later
    runs go on with it. Parts that die are started again; Ctrl-C or a TERM signal ends all of them.

    With --only the parts live on several machines: all of them name the same --database and --public-url. How to put
    it behind a web server with HTTPS: docs/guide/portal.md.

    With --json one JSON object a line: "ready" (with the addresses), "part", "stopped".
    """
    wishes = _wishes(options)
    if options["admin_link"]:
        _tell_admin_link(wishes)
    elif wishes.only == ("portal",):
        _run_portal(wishes)
    elif wishes.only == ("worker",):
        asyncio.run(_run_worker(wishes))
    else:
        _run_all(wishes)


def _wishes(options: dict[str, Any]) -> Wishes:
    from seedbed.serving import wishes  # noqa: PLC0415  # imports stay inside: --help must be quick

    def at(name: str) -> Endpoint:
        option = f"--{name.replace('_', '-')}"
        found = listening(option, options[name], default_host="127.0.0.1")
        if not found.port:
            raise InputError(f"{option} {options[name]!r}: expected a port that others can be told, got any")
        return found

    if bool(options["oidc_issuer"]) != bool(options["oidc_client"]):
        raise InputError("OpenID Connect: expected both --oidc-issuer and --oidc-client")
    return wishes.Wishes(
        folder=options["folder"].absolute(), listen=at("listen"), gateway=at("gateway"), tracker=at("tracker"),
        tracker_ws=at("tracker_ws"), node=at("node"),
        public_url=wishes.check_url("--public-url", options["public_url"]),
        gateway_url=wishes.check_url("--gateway-url", options["gateway_url"]),
        trackers=options["trackers"], mirrors=options["mirrors"],
        store=options["store"], title=options["title"], name=options["name"],
        database=options["database"], storage_bytes=sum(options["storage"] or ()), proxies=options["proxies"],
        is_open=not options["invited_only"], lan=options["lan"], dht=not options["no_dht"],
        oidc=(options["oidc_issuer"], options["oidc_client"], options["oidc_name"]),
        only=wishes.check_parts(options["only"]),
    )  # fmt: skip


def _log() -> None:
    """What a part of ours tells goes to the keeper line by line; never addresses or secrets."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    ours = logging.getLogger("seedbed")
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)


def _run_portal(wishes: Wishes) -> None:
    """The part that has no command of its own."""
    _log()
    from seedbed.serving import web  # noqa: PLC0415  # imports stay inside: --help must be quick

    asyncio.run(web.run(wishes, lambda url: output.event({"event": "ready", "url": url}, f"Portal {url}")))


async def _run_worker(wishes: Wishes) -> None:
    _log()
    from seedbed.serving import work  # noqa: PLC0415  # imports stay inside: --help must be quick

    await work.run(wishes, stop_sign(), lambda: output.event({"event": "ready"}, "Worker: ready"))


def _tell_admin_link(wishes: Wishes) -> None:
    """The way in for whoever has the server's files."""
    from seedbed.serving import web  # noqa: PLC0415  # imports stay inside: --help must be quick

    link = web.admin_link(wishes, is_wanted=True)
    output.result({"admin_link": link}, f"Whoever opens this first becomes an administrator:\n  {link}")


def _run_all(wishes: Wishes) -> None:
    from seedbed.serving import founding, plan, web  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.serving.supervisor import Supervisor  # noqa: PLC0415

    environment = {
        **os.environ, "SEEDBED_HOME": str(wishes.home), "SEEDBED_CATALOG": str(wishes.catalog),
        "SEEDBED_DATABASE": wishes.database,
    }  # fmt: skip
    if founding.found(wishes, lambda words: founding.run_command(words, environment)):
        output.say(f"A new catalogue was made in {wishes.catalog}; its keys are in {wishes.home}: keep a copy of both.")
    elif before := founding.moved_from(wishes):
        output.say(f"The catalogue says that it is at {before}: join links and torrents made so far lead there.")
    if wishes.is_local and not wishes.lan:
        output.say("Without a public --public-url this is a try at home: private networks are let in, as with --lan.")
    link = web.admin_link(wishes) if wishes.runs("portal") else ""
    supervisor = Supervisor(plan.parts(wishes), plan.timed(wishes), environment, _tell)
    try:
        asyncio.run(_supervise(supervisor, wishes, link))
    except OSError as error:
        raise StateError(f"the server cannot run: {error.strerror or error}") from error
    output.event({"event": "stopped"}, "Stopped.")


def _tell(part: str, text: str) -> None:
    output.event({"event": "part", "part": part, "text": text}, f"[{part}] {output.plain(text)}")


async def _supervise(supervisor: Supervisor, wishes: Wishes, link: str) -> None:
    stop = stop_sign()
    facts = {"event": "ready", "url": f"{wishes.portal_url}/", "files": f"{wishes.files_url}/",
             "trackers": list(wishes.announce_urls), "admin_link": link}  # fmt: skip

    def ready() -> None:
        lines = [f"Portal    {wishes.portal_url}/", f"Files     {wishes.files_url}/",
                 *(f"Tracker   {url}" for url in wishes.announce_urls)]  # fmt: skip
        if link:
            lines += ["", "Become the administrator (works once; --admin-link makes another):", f"  {link}"]
        output.event(facts, "\n".join(lines))

    try:
        await supervisor.run(stop, ready)
    except* SeedbedError as group:
        raise group.exceptions[0] from None
