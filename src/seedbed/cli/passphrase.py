# SPDX-License-Identifier: Apache-2.0
"""Asking for the passphrase of a signing key: the environment first, then the terminal, never the command line."""

from __future__ import annotations

import os
import sys

import click

from seedbed.errors import InputError

VARIABLE = "SEEDBED_KEY_PASSPHRASE"


def ask(path: str) -> str:
    """The passphrase that opens a key; empty when there is nobody to ask.

    Args:
        path: The key file, shown to the person.
    """
    given = os.environ.get(VARIABLE, "")
    if given or not sys.stdin.isatty():
        return given
    answer: str = click.prompt(f"Passphrase of {path}", hide_input=True, err=True)
    return answer


def choose() -> str:
    """A new passphrase, asked for twice.

    Raises:
        InputError: there is nobody to ask.
    """
    given = os.environ.get(VARIABLE, "")
    if given:
        return given
    if not sys.stdin.isatty():
        raise InputError(
            "--passphrase: there is no terminal to ask on", hint=f"Set {VARIABLE}, or run it on a terminal."
        )
    answer: str = click.prompt(
        "A passphrase for your keys (longer is better)", hide_input=True, confirmation_prompt=True, err=True
    )
    return answer
