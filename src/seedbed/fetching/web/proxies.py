# SPDX-License-Identifier: Apache-2.0
"""HTTP through a proxy, where the person's environment names one: ``http_proxy``, ``https_proxy``, ``no_proxy``.

HTTPS goes through a tunnel (CONNECT, RFC 9110, 9.3.6), so that the proxy sees names and sizes only; plain HTTP is asked
of the proxy with the whole address (RFC 9112, 3.2.2), as some proxies tunnel to port 443 alone.
"""

from __future__ import annotations

import base64
import os
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from seedbed.fetching.faults import Fault, Kind
from seedbed.fetching.web.http_wire import Address, render_get

_NAMES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "all_proxy", "ALL_PROXY")
_DEFAULT_PORT = 8080


class Proxy(NamedTuple):
    """Who stands between."""

    host: str
    port: int
    authorization: str = ""
    """What the proxy is told of who we are; empty when it does not ask."""

    @property
    def fields(self) -> str:
        """Lines of a request's head that are for the proxy."""
        return f"Proxy-Authorization: {self.authorization}\r\n" if self.authorization else ""


def proxy_of(address: Address) -> Proxy | None:
    """The proxy for an address; None when it is asked directly.

    Raises:
        Fault: the environment names a proxy that makes no sense; REFUSED.
    """
    return _proxy_of(address.scheme, address.authority, tuple(os.environ.get(name, "") for name in _NAMES))


@lru_cache(maxsize=64)
def _proxy_of(scheme: str, authority: str, _environment: tuple[str, ...]) -> Proxy | None:
    named = getproxies()
    url = named.get(scheme) or named.get("all")
    if not url or _is_this_machine(authority) or proxy_bypass(authority):
        return None
    try:
        parts = urlsplit(url if "//" in url else f"http://{url}")
        proxy = Proxy(parts.hostname or "", parts.port or _DEFAULT_PORT, _basic(parts.username, parts.password))
    except ValueError:
        proxy = Proxy("", 0)
    if parts.scheme != "http" or not proxy.host:
        raise Fault(Kind.REFUSED, f"{scheme}_proxy is {parts.scheme}://…: expected http://HOST:PORT")
    return proxy


def _is_this_machine(authority: str) -> bool:
    """Browsers do not ask a proxy for it either."""
    host = authority.rpartition(":")[0] if not authority.endswith("]") and ":" in authority else authority
    return host == "localhost" or host.startswith("127.") or host == "[::1]"


def _basic(user: str | None, password: str | None) -> str:
    if user is None:
        return ""
    pair = f"{unquote(user)}:{unquote(password or '')}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


def render(address: Address, *, agent: str, start: int = 0, stop: int | None = None, unless: str = "") -> bytes:
    """As :func:`seedbed.fetching.web.http_wire.render_get`, in the form that whoever is between wants."""
    proxy = proxy_of(address) if address.scheme == "http" else None
    told = address if proxy is None else address._replace(target=address.url)
    request = render_get(told, agent=agent, start=start, stop=stop, unless=unless)
    return request if proxy is None else request[:-2] + proxy.fields.encode("ascii") + b"\r\n"


def render_connect(address: Address, proxy: Proxy) -> bytes:
    """Ask a proxy for a tunnel."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    target = f"{host}:{address.port}"
    return f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{proxy.fields}\r\n".encode("ascii")
