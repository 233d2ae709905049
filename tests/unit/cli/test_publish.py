# SPDX-License-Identifier: Apache-2.0
"""``seedbed publish``: from data on disk to a signed release of a catalogue."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas
import pytest
from click.testing import CliRunner

from seedbed.catalog import paths
from seedbed.catalog.table import reader
from seedbed.cli.cmd_catalog import catalog
from seedbed.cli.cmd_publish import publish
from seedbed.core import metainfo_reader
from seedbed.errors import InputError, MetadataError, NotFoundError
from tests.programs import shared_data

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The program, at home in the test's folder, with one catalogue; gives what ``--json`` prints, or the text."""

    def run(*arguments: object, json_wanted: bool = True, **environment: str) -> Any:
        here = {"SEEDBED_HOME": str(tmp_path / "home"), "SEEDBED_KEY_PASSPHRASE": "", "SEEDBED_CATALOG": ""}
        command, *words = [*map(str, arguments), *(["--json"] if json_wanted else [])]
        done = CliRunner().invoke(
            {"catalog": catalog, "publish": publish}[command], words, env=here | environment, catch_exceptions=False
        )
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout) if json_wanted else done.output

    run("catalog", "init", tmp_path / "site", "--url", "https://data.example/site/")
    return run


def test_two_versions_of_a_real_dataset(tmp_path: Path, run: Run) -> None:
    """The second version shares what did not change, and both are in the catalogue that geopandas opens."""
    for name in ("1", "2"):
        shutil.copytree(shared_data() / "world-cities", tmp_path / name / "world-cities")
    table = tmp_path / "2" / "world-cities" / "world-cities.csv"
    table.chmod(0o644)
    table.write_bytes(table.read_bytes() + b"Nowhere,Nowhere,,1\n")

    first = run("publish", tmp_path / "1" / "world-cities", "--dataset", "world-cities", "--version", "2025")
    second = run("publish", tmp_path / "2" / "world-cities", "--dataset", "world-cities", "--version", "2026")
    again = run("publish", tmp_path / "2" / "world-cities", "--dataset", "world-cities")

    assert (first["serial"], second["serial"], again["serial"], again["is_new"]) == (1, 2, None, False)
    assert (second["reused_files"], second["file_count"]) == (1, 2)
    assert second["item"]["properties"]["table:row_count"] == 34033
    torrent = metainfo_reader.parse(Path(second["torrent"]).read_bytes())
    assert torrent.similar == (bytes.fromhex(first["infohash_v1"]),)
    assert "xs=https:" in second["magnet"].replace("%2F", "/")
    frame = geopandas.read_parquet(tmp_path / "site" / paths.CATALOG)
    assert list(frame["id"]) == ["world-cities@2025", "world-cities@2026"]
    known = list(reader.read_catalog(tmp_path / "site" / paths.CATALOG))
    assert [(one.latest, one.successor) for one in known] == [(False, "2026"), (True, "")]
    package = json.loads((tmp_path / "site" / paths.datapackage("world-cities", "2026")).read_text())
    assert package["licenses"][0]["name"] == "CC-BY-4.0"
    assert len(list(reader.read_files(tmp_path / "site" / paths.FILES))) == 4


def test_an_image_and_a_folder_of_maps(run: Run) -> None:
    """Real data tells its extent; the person is told who said what, and what comes next."""
    image = shared_data() / "landsat" / "RGB.byte.tif"

    text = run(
        "publish", image, "--dataset", "landsat", "--title", "Bahamas", "--license", "CC0-1.0", json_wanted=False
    )
    maps = run("publish", image.parent.parent / "natural-earth", "--dataset", "maps", "--title", "Maps", "--license",
               "cc-pddc", "--time", "2020")  # fmt: skip

    assert "extent     -78.9586,23.565 to -76.5749,25.5509 (the data)" in text
    assert "seedbed seed" in text
    assert maps["item"]["bbox"] == pytest.approx([-180, -90, 180, 83.6], abs=0.01)
    assert maps["item"]["properties"]["license"] == "CC-PDDC"
    assert maps["item"]["properties"]["end_datetime"] == "2020-12-31T23:59:59Z"


