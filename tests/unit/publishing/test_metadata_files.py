# SPDX-License-Identifier: Apache-2.0
"""Metadata files of people and among the data: read without trusting them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedbed.catalog.model import Provider
from seedbed.errors import InputError, MetadataError, NotFoundError
from seedbed.publishing import metadata_file, sidecars
from seedbed.publishing.said import Place, merge
from tests.programs import shared_data

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, content: Any) -> Path:
    """A file of text, bytes or JSON."""
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_yaml_and_json(tmp_path: Path) -> None:
    """Both forms give the same."""
    yaml = write(tmp_path / "m.yaml", "title: Ríos\nkeywords: [a, b]\nbbox: -99,19,-98,20\ntime: 2020-01-01\n")
    same = write(tmp_path / "m.json", {"title": "Ríos", "keywords": ["a", "b"], "bbox": "-99,19,-98,20"})

    assert metadata_file.load(yaml).items() >= metadata_file.load(same).items()


def test_dates_in_yaml_are_words(tmp_path: Path) -> None:
    """A date that cannot be is a fault of its field, told with the others, and not of the whole file."""
    said = metadata_file.load(write(tmp_path / "m.yaml", "time: 2020-13-45\nsource_modified: 2020-01-02\n"))

    assert said == {"time": "2020-13-45", "source_modified": "2020-01-02"}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [*{old},*{old},*{old},*{old},*{old},*{old},*{old},*{old},*{old}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

BAD: dict[str, tuple[str, Any, str]] = {
    "bomb": ("m.yaml", BOMB, "aliases"),
    "merge": ("m.yaml", "a: &a {x: 1}\nb:\n  <<: *a\n", "aliases"),
    "long": ("m.yaml", "title: " + "x" * metadata_file.MAX_BYTES, "at most"),
    "deep": ("m.yaml", "[" * 500, "nested"),
    "deep-json": ("m.json", "[" * 100_000, "nested"),
    "twice": ("m.yaml", "title: a\nlicense: MIT\ntitle: b\n", "title: it is there twice"),
    "twice-json": ("m.json", '{"title": "a", "title": "b"}', "title: it is there twice"),
    "list": ("m.yaml", "- title\n", "expected fields"),
    "text": ("m.yaml", "hello", "expected fields"),
    "empty": ("m.yaml", "", "expected fields"),
    "syntax": ("m.yaml", "title: [a\nb: c: d", "not YAML"),
    "json": ("m.json", "{title}", "not JSON"),
    "code": ("m.yaml", "title: !!python/object/apply:os.system [ls]", "not YAML"),
    "bytes": ("m.yaml", b"title: \xff\xfe", "not UTF-8"),
    "control": ("m.yaml", "title: \x07", "not YAML"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_refused(tmp_path: Path, case: str) -> None:
    """Bombs, cut files, doubled fields, other people's programs: each is refused with its reason."""
    name, content, word = BAD[case]

    with pytest.raises(MetadataError, match=word):
        metadata_file.load(write(tmp_path / name, content))


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is said so."""
    with pytest.raises(NotFoundError):
        metadata_file.load(tmp_path / "none.yaml")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.binary(max_size=60) | st.text(":-[]{}&*!|>'\"#% \nab1", max_size=60).map(str.encode), st.booleans())
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes, is_json: bool) -> None:  # noqa: FBT001
    """Whatever stands in the file, it is read or refused with our own error."""
    path = write(tmp_path / ("m.json" if is_json else "m.yaml"), content)

    try:
        assert isinstance(metadata_file.load(path), dict)
    except InputError as error:
        assert error.message.startswith(str(path))


def test_real_data_package(tmp_path: Path) -> None:
    """The descriptor of a real dataset gives title, licence, sources, what columns mean."""
    shutil.copy(shared_data() / "world-cities" / "datapackage.json", tmp_path)

    sources, remarks = sidecars.read_sidecars({"datapackage.json": tmp_path / "datapackage.json"})

    said = sources[0].said
    assert (said.title, said.license, said.keywords) == ("Major cities of the world", "CC-BY-4.0", ("geodata", "city"))
    assert said.providers
    assert said.providers[0] == Provider("Geonames", ("producer",), "https://www.geonames.org/")
    assert said.columns is not None
    assert said.columns["geonameid"] == "id from geonames"
    assert remarks == []


STAC = {
    "type": "Collection", "stac_version": "1.0.0", "title": "T", "description": "D", "license": "proprietary",
    "extent": {"spatial": {"bbox": [[1, 2, 3, 4]]}, "temporal": {"interval": [["2020-01-01T00:00:00Z", None]]}},
    "providers": [{"name": "P", "roles": ["host"], "processing:level": "x"}],
    "links": [{"rel": "license", "href": "https://x.example/licence"}],
}  # fmt: skip


def test_stac_collection(tmp_path: Path) -> None:
    """A STAC collection among the data is used; words that are no licence are not taken for one."""
    files = {
        "c.json": write(tmp_path / "c.json", STAC),
        "i.json": write(tmp_path / "i.json", STAC | {"type": "Feature"}),
    }

    sources, remarks = sidecars.read_sidecars(files)

    said = sources[0].said
    assert (said.title, said.license, said.place, said.time) == ("T", None, Place((1, 2, 3, 4)), None)
    assert (said.providers, said.license_url) == ((Provider("P", ("host",)),), "https://x.example/licence")
    assert remarks == []


def test_stac_item(tmp_path: Path) -> None:
    """One STAC item is used, several are several datasets."""
    item = {
        "type": "Feature", "stac_version": "1.1.0", "bbox": [1, 2, 3, 4], "geometry": None,
        "properties": {"datetime": None, "license": "CC0-1.0", "sci:doi": "10.1/X",
                       "start_datetime": "2020-01-01T00:00:00Z", "end_datetime": "2021-01-01T00:00:00Z"},
    }  # fmt: skip
    one = write(tmp_path / "i.json", item)

    sources, _ = sidecars.read_sidecars({"i.json": one})

    assert (sources[0].said.doi, sources[0].said.license) == ("10.1/x", "CC0-1.0")
    assert sources[0].said.time is not None
    assert sidecars.read_sidecars({"i.json": one, "j.json": one})[0] == []


def test_faults_among_the_data_are_remarks(tmp_path: Path) -> None:
    """What came with the data stops nobody; what is good of it is used."""
    bad = write(
        tmp_path / "datapackage.json", {"title": "T", "keywords": 3, "licenses": [{"name": "mine"}], "sources": "x"}
    )

    sources, remarks = sidecars.read_sidecars({"datapackage.json": bad})

    assert sources[0].said.title == "T"
    assert len(remarks) == 2
    assert sidecars.read_sidecars({"datapackage.json": write(tmp_path / "d.json", "{")})[1]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
@given(st.data())
def test_any_sidecar_is_survived(tmp_path: Path, data: st.DataObject) -> None:
    """Whatever stands in the place of a value, there are sources or remarks, and no error."""
    package: dict[str, Any] = dict.fromkeys(
        ["title", "keywords", "licenses", "contributors", "sources", "resources", "id", "homepage"]
    )
    stac: dict[str, Any] = {**STAC, "properties": {}, "bbox": [], "geometry": {}}
    for values in (package, stac):
        for key in data.draw(st.sets(st.sampled_from(sorted(values)), max_size=4)):
            values[key] = data.draw(json_values)
    files = {"datapackage.json": write(tmp_path / "d.json", package), "s.json": write(tmp_path / "s.json", stac)}

    sources, _ = sidecars.read_sidecars(files)

    assert merge(sources).said
