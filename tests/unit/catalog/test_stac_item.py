# SPDX-License-Identifier: Apache-2.0
"""A release as a STAC item and back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.catalog import checks
from seedbed.catalog.model import Collection, Mirror, Release, Site
from seedbed.catalog.stac import collection, terms
from seedbed.catalog.stac.item import from_item, to_item
from seedbed.core.layout import is_template
from seedbed.errors import MetadataError
from tests.releases import NOW, release, releases, versions


@settings(max_examples=60, deadline=None)
@given(releases())
def test_an_item_is_the_release(one: Release) -> None:
    """Any release comes back from its item, also through JSON text, and what may be published has no findings."""
    item = to_item(one, root="../../")

    assert from_item(json.loads(json.dumps(item, allow_nan=False))) == one
    assert checks.findings(replace(one, size_bytes=one.size_bytes)) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_any_json_is_read_or_refused(data: st.DataObject) -> None:
    """Whatever stands in the place of a value, the reader gives a release or lists the faults."""
    item = to_item(release(mirrors=(Mirror("own", "https://a.example/x"), Mirror("zenodo", "https://b.example/x"))))
    holder: Any = item
    key = data.draw(st.sampled_from(sorted(item)))
    while isinstance(holder[key], dict) and holder[key] and data.draw(st.booleans()):
        holder = holder[key]
        key = data.draw(st.sampled_from(sorted(holder)))
    holder[key] = data.draw(json_values)

    try:
        assert isinstance(from_item(item), Release)
    except MetadataError as error:
        assert error.data["findings"]


def test_all_faults_are_told_at_once() -> None:
    """Each fault is named with its place."""
    item = to_item(release())
    item["properties"]["created"] = "yesterday"
    item["properties"]["seedbed:size_bytes"] = -1
    del item["assets"]["torrent"]["bt:name"]

    with pytest.raises(MetadataError) as caught:
        from_item(item)

    fields = [finding["field"] for finding in caught.value.data["findings"]]  # type: ignore[attr-defined]
    assert {"properties.created", "properties.seedbed:size_bytes", "assets.torrent.bt:name"} <= set(fields)


def rels(item: dict[str, Any]) -> dict[str, str]:
    """Links by relation."""
    return {link["rel"]: link["href"] for link in item["links"]}


def test_links_to_the_other_versions() -> None:
    """An item knows the versions beside it, and itself where the catalogue has an address."""
    first, second, third = versions("rivers", 3)

    middle = rels(to_item(second, root="https://data.example/", latest="3"))
    last = rels(to_item(third))

    assert middle["predecessor-version"] == "https://data.example/items/rivers/1.json"
    assert middle["successor-version"] == middle["latest-version"] == "https://data.example/items/rivers/3.json"
    assert middle["self"] == "https://data.example/items/rivers/2.json"
    assert last["latest-version"] == "items/rivers/3.json"
    assert "self" not in last
    assert "predecessor-version" not in rels(to_item(first))


def test_the_data_asset_leads_to_the_data() -> None:
    """The first mirror, else the first web seed, else the magnet link."""
    plain = release()
    seeded = replace(plain, torrent=replace(plain.torrent, web_seeds=("https://w.example/seed/",)))
    single = replace(seeded, torrent=replace(seeded.torrent, is_single_file=True, name="a b.csv"))
    mirrored = replace(seeded, mirrors=(Mirror("source-coop", "https://data.source.coop/x/"),))

    assert to_item(plain)["assets"]["package"]["href"].startswith("magnet:?xt=urn:btih:")
    assert to_item(seeded)["assets"]["package"]["href"] == "https://w.example/seed/rivers-1/"
    assert to_item(single)["assets"]["data"]["href"] == "https://w.example/seed/a%20b.csv"
    assert to_item(mirrored)["assets"]["package"]["href"] == "https://data.source.coop/x/"
    assert to_item(mirrored)["properties"]["storage:schemes"]["source-coop"]["type"] == "custom-s3"


def test_a_flat_mirror_is_never_the_folder_itself() -> None:
    """Who follows the address of a folder finds the files by their paths; a flat mirror says that it is one."""
    flat = Mirror("zenodo", "https://z.example/files/", layout="flat")
    own = Mirror("own-2", "https://o.example/rivers/1/rivers-1/")

    alone = to_item(release(mirrors=(flat,)))
    both = to_item(release(mirrors=(flat, own)))

    assert alone["assets"]["package"]["href"].startswith("magnet:")
    assert "seedbed:mirror" not in alone["assets"]["package"]
    assert alone["assets"]["package"]["alternate"] == {
        "zenodo": {"href": "https://z.example/files/", "seedbed:layout": "flat"}
    }
    assert terms.ALTERNATE in alone["stac_extensions"]
    assert both["assets"]["package"]["href"] == own.href
    assert from_item(alone).mirrors == (flat,)
    assert from_item(both).mirrors == (own, flat)


@pytest.mark.parametrize(
    ("mirror", "is_single_file", "web_seed"),
    [
        (Mirror("own", "https://h.example/a.csv"), True, "https://h.example/a.csv"),
        (Mirror("own", "https://h.example/x/"), False, "https://h.example/x/{path}"),
        (Mirror("own", "https://h.example/x"), False, "https://h.example/x/{path}"),
        (Mirror("own", "https://h.example/?f="), False, "https://h.example/?f={path}"),
        (Mirror("zenodo", "https://h.example/x/", layout="flat"), False, "https://h.example/x/{flat}"),
    ],
)
def test_a_mirror_as_a_web_seed(mirror: Mirror, web_seed: str, *, is_single_file: bool) -> None:
    """A single file is where the mirror says; of a folder it is a template."""
    assert mirror.web_seed(is_single_file=is_single_file) == web_seed
    assert is_single_file or is_template(web_seed)


def test_unknown_layouts_are_refused() -> None:
    """A mirror that holds the files in a way that we do not know cannot be asked."""
    item = to_item(release(mirrors=(Mirror("own", "https://a.example/"), Mirror("other", "https://b.example/"))))
    item["assets"]["package"]["alternate"]["other"]["seedbed:layout"] = "round"

    with pytest.raises(MetadataError, match="layout"):
        from_item(item)


def test_extensions_are_named_where_they_are_used() -> None:
    """An item names an extension only when it has one of its fields."""
    assert terms.SCIENTIFIC not in to_item(release())["stac_extensions"]
    assert terms.SCIENTIFIC in to_item(release(doi="10.5281/zenodo.1"))["stac_extensions"]


def test_collections_and_the_root() -> None:
    """A collection offers the table as its mirror; the root has the collections as children."""
    group = Collection("maps", "Maps", "All maps.")

    document = collection.to_collection(group, root="../", interval=(NOW, None), item_paths=["items/a/1.json"])
    root = collection.to_catalog(Site("example", collections=(group,)), root="https://data.example/")

    assert document["assets"]["items"]["href"] == "../catalog.parquet"
    assert document["extent"]["temporal"]["interval"] == [["2026-11-21T10:00:00Z", None]]
    assert rels(document)["item"] == "../items/a/1.json"
    assert rels(root)["child"] == "https://data.example/collections/maps.json"
