# SPDX-License-Identifier: Apache-2.0
"""``seedbed publish`` to mirrors: begun, and gone on with."""

from __future__ import annotations

import json
import os
import uuid
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from seedbed.cli import output, progress
from seedbed.cli.hashing import hashed
from seedbed.cli.wish import are_urls
from seedbed.errors import InputError, PartlyDoneError, SeedbedError, SourceError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from seedbed.creating.create import Created, Plan
    from seedbed.mirrors.deposits import Depository
    from seedbed.publishing.request import CatalogWithTorrents, Prepared, Published, Publisher
    from seedbed.publishing.transaction.journal import Journal, State
    from seedbed.publishing.transaction.tools import Tools

_OF_THIS_RUN = frozenset(("resume", "abandon", "pending", "dry_run", "wait_s", "min_mirrors", "workers", "no_resume"))
"""Options that say nothing of what is published where."""
_MAY_CHANGE = frozenset(("lan", "keys_dir", "cluster"))
"""Options that are kept for ``--resume``, and may be others when a publication is gone on with."""
_TYPED = {"mirrors": "mirror", "trackers": "tracker", "tiers": "tracker", "web_seeds": "webseed", "minter": "doi"}
"""Names of options in the code -> as they are typed."""


@dataclass(frozen=True, slots=True)
class OwnCatalog:
    """The catalogue that a version goes into."""

    known: CatalogWithTorrents
    """To be read."""
    publisher: Callable[[], AbstractContextManager[Publisher]]
    """Holds it open for changes."""
    now: Callable[[], dt.datetime]


def check_mirrors(urls: tuple[str, ...]) -> None:
    """Refuse what cannot be opened, before it is written down anywhere: somebody may have put a password into a URL.

    Raises:
        InputError: a URL or its credentials cannot be used, nothing can be written there, or a place is named twice.
    """
    from seedbed.mirrors import credentials  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.mirrors.registry import account_of, open_depository  # noqa: PLC0415

    places: set[tuple[str, str]] = set()
    for url in dict.fromkeys(urls):
        if account := account_of(url):
            credentials.find(account, os.environ)
        with closing(open_depository(url)) as depository:
            if not depository.traits.is_writable:
                raise InputError(
                    f"mirror {depository.name}: it can only be read, and nothing can be pushed there",
                    hint="A folder of your web server is file:///folder?public=URL; a copy that is there already is "
                    "--webseed URL.",
                )
            place = _place_of(depository, url)
            if place in places:  # it would count as two copies, and be taken back with the other
                raise InputError(f"mirror {depository.name}: it is named twice, by URLs with other options")
            places |= {place} if place else set()


def _place_of(depository: Depository, url: str) -> tuple[str, str] | None:
    """Names a folder or prefix whatever else its URL says; None for archives, which tell their deposits apart."""
    from seedbed.mirrors.shelf import Shelf  # noqa: PLC0415  # imports stay inside: --help must be quick

    if not isinstance(depository, Shelf):
        return None
    return depository.name, dict(parse_qsl(urlsplit(url).query)).get("endpoint", "")


def publish(prepared: Prepared, paths: tuple[str, ...], options: Mapping[str, Any], own: OwnCatalog) -> Published:
    """Publish to mirrors and in the catalogue; goes on with what was begun by the same command.

    Args:
        prepared: What shall be published.
        paths: As the person gave them.
        options: Of the command; ``catalog`` is the catalogue's folder.
        own: The catalogue.

    Raises:
        InputError: the same version is being published in another way.
        SeedbedError: too few mirrors have it; the catalogue is as it was.
    """
    from seedbed.api import publication  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.publishing.transaction import journal, run  # noqa: PLC0415

    home = Home.of_environment()
    state = _new_state(prepared, paths, options, own)
    known = _begun(publication.states(home), state)
    state = known or state
    where = publication.folder_of(home, Path(state.catalog), state.item_id)
    prepared = replace(prepared, request=replace(prepared.request, version=state.version))
    if known:
        output.say(f"Going on with {state.item_id}, begun {state.begun}.")
    with journal.open_journal(where) if known else journal.create(where, state) as held, progress.bars() as sent:
        held.state.min_mirrors = options["min_mirrors"] or held.state.min_mirrors
        tools = tools_of(options, own, sent)
        try:
            return run.run(held, prepared, tools)
        except SeedbedError as error:
            _tell_what_is_begun(error, held)
            raise
        except KeyboardInterrupt:
            output.say(f"Not published yet: seedbed publish --resume {state.item_id} goes on from here.")
            raise
        finally:
            _tell_left_behind(held)


def trackers_of(folder: Path) -> tuple[str, ...]:
    """Trackers that a catalogue names for all that is published in it; none where there is no catalogue."""
    from seedbed.catalog import paths  # noqa: PLC0415
    from seedbed.catalog.table import reader  # noqa: PLC0415

    catalog = folder / paths.CATALOG
    return reader.read_site(catalog).trackers if catalog.is_file() else ()


def prove_where_it_is(created: Created) -> None:
    """Prove the copy on the web that the data was read from, as others will read it: perhaps by another address.

    Raises:
        SourceError: others would not get these bytes there.
    """
    from seedbed.api import publication  # noqa: PLC0415
    from seedbed.core import metainfo_reader  # noqa: PLC0415

    dataset = created.plan.dataset
    urls = [f"{dataset.folder_url}{{path}}"] if dataset.folder_url else list(dataset.web_seeds)
    troubles = publication.auditor(lan=True)(metainfo_reader.parse(created.torrent), urls) if urls else {}
    for url, trouble in troubles.items():
        if trouble:
            raise SourceError(f"{url}: its copy is not good: {trouble}", hint="Nothing was published.")


