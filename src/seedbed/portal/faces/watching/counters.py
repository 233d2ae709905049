# SPDX-License-Identifier: Apache-2.0
"""What the portal counts of its requests, in Prometheus' text form (0.0.4). No addresses, no paths, no persons.

Labels are names of routes, methods and statuses: as many as the program has, whatever strangers ask for.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.routing import Mount, Route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
ELSE = "else"
"""The route of what none fits, and the method of what is none."""
MAX_ROUTES = 1_000


class Counters:
    """Counted since the start. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(BUCKETS_S) + 1))
        self._seconds: Counter[str] = Counter()
        self.open = 0

    def note(self, route: str, method: str, status: int, seconds: float) -> None:
        """One answer."""
        name = route if route in self._buckets or len(self._buckets) < MAX_ROUTES else ELSE
        with self._lock:
            self._requests[name, method if method in METHODS else ELSE, status] += 1
            self._buckets[name][bisect_left(BUCKETS_S, seconds)] += 1
            self._seconds[name] += seconds  # type: ignore[assignment]  # a counter adds floats as well

    def lines(self) -> Iterator[str]:
        """The metrics."""
        with self._lock:
            requests, seconds = dict(self._requests), dict(self._seconds)
            buckets = {name: list(counts) for name, counts in self._buckets.items()}
        yield from head("seedbed_portal_requests_total", "counter", "Answers, by route, method and status.")
        for (route, method, status), count in sorted(requests.items()):
            labels = f'route="{quoted(route)}",method="{method}",status="{status}"'
            yield f"seedbed_portal_requests_total{{{labels}}} {count}"
        name = "seedbed_portal_request_seconds"
        yield from head(name, "histogram", "From request to the end of the answer, by route.")
        for route, counts in sorted(buckets.items()):
            at, label = 0, quoted(route)
            for limit, count in zip((*map(str, BUCKETS_S), "+Inf"), counts, strict=True):
                at += count
                yield f'{name}_bucket{{route="{label}",le="{limit}"}} {at}'
            yield f'{name}_sum{{route="{label}"}} {seconds[route]:.6f}'
            yield f'{name}_count{{route="{label}"}} {at}'
        yield from gauge("seedbed_portal_open_requests", "Requests that are being answered.", self.open)


def head(name: str, kind: str, meaning: str) -> Iterator[str]:
    """What is said before a metric."""
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} {kind}"


def gauge(name: str, meaning: str, value: float) -> Iterator[str]:
    """A metric of one number."""
    yield from head(name, "gauge", meaning)
    yield f"{name} {value}"


def quoted(text: str) -> str:
    """A label's value."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


class Counted:
    """The middleware that counts; the outermost, so that refusals at the door are counted too.

    Each answer says how long it took to begin (``Server-Timing``, W3C), for browsers' own tools.

    Args:
        app: The rest.
        counters: Where.
        clock_s: Monotonic.
    """

    def __init__(self, app: ASGIApp, counters: Counters, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._counters = counters
        self._clock_s = clock_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start_s, status = self._clock_s(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                timing = f"app;dur={(self._clock_s() - start_s) * 1e3:.1f}"
                MutableHeaders(scope=message).append("Server-Timing", timing)
            await send(message)

        self._counters.open += 1
        try:
            await self._app(scope, receive, noting)
        finally:
            self._counters.open -= 1
            self._counters.note(_route(scope), scope["method"], status, self._clock_s() - start_s)


def _route(scope: Scope) -> str:
    found = scope.get("route")
    return found.path if isinstance(found, Route | Mount) else ELSE
