# SPDX-License-Identifier: Apache-2.0
"""Numbers for Prometheus: text format 0.0.4, named after its conventions: base units, ``_total`` (pure).

How old something is, is for the one who asks: ``time() - seedbed_node_last_round_timestamp_seconds``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_COLLECTIONS = 200


def metrics(facts: Mapping[str, Any]) -> bytes:
    """All of them.

    Args:
        facts: As :meth:`seedbed.node.control.desk.Desk.status` gives them.
    """
    lines: list[str] = []
    for name, kind, what, rows in _families(facts, facts["now"]):
        lines += [f"# HELP {name} {what}", f"# TYPE {name} {kind}"]
        lines += [f"{name}{_labels(labels)} {_number(value)}" for labels, value in rows]
    return ("\n".join(lines) + "\n").encode()


def _families(
    facts: Mapping[str, Any], now: Mapping[str, Any]
) -> Iterator[tuple[str, str, str, list[tuple[dict[str, str], float]]]]:
    def one(name: str, what: str, value: float, kind: str = "gauge") -> Any:
        return f"seedbed_node_{name}", kind, what, [({}, value)]

    yield (
        "seedbed_node_info",
        "gauge",
        "Which node this is.",
        [({"catalog": facts["catalog"], "version": now["version"]}, 1)],
    )
    stages = [({"stage": stage}, facts[stage]) for stage in ("held", "fetching", "leaving")]
    yield "seedbed_node_units", "gauge", "Datasets and parts, by what is done with them.", stages
    yield one("held_bytes", "Bytes that are held and proved, or in doubt.", facts["held_bytes"])
    yield one("booked_bytes", "Bytes that are held or will be.", facts["booked_bytes"])
    yield one("storage_limit_bytes", "Bytes that are given.", facts["storage_bytes"])
    yield one("catalog_bytes", "Bytes of all that the catalogue lists.", facts["catalog_bytes"])
    yield one("only_copies", "Datasets and parts of which no other copy is seen online.", facts["only_here"])
    yield one("doubtful_units", "Held, and to be proved before they are served.", now["doubtful"])
    yield one("failing_units", "Fetches whose last attempt failed.", now["failing"])
    yield one("paused", "1 while nothing is fetched or dropped.", facts["is_paused"])
    yield one("sent_bytes_total", "Sent since the start, with protocol.", now["sent_bytes"], "counter")
    yield one("received_bytes_total", "Received since the start, with protocol.", now["received_bytes"], "counter")
    yield one("month_traffic_bytes", "Sent and received in this month.", facts["traffic_bytes"])
    yield one("rounds_total", "Rounds that were done since the start.", now["rounds"], "counter")
    yield one("round_failures_total", "Rounds that ended early.", now["rounds_failed"], "counter")
    yield one("last_round_timestamp_seconds", "When the last round ended; 0 for never.", now["last_round_s"])
    yield one("catalog_timestamp_seconds", "When the catalogue was written; 0 for unknown.", now["catalog_s"])
    yield one(
        "oldest_proof_timestamp_seconds", "When what waits longest was proved; 0 for nothing.", now["oldest_proof_s"]
    )
    held = [({"collection": row["collection"]}, row["held_bytes"]) for row in facts["collections"][:MOST_COLLECTIONS]]
    if held:
        yield "seedbed_node_collection_held_bytes", "gauge", "Bytes held of each collection.", held


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
