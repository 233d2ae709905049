# SPDX-License-Identifier: Apache-2.0
"""Other people's BitTorrent clients, driven by tests on loopback."""
