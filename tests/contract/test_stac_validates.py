# SPDX-License-Identifier: Apache-2.0
"""Our items and collections against pystac's schemas of STAC 1.1, the extensions' rules and our own two schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pystac
import pytest
from hypothesis import HealthCheck, given, settings
from pystac.validation import local_validator, stac_validator
from pystac.validation.stac_validator import JsonSchemaSTACValidator

from seedbed.catalog.model import Mirror, Release, Site
from seedbed.catalog.stac import collection
from seedbed.catalog.stac.item import properties, to_item
from seedbed.catalog.table import schema
from tests.releases import release, releases, versions

ROOT = Path(__file__).parents[2]
SPEC = (ROOT / "docs/spec/stac.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def validator() -> JsonSchemaSTACValidator:
    """Knows all schemas beforehand, so that it never asks the network."""
    made = JsonSchemaSTACValidator()
    for path in [*(ROOT / "tests/data/stac").glob("*.json"), *(ROOT / "docs/spec/stac").glob("*.json")]:
        document = json.loads(path.read_text(encoding="utf-8"))
        made.schema_cache[document["$id"]] = document
    return made


def check(validator: JsonSchemaSTACValidator, document: dict[str, Any], kind: pystac.STACObjectType) -> None:
    """Raise where it is not valid."""
    validator.validate(document, kind, "1.1.0", document.get("stac_extensions", []))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(releases())
def test_any_item_is_valid(validator: JsonSchemaSTACValidator, one: Release) -> None:
    """STAC core, each extension that it names, ours."""
    check(validator, to_item(one, root="https://data.example/"), pystac.STACObjectType.ITEM)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seedbed:version_seq", 0),
        ("seedbed:status", "fine"),
        ("seedbed:unheard_of", 1),
        ("bt:infohash_v1", "abc"),
        ("bt:unheard_of", 1),
        ("seedbed:size_bytes", -1),
    ],
)
def test_our_schemas_refuse_what_is_wrong(validator: JsonSchemaSTACValidator, key: str, value: object) -> None:
    """A schema that lets everything pass would be none."""
    item = to_item(release(), root="https://data.example/")
    item["properties"][key] = value

    with pytest.raises(pystac.errors.STACValidationError):
        check(validator, item, pystac.STACObjectType.ITEM)


def test_collections_and_the_root_are_valid(validator: JsonSchemaSTACValidator) -> None:
    """The static documents for crawlers."""
    site = Site("example", title="Example", url="https://data.example/")
    group = collection.to_collection(site.collections[0], root=site.url, item_paths=["items/a/1.json"])

    check(validator, group, pystac.STACObjectType.COLLECTION)
    check(validator, collection.to_catalog(site, root=site.url), pystac.STACObjectType.CATALOG)


def test_pystac_reads_our_items() -> None:
    """Versions and their links, as its classes see them."""
    item = pystac.Item.from_dict(to_item(versions("rivers", 3)[1], root="https://data.example/", latest="3"))

    assert item.collection_id == "datasets"
    assert [link.rel for link in item.links if link.rel.endswith("-version")] == [
        "predecessor-version", "successor-version", "latest-version",
    ]  # fmt: skip


def documented() -> set[str]:
    """Every word that a row of a table of the specification opens with."""
    rows = [line.split("|")[1] for line in SPEC.splitlines() if line.startswith("| `")]
    return {word.strip("` ") for row in rows for word in row.split(",")}


def test_the_specification_has_every_field() -> None:
    """Each column, property, asset and asset field that the code writes."""
    full = release(mirrors=(Mirror("source-coop", "https://a.example/"), Mirror("own", "https://b.example/", "Own")))
    assets = schema.CATALOG.field("assets").type
    inner = {field.name for asset in assets for field in asset.type}

    written = set(schema.CATALOG.names) | set(schema.FILES.names) | {asset.name for asset in assets} | inner
    assert written <= documented()
    assert set(properties(full)) <= documented()


def test_nothing_is_fetched() -> None:
    """The fixture's way to know schemas beforehand is still there in pystac."""
    assert hasattr(local_validator, "get_local_schema_cache")
    assert hasattr(stac_validator, "JsonSchemaSTACValidator")
