# SPDX-License-Identifier: Apache-2.0
"""Catalogues that somebody made to do harm, or badly: rows C16 to C34 of the table of faults.

Files that attack the reader are given to the limited child process; those whose rows are bad are judged by the same
code in this process, which is quicker.
"""

from __future__ import annotations

import json
import pickle
import struct
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedbed.catalog.ids import Ref
from seedbed.catalog.model import FileRow, Mirror, Release, Site
from seedbed.catalog.query.index import Index
from seedbed.catalog.query.search import Search
from seedbed.catalog.table import inspection, merge, reader, rows, schema, structure, writer
from seedbed.catalog.table.examine import examine
from seedbed.catalog.table.limits import Examined, ExamineLimits
from seedbed.errors import CatalogError
from tests.releases import digest, file_rows, release, versions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SITE = Site("example", serial=3)
LIMITS = ExamineLimits()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the catalogue under test is."""
    return tmp_path / "catalog.parquet"


def write_rows(path: Path, some: Sequence[dict[str, Any]], *, form: pa.Schema = schema.CATALOG, **options: Any) -> None:
    """Rows as they are, whatever is wrong with them."""
    table = pa.Table.from_pylist(list(some), schema=form)
    write_table(path, table, **options)


def write_table(path: Path, table: pa.Table, **options: Any) -> None:
    """Any table, as a catalogue of ours says of itself."""
    group_rows = options.pop("row_group_size", None)
    with pq.ParquetWriter(path, table.schema, **options) as file:
        file.write_table(table, group_rows)
        file.add_key_value_metadata({"seedbed": json.dumps(asdict(SITE))})


def row(one: Release | None = None, **changes: Any) -> dict[str, Any]:
    """A row with some columns changed; ``assets__torrent`` is inside of assets."""
    value = rows.to_row(one or release(), root="")
    for key, change in changes.items():
        *way, last = key.split("__")
        place = value
        for step in way:
            place = place[step]
        place[last.replace("_of_", ":")] = change
    return value


def judge(path: Path, **others: Any) -> Examined:
    """The judgement of the child, made in this process."""
    return inspection.inspect(path, others.get("files"), others.get("previous"), others.get("limits", LIMITS))


def refused(path: Path, **others: Any) -> str:
    """The rule by which a catalogue is refused."""
    with pytest.raises(CatalogError) as caught:
        judge(path, **others)
    return str(caught.value.data["rule"])


def refused_by_child(path: Path, **limits: Any) -> str:
    """The same, by the child."""
    with pytest.raises(CatalogError) as caught:
        examine(path, limits=replace(LIMITS, **limits))
    return str(caught.value.data["rule"])


def test_a_good_catalogue_is_described(path: Path, tmp_path: Path) -> None:
    """What it holds, and what it takes away from the one before."""
    before, files = tmp_path / "before", tmp_path / "files"
    old = [*versions("a", 2), *versions("b", 2), release("c")]
    gone = [replace(one, status="withdrawn", status_reason="wrong") if one.id == "b@2" else one for one in old[:4]]
    new = [replace(one, size_bytes=6_000) for one in gone]
    writer.write_catalog(before, old, SITE)
    writer.write_catalog(path, new, SITE)
    writer.write_files(files, [row for one in new for row in file_rows(one)])

    found = examine(path, files=files, previous=before)

    assert found == Examined(
        site=SITE, rows=4, datasets=2, size_bytes=24_000, file_rows=12,
        removed_datasets=1, removed_rows=1, removed_bytes=1_000_000, removed_names=("c",),
        withdrawn=("b@2",), withdrawn_rows=1, withdrawn_bytes=6_000,
    )  # fmt: skip


def test_an_empty_catalogue_is_one(path: Path) -> None:
    """The first release of a catalogue may have no rows."""
    writer.write_catalog(path, [], SITE)

    assert judge(path).rows == 0


def test_another_torrent_under_a_known_id_is_told(path: Path, tmp_path: Path) -> None:
    """Versions never change, so whoever follows must know."""
    writer.write_catalog(tmp_path / "before", [release()], SITE)
    changed = replace(release(), torrent=replace(release().torrent, info_hash_v1="a" * 40))
    writer.write_catalog(path, [changed], SITE)

    assert judge(path, previous=tmp_path / "before").replaced == ("rivers@1",)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04" * 9, b"<html>" + b" " * 99], ids=["empty", "zip", "html"])
def test_c16_not_parquet(path: Path, data: bytes) -> None:
    """Something else is refused."""
    path.write_bytes(data)

    assert refused(path) == "C16"


def test_c16_a_footer_of_nonsense(path: Path) -> None:
    """The right words at both ends, and nothing between them that can be read."""
    path.write_bytes(b"PAR1" + b"\x15" * 100 + struct.pack("<I", 100) + b"PAR1")

    assert refused_by_child(path) == "C16"


def test_c17_cut(path: Path) -> None:
    """A file that ends early, wherever."""
    writer.write_catalog(path, versions("a", 3), SITE)
    whole = path.read_bytes()

    for length in range(4, len(whole), 499):
        path.write_bytes(whole[:length])
        assert refused(path) == "C17"


@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_c18_flipped_byte(path: Path, part: float) -> None:
    """Its hash gives it away before; should it be read nevertheless, it is read or refused, and we live."""
    writer.write_catalog(path, versions("a", 3), SITE)
    data = bytearray(path.read_bytes())
    data[int(len(data) * part)] ^= 0x10
    path.write_bytes(data)

    try:
        assert examine(path).rows == 3
    except CatalogError:
        pass


def test_c19_20_gb_of_strings_in_a_small_file(path: Path) -> None:
    """A thousand rows share one text of 20 MB: the text is too long, and no limit is passed by reading it."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), pa.array(["x" * 20_000_000]))
    table = pa.Table.from_pylist([row(one) for one in versions("a", 1000)], schema=schema.CATALOG)
    at = table.schema.get_field_index("description")
    write_table(path, table.set_column(at, "description", texts), store_schema=False, compression="zstd")

    assert path.stat().st_size < 2_000_000
    assert refused_by_child(path, memory_bytes=2 << 30) in {"C19", "C33"}


