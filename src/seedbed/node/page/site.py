# SPDX-License-Identifier: Apache-2.0
"""What is where on a node's page."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from seedbed.node.page import html, metrics, texts
from seedbed.node.page.door import HTML, JSON, METRICS, Answer, plain
from seedbed.node.state import DAY_S

if TYPE_CHECKING:
    from seedbed.gateway.request import Request
    from seedbed.node.control.desk import Desk

DAYS = 400
"""Shown of the past."""


@dataclass(frozen=True, slots=True)
class Site:
    """See the module's text.

    Args:
        desk: Knows how the node stands.
    """

    desk: Desk

    async def answer(self, request: Request) -> Answer:
        """What is at a path.

        Raises:
            SeedbedError: the node cannot say how it stands.
        """
        if request.path not in {"/", "/status.json", "/metrics"}:
            return plain(404, "there is /, /status.json and /metrics")
        facts = await self.desk.status()
        if request.path == "/metrics":
            return Answer(200, METRICS, await asyncio.to_thread(metrics.metrics, facts))
        if request.path == "/status.json":
            text = await asyncio.to_thread(lambda: json.dumps(facts, ensure_ascii=False))
            return Answer(200, JSON, text.encode())
        lang, state = texts.language(request.headers.get("accept-language", "")), self.desk.parts.state
        since_s = self.desk.parts.now_s() - DAYS * DAY_S
        points = await asyncio.to_thread(state.points, since_s)
        events = [asdict(event) for event in await asyncio.to_thread(lambda: state.events(limit=html.EVENTS))]
        return Answer(200, HTML, await asyncio.to_thread(html.page, facts, events, points, lang))