def test_a_trial_writes_nothing(tmp_path: Path, run: Run) -> None:
    """--dry-run shows the entry; the catalogue's folder is byte for byte what it was."""
    (tmp_path / "a.csv").write_text("lat,lon\n1,2\n")
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in tmp_path.rglob("*")}

    tried = run("publish", tmp_path / "a.csv", "--dataset", "a", "--title", "A", "--license", "MIT", "--dry-run")

    assert (tried["is_new"], tried["serial"], tried["item"]["bbox"]) == (True, None, [2, 1, 2, 1])
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in tmp_path.rglob("*")} == before


def test_faults_are_listed_by_field(tmp_path: Path, run: Run) -> None:
    """One message with all that is wrong."""
    (tmp_path / "a.csv").write_text("a\n1\n")

    with pytest.raises(MetadataError) as caught:
        run(
            "publish", tmp_path / "a.csv", "--dataset", "a", "--bbox", "1,2,3", "--time", "0000", "--keyword", "\x1b[2J"
        )

    findings: Any = caught.value.data["findings"]
    assert {one["field"] for one in findings} == {"title", "license", "bbox", "time", "keywords[0]"}


def test_which_catalogue(tmp_path: Path, run: Run) -> None:
    """The one named, the one of the environment, the only one; else the person is asked to name it."""
    (tmp_path / "a.csv").write_text("a\n1\n")
    data = (tmp_path / "a.csv", "--dataset", "a", "--title", "A", "--license", "MIT")
    run("catalog", "init", tmp_path / "other")

    with pytest.raises(InputError, match="several"):
        run("publish", *data)
    with pytest.raises(NotFoundError, match="no catalogue"):
        run("publish", *data, "--catalog", tmp_path)
    assert run("publish", *data, "--dry-run", SEEDBED_CATALOG=str(tmp_path / "other"))["catalog"].endswith("other")
    assert run("publish", *data, "--catalog", tmp_path / "site")["serial"] == 1


def test_keys_and_catalogues_are_not_published(tmp_path: Path, run: Run) -> None:
    """The folder that holds the private keys or the catalogue is no data; nor is a file of theirs."""
    rest = ("--dataset", "a", "--title", "A", "--license", "MIT")
    key = next((tmp_path / "home" / "keys").rglob("*.key"))

    words = {
        tmp_path: "signing keys are in it",
        key: "among your signing keys",
        tmp_path / "site": "one folder",
        tmp_path / "site" / "catalog.json": "one folder",
    }
    for path, word in words.items():
        with pytest.raises(InputError, match=word):
            run("publish", path, *rest)


def test_several_paths_are_refused(tmp_path: Path, run: Run) -> None:
    """A dataset is one file or one folder, as it will be on the disks of others."""
    with pytest.raises(InputError, match="one file or folder"):
        run("publish", tmp_path / "a", tmp_path / "b", "--dataset", "a")


def test_a_version_gets_its_doi(tmp_path: Path, run: Run) -> None:
    """What is said of a version changes in table, item and descriptor; the same words again change nothing."""
    (tmp_path / "a.csv").write_text("a\n1\n")
    done = run("publish", tmp_path / "a.csv", "--dataset", "a", "--version", "1", "--title", "A", "--license", "MIT")

    changed = run("catalog", "edit", "a", "--doi", "https://doi.org/10.5281/zenodo.1", "--keyword", "new")
    again = run("catalog", "edit", "a@1", "--doi", "10.5281/zenodo.1")

    assert (changed["id"], changed["changed"], changed["serial"]) == ("a@1", ["keywords", "doi"], 2)
    assert (again["changed"], again["serial"]) == ([], None)
    (one,) = reader.read_catalog(tmp_path / "site" / paths.CATALOG)
    assert (one.doi, one.keywords, one.torrent.info_hash_v2) == ("10.5281/zenodo.1", ("new",), done["infohash_v2"])
    package = json.loads((tmp_path / "site" / paths.datapackage("a", "1")).read_text())
    assert (package["id"], len(package["resources"])) == ("https://doi.org/10.5281/zenodo.1", 1)
    with pytest.raises(NotFoundError, match="no such version"):
        run("catalog", "edit", "a@2", "--title", "x")
    with pytest.raises(NotFoundError, match="no such dataset"):
        run("catalog", "edit", "b", "--title", "x")
    with pytest.raises(MetadataError, match="bbox"):
        run("catalog", "edit", "a", "--bbox", "0,0,0,99")