def test_c19_the_child_ends_at_its_limits_and_we_do_not(path: Path) -> None:
    """Too little memory, no time to compute, no time at all: refused each time."""
    writer.write_catalog(path, [release()], SITE)

    assert refused_by_child(path, memory_bytes=100 << 20) in {"C16", "C19"}
    assert refused_by_child(path, cpu_s=0) == "C19"
    assert refused_by_child(path, wall_s=0.01) == "C20"


def test_c20_too_many_rows(path: Path) -> None:
    """The footer says how many, and is believed in this."""
    writer.write_catalog(path, versions("a", 11), SITE)

    assert refused(path, limits=replace(LIMITS, max_rows=10)) == "C20"


def test_c21_too_many_columns(path: Path) -> None:
    """Thousands of columns are refused before one is read."""
    write_table(path, pa.table({str(at): pa.array([], pa.bool_()) for at in range(2_000)}))

    assert refused(path) == "C21"


def test_c21_so_many_columns_that_the_footer_is_not_read(path: Path) -> None:
    """Beyond that the footer itself is too much."""
    write_table(path, pa.table({str(at): pa.array([], pa.bool_()) for at in range(21_000)}))

    assert refused(path) == "C16"


def test_c22_too_many_row_groups(path: Path) -> None:
    """A group for each row is a way to make a large footer of few rows."""
    write_rows(path, [row(one) for one in versions("a", 20)], row_group_size=1)

    assert refused(path, limits=replace(LIMITS, max_row_groups=19)) == "C22"


def test_c23_a_footer_of_a_gigabyte(path: Path) -> None:
    """It is refused by its length, before it is read."""
    with path.open("wb") as file:
        file.write(b"PAR1")
        file.seek(1 << 30)
        file.write(b"\0" * 100 + struct.pack("<I", 1 << 30) + b"PAR1")

    assert refused(path) == "C23"


