# SPDX-License-Identifier: Apache-2.0
"""Where accounts are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from seedbed.portal.accounts import admin, admin_places, api, entering, own
from seedbed.portal.accounts.forms import posted, sent
from seedbed.portal.accounts.oidc import pages as oidc

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from seedbed.portal.accounts.forms import Fields
    from seedbed.portal.portal import Portal


def routes(_portal: Portal) -> list[Route]:
    """Of this part."""
    return [
        *page("/login", entering.log_in_page, entering.log_in),
        *page("/signup", entering.sign_up_page, entering.sign_up),
        *page("/link/{secret}", entering.link_page, entering.use_link),
        Route("/login/provider", oidc.begin),
        Route(oidc.BACK, oidc.back),
        form("/logout", entering.log_out),
        Route("/account", own.account),
        form("/account/email", own.set_email),
        form("/account/password", own.set_password),
        form("/account/sessions/end", own.end_session),
        form("/account/tokens", own.make_token),
        form("/account/tokens/end", own.end_token),
        form("/organisations/{organisation}/members", own.change_members),
        Route("/admin", admin.start),
        *page("/admin/people", admin.everybody, admin.make_person),
        *page("/admin/people/{person}", admin.one, admin.change),
        *page("/admin/organisations", admin_places.all_places, admin_places.make),
        *page("/admin/organisations/{organisation}", admin_places.one, admin_places.change),
        Route("/admin/log", admin.log),
        Route("/api/v1/me", api.me),
        Route("/api/v1/tokens", api.own_tokens),
        Route("/api/v1/tokens", sent(api.make_token), methods=["POST"]),
        Route("/api/v1/tokens/{token}", api.end_token, methods=["DELETE"]),
    ]


def page(
    path: str, show: Callable[[Request], Response], take: Callable[[Request, Fields], Response]
) -> tuple[Route, Route]:
    """A page whose form is sent to itself."""
    return Route(path, show), form(path, take)


def form(path: str, take: Callable[[Request, Fields], Response]) -> Route:
    """What a form is sent to."""
    return Route(path, posted(take), methods=["POST"])
