# SPDX-License-Identifier: Apache-2.0
"""Where data is given."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from starlette.routing import Route

from seedbed.errors import SeedbedError
from seedbed.portal.uploads.api import Api
from seedbed.portal.uploads.checker import Checker
from seedbed.portal.uploads.pages import UploadPages
from seedbed.portal.uploads.receiving.desk import Desk
from seedbed.portal.uploads.receiving.tus import Tus

if TYPE_CHECKING:
    from seedbed.portal.portal import Portal

_ONE = "/api/v1/uploads/{upload}"


def routes(portal: Portal) -> list[Route]:
    """Of this part."""
    desk = Desk(portal)
    checker = Checker(desk)
    with contextlib.suppress(SeedbedError):  # what a crash interrupted; else it is begun when somebody looks
        checker.resume()
    tus, api = Tus(desk), Api(desk, checker)
    pages = UploadPages(desk, checker)
    return [
        Route("/give", pages.give),
        Route("/give", pages.begin, methods=["POST"]),
        Route("/uploads", pages.mine),
        Route("/uploads/{upload}", pages.upload),
        Route("/uploads/{upload}", pages.act, methods=["POST"]),
        Route("/uploads/{upload}/files", pages.more, methods=["POST"]),
        Route("/api/v1/uploads", api.uploads, methods=["GET", "POST"]),
        Route(_ONE, api.upload, methods=["GET", "DELETE"]),
        Route(f"{_ONE}/metadata", api.metadata, methods=["PUT"]),
        Route(f"{_ONE}/submit", api.submit, methods=["POST"]),
        Route(f"{_ONE}/check", api.check, methods=["POST"]),
        Route(f"{_ONE}/reopen", api.reopen, methods=["POST"]),
        Route(f"{_ONE}/files", tus.files, methods=["POST", "OPTIONS"]),
        Route(f"{_ONE}/files/{{file}}", tus.file, methods=["HEAD", "PATCH", "DELETE", "OPTIONS"]),
    ]
