# SPDX-License-Identifier: Apache-2.0
"""``seedbed catalog``: keeping a catalogue of datasets, and following others."""

from __future__ import annotations

import click

from seedbed.cli.main import LazyGroup

COMMANDS = {
    "add-key": ("seedbed.cli.cmd_catalog_keys:add_key", "Let one more person or machine sign."),
    "deprecate": ("seedbed.cli.cmd_catalog_mark:deprecate", "Say that a version should no longer be used."),
    "diff": ("seedbed.cli.cmd_catalog_pull:diff", "Show what changed from one release to the next."),
    "edit": ("seedbed.cli.cmd_catalog_edit:edit", "Change what is said of a version; its data stays."),
    "init": ("seedbed.cli.cmd_catalog_init:init", "Make a new catalogue, with its keys."),
    "key": ("seedbed.cli.cmd_catalog_keys:key", "Make and show the keys of a person."),
    "leave": ("seedbed.cli.cmd_catalog_pull:leave", "Follow a catalogue no more."),
    "list": ("seedbed.cli.cmd_catalog_pull:list_", "List the catalogues that you follow and publish."),
    "pull": ("seedbed.cli.cmd_catalog_pull:pull", "Follow a catalogue, or bring those you follow up to date."),
    "rotate": ("seedbed.cli.cmd_catalog_keys:rotate", "Put a new key in the place of an old one."),
    "seed": ("seedbed.cli.cmd_catalog_seed:seed", "Offer a catalogue to others, without any web server."),
    "sign": ("seedbed.cli.cmd_catalog_sign:sign", "Sign what waits, and keep the catalogue fresh."),
    "status": ("seedbed.cli.cmd_catalog_status:status", "Show who signed what, and what expires when."),
    "tracker": ("seedbed.cli.cmd_catalog_tracker:tracker", "Name the tracker of those who publish here."),
    "withdraw": ("seedbed.cli.cmd_catalog_mark:withdraw", "Say that a version must not be used."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def catalog() -> None:
    """Keep a catalogue of datasets that others can trust, and follow those of others."""