def restored(item_id: str, options: Mapping[str, Any]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The command of a publication that is not over: its paths and options.

    Raises:
        NotFoundError: there is none to go on with.
        InputError: there are several.
    """
    from seedbed.api import publication  # noqa: PLC0415
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.publishing.transaction import journal  # noqa: PLC0415

    state = journal.read(publication.find(Home.of_environment(), item_id))
    kept = {key: tuple(value) if isinstance(value, list) else value for key, value in state.command["options"].items()}
    said_now = {key: options[key] for key in _MAY_CHANGE if options.get(key)}
    return tuple(state.command["paths"]), {**options, **kept, **said_now}


def _new_state(prepared: Prepared, paths: tuple[str, ...], options: Mapping[str, Any], own: OwnCatalog) -> State:
    from seedbed.publishing import entry  # noqa: PLC0415
    from seedbed.publishing.transaction.journal import Home, State  # noqa: PLC0415

    request, dataset, now = prepared.request, prepared.plan.dataset, own.now()
    return State(
        token=uuid.uuid4().hex,
        dataset=request.dataset,
        version=request.version or entry.free_version(own.known.versions(request.dataset), now),
        name=dataset.name,
        is_single_file=dataset.is_single_file,
        catalog=str(Path(options["catalog"]).absolute()),
        begun=now.isoformat(),
        command=_command(paths, options),
        homes=[Home(url) for url in dict.fromkeys(options["mirrors"])],
        min_mirrors=options["min_mirrors"],
        minter=options["minter"],
    )


def _command(paths: tuple[str, ...], options: Mapping[str, Any]) -> dict[str, Any]:
    """What the person asked for, as the journal keeps it; files by their whole paths."""
    kept = {key: value for key, value in options.items() if key not in _OF_THIS_RUN and value}
    for key in ("catalog", "keys_dir", "metadata_file"):
        if kept.get(key):
            kept[key] = str(Path(kept[key]).absolute())
    places = paths if are_urls(paths) else [str(Path(path).absolute()) for path in paths]
    command: dict[str, Any] = json.loads(json.dumps({"paths": list(places), "options": kept}))
    return command


def _begun(states: list[State], wanted: State) -> State | None:
    """The publication that the same command began; None when there is none.

    Raises:
        InputError: another command is publishing the same version.
    """
    for known in states:
        if (known.catalog, known.dataset) != (wanted.catalog, wanted.dataset):
            continue
        others = _differences(known, wanted)
        if not others:
            return known
        if known.version == wanted.version or not wanted.command["options"].get("version"):
            raise InputError(
                f"{known.item_id}: it was begun at {known.begun} by another command, and is not finished: "
                f"{', '.join(others)} {'was' if len(others) == 1 else 'were'} different",
                hint=f"'seedbed publish --resume {known.item_id}' goes on with it, "
                f"'seedbed publish --abandon {known.item_id}' takes it back. Or give this data a --version of its own.",
            )
    return None


def _differences(known: State, wanted: State) -> list[str]:
    """What two commands would publish differently: names of options, as the person types them."""
    one, other = ({k: v for k, v in s.command["options"].items() if k not in _MAY_CHANGE} for s in (known, wanted))
    names = sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
    paths = ["the data's path"] if known.command["paths"] != wanted.command["paths"] else []
    return [*paths, *dict.fromkeys(f"--{_TYPED.get(name, name).strip('_').replace('_', '-')}" for name in names)]


def tools_of(options: Mapping[str, Any], own: OwnCatalog, sent: Callable[[str, int, int], object]) -> Tools:
    """What a publication is given from outside.

    Args:
        options: Of the command.
        own: The catalogue.
        sent: Progress of pushing: the mirror's name, bytes sent, bytes in all.
    """
    from seedbed.api import publication  # noqa: PLC0415
    from seedbed.mirrors.registry import open_depository  # noqa: PLC0415
    from seedbed.publishing.transaction.tools import Tools  # noqa: PLC0415

    def hash_all(plan: Plan, told: Callable[[int, bytes], object]) -> Created:
        with hashed(plan, options, told) as created:
            return created

    return Tools(
        depository=open_depository,
        minter=publication.minter,
        hash=hash_all,
        audit=publication.auditor(lan=options["lan"], say=lambda text: output.say(output.plain(text))),
        catalog=own.known,
        publisher=own.publisher,
        now=own.now,
        say=output.say,
        sent=sent,
    )


def _tell_what_is_begun(error: SeedbedError, journal: Journal) -> None:
    """Whatever failed, the person hears what to do with what was begun."""
    state = journal.state
    if "--abandon" not in error.hint and not state.released and any(home.is_begun for home in state.homes):
        error.hint = f"{error.hint} 'seedbed publish --abandon {state.item_id}' takes back what was begun.".strip()


def _tell_left_behind(journal: Journal) -> None:
    """Say which mirrors were left behind, when the version is published without them.

    Raises:
        PartlyDoneError: there are such.
    """
    state = journal.state
    behind = [home for home in state.homes if home.failure]
    if state.released and behind:
        lines = "".join(f"\n  {output.plain(home.url)}: {home.failure}" for home in behind)
        raise PartlyDoneError(
            f"{state.item_id} is published, but not everywhere:{lines}",
            hint=f"seedbed publish --resume {state.item_id} tries again; --abandon {state.item_id} gives them up.",
        )
