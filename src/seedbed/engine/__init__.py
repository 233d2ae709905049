# SPDX-License-Identifier: Apache-2.0
"""Peers behind one Protocol; libtorrent has one door here."""
