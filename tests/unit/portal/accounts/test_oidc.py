# SPDX-License-Identifier: Apache-2.0
"""Log in by a provider: the code flow, and everything that a bad answer may hold."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import json
from typing import TYPE_CHECKING, Any

import pytest
from joserfc import jwt

from seedbed.errors import InputError
from seedbed.portal.accounts import people
from seedbed.portal.accounts.oidc.provider import Provider
from seedbed.portal.settings import Settings
from tests import openid
from tests.portal_people import Browser, join, stranger
from tests.portals import Stand

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2 as httpx

    from tests.openid import OpenId


NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
CLAIMS: list[dict[str, Any]] = [
    {"iss": "https://evil.test"}, {"aud": "another"}, {"aud": ["portal", "another"]}, {"azp": "another"},
    {"nonce": "0"}, {"nonce": None}, {"exp": 1}, {"exp": None}, {"iat": 9e12}, {"sub": None}, {"sub": ""},
    {"sub": "x" * 256}, {"sub": 5}, {"aud": None}, {"exp": "soon"},
]  # fmt: skip
"""Each is wrong."""


@pytest.fixture
def provider() -> Iterator[OpenId]:
    """On loopback."""
    with openid.running(NOW.timestamp()) as running:
        yield running


@pytest.fixture
def site(provider: OpenId, quick_path: Path) -> Iterator[Stand]:
    """A portal that has it."""
    yield from _site(provider, quick_path)


def _site(provider: OpenId, folder: Path, **more: Any) -> Iterator[Stand]:
    settings = {"oidc_issuer": provider.url, "oidc_client": openid.CLIENT, "oidc_secret": openid.SECRET}
    with Stand.open(folder, now=NOW, **settings, oidc_name="Town login", **more) as opened:
        yield opened


def _through(browser: Browser, provider: OpenId, begin: str = "/login/provider", **more: str) -> httpx.Response:
    begun = browser.get(begin)
    assert begun.status_code == 303, begun.text
    return browser.get("/login/provider/back", params={**provider.agree(begun.headers["location"]), **more})


def _me(browser: Browser) -> dict[str, Any]:
    found: dict[str, Any] = browser.ask("GET", "/api/v1/me").json()
    return found


def test_somebody_new_gets_an_account_and_is_known_the_next_time(site: Stand, provider: OpenId) -> None:
    """By the subject: the name may change over there."""
    provider.person |= {"email": "ana@example.org", "email_verified": True}
    browser = stranger(site)
    page = browser.get("/login?next=/datasets").text
    answer = _through(browser, provider, "/login/provider?next=/datasets")
    first = _me(browser)
    provider.person["preferred_username"] = "Somebody Else"
    again = stranger(site)
    _through(again, provider)

    assert "Log in with Town login" in page
    assert answer.headers["location"] == "/datasets"
    assert (first["name"], first["email"], first["roles"]) == ("Ana", "ana@example.org", ["uploader"])
    assert _me(again)["id"] == first["id"]


def test_no_account_is_taken_over_by_a_name_or_a_mail_address(site: Stand, provider: OpenId) -> None:
    """Whoever can call themselves so at a provider, verified or not, is somebody else here."""
    root = join(site, "Ana", "admin")
    with site.portal.store.begin() as connection:
        people.set_email(connection, root.person_id, "ana@example.org")
    provider.person |= {"email": "ana@example.org", "email_verified": True}
    browser = stranger(site)

    _through(browser, provider)

    me = _me(browser)
    assert me["id"] != root.person_id
    assert (me["name"], me["roles"]) == ("Ana 2", ["uploader"])


def test_a_mail_address_that_is_not_verified_is_not_kept(site: Stand, provider: OpenId) -> None:
    """``"true"`` as a text is not true."""
    provider.person |= {"email": "ana@example.org", "email_verified": "true"}
    browser = stranger(site)

    _through(browser, provider)

    assert _me(browser)["email"] == ""


def test_ones_own_account_is_linked_and_then_found(site: Stand, provider: OpenId) -> None:
    """From the account page only: the link holds the session's token."""
    bob = join(site, "Bob", "reviewer")
    link = f"/login/provider?link={bob.get('/account').text.partition('/login/provider?link=')[2][:64]}"

    answer = _through(bob, provider, link)
    browser = stranger(site)
    _through(browser, provider)
    eve = join(site, "Eve")
    forged = eve.get("/login/provider?link=" + "0" * 64)
    other = _through(
        eve, provider, f"/login/provider?link={eve.get('/account').text.partition('provider?link=')[2][:64]}"
    )

    assert answer.headers["location"] == "/account?said=saved"
    assert _me(browser)["id"] == bob.person_id
    assert "You can log in with Town login" in bob.get("/account").text
    assert forged.status_code == 403
    assert other.status_code == 409
    assert _me(eve)["name"] == "Eve"


def test_the_answer_belongs_to_the_browser_that_asked(site: Stand, provider: OpenId) -> None:
    """Log-in CSRF: an attacker's answer, in another browser, with another state, or a second time."""
    eve, victim = stranger(site), stranger(site)
    mine = provider.agree(eve.get("/login/provider").headers["location"])

    elsewhere = victim.get("/login/provider/back", params=mine)
    begun = provider.agree(victim.get("/login/provider").headers["location"])
    stolen = provider.agree(stranger(site).get("/login/provider").headers["location"])["code"]
    mixed = victim.get("/login/provider/back", params={"code": stolen, "state": begun["state"]})
    wrong = victim.get("/login/provider/back", params={"code": begun["code"], "state": "0" * 64})
    right = eve.get("/login/provider/back", params=mine)
    twice = eve.get("/login/provider/back", params=mine)

    assert [one.status_code for one in (elsewhere, wrong, twice)] == [403, 403, 403]
    assert mixed.status_code == 502  # the provider refuses: the code's verifier is another's
    assert right.status_code == 303
    assert victim.get("/account").status_code == 303


