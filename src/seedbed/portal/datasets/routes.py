# SPDX-License-Identifier: Apache-2.0
"""Where the pages for readers are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from seedbed.portal.datasets import finding

if TYPE_CHECKING:
    from seedbed.portal.portal import Portal


def routes(_portal: Portal) -> list[Route]:
    """Of this part."""
    return [
        Route("/", finding.start),
        Route("/datasets", finding.search),
    ]