class Bomb:
    """Unpickled, it leaves a mark."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, ("bomb-went-off", "w"))


@pytest.mark.parametrize("name", ["arrow.py_extension_type", "arrow.json", "geoarrow.wkb"])
def test_c24_extension_types_are_never_loaded(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A column that asks for code of its own is refused, and the code does not run (CVE-2023-47248)."""
    monkeypatch.chdir(tmp_path)
    extended = {"ARROW:extension:name": name, "ARROW:extension:metadata": pickle.dumps(Bomb())}
    form = schema.CATALOG.append(pa.field("extra", pa.string(), metadata=extended))
    write_rows(path, [row()], form=form)

    assert refused(path) == "C24"
    assert not (tmp_path / "bomb-went-off").exists()


def test_c25_each_column_must_be_there(path: Path) -> None:
    """Also those inside of assets."""
    for name in schema.CATALOG.names:
        form = pa.schema([field for field in schema.CATALOG if field.name != name])
        write_rows(path, [], form=form)
        with pytest.raises(CatalogError, match=f"there is no column '{name}'"):
            structure.check_structure(path, schema.CATALOG, LIMITS, max_rows=9)


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("seedbed:size_bytes", pa.float64()),
        ("seedbed:size_bytes", pa.uint64()),
        ("created", pa.timestamp("us")),
        ("title", pa.binary()),
        ("keywords", pa.string()),
        ("bbox", pa.struct([("xmin", pa.string())])),
        ("assets", pa.struct([("data", pa.string())])),
    ],
)
def test_c25_each_column_must_be_of_its_type(path: Path, name: str, type_: pa.DataType) -> None:
    """A size that is not a whole number, a moment without a zone, a text that is none."""
    at = schema.CATALOG.get_field_index(name)
    write_rows(path, [], form=schema.CATALOG.set(at, pa.field(name, type_)))

    assert refused(path) == "C25"


@pytest.mark.parametrize("site", [None, "", "[]", '{"id": 1}', '{"id":"a","serial":"1","collections":[]}'])
def test_c25_a_catalogue_says_which_it_is(path: Path, site: str | None) -> None:
    """Without that it could be any."""
    table = pa.Table.from_pylist([row()], schema=schema.CATALOG)
    pq.write_table(table.replace_schema_metadata({"seedbed": site} if site is not None else {}), path)

    assert refused(path) == "C25"


def test_c26_further_columns_are_no_fault(path: Path, tmp_path: Path) -> None:
    """A newer program may say more, also inside of assets: it is read and merged without."""
    at = schema.CATALOG.get_field_index("assets")
    assets = pa.struct([*schema.CATALOG.field("assets").type, ("model", pa.struct([("href", pa.string())]))])
    form = schema.CATALOG.set(at, pa.field("assets", assets)).append(pa.field("seedbed:new", pa.string()))
    write_rows(path, [row(assets__model={"href": "x"}) | {"seedbed:new": "y"}], form=form)

    assert examine(path).rows == 1
    assert list(reader.read_catalog(path)) == [release()]
    with Index(path) as index:
        assert index.get(Ref("rivers")) == release()
    assert merge.merge_catalog(path, [release("lakes")], SITE, tmp_path / "out") == 2


def test_c27_two_rows_with_one_id(path: Path) -> None:
    """Which would be the right one?"""
    twin = row(release(), **{"bt:infohash_v1": None})
    twin["assets"]["torrent"].pop("bt:infohash_v1")
    write_rows(path, [row(), twin])

    assert refused(path) == "C27"


@pytest.mark.parametrize("key", ["info_hash_v1", "info_hash_v2"])
def test_c28_one_info_hash_for_two(path: Path, key: str) -> None:
    """One torrent cannot be two versions."""
    one, other = release("a"), release("b")
    other = replace(other, torrent=replace(other.torrent, **{key: getattr(one.torrent, key)}))
    writer.write_catalog(path, [one, other], SITE)

    assert refused(path) == "C28"


def test_c29_one_doi_for_two_datasets(path: Path) -> None:
    """Versions of one dataset may share a DOI; two datasets may not, in whatever case it is written."""
    writer.write_catalog(path, versions("a", 2, doi="10.1/x"), SITE)
    assert judge(path).rows == 2

    writer.write_catalog(path, [release("a", doi="10.1/x"), release("b", doi="10.1/X")], SITE)
    assert refused(path) == "C29"


