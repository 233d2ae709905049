# SPDX-License-Identifier: Apache-2.0
"""Where review and reports are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from seedbed.portal.accounts.forms import sent
from seedbed.portal.accounts.routes import form, page
from seedbed.portal.review import api, pages, report_pages

if TYPE_CHECKING:
    from seedbed.portal.portal import Portal

_UPLOAD = "/api/v1/review/uploads/{upload}"
_REPORT = "/api/v1/reports/{report}"


def routes(_portal: Portal) -> list[Route]:
    """Of this part."""
    return [
        Route("/review", pages.queue_page),
        *page("/review/uploads/{upload}", pages.upload_page, pages.decide),
        form("/review/jobs/{job:int}", pages.try_again),
        *page("/review/reports/{report}", report_pages.decision_page, report_pages.decide),
        *page("/report", report_pages.form, report_pages.send),
        Route("/reports/{report}", report_pages.state_page),
        form("/reports/{report}/appeal", report_pages.appeal),
        Route("/notices", report_pages.notices),
        Route("/api/v1/review/uploads", api.uploads),
        Route(_UPLOAD, api.upload),
        Route(f"{_UPLOAD}/decisions", api.decisions),
        Route(f"{_UPLOAD}/decisions", sent(api.decide), methods=["POST"]),
        Route("/api/v1/reports", api.all_reports),
        Route("/api/v1/reports", sent(api.file), methods=["POST"]),
        Route(_REPORT, api.report),
        Route(f"{_REPORT}/decisions", sent(api.moderate), methods=["POST"]),
        Route(f"{_REPORT}/appeal", sent(api.appeal), methods=["POST"]),
        Route("/api/v1/log", api.log),
    ]
