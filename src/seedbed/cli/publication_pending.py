# SPDX-License-Identifier: Apache-2.0
"""Publications that are not over: listed, and taken back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.cli import output
from seedbed.cli.publication import OwnCatalog, tools_of
from seedbed.errors import SeedbedError

if TYPE_CHECKING:
    from seedbed.publishing.transaction.journal import State


def abandon(item_id: str) -> None:
    """Take a publication back."""
    from seedbed.api import publication  # noqa: PLC0415
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.publishing import catalog_folder  # noqa: PLC0415
    from seedbed.publishing.transaction import abandon as abandoning  # noqa: PLC0415
    from seedbed.publishing.transaction import journal  # noqa: PLC0415

    where = publication.find(Home.of_environment(), item_id)
    with journal.open_journal(where) as held:
        name = held.state.item_id
        catalog = catalog_folder.open_folder(Path(held.state.catalog))
        never: Any = None  # nothing is made
        tools = tools_of({"lan": False}, OwnCatalog(catalog, never, never), lambda *_: None)
        stays = abandoning.abandon(held, tools)
    head = f"{name}: nothing of it is left{', but:' if stays else '.'}"
    text = "\n".join([head, *(f"  {output.plain(one)}" for one in stays)])
    output.result({"id": name, "stays": stays}, text)


def show_pending(mirrors: tuple[str, ...]) -> None:
    """List publications that are not over, and what was begun on mirrors by anybody's lost journal.

    Args:
        mirrors: Further ones to look at, besides those of the publications.
    """
    from seedbed.api import publication  # noqa: PLC0415
    from seedbed.api.home import Home  # noqa: PLC0415

    states = publication.states(Home.of_environment())
    urls = dict.fromkeys([*(home.url for state in states for home in state.homes), *mirrors])
    left = [found for url in urls for found in _left_at(url, {state.token for state in states})]
    facts = {"publications": [_facts(state) for state in states], "left": left}
    lines = [line for state in states for line in _lines(state)]
    lines += [f"left over: {output.plain(one['mirror'])}  {output.plain(one['text'])}" for one in left]
    output.result(facts, "\n".join(lines) or "Every publication is finished.")


def _left_at(url: str, tokens: set[str]) -> list[dict[str, str]]:
    """What was begun at a mirror, and belongs to no publication that is known here."""
    from seedbed.mirrors.registry import open_depository  # noqa: PLC0415

    try:
        with closing(open_depository(url)) as depository:
            found = [one for one in depository.unfinished() if one.token not in tokens]
    except SeedbedError as error:
        output.say(f"It cannot be asked what is left over: {error.message}")
        return []
    return [{"mirror": url, "id": one.id, "text": one.text} for one in found]


def _facts(state: State) -> dict[str, Any]:
    return {
        "id": state.item_id,
        "begun": state.begun,
        "catalog": state.catalog,
        "doi": state.doi or None,
        "serial": state.released or None,
        "mirrors": [{"url": home.url, "state": _standing(home), "failure": home.failure} for home in state.homes],
    }


def _lines(state: State) -> list[str]:
    doi = f", DOI {state.doi}" if state.doi else ""
    head = f"{state.item_id}  begun {state.begun}{doi}"
    return [
        head,
        *(f"  {_standing(home):<9} {output.plain(home.url)}  {home.failure}".rstrip() for home in state.homes),
    ]


def _standing(home: Any) -> str:
    """How far a mirror is, in a word."""
    steps = (("in_catalog", "published"), ("is_verified", "proved"), ("is_finished", "public"),
             ("is_described", "described"), ("is_pushed", "pushed"), ("is_begun", "begun"))  # fmt: skip
    return next((word for field, word in steps if getattr(home, field)), "waiting")