@pytest.mark.parametrize("change", [{"size_bytes": -1}, {"file_count": -1}, {"reused_bytes": 1 << 40}])
def test_c30_sizes_that_cannot_be(path: Path, change: dict[str, Any]) -> None:
    """Below nothing, or more taken over than there is. NaN and 2^63 are not of the column's type: C25."""
    writer.write_catalog(path, [release(**change)], SITE)

    assert refused(path) == "C30"


def test_c30_a_size_that_is_not_that_of_the_torrent(path: Path, tmp_path: Path) -> None:
    """The asset and the list of files must agree with it."""
    write_rows(path, [row(assets__package={"href": "x", "file:size": 5})])
    assert refused(path) == "C30"

    files = tmp_path / "files"
    writer.write_catalog(path, [release(size_bytes=6_001)], SITE)
    writer.write_files(files, file_rows(release()))
    assert refused(path, files=files) == "C30"


@pytest.mark.parametrize(
    "geometry",
    [
        b"",
        b"\x01\x01\x00\x00\x00" + struct.pack("<2d", float("nan"), 95.0),
        b"\x01\x02\x00\x00\x00\xff\xff\xff\xff",
        b"\x00" * 1_000_000,
        None,
    ],
    ids=["empty", "nan", "lies", "large", "null"],
)
def test_c31_a_footprint_that_cannot_be_is_passed_over(path: Path, geometry: bytes | None) -> None:
    """The box stands for it; nothing breaks."""
    write_rows(path, [row(geometry=geometry)])

    assert judge(path).rows == 1
    with Index(path) as index:
        found = index.get(Ref("rivers"))
    assert found.bbox == release().bbox
    assert found.geometry is None or geometry


def test_c31_a_box_that_cannot_be_is_the_world(path: Path) -> None:
    """NaN and latitude 95 are nowhere; ten million vertices are an attack."""
    write_rows(path, [row(bbox={"xmin": float("nan"), "ymin": 0.0, "xmax": 1.0, "ymax": 95.0})])
    assert judge(path).rows == 1
    assert next(reader.read_catalog(path)).bbox == (-180.0, -90.0, 180.0, 90.0)

    write_rows(path, [row(geometry=b"\0" * (5 << 20))])
    assert refused(path) == "C31"


@pytest.mark.parametrize("value", [-(10**18), 10**18, None])
def test_c32_moments_that_no_calendar_has(path: Path, value: int | None) -> None:
    """Before the year 1, after 9999, or no moment at all."""
    table = pa.Table.from_pylist([row()], schema=schema.CATALOG)
    at = table.schema.get_field_index("created")
    moments = pa.array([value], pa.int64()).cast(schema.MOMENT)
    write_table(path, table.set_column(at, table.schema.field("created"), moments))

    assert refused(path) == "C32"


@pytest.mark.parametrize(
    "change",
    [
        {"title": "x" * 10_000_000},
        {"keywords": ["x"] * 101},
        {"keywords": ["x" * 1_000_001]},
        {"description": "x" * 100_001},
        {"providers": [{"name": "x"}] * 51},
    ],
)
def test_c33_texts_beyond_all_measure(path: Path, change: dict[str, Any]) -> None:
    """A title of 10 MB."""
    write_rows(path, [row(**change)])

    assert refused(path) == "C33"


def test_c33_html_and_escapes_are_only_text(path: Path) -> None:
    """They are kept as they are, and escaped by whoever shows them."""
    title = "<script>alert(1)</script>\x1b[31m"
    write_rows(path, [row(title=title)])

    assert judge(path).rows == 1
    with Index(path) as index:
        assert index.search(Search(words="<script>")).releases[0].title == title


