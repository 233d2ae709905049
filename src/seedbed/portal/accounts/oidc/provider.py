# SPDX-License-Identifier: Apache-2.0
"""A provider as we ask it: its settings, its keys, and a code for a token. All by https, or on this machine."""

from __future__ import annotations

import base64
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import certifi
import urllib3

from seedbed.errors import SeedbedError, SourceError
from seedbed.mirrors.rest import Ask, Manners, Rest, check_base
from seedbed.mirrors.wrappers import Patience
from seedbed.portal.accounts import secret
from seedbed.portal.accounts.oidc import id_token
from seedbed.sources.agent import agent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from joserfc.jwk import KeySet

    from seedbed.portal.accounts.oidc.id_token import Identity
    from seedbed.portal.settings import Settings

KEPT_S = 3600.0
"""Settings and keys are asked for anew after so long."""
ANEW_S = 60.0
"""Keys are asked for again at most so often for the sake of one that is not among them."""
_WAIT_S = 10.0
"""Somebody sits before the browser."""
SCOPE = "openid profile email"


@dataclass(frozen=True, slots=True)
class Flow:
    """One log-in on its way: a secret that only this browser holds, from which state, nonce and verifier follow."""

    held: str

    @property
    def state(self) -> str:
        """Says that the answer belongs to this browser (RFC 6749, 10.12)."""
        return secret.bound(self.held, "state")

    @property
    def nonce(self) -> str:
        """Says that the ID token belongs to this log-in."""
        return secret.bound(self.held, "nonce")

    @property
    def verifier(self) -> str:
        """Says that the code belongs to this log-in (RFC 7636): 64 characters of those allowed."""
        return secret.bound(self.held, "verifier")

    @property
    def challenge(self) -> str:
        """What is told of the verifier beforehand (S256)."""
        return base64.urlsafe_b64encode(bytes.fromhex(secret.kept(self.verifier))).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class _Known:
    """What a provider says of itself, and when it was asked (monotonic seconds)."""

    issuer: str
    authorization: str
    token: str
    keys: KeySet
    at_s: float


@dataclass(slots=True)
class Provider:
    """One of them. May be used by several threads."""

    issuer: str
    client: str
    client_secret: str = field(default="", repr=False)
    clock: Callable[[], float] = time.monotonic
    _known: _Known | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _pool: urllib3.PoolManager | None = None

    @classmethod
    def of(cls, settings: Settings) -> Provider | None:
        """The portal's; none where it has none.

        Raises:
            InputError: its address is neither https nor on this machine.
        """
        if not settings.oidc_issuer:
            return None
        check_base(settings.oidc_issuer, settings.oidc_issuer)
        return cls(settings.oidc_issuer.rstrip("/"), settings.oidc_client, settings.oidc_secret)

    def close(self) -> None:
        """Let go of connections."""
        if self._pool is not None:
            self._pool.clear()

    def begin(self, flow: Flow, back_url: str) -> str:
        """Where to send the browser.

        Raises:
            SourceError: the provider does not answer as it should.
        """
        known = self._ask_about()
        asked = {
            "response_type": "code",
            "client_id": self.client,
            "redirect_uri": back_url,
            "scope": SCOPE,
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": flow.challenge,
            "code_challenge_method": "S256",
        }
        mark = "&" if urlsplit(known.authorization).query else "?"
        return known.authorization + mark + urlencode(asked)

    def finish(self, flow: Flow, code: str, back_url: str, *, now_s: float) -> Identity:
        """Who it is: the code is given for an ID token, which is checked.

        Raises:
            SourceError: the provider does not answer as it should.
            RefusedError: the token cannot be used (403).
        """
        known = self._ask_about()
        given = self._token(known, flow, code, back_url)
        try:
            return self._check(given, known, flow, now_s)
        except id_token.UnknownKeyError:
            known = self._ask_about(since_s=ANEW_S)
        try:
            return self._check(given, known, flow, now_s)
        except id_token.UnknownKeyError:
            raise self._failed("its ID token is signed by a key that it does not name") from None

    def says_it_is(self, issuer: str) -> bool:
        """Whether an answer that names its sender (RFC 9207) is from this provider."""
        return issuer == self._ask_about().issuer

    def _check(self, given: str, known: _Known, flow: Flow, now_s: float) -> Identity:
        return id_token.check(given, known.keys, issuer=known.issuer, client=self.client, nonce=flow.nonce, now_s=now_s)

    def _token(self, known: _Known, flow: Flow, code: str, back_url: str) -> str:
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back_url,
            "client_id": self.client,
            "code_verifier": flow.verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        ask = Ask("POST", "", "get the ID token", headers=headers, body=urlencode(body).encode())
        answer = self._json(known.token, ask, self._authorization())
        found = answer.get("id_token") if isinstance(answer, dict) else None
        if not isinstance(found, str):
            raise self._failed("it gives no ID token")
        return found

    def _authorization(self) -> Mapping[str, str]:
        """Our secret, where we have one (RFC 6749, 2.3.1: both parts are form-encoded before)."""
        if not self.client_secret:
            return {}
        pair = f"{quote(self.client, safe='')}:{quote(self.client_secret, safe='')}"
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}

    def _ask_about(self, *, since_s: float = KEPT_S) -> _Known:
        """Its settings and keys, at most so old."""
        with self._lock:
            if self._known is None or self.clock() - self._known.at_s >= since_s:
                self._known = self._read()
            return self._known

    def _read(self) -> _Known:
        """OpenID Connect Discovery 1.0, 4: what it says must be of itself."""
        path = "/.well-known/openid-configuration"
        said = self._json(self.issuer, Ask("GET", path, "read its settings"))
        if not isinstance(said, dict) or str(said.get("issuer", "")).rstrip("/") != self.issuer:
            raise self._failed("its settings are those of another issuer")
        places = {name: str(said.get(name, "")) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        for name, place in places.items():
            self._check_place(name, place)
        try:
            keys = id_token.read_keys(self._json(places["jwks_uri"], Ask("GET", "", "read its keys")))
        except ValueError as error:
            raise self._failed(f"its keys cannot be used: {error}") from None
        authorization, token = places["authorization_endpoint"], places["token_endpoint"]
        return _Known(str(said["issuer"]), authorization, token, keys, self.clock())

    def _check_place(self, name: str, place: str) -> None:
        try:
            check_base(place, place.partition("?")[0])
        except SeedbedError:
            raise self._failed(f"its {name} is neither https nor on this machine") from None

    def _json(self, base: str, ask: Ask, authorization: Mapping[str, str] | None = None) -> Any:
        """Ask, once: somebody waits, and can press the button again."""
        if self._pool is None:
            timeout = urllib3.Timeout(connect=_WAIT_S, read=_WAIT_S)
            self._pool = urllib3.PoolManager(maxsize=4, retries=False, timeout=timeout, ca_certs=certifi.where())
        manners = Manners(agent(), patience=Patience(()))
        try:
            return Rest(self.issuer, base, manners, authorize=lambda: authorization or {}, pool=self._pool).json(ask)
        except SeedbedError as error:
            raise self._failed(error.message) from error

    def _failed(self, why: str) -> SourceError:
        return SourceError(f"the log-in provider: {why}", hint="Log in with a password, or try later.")
