# SPDX-License-Identifier: Apache-2.0
"""``seedbed publish`` to archives with DOIs, killed at their requests: one record, item and DOI each, in the end."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from seedbed.testing.fake_datacite import FakeDataCite
from seedbed.testing.fake_internet_archive import FakeInternetArchive
from seedbed.testing.fake_zenodo import FakeZenodo
from tests.persons import SAID, Person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seedbed.testing.fake_http import FakeService, When

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@dataclass(slots=True)
class World:
    """A person, and the services that the person publishes to."""

    person: Person
    zenodo: FakeZenodo = field(default_factory=FakeZenodo)
    archive: FakeInternetArchive = field(default_factory=FakeInternetArchive)
    datacite: FakeDataCite = field(default_factory=FakeDataCite)

    @property
    def command(self) -> tuple[object, ...]:
        """Publish to all of them; the version is to be added."""
        mirrors = ("--mirror", self.zenodo.mirror_url, "--mirror", self.archive.mirror_url)
        return ("publish", "lakes", *SAID, "--no-inspect", *mirrors, "--doi", self.datacite.minter_url)

    def killed_at(self, service: FakeService, number: int, when: When, version: str) -> bool:
        """Publish, and be killed at a request; whether there was none with this number."""
        process = self.person.start(*self.command, "--version", version)
        service.on_cut = lambda: os.kill(process.pid, signal.SIGKILL)
        service.count_anew(fails_at=number, when=when)
        process.communicate(timeout=60)
        service.count_anew()
        return process.returncode == 0

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be written anywhere."""
        return (self.zenodo.token, self.archive.secret, self.archive.access, self.datacite.password)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Of its own; the archive takes half a second to take things in."""
    world = World(Person(tmp_path))
    world.person.run("catalog", "init", tmp_path / "town", "--url", "https://data.town.example/")
    with world.zenodo, world.archive, world.datacite:
        world.person.environment |= world.zenodo.environ | world.archive.environ | world.datacite.environ
        world.person.environment |= {"SEEDBED_CATALOG": str(tmp_path / "town")}
        world.archive.delay_s = 0.5
        yield world


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("name", "step"), [("zenodo", 13), ("archive", 6), ("datacite", 6)])
def test_killed_at_a_request_it_is_published_once(world: World, name: str, step: int, when: When) -> None:
    """Whichever it was: nothing is left half-done, nothing is made twice, and no secret is written down."""
    service: FakeService = getattr(world, name)
    versions = 0
    for number in range(2, 100, step):
        (world.person.root / "lakes/a.csv").write_text(f"id\n{number}\n")
        is_through = world.killed_at(service, number, when, f"v{number}")
        versions += 1
        if is_through:
            break
        world.person.run("publish", "--resume", f"lakes@v{number}")

    assert versions > 1
    assert [one.is_published for one in world.zenodo.records.values()] == [True] * versions
    assert len({one.parent for one in world.zenodo.records.values()}) == 1
    assert len(world.archive.items) == versions
    assert [one.state for one in world.datacite.dois.values()] == ["findable"] * (versions + 1)
    assert world.person.run("publish", "--pending")[0] == {"publications": [], "left": []}
    written = b"".join(path.read_bytes() for path in world.person.root.rglob("*") if path.is_file())
    assert not [secret for secret in world.secrets if secret.encode() in written]


def test_abandoned_at_archives(world: World) -> None:
    """Drafts and DOIs are deleted, the item is empty; then the version can be published after all."""
    world.killed_at(world.zenodo, 20, "after", "v1")

    world.person.run("publish", "--abandon", "lakes@v1")

    assert not world.zenodo.records
    assert not world.datacite.dois
    assert not [name for item in world.archive.items.values() for name in item.files]
    world.person.run(*world.command, "--version", "v1")
    assert len(world.archive.items["lakes-v1"].files) >= 2
