# SPDX-License-Identifier: Apache-2.0
"""``seedbed config``."""

from __future__ import annotations

from typing import Any

import click

from seedbed.cli import output, settings


@click.command()
@output.json_option
@output.quiet_option
def config() -> None:
    """Show where your settings are, and what they say.

    config.toml has a section for each command, with its options as keys: [publish], mirror = ["zenodo:"]. What is
    typed counts more than what is set. SEEDBED_CONFIG names another file.
    """
    where, found = settings.path(), settings.read()
    lines = [f"{where}{'' if where.is_file() else '  (not there)'}"]
    lines += [f"  [{section}] {key} = {value!r}" for section, key, value in _flat(found)]
    output.result({"path": str(where), "settings": found}, "\n".join(lines))


def _flat(found: dict[str, Any], above: str = "") -> list[tuple[str, str, Any]]:
    rows: list[tuple[str, str, Any]] = []
    for key, value in found.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{above}.{key}" if above else key)
        else:
            rows.append((above, key, value))
    return rows
