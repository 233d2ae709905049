# SPDX-License-Identifier: Apache-2.0
"""A provider of OpenID Connect on loopback: it keeps the rules, unless it is told to break one."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwk, jwt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLIENT, SECRET = "portal", "s3cret:with colon"


@lru_cache
def key(name: str) -> jwk.RSAKey:
    """A signing key; making one is slow."""
    return jwk.RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"})


@dataclass
class OpenId:
    """The provider."""

    now_s: float
    url: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    """Code -> what was asked for with it."""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "u-1", "preferred_username": "Ana"})
    changes: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    """Breaks a claim."""
    sign: Callable[[dict[str, Any]], str] | None = None
    signing: str = "k1"
    published: tuple[str, ...] = ("k1",)
    """Keys that are told."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Instead of the right ones."""
    asked: list[str] = field(default_factory=list)
    """Paths."""

    def agree(self, location: str) -> dict[str, str]:
        """As if somebody had typed a password at the place that the portal sent them to; the answer's query."""
        parts = urlsplit(location)
        wish = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert (wish["response_type"], wish["client_id"], wish["code_challenge_method"]) == ("code", CLIENT, "S256")
        assert "openid" in wish["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = wish
        return {"code": code, "state": wish["state"]}

    def describe(self) -> dict[str, Any]:
        """Its settings."""
        places = {"authorization_endpoint": "/authorize?realm=x", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return {"issuer": self.url, **{name: self.url + path for name, path in places.items()}, **self.settings}

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """An ID token for a code; none if one of the rules is not kept (RFC 6749, RFC 7636)."""
        wish = self.codes.pop(form.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:s3cret%3Awith%20colon".encode()).decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        fits = (
            wish is not None
            and authorization == f"Basic {basic}"
            and form.get("redirect_uri") == wish["redirect_uri"]
            and challenge.decode().rstrip("=") == wish["code_challenge"]
        )
        if not fits or wish is None:
            return None
        times = {"iat": int(self.now_s), "exp": int(self.now_s) + 300}
        claims = self.changes({"iss": self.url, "aud": CLIENT, "nonce": wish["nonce"], **times, **self.person})
        return {"access_token": "a", "token_type": "Bearer", "id_token": (self.sign or self._sign)(claims)}

    def _sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.signing}, claims, key(self.signing))


class _Handler(BaseHTTPRequestHandler):
    provider: OpenId

    def do_GET(self) -> None:
        """Settings, keys, and the page where people agree: here they do at once."""
        self.provider.asked.append(self.path)
        if self.path == "/.well-known/openid-configuration":
            self._answer(200, self.provider.describe())
        elif self.path == "/keys":
            keys = [{**key(one).as_dict(private=False)} for one in self.provider.published]
            self._answer(200, {"keys": [*keys, {"kty": "OKP", "crv": "X25519", "x": "AA"}]})
        elif self.path.startswith("/authorize?"):
            wish = parse_qs(urlsplit(self.path).query)
            query = urlencode(self.provider.agree(self.path))
            self.send_response(302)
            self.send_header("Location", f"{wish['redirect_uri'][0]}?{query}")
            self.end_headers()
        else:
            self._answer(404, {})

    def do_POST(self) -> None:
        """A token."""
        self.provider.asked.append(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        given = self.provider.token(form, self.headers.get("Authorization", ""))
        self._answer(200 if given else 400, given or {"error": "invalid_grant"})

    def _answer(self, status: int, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def running(now_s: float) -> Iterator[OpenId]:
    """A provider on a free port."""
    provider = OpenId(now_s)
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
