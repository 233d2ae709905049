# SPDX-License-Identifier: Apache-2.0
"""The ``seedbed`` command: finds the subcommand, turns errors into exit codes.

Every ``cmd_<name>`` module is imported only when its command runs, so that ``seedbed --help`` stays fast.
"""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from typing import NoReturn

import click

from seedbed.cli import output
from seedbed.errors import InputError, SeedbedError

COMMANDS = {
    "audit": ("seedbed.cli.cmd_audit:audit", "Prove that the copies on web servers are true."),
    "cache": ("seedbed.cli.cmd_cache:cache", "See, check and clear what was fetched from catalogues."),
    "catalog": ("seedbed.cli.cmd_catalog:catalog", "Keep a catalogue of datasets, and follow others."),
    "cite": ("seedbed.cli.cmd_show:cite", "Cite a version of a dataset."),
    "config": ("seedbed.cli.cmd_config:config", "Show your settings, and where they are."),
    "fetch": ("seedbed.cli.cmd_fetch:fetch", "Get a dataset, or the data of a torrent, verified."),
    "gateway": ("seedbed.cli.cmd_gateway:gateway", "Serve published data and a catalogue over HTTP."),
    "health": ("seedbed.cli.cmd_health:health", "Show how safe datasets are, the worst first."),
    "integrity": ("seedbed.cli.cmd_verify:integrity", "Check a file against a torrent named by its MD5."),
    "mirror": ("seedbed.cli.cmd_mirror:mirror", "Log in to archives and stores, and try them."),
    "node": ("seedbed.cli.cmd_node:node", "Give disk and bandwidth, and keep datasets alive."),
    "publish": ("seedbed.cli.cmd_publish:publish", "Publish data as a version of a dataset in your catalogue."),
    "scrape": ("seedbed.cli.cmd_scrape:scrape", "Ask trackers how many have a dataset."),
    "search": ("seedbed.cli.cmd_search:search", "Find datasets by words, place, time, licence and more."),
    "seed": ("seedbed.cli.cmd_seed:seed", "Offer data that you hold to others."),
    "serve": ("seedbed.cli.cmd_serve:serve", "Run a whole server: portal, files, tracker, seeding node."),
    "show": ("seedbed.cli.cmd_show:show", "Show what a catalogue says of a dataset."),
    "simulate": ("seedbed.cli.cmd_simulate:simulate", "Try how a network of smartnodes keeps datasets alive."),
    "torrent": ("seedbed.cli.cmd_torrent:torrent", "Make, read and check torrent files."),
    "tracker": ("seedbed.cli.cmd_tracker:tracker", "Run a tracker for the datasets of a catalogue."),
    "upload": ("seedbed.cli.cmd_upload:upload", "Give data to a portal: sent, checked, reviewed, published."),
    "verify": ("seedbed.cli.cmd_verify:verify", "Check a copy of a dataset, down to the bit."),
    "versions": ("seedbed.cli.cmd_show:versions", "List all versions of a dataset."),
}
"""Name -> (where the command lives, the line shown in ``--help``)."""


class LazyGroup(click.Group):
    """A group that knows its commands' names and imports one only when it is used."""

    def __init__(self, *args: object, table: dict[str, tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through to click unchanged
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002, D102  # click's own contract
        return sorted(self.table)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002, D102
        if name not in self.table:
            return None
        module, attribute = self.table[name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(  # noqa: D102
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in self.table and (near := difflib.get_close_matches(name, self.table, 1)):
            ctx.fail(f"No such command {name!r}. Did you mean {near[0]!r}?")
        found = super().resolve_command(ctx, args)
        if found[0] and found[1]:
            _apply_settings(ctx, found[0], found[1])
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: D102
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.table[name][1]) for name in self.list_commands(ctx)])


def _apply_settings(ctx: click.Context, name: str, command: click.Command) -> None:
    """Let a command find its section of the settings as its defaults."""
    from seedbed.cli import settings  # noqa: PLC0415  # before the command is known there is nothing to set

    sections = settings.read() if ctx.parent is None else ctx.default_map or {}
    section = sections.get(name, {})
    if not isinstance(section, dict):
        raise InputError(f"{settings.path()}: {name}: expected a section [{name}], got {section!r}")
    if not isinstance(command, click.Group):
        whole = " ".join(filter(None, (ctx.info_name if ctx.parent else "", name)))
        section = settings.defaults(command, section, whole)
    ctx.default_map = {name: section}


INTERRUPTED = 130
"""What shells expect after Ctrl-C: 128 and the signal's number."""
PIPE_CLOSED = 141
EXIT_CODES = """\b
Exit codes:
  0 done   1 failed   2 usage   3 partly done   10 not found
  11 does not verify   12 source unreachable   13 no space"""


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="seedbed")
def main() -> None:
    """Open data that cannot go offline: publish it, seed it, fetch it, verified."""


def run() -> NoReturn:
    """Entry point of the program."""
    try:
        main.main(standalone_mode=False)
    except SeedbedError as error:
        sys.exit(output.fail(error))
    except click.ClickException as error:
        sys.exit(output.misused(error))
    except (click.Abort, KeyboardInterrupt):
        output.say("Stopped. Nothing half-written is left under a final name.")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(PIPE_CLOSED)
    except Exception as error:  # noqa: BLE001  # the last resort: a person gets words, not a traceback
        sys.exit(output.crashed(error))
    sys.exit(0)
