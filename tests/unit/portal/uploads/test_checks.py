# SPDX-License-Identifier: Apache-2.0
"""What a check finds: torrents, descriptions, DOIs, data that crashes whoever reads it; and what is tidied."""

from __future__ import annotations

import datetime as dt
import random
import time
from typing import TYPE_CHECKING

import pytest

from seedbed.core.metainfo import Draft, File
from seedbed.core.metainfo_writer import build_with_info
from seedbed.errors import SeedbedError
from seedbed.portal.accounts import organisations
from seedbed.portal.uploads import chores, look, places, states, torrents
from seedbed.portal.uploads.limited import Cost
from seedbed.portal.uploads.routes import routes
from tests.unit.portal.uploads.zips import Piece, archive
from tests.uploading import GOOD, Giver

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres import Cluster


def torrent(**more: object) -> bytes:
    """Of one file of 16 KiB."""
    values = {
        "name": "a.bin", "piece_length": 16_384, "files": (File(("a.bin",), 16_384),), "is_single_file": True,
        "format": "v1", "pieces": bytes(20), "piece_layers": {}, **more,
    }  # fmt: skip
    return build_with_info(Draft(**values))[0]  # type: ignore[arg-type]


def test_a_good_upload_goes_to_review_with_what_was_read(giver: Giver) -> None:
    """Box and time come from the data, and are kept beside what was said."""
    rows = b"lat,lon,date\n53.5,-113.5,2024-01-01\n53.6,-113.4,2024-02-01\n"
    done = giver.submitted(giver.given({"points.csv": rows, "read me.txt": b"hello"}))
    assert done["state"] == "in-review"
    assert done["found"]["bbox"].startswith("-113.5,53.5")
    assert done["found"]["time"] == "2024-01-01/2024-02-01"
    assert done["findings"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"license": ""}, "license"),
        ({"license": "my own"}, "license"),
        ({"license": "other"}, "license_url"),
        ({"doi": "zenodo 7"}, "doi"),
        ({"title": ""}, "title"),
        ({"language": "klingon!"}, "language"),
        ({"bbox": "1,2,3"}, "bbox"),
        ({"bbox": "0,0,10,95"}, "bbox"),
        ({"time": "20224"}, "time"),
        ({"providers": ["Town (king)"]}, "providers"),
        ({"keywords": ["x" * 5000]}, "keywords"),
        ({"embargo": "2020-01-01"}, "embargo"),
        ({"embargo": "soon"}, "embargo"),
        ({"dataset": "Lakes!"}, "dataset"),
        ({"title": "Lakes"}, "dataset"),
        ({"dataset": "lakes", "version": "1"}, "version"),
        ({"colour": "green"}, "colour"),
    ],
)
def test_u52_fields_that_are_wrong_are_named(giver: Giver, change: dict[str, object], field: str) -> None:
    """Each fault is told with its field when it is written down, and again when it is handed in."""
    upload = giver.given({"a.csv": b"x\n1\n"}, {**GOOD, **change})
    told = giver.web.put(upload["url"] + "/metadata", json={**GOOD, **change}).json()["findings"]
    assert field in {one["field"].partition("[")[0] for one in told}
    answer = giver.web.post(upload["url"] + "/submit")
    assert answer.status_code == 400
    assert field in answer.json()["error"]["what"]
    assert giver.row(upload).state == "draft"


def test_u42_the_same_doi_again(giver: Giver) -> None:
    """One wins; the other is told why."""
    first = giver.given({"a.csv": b"x\n1\n"}, {**GOOD, "doi": "10.5281/zenodo.99"})
    other = giver.given({"b.csv": b"y\n2\n"}, {**GOOD, "title": "Ponds", "doi": "https://doi.org/10.5281/ZENODO.99"})
    assert giver.submitted(first)["state"] == "in-review"
    answer = giver.web.post(other["url"] + "/submit")
    assert answer.status_code == 409
    assert "10.5281/zenodo.99" in answer.json()["error"]["what"]


def test_u51_data_that_crashes_its_reader(tmp_path: Path) -> None:
    """The child is ended at its limits: there is no preview, and a remark says so."""
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + random.Random(1).randbytes(5000) + b"PAR1")
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\0" * 5000)
    assert look.look(tmp_path, ["a.parquet", "b.csv"]).fields == {}
    dead = look.look(tmp_path, ["b.csv"], cost=Cost(wall_s=0.01))
    assert "no preview" in dead.remarks[0]