@pytest.mark.parametrize("broken", ["two latest", "no latest", "loop", "gap", "order", "seq 0", "unknown"])
def test_c34_versions_that_are_no_chain(path: Path, broken: str) -> None:
    """Two latest versions, none, a loop, a link that leads past one, rows out of order."""
    one, two, three = versions("a", 3)
    some = {
        "two latest": [one, replace(two, latest=True), three],
        "no latest": [one, two, replace(three, latest=False)],
        "loop": [replace(one, predecessor="3"), two, replace(three, successor="1")],
        "gap": [replace(one, successor="3"), two, replace(three, predecessor="1")],
        "order": [two, one, three],
        "seq 0": [replace(one, version_seq=0), two, three],
        "unknown": [one, two, replace(three, successor="4")],
    }[broken]
    write_rows(path, [row(each) for each in some])

    assert refused(path) == "C34"


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("C25", {"id": "rivers@2"}),
        ("C25", {"seedbed:dataset": "../x", "id": "../x@1"}),
        ("C25", {"collection": "a/b"}),
        ("C25", {"title": None}),
        ("C25", {"seedbed:status": "fine"}),
        ("C25", {"bt:infohash_v1": "x" * 40}),
        ("C25", {"assets__torrent": None}),
        ("C25", {"assets__package": None}),
        ("C25", {"assets__data": {"href": "x", "file:size": 1_000_000}}),
        ("C25", {"assets__torrent__bt_of_piece_length": 0}),
        ("C33", {"assets__torrent__bt_of_webseeds": ["https://a.example/"] * 17}),
        ("C25", {"assets__package__seedbed_of_mirror": "ftp"}),
        ("C25", {"assets__package__alternate": {"zenodo": {"href": "x", "seedbed:layout": "round"}}}),
        ("C25", {"assets__data": {"alternate": {"own-2": {"href": "x", "seedbed:layout": "flat"}}}}),
    ],
)
def test_c25_other_faults_of_rows(path: Path, rule: str, change: dict[str, Any]) -> None:
    """Names that lead elsewhere, hashes that are none, torrents without pieces."""
    write_rows(path, [row(**change)])

    assert refused(path) == rule


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("C25", {"path": "../../etc/passwd"}),
        ("C25", {"path": "/etc/passwd"}),
        ("C25", {"path": ""}),
        ("C25", {"sha256": "x"}),
        ("C25", {"item_id": "other@1"}),
        ("C30", {"size_bytes": -1}),
        ("C33", {"media_type": "x" * 501}),
    ],
)
def test_faults_of_file_rows(path: Path, tmp_path: Path, rule: str, change: dict[str, Any]) -> None:
    """Paths that leave their folder, files of nobody."""
    files = tmp_path / "files"
    writer.write_catalog(path, [release(file_count=1, size_bytes=5)], SITE)
    plain = rows.to_file_row(FileRow("rivers@1", "a.csv", 5, sha256=digest("a")))
    write_rows(files, [plain | change], form=schema.FILES)

    assert refused(path, files=files) == rule


def cells(type_: pa.DataType) -> st.SearchStrategy[Any]:
    """Any value of a type."""
    if pa.types.is_struct(type_):
        inner = {type_.field(at).name: cells(type_.field(at).type) for at in range(type_.num_fields)}
        return st.none() | st.fixed_dictionaries(inner)
    if pa.types.is_list(type_):
        return st.none() | st.lists(cells(type_.value_type), max_size=2)
    if pa.types.is_timestamp(type_):
        return st.none() | st.datetimes().map(lambda moment: pa.scalar(moment, pa.timestamp("us", "UTC")).as_py())
    plain: dict[pa.DataType, st.SearchStrategy[Any]] = {
        pa.string(): st.text(max_size=3) | st.sampled_from(["active", "datasets", "own"]),
        pa.int64(): st.integers(-(1 << 63), (1 << 63) - 1),
        pa.float64(): st.floats(),
        pa.bool_(): st.booleans(),
        pa.binary(): st.binary(max_size=30),
    }
    return st.none() | plain[type_]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_what_is_let_pass_can_be_read(path: Path, data: st.DataObject) -> None:
    """Whatever stands in two columns, the catalogue is refused, or each of its rows is a release."""
    value = row(release(mirrors=(Mirror("own", "https://a.example/"), Mirror("zenodo", "https://b.example/"))))
    for name in data.draw(st.lists(st.sampled_from(schema.CATALOG.names), min_size=1, max_size=2, unique=True)):
        if name == "assets":
            key = data.draw(st.sampled_from(["package", "torrent", "data"]))
            value["assets"][key] = data.draw(cells(schema.CATALOG.field("assets").type.field(key).type))
        else:
            value[name] = data.draw(cells(schema.CATALOG.field(name).type))
    write_rows(path, [value])

    try:
        judge(path)
    except CatalogError:
        return
    assert [one.id for one in reader.read_catalog(path)] == ["rivers@1"]