def test_a_session_from_before_is_not_kept(site: Stand, provider: OpenId) -> None:
    """Fixation: the provider's log-in rotates the secret too."""
    eve = join(site, "Eve")

    _through(eve, provider)

    assert _me(eve)["name"] == "Ana"
    before = stranger(site)
    before.web.cookies.set("seedbed-session", eve.held)
    assert before.get("/account").status_code == 303


def _other_key(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, openid.key("stolen"))


def _by_hmac(claims: dict[str, Any]) -> str:
    """Algorithm confusion: the public key taken for a shared secret."""
    parts = (json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "k1"}, claims))
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    made = hmac.digest(openid.key("k1").as_pem(private=False), text, "sha256")
    return (text + b"." + base64.urlsafe_b64encode(made).rstrip(b"=")).decode()


def _unsigned(claims: dict[str, Any]) -> str:
    text = jwt.encode({"alg": "RS256", "kid": "k1"}, claims, openid.key("k1"))
    return "eyJhbGciOiJub25lIn0." + text.split(".")[1] + "."


def test_an_id_token_with_a_wrong_claim_is_refused(site: Stand, provider: OpenId) -> None:
    """And nobody is logged in, or made."""
    for changed in CLAIMS:
        provider.changes = lambda claims, changed=changed: {  # type: ignore[misc]  # bound now
            name: value for name, value in {**claims, **changed}.items() if value is not None
        }
        answer = _through(stranger(site), provider)

        assert answer.status_code == 403, changed
        assert "ID token cannot be used" in answer.text, changed
    with site.portal.store.read() as connection:
        assert people.listed(connection) == []


@pytest.mark.parametrize("sign", [_other_key, _by_hmac, _unsigned, lambda _: "x.y.z", lambda _: ""])
def test_an_id_token_that_the_provider_did_not_sign_is_refused(site: Stand, provider: OpenId, sign: Any) -> None:
    """A stolen name, HMAC with the public key, no signature, rubbish."""
    provider.sign = sign

    assert _through(stranger(site), provider).status_code == 403


def test_a_provider_may_change_its_keys(site: Stand, provider: OpenId) -> None:
    """They are asked for once more; but not for each token, which anybody could make us do."""
    _through(stranger(site), provider)
    provider.signing, provider.published = "k2", ("k1", "k2")
    early = _through(stranger(site), provider)
    desk_provider = _provider_of(site)
    desk_provider.clock = lambda: desk_provider._known.at_s + 61  # type: ignore[union-attr]

    late = _through(stranger(site), provider)

    assert early.status_code == 502
    assert late.status_code == 303
    assert provider.asked.count("/keys") == 2


def _provider_of(site: Stand) -> Provider:
    for one in site.web.app.user_middleware:  # type: ignore[attr-defined]  # Starlette's
        if "desk" in one.kwargs:
            found: Provider = one.kwargs["desk"].provider
            return found
    raise AssertionError


@pytest.mark.parametrize(
    "settings",
    [
        {"issuer": "https://evil.test"}, {"token_endpoint": "http://evil.test/token"}, {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"}, {"authorization_endpoint": "javascript:alert(1)"},
    ],
)  # fmt: skip
def test_settings_that_cannot_be_trusted_are_refused(site: Stand, provider: OpenId, settings: dict[str, Any]) -> None:
    """Of another issuer, or without https."""
    provider.settings = settings

    assert stranger(site).get("/login/provider").status_code == 502


def test_a_provider_that_is_away_is_said_so(site: Stand, provider: OpenId) -> None:
    """The password still works."""
    _provider_of(site).issuer = "http://127.0.0.1:1"
    join(site, "Ana")

    answer = stranger(site).get("/login/provider")

    assert answer.status_code == 502
    assert "Log in with a password" in answer.text


def test_what_the_provider_refuses_is_told(site: Stand, provider: OpenId) -> None:
    """And an answer of another provider is not taken (RFC 9207)."""
    browser = stranger(site)
    state = provider.agree(browser.get("/login/provider").headers["location"])["state"]

    denied = browser.get("/login/provider/back", params={"state": state, "error": "access_denied"})
    other = browser.get("/login/provider/back", params={"state": state, "code": "x", "iss": "https://evil.test"})

    assert (denied.status_code, other.status_code) == (403, 403)
    assert "access_denied" in denied.text


def test_a_closed_site_lets_only_linked_people_in(provider: OpenId, quick_path: Path) -> None:
    """Nobody new."""
    for closed in _site(provider, quick_path, is_open=False):
        answer = _through(stranger(closed), provider)

        assert answer.status_code == 403
        assert "nobody here is linked" in answer.text


def test_a_suspended_person_does_not_come_back_by_the_provider(site: Stand, provider: OpenId) -> None:
    """The account counts."""
    browser = stranger(site)
    _through(browser, provider)
    with site.portal.store.begin() as connection:
        people.suspend(connection, str(_me(browser)["id"]), why="spam", now_s=0)

    assert _through(stranger(site), provider).status_code == 403


def test_a_site_without_a_provider_has_no_such_page(stand: Stand) -> None:
    """And no button."""
    assert stranger(stand).get("/login/provider").status_code == 404
    assert "/login/provider" not in stranger(stand).get("/login").text


def test_an_issuer_without_https_is_refused_at_the_start(tmp_path: Path) -> None:
    """Except on this machine."""
    with pytest.raises(InputError):
        Provider.of(Settings(tmp_path, "http://portal.test", oidc_issuer="http://login.example.org"))
    assert Provider.of(Settings(tmp_path, "http://portal.test")) is None