def test_what_cannot_become_a_torrent_is_found_before_review(giver: Giver) -> None:
    """Only empty files: a finding. Hidden files are not published: a remark names them."""
    empty = giver.submitted(giver.given({"a.csv": b"", "b.csv": b""}))
    assert empty["state"] == "draft"
    assert "files" in {one["field"] for one in empty["findings"]}
    hidden = giver.submitted(giver.given({"a.csv": b"x\n1\n", ".DS_Store": b"1"}, {**GOOD, "title": "Ponds"}))
    assert hidden["state"] == "in-review"
    assert ".DS_Store" in " ".join(hidden["remarks"])


def test_several_files_without_a_folder_are_called_by_their_dataset(giver: Giver) -> None:
    """A torrent named data says nothing to whoever fetches it."""
    done = giver.submitted(giver.given({"a.csv": b"x\n1\n", "b.csv": b"y\n1\n"}))
    assert (done["name"], done["dataset"]) == ("lakes-of-the-town", "lakes-of-the-town")
    named = giver.given({"a.csv": b"x\n1\n", "b.csv": b"y\n1\n"}, {**GOOD, "title": "Ponds"}, name="ponds 2024")
    assert giver.submitted(named)["name"] == "ponds 2024"


def test_a_check_that_a_crash_interrupted_is_begun_again(giver: Giver) -> None:
    """When the portal starts again, without anybody looking."""
    upload = giver.given({"a.csv": b"x\n1\n"})
    with giver.portal.store.begin() as connection:
        states.move(connection, upload["id"], "checking", by="ann", now_s=0.0)
    routes(giver.portal)
    until_s = time.monotonic() + 15
    while giver.row(upload).state == "checking":
        assert time.monotonic() < until_s
        time.sleep(0.02)
    assert giver.row(upload).state == "checked"


def test_a_zip_with_faults_is_a_draft_again(giver: Giver) -> None:
    """Its finding has the row of the table; nothing was unpacked; a good zip in its place is taken."""
    upload = giver.given({"data.zip": archive(Piece(b"a.csv", flags=1))}, kind="zip")
    done = giver.submitted(upload)
    assert (done["state"], done["findings"][0]["rule"]) == ("draft", "U11")
    assert [path.name for path in giver.den(upload).data.iterdir()] == ["data.zip"]


def test_a_torrent_is_kept_as_it_is(giver: Giver) -> None:
    """Its name becomes the upload's; a passkey in it is refused; files that it does not know are."""
    good = giver.submitted(giver.given({"a.torrent": torrent()}, kind="torrent"))
    assert (good["state"], good["name"]) == ("in-review", "a.bin")
    assert "when a server or a peer has the data" in good["remarks"][-1]
    more = {**GOOD, "title": "More"}
    bad = giver.submitted(giver.given({"a.torrent": torrent(), "b.bin": b"1"}, more, kind="torrent"))
    assert "no such file" in bad["findings"][0]["problem"]


@pytest.mark.parametrize(
    "url",
    [
        "http://tracker.example.org/announce?passkey=0123", "http://t.example.org/0123456789abcdef0123456789abcdef/announce",
        "http://t.example.org/announce?uid=7", "http://ann:pw@t.example.org/announce",
    ],
)  # fmt: skip
def test_passkeys_are_refused(url: str) -> None:
    """Whoever takes such a torrent would act in somebody's name."""
    with pytest.raises(SeedbedError, match="passkey"):
        torrents.judge(torrent(trackers=((url,),)))


def test_bytes_that_are_no_torrent() -> None:
    """Table T decides; too long is refused before it is read."""
    for data in (b"<html>", b"", b"d" * 100, bytes(torrents.MAX_BYTES + 1)):
        with pytest.raises(SeedbedError):
            torrents.judge(data)


def test_places_are_asked(giver: Giver) -> None:
    """An address on a private network is a finding with its place in the list."""
    upload = giver.begin(urls=["http://127.0.0.1:1/a.csv"], name="far")
    giver.web.put(upload["url"] + "/metadata", json=GOOD)
    done = giver.submitted(upload)
    assert done["findings"][0]["field"] == "urls[0]"
    assert done["findings"][0]["rule"] == "U43"


