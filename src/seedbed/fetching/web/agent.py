# SPDX-License-Identifier: Apache-2.0
"""How we name ourselves to web servers: as everywhere."""

from __future__ import annotations

from seedbed.sources.agent import agent

__all__ = ["agent"]
