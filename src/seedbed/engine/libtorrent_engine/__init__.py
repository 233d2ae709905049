# SPDX-License-Identifier: Apache-2.0
"""The adapter for libtorrent 2.1.1: the only package that imports it."""

from seedbed.engine.libtorrent_engine.engine import LibtorrentEngine

__all__ = ["LibtorrentEngine"]
