# SPDX-License-Identifier: Apache-2.0
"""The rules of BitTorrent, pure: no files, sockets, clock, chance or logs."""
