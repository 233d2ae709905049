# SPDX-License-Identifier: Apache-2.0
"""The status page and the numbers for Prometheus."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from seedbed.errors import StateError
from seedbed.gateway.request import Request
from seedbed.node.page import html, metrics, texts
from seedbed.node.page.door import Answer, Door, plain
from seedbed.node.telling.words import LANGUAGES

NOON = 1_795_262_400


def unit(item: str, stage: str = "held", **more: Any) -> dict[str, Any]:
    """As ``status`` gives it."""
    usual = {"id": item, "stage": stage, "size_bytes": 6_000_000, "is_only_copy": stage == "held", "now": {}}
    return {**usual, **more}


def facts(*units: dict[str, Any], **more: Any) -> dict[str, Any]:
    """As ``status`` gives them."""
    count = {stage: sum(one["stage"] == stage for one in units) for stage in ("held", "fetching", "leaving")}
    usual = {
        "catalog": "canada", "storage_bytes": 10**9, "held_bytes": 3 * 10**8, "booked_bytes": 4 * 10**8, "hours": [],
        "catalog_bytes": 10**12, "only_here": 1, "is_paused": False, "warning": "", "monthly_bytes": 0,
        "traffic_bytes": 5, "collections": [], "large": [], "units": list(units), **count,
        "now": {
            "sent_bytes": 5_000, "received_bytes": 6_000, "trouble": "", "rounds": 3, "rounds_failed": 1,
            "last_round_s": NOON, "catalog_s": NOON - 9, "oldest_proof_s": 0, "doubtful": 0, "failing": 2,
            "version": "0.1.0",
        },
    }  # fmt: skip
    return {**usual, **more}


def collection(name: str, **more: Any) -> dict[str, Any]:
    """A row of what is protected."""
    usual = {
        "collection": name, "id": name, "held": 12, "of": 1_500, "held_bytes": 8 * 10**9, "bytes": 10**12,
        "percent": 0.8, "only_here": 12, "parts": 0,
    }  # fmt: skip
    return {**usual, **more}


def event(what: str = "held", **more: Any) -> dict[str, Any]:
    """Something that happened."""
    return {"at_s": NOON, "id": "lakes@1", "what": what, "facts": {"from_peers": 5, "from_mirrors": 0}, **more}


@pytest.mark.parametrize(("lang", "said"), [
    ("en", ["You protect 0.8\u00a0% of ortho (12 of 1,500 datasets), and 12 of them", "every byte", "8.0\u00a0GB"]),
    ("fr", ["Vous protégez 0,8\u00a0% de ortho", "1\u00a0500", "8,0\u00a0Go", "chaque octet est vérifié"]),
    ("es", ["Usted protege 0,8\u00a0% de ortho", "8,0\u00a0GB", "cada byte está comprobado"]),
])  # fmt: skip
def test_the_page(lang: str, said: list[str]) -> None:
    """What is protected, what happens and what happened, in the owner's language."""
    going = {"doing": "fetching", "bytes_done": 3, "bytes_total": 6, "bytes_per_s": 1_100_000}
    text = html.page(
        facts(unit("lakes@1"), unit("roads@1", "fetching", now=going), collections=[collection("ortho")]),
        [event()], [(NOON - 7_200, 10**8), (NOON - 3_600, 2 * 10**8), (NOON, 3 * 10**8)], lang,
    ).decode()  # fmt: skip
    for words in said:
        assert words.replace("'", "&#x27;") in text
    assert f'<html lang="{lang}">' in text
    assert 'width="50.0"' in text, "how far the fetch is"
    assert '<path class="held"' in text
    assert "prefers-color-scheme:dark" in text
    assert "<script" not in text
    assert not re.search(r"(?:src|href)=\"?(?:https?:)?//", text), "nothing is loaded from elsewhere"


def test_a_page_of_nothing() -> None:
    """At the first start there is nothing to draw, and that is said."""
    now = {**facts()["now"], "last_round_s": 0}
    text = html.page(facts(now=now), [], [], "en").decode()
    assert "Nothing yet" in text
    assert "not yet" in text
    assert "<path" not in text


def test_names_from_outside() -> None:
    """They are text, whatever is in them."""
    evil = '<script>alert("x")</script>'
    text = html.page(
        facts(
            unit(evil), unit(evil, "fetching"), collections=[collection(evil)], large=[collection(evil)], warning=evil,
            catalog=evil, hours=[evil], now={**facts()["now"], "trouble": evil},
        ),
        [event(id=evil), event("withdrawn", facts={"why": evil}), event("unheard-of", facts={"x": evil})], [], "fr",
    ).decode()  # fmt: skip
    assert "<script" not in text
    assert text.count("&lt;script") >= 8


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_stays_small(lang: str) -> None:
    """With a million datasets and the longest names: less than 50 kB."""
    name = "é" * 200
    units = [unit(f"{name}{number}@1") for number in range(3_000)]
    units += [unit(f"{name}{number}@1", "fetching") for number in range(3_000)]
    rows = [collection(f"{name}{number}") for number in range(500)]
    events = [event("withdrawn", id=name, facts={"why": name * 5}) for _ in range(html.EVENTS)]
    points = [(NOON + 3_600 * hour, 10**15 + hour) for hour in range(24 * 400)]

    text = html.page(facts(*units, collections=rows, large=rows), events, points, lang)

    assert len(text) < 50_000


