# SPDX-License-Identifier: Apache-2.0
"""Headers that every answer carries: what a page may load and run, and that it is nobody's frame.

No inline script and none from elsewhere (CSP level 3): HTML in a title then does nothing even where an escape is
forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class SafeHeaders:
    """Adds them, where an answer has none of its own.

    Args:
        app: The rest.
        public_url: Of the portal: a plain one lets pages read plain web seeds too.
    """

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": _policy(is_plain=public_url.startswith("http:")),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "X-Frame-Options": "DENY",
            "Cross-Origin-Opener-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)


def _policy(*, is_plain: bool) -> str:
    """Downloads within a page speak with trackers and web seeds anywhere."""
    plain = " http: ws:" if is_plain else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; "
        f"media-src 'self' blob:; connect-src 'self' blob: https: wss:{plain}; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; worker-src 'self' blob:; manifest-src 'self'"
    )
