# SPDX-License-Identifier: Apache-2.0
"""The pages on which data is given, without scripts; with the accounts as they are."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from seedbed.portal.uploads import draft_files, drafts
from seedbed.portal.uploads.quarantine import Den
from tests.portal_people import join, stranger, token_in
from tests.unit.portal.uploads.zips import Piece, archive

if TYPE_CHECKING:
    from tests.portal_people import Browser
    from tests.portals import Stand


@pytest.fixture
def ann(stand: Stand) -> Browser:
    """Logged in, and may give data."""
    return join(stand, "Ann", "uploader")


def give(ann: Browser, files: dict[str, bytes], **fields: str) -> str:
    """Fill in the form; returns the address of the upload's page."""
    parts = [("files", (name, data)) for name, data in files.items()]
    page = ann.get("/give").text
    answer = ann.web.post("/give", data={"csrf_token": token_in(page), "kind": "files", **fields}, files=parts)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def settled(ann: Browser, page: str) -> str:
    """The page once the check is done."""
    until_s = time.monotonic() + 15
    while 'data-state="checking"' in (text := ann.get(page).text):
        assert time.monotonic() < until_s
        time.sleep(0.02)
    return text


def state(text: str) -> str:
    """As the page says."""
    found = re.search(r'data-state="([a-z-]+)"', text)
    assert found
    return found[1]


def test_strangers_are_sent_to_the_log_in(stand: Stand) -> None:
    """And back afterwards."""
    answer = stranger(stand).get("/give")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=/give")


@pytest.mark.parametrize("lang", ["en", "fr", "es"])
def test_every_page_in_every_language(ann: Browser, lang: str) -> None:
    """Each says what it should: no word is missing."""
    page = give(ann, {"a.csv": b"x,y\n1,2\n"})
    for path in ("/give", "/uploads", page):
        answer = ann.get(f"{path}?lang={lang}")
        assert answer.status_code == 200
        assert f'lang="{lang}"' in answer.text


def test_files_by_a_plain_form_until_review(stand: Stand, ann: Browser) -> None:
    """Given, described with a fault that is told beside its field, corrected, handed in, checked: in review."""
    page = give(ann, {"lakes.csv": b"name,depth\nA,1\n", "more.txt": b"x" * 5})
    missing = ann.post(page, {"action": "submit", "title": "Lakes"})
    assert missing.status_code == 400
    assert 'id="license-wrong"' in missing.text
    assert "expected an SPDX identifier" in missing.text
    assert 'id="dataset-wrong"' in missing.text  # there are lakes already

    done = ann.post(
        page, {"action": "submit", "title": "Ponds", "license": "cc-by-4.0", "providers": "Town (producer)"}
    )

    assert done.status_code == 303, re.findall(r"wrong.>(.*?)<", done.text)
    text = settled(ann, page)
    assert state(text) == "in-review"
    assert "depth" in text
    upload_id = page.rpartition("/")[2]
    den = Den.of(stand.portal.settings.quarantine, upload_id)
    assert (den.data / "lakes.csv").read_bytes() == b"name,depth\nA,1\n"
    with stand.portal.store.read() as connection:
        assert drafts.find(connection, upload_id).metadata["providers"] == ["Town (producer)"]
        assert all(file.is_whole for file in draft_files.of(connection, upload_id))


def test_more_files_and_fewer(ann: Browser) -> None:
    """A draft takes more files, and gives them up again; a file that is there is refused."""
    page = give(ann, {"a.csv": b"1"})
    text = ann.get(page).text
    more = {"csrf_token": token_in(text)}
    assert ann.web.post(f"{page}/files", data=more, files=[("files", ("b.csv", b"2"))]).status_code == 303
    twice = ann.web.post(f"{page}/files", data=more, files=[("files", ("B.csv", b"3"))])
    assert twice.status_code == 409
    assert "b.csv" in twice.text
    found = re.search(r'value="delete:([^"]+)" aria-label="Delete a.csv"', ann.get(page).text)
    assert found
    assert ann.post(page, {"action": f"delete:{found[1]}"}).status_code == 303
    assert "a.csv" not in ann.get(page).text.partition("files-title")[2]


def test_a_zip_is_unpacked_and_a_refused_one_is_told(ann: Browser) -> None:
    """Its files take its place; a bad one says by which rule and what to do."""
    good = give(
        ann, {"data.zip": archive(Piece(b"top/a.csv", b"x,y\n1,2\n"), Piece(b"top/b.csv", b"z\n3\n"))}, unpack="1"
    )
    ann.post(good, {"action": "check", "title": "T"})
    text = settled(ann, good)
    assert state(text) == "checked"
    assert ">a.csv<" in text

    bad = give(ann, {"data.zip": archive(Piece(b"a.csv", flags=8))}, unpack="1")
    ann.post(bad, {"action": "check", "title": "T"})
    text = settled(ann, bad)
    assert state(text) == "draft"
    assert "takes folders" in text


def test_withdraw_and_take_back(stand: Stand, ann: Browser) -> None:
    """A checked upload is a draft again; a withdrawn one leaves nothing on disk."""
    page = give(ann, {"a.csv": b"x\n1\n"})
    ann.post(page, {"action": "check", "title": "T"})
    settled(ann, page)
    ann.post(page, {"action": "reopen"})
    assert state(ann.get(page).text) == "draft"
    assert ann.post(page, {"action": "withdraw"}).headers["Location"] == "/uploads"
    assert not list(stand.portal.settings.quarantine.iterdir())


def test_u50_html_in_names_and_titles_does_nothing(ann: Browser) -> None:
    """What people write is shown, not run; a file's name that holds markup is refused by the rule for names."""
    page = give(ann, {"a.csv": b"x\n1\n"})
    ann.post(page, {"action": "save", "title": "<script>alert(1)</script>"})
    text = ann.get(page).text
    assert "&lt;script&gt;alert" in text
    assert "<script>alert" not in text
    token = token_in(ann.get("/give").text)
    answer = ann.web.post("/give", data={"csrf_token": token}, files=[("files", ('a"<b>.csv', b"1"))])
    assert answer.status_code == 400
    assert "<b>" not in answer.text


def test_u50_a_form_without_our_token_does_nothing(stand: Stand, ann: Browser) -> None:
    """Another site's form in the person's name is refused before a byte of it is kept."""
    answer = ann.web.post("/give", data={"kind": "files"}, files=[("files", ("a.csv", b"1"))])
    assert answer.status_code == 403
    assert not stand.portal.settings.quarantine.exists() or not list(stand.portal.settings.quarantine.iterdir())


def test_a_package_is_named_by_its_md5(ann: Browser) -> None:
    """The owmeta way: a zip stays one, and its page names the torrent."""
    import hashlib  # noqa: PLC0415

    data = archive(Piece(b"a.csv", b"x\n1\n"))
    page = give(ann, {"bundle.zip": data}, kind="package", title="Bundle", license="CC0-1.0")
    text = settled(ann, page)
    assert state(text) == "in-review"
    assert f"{hashlib.md5(data).hexdigest()}.torrent" in text


def test_nothing_chosen(ann: Browser) -> None:
    """It is said so, and no draft is made."""
    token = token_in(ann.get("/give").text)
    answer = ann.web.post("/give", data={"csrf_token": token, "kind": "files"}, files=[("files", ("", b""))])
    assert answer.status_code == 400
    assert "nothing was chosen" in answer.text
    assert "/uploads/" not in ann.get("/uploads").text.partition("<main")[2]
