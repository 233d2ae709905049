# SPDX-License-Identifier: Apache-2.0
"""Releases for tests: one plain one to vary, rows of them, and strategies that make any that may be published."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from seedbed.catalog.model import Column, Contents, FileRow, Mirror, Provider, Release, TorrentFacts, Translation
from seedbed.catalog.stac.terms import MIRROR_KEYS, MIRROR_LAYOUTS

if TYPE_CHECKING:
    from collections.abc import Iterable

NOW = dt.datetime(2026, 11, 21, 10, 0, tzinfo=dt.UTC)


def digest(*words: object, digits: int = 64) -> str:
    """Hex digits that stand for some bytes: the same words always give the same."""
    return hashlib.sha256(repr(words).encode()).hexdigest()[:digits]


def release(dataset: str = "rivers", version: str = "1", **changes: Any) -> Release:
    """A release with plain values."""
    seed = (dataset, version)
    torrent = TorrentFacts(
        name=f"{dataset}-{version}",
        piece_length=1 << 20,
        info_hash_v1=digest(seed, "v1", digits=40),
        info_hash_v2=digest(seed, "v2"),
        sha256=digest(seed, "torrent"),
        length=2_000,
        magnet=f"magnet:?xt=urn:btih:{digest(seed, 'v1', digits=40)}",
    )
    plain = Release(
        dataset=dataset,
        version=version,
        title=f"About {dataset}",
        description="What is known.",
        license="CC-BY-4.0",
        torrent=torrent,
        size_bytes=1_000_000,
        file_count=3,
        datetime=NOW,
        created=NOW,
        updated=NOW,
        published=NOW,
        bbox=(-99.5, 19.0, -98.9, 19.6),
    )
    return replace(plain, **changes)


def versions(dataset: str, count: int, **changes: Any) -> list[Release]:
    """A chain of versions ``1 … count``, the last one the latest."""
    return [
        release(
            dataset,
            str(seq),
            version_seq=seq,
            latest=seq == count,
            predecessor=str(seq - 1) if seq > 1 else "",
            successor=str(seq + 1) if seq < count else "",
            **changes,
        )
        for seq in range(1, count + 1)
    ]


def in_table_order(releases: Iterable[Release]) -> list[Release]:
    """As a catalogue holds them."""
    return sorted(releases, key=lambda one: (one.dataset, one.version_seq))


def file_rows(one: Release, count: int = 3) -> list[FileRow]:
    """The files of a release."""
    return [
        FileRow(
            item_id=one.id,
            path=f"tables/part-{at:03}.csv",
            size_bytes=1_000 * (at + 1),
            sha256=digest(one.id, at, "sha256"),
            md5=digest(one.id, at, "md5", digits=32),
            pieces_root=digest(one.id, at, "root"),
            media_type="text/csv",
            torrent_infohash=one.torrent.best_hex,
            offset_bytes=at << 20,
        )
        for at in range(count)
    ]


def hexes(digits: int) -> st.SearchStrategy[str]:
    """Hashes."""
    return st.integers(0, 16**digits - 1).map(lambda number: f"{number:0{digits}x}")


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)
moments = st.datetimes(dt.datetime(1, 1, 2), dt.datetime(2999, 12, 30)).map(  # noqa: DTZ001  # the zone is added below
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=dt.UTC)
)
datasets = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True).filter(lambda name: name not in {"con", "nul"})
urls = st.from_regex(r"https://[a-z]{1,8}\.example/[a-z0-9]{0,8}", fullmatch=True)
_longitudes, _latitudes = st.floats(-180, 180), st.floats(-90, 90)
boxes = st.tuples(_longitudes, _latitudes, _longitudes, _latitudes).map(
    lambda box: (box[0], min(box[1], box[3]), box[2], max(box[1], box[3]))
)


@st.composite
def torrents(draw: st.DrawFn) -> TorrentFacts:
    """Facts of v1, v2 and hybrid torrents."""
    has_v1, has_v2 = draw(st.sampled_from([(True, True), (True, False), (False, True)]))
    return TorrentFacts(
        name=draw(st.from_regex(r"[A-Za-z0-9]{1,9}", fullmatch=True)),
        piece_length=1 << draw(st.integers(14, 24)),
        info_hash_v1=draw(hexes(40)) if has_v1 else "",
        info_hash_v2=draw(hexes(64)) if has_v2 else "",
        sha256=draw(st.just("") | hexes(64)),
        length=draw(st.integers(0, 1 << 40)),
        web_seeds=tuple(draw(st.lists(urls, max_size=2))),
        trackers=tuple(draw(st.lists(urls, max_size=2))),
        magnet=draw(st.just("") | st.just("magnet:?xt=urn:btih:" + "a" * 40)),
        is_single_file=draw(st.booleans()),
    )


@st.composite
def mirrors(draw: st.DrawFn, *, is_single_file: bool) -> tuple[Mirror, ...]:
    """Any mirror first that is not flat; the others in the order of their keys."""
    keys = draw(st.permutations(MIRROR_KEYS))[: draw(st.integers(0, len(MIRROR_KEYS)))]
    layouts: st.SearchStrategy[Any] = st.sampled_from([""] if is_single_file else ["", *MIRROR_LAYOUTS])
    found = [Mirror(key, draw(urls), draw(st.just("") | texts), draw(layouts)) for key in keys]
    first = next((one for one in found if not one.layout), None)
    return tuple(sorted(found, key=lambda one: (one is not first, MIRROR_KEYS.index(one.key))))


contents = st.builds(
    Contents,
    columns=st.lists(st.builds(Column, texts, st.just("") | texts, st.just("") | texts), max_size=3).map(tuple),
    row_count=st.none() | st.integers(0, (1 << 63) - 1),
    primary_geometry=st.just("") | texts,
    proj_code=st.just("") | st.just("EPSG:4326"),
    shape=st.just(()) | st.tuples(st.integers(1, 1 << 40), st.integers(1, 1 << 40)),
    transform=st.just(()) | st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 6),
    band_types=st.lists(st.sampled_from(["uint8", "float32"]), max_size=2).map(tuple),
)
footprints = st.sampled_from(
    [
        None,
        {"type": "Point", "coordinates": [1.5, 2.5]},
        {"type": "Polygon", "coordinates": [[[0.0, 0.0], [2.0, 0.0], [1.0, 1.0], [0.0, 0.0]]]},
        {"type": "MultiPoint", "coordinates": [[0.0, 1.0, 5.0], [2.0, 3.0, 6.0]]},
    ]
)


@st.composite
def releases(draw: st.DrawFn) -> Release:
    """Any release that may be published, each field empty or full."""
    start, end = sorted([draw(moments), draw(moments)])
    has_range = draw(st.booleans())
    torrent = draw(torrents())
    language = draw(st.sampled_from(["", "es", "fr-CA"]))
    license_ = draw(st.sampled_from(["CC-BY-4.0", "other", "MIT"]))
    status = draw(st.sampled_from(["active", "deprecated", "withdrawn"]))
    return Release(
        dataset=draw(datasets),
        version=draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_+-]{0,9}", fullmatch=True)),
        title=draw(texts.filter(lambda text: bool(text.strip()))),
        description=draw(st.just("") | texts),
        license=license_,
        license_url=draw(st.just("") | urls) if license_ == "other" else "",
        torrent=torrent,
        size_bytes=draw(st.integers(0, (1 << 63) - 1)),
        file_count=draw(st.integers(0, 1 << 31)),
        datetime=None if has_range and draw(st.booleans()) else draw(moments),
        created=draw(moments),
        updated=draw(moments),
        published=draw(moments),
        bbox=draw(boxes),
        geometry=draw(footprints),
        geometry_default=draw(st.booleans()),
        start_datetime=start if has_range else None,
        end_datetime=end if has_range else None,
        datetime_default=draw(st.booleans()),
        version_seq=draw(st.integers(1, 1 << 40)),
        latest=draw(st.booleans()),
        predecessor=draw(st.sampled_from(["", "0.9"])),
        successor=draw(st.sampled_from(["", "1.1"])),
        status=status,  # type: ignore[arg-type]  # one of the three
        status_reason="" if status == "active" else draw(texts.filter(lambda text: bool(text.strip()))),
        collection=draw(st.sampled_from(["datasets", "maps"])),
        keywords=tuple(draw(st.lists(texts.filter(lambda text: bool(text.strip())), max_size=3))),
        providers=tuple(
            draw(
                st.lists(
                    st.builds(
                        Provider,
                        texts.filter(lambda text: bool(text.strip())),
                        st.sampled_from([(), ("producer",), ("licensor", "host")]),
                        st.just("") | urls,
                    ),
                    max_size=2,
                )
            )
        ),
        language=language,
        translations=tuple(
            draw(
                st.lists(st.builds(Translation, st.sampled_from(["en", "fr"]), texts, st.just("") | texts), max_size=2)
            )
        ),
        doi=draw(st.sampled_from(["", "10.5281/zenodo.1"])),
        concept_doi=draw(st.sampled_from(["", "10.5281/zenodo.0"])),
        citation=draw(st.just("") | texts),
        source_portal=draw(st.just("") | texts),
        source_id=draw(st.just("") | texts),
        source_modified=draw(st.none() | moments),
        source_access=draw(st.sampled_from(["", "open", "restricted", "gone"])),
        threat=draw(st.sampled_from(["", "none", "watch", "at-risk", "gone"])),
        jurisdiction=draw(st.sampled_from(["", "MX", "CA-QC"])),
        media_type=draw(st.sampled_from(["", "text/csv"])) if torrent.is_single_file else "",
        sha256=draw(st.just("") | hexes(64)) if torrent.is_single_file else "",
        mirrors=draw(mirrors(is_single_file=torrent.is_single_file)),
        contents=draw(contents),
    )