def metric_lines(text: str) -> dict[str, float]:
    """Samples by name and labels; fails on whatever the format 0.0.4 does not allow."""
    assert text.endswith("\n")
    kinds: dict[str, str] = {}
    helped: set[str] = set()
    found: dict[str, float] = {}
    sample = re.compile(r'([a-z_:][a-z0-9_:]*)((?:\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})?) (-?[0-9.e+-]+)')
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split()[2]
            assert name not in helped
            helped.add(name)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            assert name in helped
            assert name not in kinds
            assert kind in {"gauge", "counter"}
            assert (kind == "counter") == name.endswith("_total"), name
            kinds[name] = kind
        else:
            match = sample.fullmatch(line)
            assert match, line
            assert match[1] in kinds, "its type comes first"
            assert match[1] + match[2] not in found
            found[match[1] + match[2]] = float(match[3])
    assert helped == kinds.keys()
    assert all(re.fullmatch(r"seedbed_node_[a-z_]+", name) for name in kinds)
    return found


def test_metrics() -> None:
    """Valid, with base units, and the numbers that an operator watches."""
    rows = [collection('a "b"\\\nc')]
    found = metric_lines(metrics.metrics(facts(unit("lakes@1"), collections=rows, is_paused=True)).decode())
    assert found['seedbed_node_units{stage="held"}'] == 1
    assert found["seedbed_node_held_bytes"] == 3 * 10**8
    assert found["seedbed_node_sent_bytes_total"] == 5_000
    assert found["seedbed_node_rounds_total"] == 3
    assert found["seedbed_node_round_failures_total"] == 1
    assert found["seedbed_node_failing_units"] == 2
    assert found["seedbed_node_paused"] == 1
    assert found["seedbed_node_last_round_timestamp_seconds"] == NOON
    assert found["seedbed_node_catalog_timestamp_seconds"] == NOON - 9
    assert found["seedbed_node_oldest_proof_timestamp_seconds"] == 0
    assert found['seedbed_node_collection_held_bytes{collection="a \\"b\\"\\\\\\nc"}'] == 8 * 10**9


@pytest.mark.parametrize(("accepted", "lang"), [
    ("", "en"), ("fr-CA,fr;q=0.9,en;q=0.8", "fr"), ("de,es;q=0.5,en;q=0.3", "es"), ("en;q=0.1, fr;q=0.2", "fr"),
    ("fr;q=0", "en"), ("de", "en"), ("*", "en"), ("ES-mx", "es"), (",;q=,fr" * 1_000, "fr"), ("fr;q=9", "fr"),
])  # fmt: skip
def test_languages(accepted: str, lang: str) -> None:
    """As the browser ranks them."""
    assert texts.language(accepted) == lang


@pytest.mark.parametrize("name", texts.TEXTS)
def test_all_words_in_all_languages(name: str) -> None:
    """None is missing, and all have the same facts."""
    words = texts.TEXTS[name]
    assert len(words) == len(LANGUAGES)
    assert len({frozenset(re.findall(r"\{(\w+)\}", one)) for one in words}) == 1


@pytest.mark.parametrize(("size_bytes", "said"), [
    (0, "0\u00a0B"), (999, "999\u00a0B"), (999_949, "999.9\u00a0kB"), (999_999, "1.0\u00a0MB"),
    (10**18, "1,000.0\u00a0PB"),
])  # fmt: skip
def test_sizes(size_bytes: int, said: str) -> None:
    """In powers of 1000; never 1000.0 of a unit that has a larger one."""
    assert texts.size(size_bytes, "en") == said


def respond(host: str = "localhost:6870", method: str = "GET", fails: Any = None, **headers: str) -> Answer:
    """What is answered to a request."""

    async def answer(_request: Request) -> Answer:
        if fails:
            raise fails
        return plain(200, "fine")

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(method, "/", {"host": host, **named})
    return asyncio.run(Door(answer, frozenset(("attic",))).respond(request))


@pytest.mark.parametrize("host", [
    "localhost:6870", "LOCALHOST", "127.0.0.1:6870", "[::1]:6870", "[::1]", "192.168.1.5:6870", "attic:6870", "Attic.",
])  # fmt: skip
def test_who_may_ask(host: str) -> None:
    """By an address, as localhost, and by the machine's own name."""
    assert respond(host).status == 200


@pytest.mark.parametrize("host", [
    "", "evil.example:6870", "localhost.evil.example", "127.0.0.1.evil.example:6870", "evil.example", "attic.evil:80",
    "localhost:6870, evil.example", "0x7f000001",
])  # fmt: skip
def test_a_strangers_name_that_leads_here(host: str) -> None:
    """DNS rebinding: the browser takes us for that stranger, and would let it read everything."""
    assert respond(host).status == 421


@pytest.mark.parametrize(("headers", "status"), [
    ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"}, 403),
    ({"sec_fetch_site": "same-site", "sec_fetch_mode": "cors"}, 403),
    ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}, 200),
    ({"sec_fetch_site": "same-origin", "sec_fetch_mode": "cors"}, 200),
    ({"sec_fetch_site": "none", "sec_fetch_mode": "navigate"}, 200),
    ({}, 200),
])  # fmt: skip
def test_other_sites_do_not_read_it(headers: dict[str, str], status: int) -> None:
    """A link from elsewhere is followed; nothing of it is embedded or fetched."""
    assert respond(**headers).status == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_can_be_changed(method: str) -> None:
    """It is read only."""
    assert respond(method=method).status == 405


def test_when_the_node_cannot_say() -> None:
    """In words; a fault of ours is told as one."""
    assert b"only just begun" in respond(fails=StateError("the node has only just begun")).body
    assert respond(fails=ZeroDivisionError()).status == 503
