# SPDX-License-Identifier: Apache-2.0
"""Jobs become commands, and what came of a command becomes the upload's state."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from seedbed.portal.review import jobs
from seedbed.portal.uploads import drafts, states
from seedbed.portal.uploads.describing import taken
from seedbed.portal.uploads.quarantine import Den
from seedbed.portal.uploads.states import SERVER, State
from seedbed.serving.working.commands import CommandError, Commands
from seedbed.serving.working.worker import AGAIN_S, Worker
from seedbed.testing.datasets import make_dataset
from tests.portals import Stand, small_catalog
from tests.unit.serving.test_plan import wishes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
OWNER, REVIEWER = "ana", "ben"


@dataclass(slots=True)
class Recorded:
    """Answers commands as it was told, and remembers them."""

    answers: dict[str, dict[str, Any] | CommandError] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    environments: list[dict[str, str]] = field(default_factory=list)

    async def run(self, words: Sequence[str], **more: str) -> dict[str, Any]:
        """As :meth:`Commands.run`."""
        self.asked.append(tuple(words))
        self.environments.append(more)
        answer = self.answers.get(words[0], {})
        if isinstance(answer, CommandError):
            raise answer
        return answer


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A portal."""
    small_catalog(tmp_path / "catalog")
    with Stand.open(tmp_path, now=NOW) as opened:
        yield opened


def approved(stand: Stand, kind: str = "files", **changes: Any) -> str:
    """An upload of one file that a reviewer has approved, and its job."""
    portal, now_s = stand.portal, NOW.timestamp()
    with portal.store.begin() as connection:
        upload_id = drafts.begin(connection, drafts.New(kind, OWNER, "rivers.csv", **changes), now_s=now_s)
        said = taken({"title": "Rivers", "license": "CC0-1.0", "dataset": "rivers", "version": "1"})
        drafts.change(connection, upload_id, now_s=now_s, **said)
        for to, by in (
            (State.CHECKING, OWNER),
            (State.CHECKED, SERVER),
            (State.IN_REVIEW, OWNER),
            (State.APPROVED, REVIEWER),
        ):
            states.move(connection, upload_id, to, by=by, now_s=now_s)
        jobs.add(connection, "publish", upload_id=upload_id, by=REVIEWER, now_s=now_s)
    den = Den.of(portal.settings.quarantine, upload_id)
    den.make()
    (den.data / "rivers.csv").write_text("name\nOb\n")
    return upload_id


def work(stand: Stand, commands: Recorded) -> bool:
    """One turn of the worker."""
    folder = stand.portal.settings.folder
    worker = Worker(stand.portal, wishes(folder=folder), commands)  # type: ignore[arg-type]  # asked in the same way
    return asyncio.run(worker.once())


def state_of(stand: Stand, upload_id: str) -> tuple[State, str, str]:
    """State, reason and item of an upload."""
    with stand.portal.store.read() as connection:
        found = drafts.find(connection, upload_id)
    return found.state, found.reason, found.item_id


def test_an_approved_upload_is_published_seeded_and_forgotten(stand: Stand) -> None:
    """By the command that people use, with the hashes that were made while it came in."""
    upload_id, commands = approved(stand), Recorded({"publish": {"id": "rivers@1"}})

    assert work(stand, commands)
    assert not work(stand, commands)

    publish, adopt, health = commands.asked
    assert publish[:3] == ("publish", "--dataset", "rivers")
    assert publish[publish.index("--version") :][:2] == ("--version", "1")
    mirror = publish[publish.index("--mirror") + 1]
    assert mirror.startswith(f"file://{stand.portal.settings.data}?public=http://127.0.0.1:8081/webseed/")
    assert commands.environments[0]["XDG_CACHE_HOME"].endswith("/cache")
    assert adopt == ("node", "adopt", str(stand.portal.settings.data / "rivers" / "1"))
    assert health[:2] == ("health", "rivers@1")
    assert state_of(stand, upload_id) == (State.PUBLISHED, "", "rivers@1")
    assert not Den.of(stand.portal.settings.quarantine, upload_id).folder.exists()


def test_a_torrent_s_data_is_fetched_and_the_torrent_kept(stand: Stand, tmp_path: Path) -> None:
    """What came with it is not fetched again."""
    made = make_dataset(tmp_path / "made", {"a.csv": 50_000, "b.csv": 10})
    upload_id, commands = approved(stand, kind="torrent"), Recorded({"publish": {"id": "rivers@1"}})
    den = Den.of(stand.portal.settings.quarantine, upload_id)
    (den.data / "rivers.csv").unlink()
    (den.data / "old.torrent").write_bytes(made.torrent)
    body = made.contents[f"{made.metainfo.name}/b.csv"]
    (den.data / "b.csv").write_bytes(body)

    assert work(stand, commands)

    assert not Den.of(stand.portal.settings.quarantine, upload_id).folder.exists()
    fetch, publish = commands.asked[:2]
    assert fetch[:3] == ("fetch", str(den.data / "old.torrent"), "-o")
    assert publish[-3:] == (
        "--torrent",
        str(den.data / "old.torrent"),
        str(den.folder / "fetched" / made.metainfo.name),
    )


