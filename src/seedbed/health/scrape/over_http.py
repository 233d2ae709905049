# SPDX-License-Identifier: Apache-2.0
"""Asking a tracker over HTTP, in the way that it likes. What gets a page, and what pauses, are passed in.

Most trackers answer many hashes at once. Some answer one of them only, or refuse when there are several; some answer
only who asks for everything (Academic Torrents). Which of these it is is found out once, and kept in the record.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.errors import SeedbedError
from seedbed.fetching.faults import Fault
from seedbed.fetching.faults import Kind as FaultKind
from seedbed.fetching.rules import Rules
from seedbed.fetching.web.http_document import get_document
from seedbed.health.scrape import http_wire
from seedbed.health.scrape.counted import Asked, Unanswered
from seedbed.health.scrape.http_wire import Answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from seedbed.health.scrape.counted import Kind, Numbers

MAX_BODY_BYTES = 16_000_000
"""A scrape of everything has some 80 bytes for each torrent: 200,000 of them."""
MAX_SINGLY = 20
"""Questions of one hash in one run; the others have their turn in the next."""
_IS_GONE = re.compile(r"\((404|410)\)")
PAUSE_S = 2.0
"""Between them: trackers that are asked one by one have been seen to refuse more than one question in two seconds."""


@dataclass(slots=True)
class OverHttp:
    """One tracker.

    Args:
        scrape: Where it is asked.
        get: Gets a page of at most :data:`MAX_BODY_BYTES`; raises Unanswered.
        pause: Waits so many seconds.
    """

    scrape: str
    get: Callable[[str], Awaitable[bytes]]
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep

    async def ask(self, info_hashes: Sequence[bytes], way: str = "") -> Asked:
        """Ask for hashes.

        Raises:
            Unanswered: it gives no answer at all.
        """
        if way == "all":
            answer = await self._all(info_hashes)
            return Asked(answer.found, info_hashes, "all", answer.failure)
        if way == "one":
            return await self._singly(info_hashes)
        found: dict[bytes, Numbers] = {}
        failure = ""
        for url, batch in http_wire.questions(self.scrape, info_hashes):
            answer = await self._ask_many(url, batch, way)
            found |= answer.found
            failure = failure or answer.failure
            if way != "many":
                way = await self._learn(batch, answer, way)
                if way in {"one", "all"}:
                    return await self.ask(info_hashes, way)
        return Asked(found, info_hashes, way, "" if found else failure)

    async def _ask_many(self, url: str, batch: Sequence[bytes], way: str) -> Answer:
        """One question; an error of HTTP may be what a tracker says to several hashes, while it is not known."""
        try:
            return http_wire.read(await self.get(url), batch)
        except Unanswered as fault:
            if fault.kind == "nonsense" and len(batch) > 1 and way != "many" and await self._answers(batch[0]):
                return Answer({})
            raise

    async def _learn(self, batch: Sequence[bytes], answer: Answer, way: str) -> str:
        """How it likes to be asked, from its answer to some hashes, and two questions more where that tells nothing."""
        if len(answer.found) > 1:
            return "many"
        if len(batch) > 1:
            one = next(one for one in batch if one not in answer.found)
            if await self._answers(one):
                return "one"
        if answer.found or way == "few":
            return way
        try:
            return "all" if (await self._all(batch)).found else "few"
        except Unanswered:
            return "few"

    async def _answers(self, info_hash: bytes) -> bool:
        ((url, batch),) = http_wire.questions(self.scrape, [info_hash])
        return bool(http_wire.read(await self.get(url), batch).found)

    async def _all(self, wanted: Sequence[bytes]) -> Answer:
        return http_wire.read(await self.get(self.scrape), wanted)

    async def _singly(self, info_hashes: Sequence[bytes]) -> Asked:
        found: dict[bytes, Numbers] = {}
        asked, failure = info_hashes[:MAX_SINGLY], ""
        for number, one in enumerate(asked):
            if number:
                await self.pause(PAUSE_S)
            ((url, batch),) = http_wire.questions(self.scrape, [one])
            answer = http_wire.read(await self.get(url), batch)
            found |= answer.found
            failure = failure or answer.failure
        return Asked(found, asked, "one", "" if found else failure)


def rules(*, allows_private: bool) -> Rules:
    """How patient we are with a tracker."""
    return Rules(allows_private=allows_private, connect_timeout_s=10.0, stall_timeout_s=15.0)


async def get(url: str, limits: Rules) -> bytes:
    """Get a page, in a thread.

    Raises:
        Unanswered: it does not come.
    """
    try:
        return await asyncio.to_thread(get_document, url, limits, max_bytes=MAX_BODY_BYTES)
    except Fault as fault:
        raise Unanswered(_kind(fault), fault.text) from fault
    except (SeedbedError, ValueError) as error:
        raise Unanswered("nonsense", str(error)) from error


def _kind(fault: Fault) -> Kind:
    """A refusal by somebody before the tracker, such as Cloudflare's 403, is another thing than no scrape (404)."""
    if isinstance(fault.__cause__, OSError) and "is not found" in fault.text:
        return "dns"
    if fault.kind is FaultKind.MISSING and fault.name != "forbidden":
        return "no-scrape" if _IS_GONE.search(fault.text) else "nonsense"
    names: dict[str, Kind] = {
        "forbidden": "refused", "failing": "nonsense", "stalled": "timeout", "private-address": "private-address",
        "busy": "timeout",
    }  # fmt: skip
    return names.get(fault.name, "connection")
