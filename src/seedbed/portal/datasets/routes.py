# SPDX-License-Identifier: Apache-2.0
"""Where the pages for readers are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from seedbed.portal.datasets import commons, finding, showing

if TYPE_CHECKING:
    from seedbed.portal.portal import Portal


def routes(_portal: Portal) -> list[Route]:
    """Of this part."""
    return [
        Route("/", finding.start),
        Route("/datasets", finding.search),
        Route("/datasets/{dataset}", showing.dataset),
        Route("/datasets/{dataset}/{version}", showing.version),
        Route("/datasets/{dataset}/{version}/files", showing.files),
        Route("/datasets/{dataset}/{version}/preview", showing.preview),
        Route("/hash/{info_hash}", showing.by_hash),
        Route("/collections", commons.collections),
        Route("/collections/{collection}", showing.collection),
        Route("/at-risk", commons.at_risk),
        Route("/recent", commons.recent),
        Route("/commons", commons.commons),
    ]