def test_data_on_the_web_is_published_where_it_is(stand: Stand) -> None:
    """Not into our own folder; and no name may lead into our own network by now."""
    places = ("https://data.example.org/a.csv", "https://data.example.org/b.csv")
    approved(stand, kind="places", places=places)
    commands = Recorded({"publish": {"id": "rivers@1"}})

    assert work(stand, commands)

    assert commands.asked[0][-4:] == ("--name", "rivers.csv", *places)
    assert "--mirror" not in commands.asked[0]
    assert commands.environments[0] == {"SEEDBED_ONLY_PUBLIC": "1"}


def test_what_the_data_is_to_blame_for_goes_back_to_review_with_its_reason(stand: Stand) -> None:
    """And the bytes stay in quarantine."""
    upload_id = approved(stand)

    work(stand, Recorded({"publish": CommandError("the very same data is published as x@1", 2, "Nothing new.")}))

    state, reason, _ = state_of(stand, upload_id)
    assert state is State.IN_REVIEW
    assert "the very same data is published as x@1 Nothing new." in reason
    assert Den.of(stand.portal.settings.quarantine, upload_id).data.exists()


def test_what_may_go_well_later_is_tried_again(stand: Stand) -> None:
    """A mirror that was away; the upload waits, approved."""
    upload_id = approved(stand)

    work(stand, Recorded({"publish": CommandError("zenodo does not answer", 12)}))
    assert state_of(stand, upload_id)[0] is State.APPROVED
    assert not work(stand, Recorded())
    stand.clock.forward(seconds=AGAIN_S + 1)
    work(stand, Recorded({"publish": {"id": "rivers@1"}}))

    assert state_of(stand, upload_id)[0] is State.PUBLISHED


def test_a_job_of_a_killed_worker_is_done_by_the_next(stand: Stand) -> None:
    """The upload was being published; the same command goes on with it."""
    upload_id = approved(stand)
    with stand.portal.store.begin() as connection:
        assert jobs.claim(connection, NOW.timestamp())
        states.move(connection, upload_id, State.PUBLISHING, by=SERVER, now_s=NOW.timestamp())

    assert not work(stand, Recorded())
    stand.clock.forward(seconds=jobs.LEASE_S + 1)
    assert work(stand, Recorded({"publish": {"id": "rivers@1"}}))

    assert state_of(stand, upload_id)[0] is State.PUBLISHED


def test_what_its_uploader_took_back_is_not_published(stand: Stand) -> None:
    """Even when the job was waiting."""
    upload_id, commands = approved(stand), Recorded()
    with stand.portal.store.begin() as connection:
        states.move(connection, upload_id, State.WITHDRAWN, by=OWNER, now_s=NOW.timestamp())

    assert work(stand, commands)

    assert commands.asked == []


def test_a_node_that_is_away_undoes_no_publication(stand: Stand) -> None:
    """It follows the catalogue anyhow."""
    upload_id = approved(stand)

    work(stand, Recorded({"publish": {"id": "rivers@1"}, "node": CommandError("no node has joined", 10)}))

    assert state_of(stand, upload_id)[0] is State.PUBLISHED


def test_a_takedown_takes_the_files_away_before_it_says_so(stand: Stand) -> None:
    """An appeal puts them back."""
    folder = stand.portal.settings.data / "lakes" / "2"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("1")
    commands = Recorded()
    with stand.portal.store.begin() as connection:
        jobs.add(connection, "withdraw", item_id="lakes@2", reason="It names people.", now_s=NOW.timestamp())

    assert work(stand, commands)
    assert not folder.exists()
    assert commands.asked[0][:5] == ("catalog", "withdraw", "lakes@2", "--reason", "It names people.")
    with stand.portal.store.begin() as connection:
        jobs.add(connection, "restore", item_id="lakes@2", now_s=NOW.timestamp())
    assert work(stand, commands)

    assert (folder / "a.csv").read_text() == "1"
    assert "--undo" in commands.asked[1]


@pytest.mark.parametrize(("words", "code"), [(("health", "--catalog", "/nowhere/at/all"), 10), (("serve",), 2)])
def test_a_command_s_error_is_told_with_its_code(words: tuple[str, ...], code: int, tmp_path: Path) -> None:
    """In the words that a person would have read."""
    commands = Commands({"SEEDBED_HOME": str(tmp_path), "PATH": "/usr/bin"})

    with pytest.raises(CommandError) as caught:
        asyncio.run(commands.run(words))

    assert caught.value.code == code
    assert str(caught.value)