def test_quotas_hold(giver: Giver) -> None:
    """What is declared counts at once; a file beyond it is refused (413); what is withdrawn is free again."""
    limit = giver.portal.settings.quota_bytes
    first = giver.begin(files=[{"path": "a", "length": limit - 10}])
    assert giver.web.post("/api/v1/uploads", json={"files": [{"path": "b", "length": 11}]}).status_code == 413
    second = giver.begin()
    assert giver.create(second, "b", 11).status_code == 413
    assert giver.create(second, "c", 10).status_code == 201
    giver.web.delete(first["url"])
    assert giver.create(second, "b", 11).status_code == 201


def test_a_collection_that_is_an_organisations(giver: Giver) -> None:
    """Only its members give data to it."""
    with giver.portal.store.begin() as connection:
        for name in ("town", "others"):
            organisations.make(connection, name, name.title(), now_s=0.0)
        organisations.set_collections(connection, "others", ("water",))
    upload = giver.given({"a.csv": b"x\n1\n"}, {**GOOD, "collection": "water"})
    assert giver.web.post(upload["url"] + "/submit").status_code == 403
    with giver.portal.store.begin() as connection:
        organisations.set_collections(connection, "others", ())
        organisations.set_collections(connection, "town", ("water",))
    assert giver.submitted(upload)["state"] == "in-review"


@pytest.mark.slow
def test_the_same_on_postgresql(quick_path: Path, cluster: Cluster) -> None:
    """Sent, counted, handed in, checked, withdrawn, expired: the other database says the same."""
    now = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    with Giver.open(quick_path, now=now, database_url=cluster.database()) as giver:
        upload = giver.given({"a.csv": b"x\n1\n", "b/c.bin": b"1" * 70_000}, {**GOOD, "doi": "10.5281/zenodo.99"})
        assert giver.create(upload, "A.csv", 1).status_code == 409
        assert giver.submitted(upload)["state"] == "in-review"
        other = giver.given({"data.zip": archive(Piece(b"a.csv", b"x\n1\n"))}, {**GOOD, "title": "Ponds"}, kind="zip")
        assert giver.submitted(other)["state"] == "in-review"
        assert giver.web.delete(other["url"]).status_code == 204
        giver.begin(files=[{"path": "a", "length": 5}])
        giver.clock.forward(days=15)
        assert chores.tidy(giver.portal) == 1
        states_now = {one["state"] for one in giver.web.get("/api/v1/uploads").json()["uploads"]}
        assert states_now == {"in-review", "withdrawn"}


def test_drafts_expire(giver: Giver) -> None:
    """After two weeks without a touch: withdrawn, and their bytes are gone; folders of nobody too."""
    upload = giver.begin()
    giver.create(upload, "a", 10, b"12345")
    kept = giver.submitted(giver.given({"a.csv": b"x\n1\n"}))
    giver.clock.forward(days=15)
    assert chores.tidy(giver.portal) == 1
    assert giver.row(upload).state == "withdrawn"
    assert not giver.den(upload).folder.exists()
    assert giver.den(kept).folder.exists()


@pytest.mark.parametrize(
    "wish", [[], {"kind": "virus"}, {"files": [{"path": "a"}]}, {"name": "a/b"}, {"colour": 1}, {"urls": "x"},
             {"files": [{"path": "a", "length": -1}]}, {"organisation": "other"}, {"metadata": 5}]
)  # fmt: skip
def test_wishes_that_cannot_be_read(giver: Giver, wish: object) -> None:
    """Refused with what was expected; no draft is made."""
    answer = giver.web.post("/api/v1/uploads", json=wish)
    assert answer.status_code in {400, 403}
    assert giver.web.get("/api/v1/uploads").json()["uploads"] == []


def test_twins_among_the_files_that_are_told(giver: Giver) -> None:
    """Two names that some system takes for one are refused before anything is sent."""
    files = [{"path": "a/x", "length": 1}, {"path": "A/y", "length": 1}]
    assert giver.web.post("/api/v1/uploads", json={"files": files}).status_code == 409


def test_the_default_asker_is_the_real_one() -> None:
    """A check asks the web itself."""
    assert places.ask_all([]).places == ()
