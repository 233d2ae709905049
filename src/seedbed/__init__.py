# SPDX-License-Identifier: Apache-2.0
"""Open data that cannot go offline: search a catalogue, fetch what it lists, verified."""

from seedbed.api.calls import fetch, search
from seedbed.api.catalog import Catalog

__all__ = ["Catalog", "fetch", "search"]
