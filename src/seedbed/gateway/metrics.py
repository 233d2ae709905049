# SPDX-License-Identifier: Apache-2.0
"""What the gateway counts, in Prometheus' text form (0.0.4). No addresses, no paths."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(slots=True)
class Metrics:
    """Counted since the start."""

    requests: Counter[int] = field(default_factory=Counter)
    """By status."""
    sent_bytes: int = 0
    """Of bodies."""
    connections: int = 0
    """Open now."""
    slow_clients: int = 0
    """Connections that were ended because too little was taken."""

    mirror_failures: int = 0
    """Answers that a mirror's failure prevented or cut."""

    def text(self) -> str:
        """The page."""
        lines = ["# HELP seedbed_gateway_requests_total Answers, by status.",
                 "# TYPE seedbed_gateway_requests_total counter"]  # fmt: skip
        lines += [
            f'seedbed_gateway_requests_total{{status="{status}"}} {count}'
            for status, count in sorted(self.requests.items())
        ]
        single = (
            ("sent_bytes_total", "counter", "Bytes of bodies sent.", self.sent_bytes),
            ("connections", "gauge", "Connections open now.", self.connections),
            ("mirror_failures_total", "counter", "Answers that a mirror prevented or cut.", self.mirror_failures),
            ("slow_clients_total", "counter", "Connections ended for slowness.", self.slow_clients),
        )
        for name, kind, meaning, value in single:
            lines += [
                f"# HELP seedbed_gateway_{name} {meaning}",
                f"# TYPE seedbed_gateway_{name} {kind}",
                f"seedbed_gateway_{name} {value}",
            ]
        return "\n".join(lines) + "\n"
