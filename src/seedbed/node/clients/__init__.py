# SPDX-License-Identifier: Apache-2.0
"""Other BitTorrent clients in the place of the built-in engine: they fetch and seed, the node decides and proves."""
