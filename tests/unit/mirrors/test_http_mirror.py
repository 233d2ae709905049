# SPDX-License-Identifier: Apache-2.0
"""A web server is a mirror that only reads."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import SourceError
from seedbed.mirrors.http import HttpMirror
from seedbed.mirrors.push import push
from seedbed.testing.mirror_suite import FILES, MirrorReadSuite, contents
from tests.web import Site, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class TestHttpMirror(MirrorReadSuite):
    """The shared suite, over HTTP with ranges."""

    has_ranges = True

    @pytest.fixture(autouse=True)
    def _servers(self) -> Iterator[None]:
        with ExitStack() as self.stack:
            yield

    def holding(self, files: Mapping[str, bytes]) -> HttpMirror:
        """A folder on a server of its own."""
        site = Site({f"/data/{key}": data for key, data in files.items()}, has_ranges=self.has_ranges)
        return HttpMirror(self.stack.enter_context(serving(site)).url + "/data")


class TestHttpMirrorWithoutRanges(TestHttpMirror):
    """The same over a server that sends whole files only."""

    has_ranges = False


def test_it_only_reads() -> None:
    """Refused before anything is asked."""
    mirror = HttpMirror("http://127.0.0.1:1/x/")

    with pytest.raises(SourceError, match="cannot be written to"):
        push(mirror, contents(FILES))
    with pytest.raises(SourceError, match="cannot be written to"):
        mirror.remove("a")
